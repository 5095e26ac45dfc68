"""CloudWatch Logs of executions: all that Express executions leave behind."""

from __future__ import annotations

import datetime
import json
import threading
from typing import Any

from moto.stepfunctions.parser.asl.eval.event.logging import (
    CloudWatchLoggingConfiguration,
    CloudWatchLoggingSession,
)
from moto.stepfunctions.parser.backend.execution import Execution

_lock = threading.Lock()


class LogSession(CloudWatchLoggingSession):
    """Writes an execution's events into its log group, in the fields that AWS writes.

    moto's own session hands the log backend a shape that it does not take, and the line is lost.
    """

    def publish_history_log(self, history_log: dict[str, Any]) -> None:
        milliseconds = _milliseconds(history_log["event_timestamp"])
        message = {
            "id": history_log["id"],
            "type": getattr(history_log["type"], "value", history_log["type"]),
            "details": history_log.get("details", {}),
            "previous_event_id": history_log["previous_event_id"],
            "event_timestamp": str(milliseconds),
            "execution_arn": history_log["execution_arn"],
            "redrive_count": "0",
        }
        names = {
            "log_group_name": self.configuration.log_group_name,
            "log_stream_name": self.configuration.log_stream_name,
        }
        # Several executions of one state machine share a stream, and moto's backend takes no lock.
        with _lock:
            group = self._logs_client.groups.get(names["log_group_name"])
            if group is None:
                return
            if names["log_stream_name"] not in group.streams:
                self._logs_client.create_log_stream(**names)
            self._logs_client.put_log_events(
                **names, log_events=[{"timestamp": milliseconds, "message": json.dumps(message)}]
            )


def log_executions() -> None:
    """Executions of a state machine with a loggingConfiguration get a log session; moto gives none."""
    initialise = Execution.__init__

    def init(self: Execution, *args: Any, **kwargs: Any) -> None:
        state_machine = kwargs["state_machine"]
        logging = getattr(state_machine, "loggingConfiguration", None)
        if logging and logging.get("destinations"):
            configuration = CloudWatchLoggingConfiguration.from_logging_configuration(
                state_machine.arn, {"includeExecutionData": False, **logging}
            )
            if configuration:
                kwargs["cloud_watch_logging_session"] = LogSession(
                    execution_arn=kwargs["exec_arn"], configuration=configuration
                )
        initialise(self, *args, **kwargs)

    Execution.__init__ = init


def _milliseconds(timestamp: Any) -> int:
    if isinstance(timestamp, str):
        timestamp = datetime.datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    return int(timestamp.timestamp() * 1000)
