"""Answers to task tokens: SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions.parser.api import TaskTimedOut
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackConsumerTimeout,
    CallbackEndpoint,
    CallbackPoolManager,
)
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse


def refuse_late_answers() -> None:
    """An answer to a token that was answered, has timed out or whose execution has ended gets TaskTimedOut.

    So AWS's reference says ("expired, or the task has already been closed"). moto takes a second answer
    without a word, and answers InvalidToken once the execution is over.
    """
    interrupt_all = CallbackEndpoint.interrupt_all
    notify = CallbackPoolManager.notify
    heartbeat = CallbackPoolManager.heartbeat

    def close(self: CallbackEndpoint) -> None:
        self.report(CallbackConsumerTimeout())
        interrupt_all(self)

    def refuse_closed(pool: CallbackPoolManager, callback_id: str) -> None:
        endpoint = pool.get(callback_id)
        if endpoint is None:
            return
        if endpoint.consumer_error is not None or endpoint.get_outcome() is not None:
            raise TaskTimedOut()

    def notify_open(self: CallbackPoolManager, callback_id: str, outcome: Any) -> bool:
        refuse_closed(self, callback_id)
        return notify(self, callback_id, outcome)

    def heartbeat_open(self: CallbackPoolManager, callback_id: str) -> bool:
        refuse_closed(self, callback_id)
        return heartbeat(self, callback_id)

    CallbackEndpoint.interrupt_all = close
    CallbackPoolManager.notify = notify_open
    CallbackPoolManager.heartbeat = heartbeat_open


def look_in_ended_executions() -> None:
    """Tokens are looked up in all executions, so that a late answer is told from a false token."""

    def with_all_executions(method: Any) -> Any:
        def call(self: StepFunctionsParserBackend, *args: Any, **kwargs: Any) -> Any:
            return method(_AllExecutions(self), *args, **kwargs)

        return call

    for name in ("send_task_success", "send_task_heartbeat"):
        method = getattr(StepFunctionsParserBackend, name)
        setattr(StepFunctionsParserBackend, name, with_all_executions(method))


class _AllExecutions:
    """Stands in for a backend where moto asks only the executions that run."""

    def __init__(self, backend: StepFunctionsParserBackend) -> None:
        self._backend = backend

    def _get_executions(self, execution_status: Any = None) -> list[Any]:
        return self._backend._get_executions()


def pass_the_cause_on() -> None:
    """SendTaskFailure's cause reaches the history; moto drops it."""

    def send_task_failure(self: StepFunctionResponse) -> ActionResult:
        self.stepfunction_backend.send_task_failure(
            self._get_param("taskToken"),
            error=self._get_param("error"),
            cause=self._get_param("cause"),
        )
        return EmptyResult()

    StepFunctionResponse.send_task_failure = send_task_failure
