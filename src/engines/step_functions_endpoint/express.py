"""Express executions that are started and awaited in one call."""

from __future__ import annotations

import copy
import json
import uuid
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.parser.backend.execution import SyncExecution
from moto.stepfunctions.responses import StepFunctionResponse

from .clock import now


def start_and_wait() -> None:
    """StartSyncExecution, which moto lacks."""

    def start_sync_execution(self: StepFunctionResponse) -> ActionResult:
        backend = self.stepfunction_backend
        state_machine = backend.describe_state_machine(self._get_param("stateMachineArn"))
        name = self._get_param("name") or str(uuid.uuid4())
        execution = SyncExecution(
            name=name,
            sm_type=state_machine.sm_type,
            role_arn=state_machine.roleArn,
            exec_arn=f"{_express_arn(state_machine.arn)}:{name}:{uuid.uuid4()}",
            account_id=backend.account_id,
            region_name=backend.region_name,
            # A later UpdateStateMachine must not reach an execution that runs.
            state_machine=copy.copy(state_machine),
            start_date=now(),
            cloud_watch_logging_session=None,
            input_data=self._get_param("input", if_none="{}"),
            trace_header=self._get_param("traceHeader"),
            activity_store={},
        )
        execution.start()
        return ActionResult(_result(execution, state_machine.arn))

    StepFunctionResponse.start_sync_execution = start_sync_execution


def _express_arn(state_machine_arn: str) -> str:
    return state_machine_arn.replace(":stateMachine:", ":express:")


def _result(execution: SyncExecution, state_machine_arn: str) -> dict[str, Any]:
    status = getattr(execution.sync_execution_status, "value", execution.sync_execution_status)
    result = {
        "executionArn": execution.exec_arn,
        "stateMachineArn": state_machine_arn,
        "name": execution.name,
        "startDate": execution.start_date,
        "stopDate": execution.stop_date,
        "status": status,
        "input": execution.execution_input,
    }
    if status == "SUCCEEDED":
        result["output"] = json.dumps(execution.output)
    if execution.error:
        result["error"], result["cause"] = execution.error, execution.cause
    return result
