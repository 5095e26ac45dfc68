"""How events get into an execution's history."""

from __future__ import annotations

import threading
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.eval.event.event_manager import (
    EventHistoryContext,
    EventManager,
)

from .clock import now
from .context_object import remember_entered_time

_ENDS = {
    HistoryEventType.ExecutionSucceeded,
    HistoryEventType.ExecutionFailed,
    HistoryEventType.ExecutionAborted,
    HistoryEventType.ExecutionTimedOut,
}


def end_at_the_end_event() -> None:
    """Nothing is added after an execution's end event.

    When an execution is stopped or times out, moto's threads go on for a while and would write what they
    run into.
    """
    original = EventManager.add_event
    guards: Any = threading.Lock()

    def add_event(
        self: EventManager,
        context: EventHistoryContext,
        event_type: HistoryEventType,
        event_details: Any = None,
        timestamp: Any = None,
        update_source_event_id: bool = True,
    ) -> int:
        with guards:
            guard = self.__dict__.setdefault("_end_guard", threading.RLock())
        with guard:
            if getattr(self, "_has_ended", False):
                return context.last_published_event_id
            if event_type in _ENDS:
                self._has_ended = True
            return original(
                self, context, event_type, event_details, timestamp, update_source_event_id
            )

    EventManager.add_event = add_event


def note_entered_times() -> None:
    """A StateEntered event's timestamp is kept for the context object (see `context_object`)."""
    original = EventManager.add_event

    def add_event(
        self: EventManager,
        context: EventHistoryContext,
        event_type: HistoryEventType,
        event_details: Any = None,
        timestamp: Any = None,
        update_source_event_id: bool = True,
    ) -> int:
        moment = timestamp or now()
        if _is_state_entered(event_type):
            remember_entered_time(moment)
        return original(self, context, event_type, event_details, moment, update_source_event_id)

    EventManager.add_event = add_event


def link_failed_evaluations_before_the_state() -> None:
    """EvaluationFailed has the event before the state's entry as its previous one.

    So it is in 22 of the 27 such events that were recorded on AWS; the other five are Wait states with a
    timestamp that cannot be read, and link to the entry as moto always does.
    """
    original = EventManager.add_event

    def add_event(
        self: EventManager,
        context: EventHistoryContext,
        event_type: HistoryEventType,
        event_details: Any = None,
        timestamp: Any = None,
        update_source_event_id: bool = True,
    ) -> int:
        if _is_state_entered(event_type):
            context._before_state = context.source_event_id
        if event_type == HistoryEventType.EvaluationFailed:
            context.source_event_id = getattr(context, "_before_state", context.source_event_id)
        return original(
            self, context, event_type, event_details, timestamp, update_source_event_id
        )

    EventManager.add_event = add_event


def _is_state_entered(event_type: HistoryEventType) -> bool:
    return str(event_type.value).endswith("StateEntered")
