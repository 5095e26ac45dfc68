"""States that start another state machine (`states:startExecution`, `.sync`, `.sync:2`)."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_sfn,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (
    StateTaskServiceSfn,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment

from .clock import epoch_milliseconds


def start_with_camel_case() -> None:
    """Parameters reach the client in the camel case that botocore wants for Step Functions.

    States write `StateMachineArn`, botocore knows `stateMachineArn`; moto passes them on as they are and
    the call fails.
    """

    def eval_service_task(
        self: StateTaskServiceSfn,
        env: Environment,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> None:
        parameters = {_lower_first(name): value for name, value in normalised_parameters.items()}
        parameters.setdefault("name", str(uuid.uuid4()))
        client = state_task_service_sfn.boto_client_for(
            region=resource_runtime_part.region, service="stepfunctions"
        )
        response = client.start_execution(**parameters)
        env.stack.append(
            {
                "ExecutionArn": response["executionArn"],
                "StartDate": epoch_milliseconds(response["startDate"]),
            }
        )

    StateTaskServiceSfn._eval_service_task = eval_service_task


def return_pascal_case() -> None:
    """The child's description becomes the result in the Pascal case that states use, with times as numbers."""

    def normalise_response(
        self: StateTaskServiceSfn,
        response: Any,
        boto_service_name: str | None = None,
        service_action_name: str | None = None,
    ) -> None:
        if service_action_name != "describe_execution":
            return
        for name in list(response):
            value = response.pop(name)
            response[_upper_first(name)] = (
                epoch_milliseconds(value) if isinstance(value, datetime.datetime) else value
            )

    StateTaskServiceSfn._normalise_response = normalise_response


def _lower_first(name: str) -> str:
    return name[0].lower() + name[1:]


def _upper_first(name: str) -> str:
    return name[0].upper() + name[1:]
