"""The API's calls about state machines and executions."""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.exceptions import ValidationException
from moto.stepfunctions.parser.api import StateMachineAlreadyExists
from moto.stepfunctions.responses import StepFunctionResponse

from .clock import now

_REDRIVABLE = ("FAILED", "ABORTED", "TIMED_OUT")
_DEFAULT_PAGE = 100
_LARGEST_PAGE = 1000
_DATA_FIELDS = (
    "input",
    "inputDetails",
    "output",
    "outputDetails",
    "parameters",
    "assignedVariables",
    "assignedVariablesDetails",
)


def refuse_another_definition() -> None:
    """CreateStateMachine with a name that is taken by another definition fails, as on AWS.

    moto answers as if it had created it and goes on with the first definition.
    """
    original = StepFunctionResponse.create_state_machine

    def create_state_machine(self: StepFunctionResponse) -> ActionResult:
        name, definition = self._get_param("name"), self._get_param("definition")
        for existing in self.stepfunction_backend.state_machines:
            if existing.name == name and existing.definition != definition:
                raise StateMachineAlreadyExists(f"State Machine Already Exists: '{existing.arn}'")
        return original(self)

    StepFunctionResponse.create_state_machine = create_state_machine


def name_executions() -> None:
    """StartExecution without a name gets a UUID, and keeps the trace header.

    moto names such executions "None", so that the second one is refused, and drops the header.
    """

    def start_execution(self: StepFunctionResponse) -> ActionResult:
        backend = self.stepfunction_backend
        state_machine = backend.describe_state_machine(self._get_param("stateMachineArn"))
        execution = backend.start_execution(
            state_machine.arn,
            self._get_param("name") or str(uuid.uuid4()),
            self._get_param("input", if_none="{}"),
            self._get_param("traceHeader"),
        )
        return ActionResult(
            {"executionArn": execution.execution_arn, "startDate": execution.start_date}
        )

    StepFunctionResponse.start_execution = start_execution


def complete_descriptions() -> None:
    """DescribeExecution gives the stop date of every ended execution, the trace header, and redrive fields."""
    original = StepFunctionResponse.describe_execution

    def describe_execution(self: StepFunctionResponse) -> ActionResult:
        description = original(self).result
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        if execution.stop_date:
            description["stopDate"] = execution.stop_date
        if getattr(execution, "trace_header", None):
            description["traceHeader"] = execution.trace_header
        description["redriveCount"] = 0
        description["redriveStatus"] = (
            "REDRIVABLE" if execution.status in _REDRIVABLE else "NOT_REDRIVABLE"
        )
        return ActionResult(description)

    StepFunctionResponse.describe_execution = describe_execution


def list_stop_dates() -> None:
    """ListExecutions gives the stop date of executions that timed out, too, and the redrive count."""
    original = StepFunctionResponse.list_executions

    def list_executions(self: StepFunctionResponse) -> ActionResult:
        listing = original(self).result
        arn = self._get_param("stateMachineArn")
        # By ARN, once a call: moto looks for each in a list, which takes seconds after some ten thousand executions.
        executions = {
            execution.execution_arn: execution
            for execution in self.stepfunction_backend.describe_state_machine(arn).executions
        }
        for item in listing["executions"]:
            execution = executions[item["executionArn"]]
            if execution.stop_date:
                item["stopDate"] = execution.stop_date
            item["redriveCount"] = 0
        return ActionResult(listing)

    StepFunctionResponse.list_executions = list_executions


def stop_with_error_and_cause() -> None:
    """StopExecution passes its error and cause on; moto drops them."""

    def stop_execution(self: StepFunctionResponse) -> ActionResult:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        execution.stop(
            stop_date=now(), error=self._get_param("error"), cause=self._get_param("cause")
        )
        return ActionResult({"stopDate": execution.stop_date})

    StepFunctionResponse.stop_execution = stop_execution


def page_histories() -> None:
    """GetExecutionHistory honours maxResults, nextToken, reverseOrder and includeExecutionData.

    moto gives the whole history whatever is asked. A token holds the id that the page ended at, so that it
    stays right while the history grows.
    """

    def get_execution_history(self: StepFunctionResponse) -> ActionResult:
        backend = self.stepfunction_backend
        history = backend.get_execution_history(self._get_param("executionArn"))
        backwards = bool(self._get_param("reverseOrder"))
        events = sorted(history["events"], key=lambda event: event["id"], reverse=backwards)
        token = self._get_param("nextToken")
        if token:
            ended_at = _read_token(token)
            events = [
                event
                for event in events
                if (event["id"] < ended_at if backwards else event["id"] > ended_at)
            ]
        page = events[: _page_size(self._get_param("maxResults"))]
        if self._get_param("includeExecutionData") is False:
            page = [_without_data(event) for event in page]
        result: dict[str, Any] = {"events": page}
        if len(page) < len(events):
            result["nextToken"] = _write_token(page[-1]["id"])
        return ActionResult(result)

    StepFunctionResponse.get_execution_history = get_execution_history


def _page_size(asked: Any) -> int:
    # AWS takes 0 as "use the default".
    return min(int(asked or 0) or _DEFAULT_PAGE, _LARGEST_PAGE)


def _write_token(event_id: int) -> str:
    return base64.b64encode(json.dumps({"endedAt": event_id}).encode()).decode()


def _read_token(token: str) -> int:
    try:
        return int(json.loads(base64.b64decode(token))["endedAt"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise ValidationException(f"Invalid Token: '{token}'") from None


def _without_data(event: dict[str, Any]) -> dict[str, Any]:
    """The event without inputs and outputs; a copy, since the history keeps its own."""
    return {
        name: _drop(value) if name.endswith("EventDetails") and isinstance(value, dict) else value
        for name, value in event.items()
    }


def _drop(details: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in details.items() if name not in _DATA_FIELDS}
