"""Times in the one form that history events and the context object share."""

from __future__ import annotations

import datetime


def now() -> datetime.datetime:
    return datetime.datetime.now(tz=datetime.timezone.utc)


def iso_milliseconds(moment: datetime.datetime) -> str:
    """ISO 8601 in UTC with milliseconds, cut and not rounded, as moto writes a history event's timestamp."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def epoch_milliseconds(moment: datetime.datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
