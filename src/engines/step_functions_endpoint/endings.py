"""How executions end: StopExecution, timeouts, and the state that is left behind."""

from __future__ import annotations

import datetime
import time
from typing import Any

from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped, ProgramTimedOut
from moto.stepfunctions.parser.backend.execution import (
    BaseExecutionWorkerCommunication,
    Execution,
)
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from .clock import now
from .status_events import emit_status_event

_START_WAIT_S = 1.0


def keep_the_first_end() -> None:
    """An execution that was stopped or has timed out does not become a failed one.

    Its threads meet errors while they wind up, and moto lets the last error win.
    """
    original = Environment.set_error

    def set_error(self: Environment, error: Any) -> None:
        if not isinstance(self._program_state, (ProgramStopped, ProgramTimedOut)):
            original(self, error)

    Environment.set_error = set_error


def time_out_at_once() -> None:
    """An execution's own timeout writes ExecutionTimedOut and wakes what waits for a token.

    moto notices a timeout only when the state that runs comes back, which one that waits for a token never
    does.
    """
    original = Environment.set_timed_out

    def set_timed_out(self: Environment) -> None:
        original(self)
        if self.is_frame():
            return
        self.event_manager.add_event(
            EventHistoryContext(self.event_history_context.source_event_id),
            HistoryEventType.ExecutionTimedOut,
            {"executionTimedOutEventDetails": {}},
        )
        _wake_waiting_states(self)

    Environment.set_timed_out = set_timed_out


def stop_at_once() -> None:
    """StopExecution ends an execution also while a token is awaited, with its error and cause.

    moto sets a flag that is read when the state that runs comes back.
    """

    def stop(
        self: Execution, stop_date: datetime.datetime, error: str | None, cause: str | None
    ) -> None:
        if self.exec_status != ExecutionStatus.RUNNING:
            return
        env = self.exec_worker.env
        env.set_stop(stop_date=stop_date, cause=cause, error=error)
        details = {
            name: value for name, value in (("error", error), ("cause", cause)) if value
        }
        env.event_manager.add_event(
            # As moto writes it when it notices a stop by itself.
            EventHistoryContext(0),
            HistoryEventType.ExecutionAborted,
            {"executionAbortedEventDetails": details},
        )
        self.stop_date = stop_date
        self.error, self.cause = error or None, cause or None
        self.exec_status = ExecutionStatus.ABORTED
        _wake_waiting_states(env)
        emit_status_event(self, "ABORTED")

    Execution.stop = stop


def report_the_end() -> None:
    """The end of an execution goes out as a status event; a stopped one was reported by StopExecution."""

    def terminated(self: BaseExecutionWorkerCommunication) -> None:
        if self.execution.exec_status == ExecutionStatus.ABORTED:
            return
        self._reflect_execution_status()
        emit_status_event(self.execution, self.execution.status)

    BaseExecutionWorkerCommunication.terminated = terminated


def start_with_an_environment() -> None:
    """StartExecution returns when the execution can be asked and stopped, and sends its status event.

    moto makes the environment in the execution's own thread; a call that comes first meets None.
    """
    original = Execution.start

    def start(self: Execution) -> None:
        original(self)
        emit_status_event(self, "RUNNING")
        give_up_at = time.monotonic() + _START_WAIT_S
        while self.exec_worker.env is None and time.monotonic() < give_up_at:
            time.sleep(0.002)

    Execution.start = start


def leave_out_what_has_no_environment() -> None:
    """Calls that go through all executions, as those with task tokens do, pass over one that has only just been made.

    moto reads the environment of each, and one without makes the call fail: a task of an activity that was taken out of its
    queue for it would be lost.
    """
    original = StepFunctionsParserBackend._get_executions

    def get_executions(self: StepFunctionsParserBackend, *args: Any, **kwargs: Any) -> list[Any]:
        return [it for it in original(self, *args, **kwargs) if _has_environment(it)]

    StepFunctionsParserBackend._get_executions = get_executions


def _has_environment(execution: Execution) -> bool:
    return execution.exec_worker is not None and execution.exec_worker.env is not None


def _wake_waiting_states(env: Environment) -> None:
    for endpoint in list(env.callback_pool_manager._pool.values()):
        endpoint.interrupt_all()
