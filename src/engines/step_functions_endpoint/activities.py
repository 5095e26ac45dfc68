"""Activities and their workers."""

from __future__ import annotations

import time
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import ActivityDoesNotExist, ExecutionStatus
from moto.stepfunctions.parser.asl.eval.callback.callback import ActivityTaskStartEndpoint
from moto.stepfunctions.parser.backend.activity import Activity
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.responses import StepFunctionResponse

# AWS holds a worker's poll for 60 seconds.
_POLL_S = 60
_PAUSE_S = 0.02
# Long enough for a machine that is very busy: work that is given up is not queued again.
_STATE_WAIT_S = 10

activities: dict[str, Activity] = {}
"""The activities that states can queue work for, by ARN."""


def start_without_worker() -> None:
    """A state that no worker has picked up yet has no start; moto reads an attribute that is not there."""
    ActivityTaskStartEndpoint._outcome = None


def queue_work_for_activities() -> None:
    """Executions see the activities that CreateActivity made; moto gives each an empty list."""
    create = StepFunctionResponse.create_activity
    initialise = Execution.__init__

    def create_activity(self: StepFunctionResponse) -> ActionResult:
        response = create(self)
        arn = response.result["activityArn"]
        activities[arn] = Activity(arn=arn, name=arn.rsplit(":", 1)[1])
        return response

    def init(self: Execution, *args: Any, **kwargs: Any) -> None:
        kwargs["activity_store"] = activities
        initialise(self, *args, **kwargs)

    StepFunctionResponse.create_activity = create_activity
    Execution.__init__ = init


def serve_workers() -> None:
    """GetActivityTask hands out queued work, waiting up to a minute for some; moto has no such call."""

    def get_activity_task(self: StepFunctionResponse) -> ActionResult:
        arn = self._get_param("activityArn")
        activity = activities.get(arn)
        if activity is None:
            raise ActivityDoesNotExist(f"Activity Does Not Exist: '{arn}'")
        give_up_at = time.monotonic() + _POLL_S
        while time.monotonic() < give_up_at:
            task = _next_task(activity)
            if task is None:
                time.sleep(_PAUSE_S)
            elif _has_started(self, task.task_token):
                return ActionResult({"taskToken": task.task_token, "input": task.task_input})
        return ActionResult({})

    StepFunctionResponse.get_activity_task = get_activity_task


def _next_task(activity: Activity) -> Any:
    try:
        return activity.get_task()
    except IndexError:
        return None


def _has_started(response: StepFunctionResponse, token: str) -> bool:
    """Tells the waiting state that a worker began; False when its execution is no longer there.

    moto queues the work a moment before the state can be told, so a quick worker asks again.
    """
    give_up_at = time.monotonic() + _STATE_WAIT_S
    while time.monotonic() < give_up_at:
        if _tell_state(response, token):
            return True
        time.sleep(_PAUSE_S)
    return False


def _tell_state(response: StepFunctionResponse, token: str) -> bool:
    for execution in response.stepfunction_backend._get_executions(ExecutionStatus.RUNNING):
        endpoint = execution.exec_worker.env.callback_pool_manager.get(callback_id=token)
        if endpoint is not None:
            endpoint.notify_activity_task_start(worker_name=response._get_param("workerName"))
            return True
    return False
