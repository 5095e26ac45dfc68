"""Retry back-off."""

from __future__ import annotations

import time
import types

from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl

from .settings import Settings


def scale_back_off(settings: Settings) -> None:
    """Back-off takes `time_scale` of its time, so that demos and tests need not wait.

    Only the retrier's own sleep is replaced: Wait states and timeouts keep their time.
    """

    def sleep(seconds: float) -> None:
        time.sleep(seconds * settings.time_scale)

    retrier_decl.time = types.SimpleNamespace(sleep=sleep)
