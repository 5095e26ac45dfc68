"""The context object (`$$`, `$states.context`)."""

from __future__ import annotations

import copy
import datetime
import threading
from typing import Any

from moto.stepfunctions.parser.asl.component.state import state
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.backend import execution_worker

from .clock import iso_milliseconds

_entered = threading.local()


def remember_entered_time(moment: datetime.datetime) -> None:
    """Keeps the timestamp of a StateEntered event for the context object that this thread makes next."""
    _entered.time = iso_milliseconds(moment)


def take_entered_time_from_event() -> None:
    """`$$.State.EnteredTime` is the timestamp of the StateEntered event.

    moto asks the clock a second time, so the two differ; an observer that joins a Lambda invocation to its
    state by the entered time would miss.
    """
    original = state.StateData

    def state_data(**fields: Any) -> Any:
        fields["EnteredTime"] = getattr(_entered, "time", fields["EnteredTime"])
        return original(**fields)

    state.StateData = state_data


def add_redrive_count() -> None:
    """`$$.Execution.RedriveCount` is there, and `StartTime` is text.

    On AWS the count is always there, 0 before a redrive; in moto a state that reads it fails. moto keeps
    the start as a datetime, which no JSON expression can use.
    """
    original = execution_worker.ExecutionData

    def execution_data(**fields: Any) -> Any:
        start = fields.get("StartTime")
        if isinstance(start, datetime.datetime):
            fields["StartTime"] = iso_milliseconds(start)
        return original(**fields, RedriveCount=0)

    execution_worker.ExecutionData = execution_data


def keep_map_item_in_frames() -> None:
    """`$$.Map.Item` is visible in the states of an iteration.

    moto evaluates those in a frame of their own and does not hand the Map data on.
    """
    original = Environment.as_inner_frame_of.__func__

    def as_inner_frame_of(
        cls: type[Environment],
        env: Environment,
        variable_store: Any,
        event_history_frame_cache: Any = None,
    ) -> Environment:
        frame = original(cls, env, variable_store, event_history_frame_cache)
        map_data = env.states.context_object.context_object_data.get("Map")
        if map_data:
            frame.states.context_object.context_object_data["Map"] = copy.deepcopy(map_data)
        return frame

    Environment.as_inner_frame_of = classmethod(as_inner_frame_of)
