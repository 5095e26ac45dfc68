"""EventBridge's "Step Functions Execution Status Change" events."""

from __future__ import annotations

import json
import logging

from moto.events.models import events_backends
from moto.stepfunctions.parser.backend.execution import Execution

from .clock import epoch_milliseconds

_LOG = logging.getLogger(__name__)


def emit_status_event(execution: Execution, status: str) -> None:
    """Puts a status event on the event buses of the execution's account, when any bus has a rule.

    AWS sends them for Standard executions; moto sends none. A failure to send does not touch the execution.
    """
    try:
        backend = events_backends[execution.account_id][execution.region_name]
        if not any(bus.rules for bus in backend.event_buses.values()):
            return
        backend.put_events(
            [
                {
                    "Source": "aws.states",
                    "DetailType": "Step Functions Execution Status Change",
                    "Detail": json.dumps(_detail(execution, status)),
                    "Resources": [execution.exec_arn],
                }
            ]
        )
    except Exception:  # noqa: BLE001
        _LOG.exception("a status event could not be sent")


def _detail(execution: Execution, status: str) -> dict[str, object]:
    return {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": status,
        "startDate": epoch_milliseconds(execution.start_date),
        "stopDate": epoch_milliseconds(execution.stop_date),
        "input": execution.execution_input,
        "output": json.dumps(execution.output) if status == "SUCCEEDED" else None,
        "error": execution.error,
        "cause": execution.cause,
        "redriveCount": 0,
    }
