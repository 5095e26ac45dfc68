"""State machines whose query language is JSONata."""

from __future__ import annotations

import json
from typing import Any

from jsonata.jsonata import Jsonata
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.eval import states, variable_store
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.jsonata import jsonata


def evaluate_in_python() -> None:
    """Expressions are evaluated by jsonata-python; moto expects a Java one that it does not bring."""

    def evaluate(expression: str) -> Any:
        try:
            # Through JSON, so that the interpreter's own list and null types do not leak into states.
            return json.loads(json.dumps(Jsonata(expression).evaluate(None)))
        except Exception as error:
            raise jsonata.JSONataException("UNKNOWN", str(error)) from error

    jsonata._eval_jsonata = evaluate


def escape_bindings() -> None:
    """Text that is bound to a variable is written as JSON; moto puts it between quotes as it is."""

    def encode(bindings: dict[str, Any]) -> str:
        return "".join(
            f"{name}:={jsonata.to_json_str(value, separators=(',', ':'))};"
            for name, value in bindings.items()
        )

    states.encode_jsonata_variable_declarations = encode
    variable_store.encode_jsonata_variable_declarations = encode


def fail_as_evaluations() -> None:
    """An expression that fails gives EvaluationFailed and the error States.QueryEvaluationError.

    That can be retried and caught; moto ends the execution with States.Runtime.
    """
    from_error = ExecutionState._from_error
    eval_body = CommonStateField._eval_body

    def as_failure_event(self: ExecutionState, env: Environment, ex: Exception) -> FailureEvent:
        if isinstance(ex, jsonata.JSONataException):
            return _evaluation_failed(env, ex)
        return from_error(self, env, ex)

    def evaluate_body(self: CommonStateField, env: Environment) -> None:
        try:
            eval_body(self, env)
        except jsonata.JSONataException as ex:
            failure = _evaluation_failed(env, ex)
            env.event_manager.add_event(
                env.event_history_context, HistoryEventType.EvaluationFailed, failure.event_details
            )
            raise FailureEventException(failure) from ex

    ExecutionState._from_error = as_failure_event
    CommonStateField._eval_body = evaluate_body


def _evaluation_failed(env: Environment, error: jsonata.JSONataException) -> FailureEvent:
    return FailureEvent(
        env=env,
        error_name=StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError),
        event_type=HistoryEventType.EvaluationFailed,
        event_details={
            "evaluationFailedEventDetails": {
                "error": "States.QueryEvaluationError",
                "cause": str(error.details),
                "state": env.next_state_name,
                "location": env.next_field_name or "Output",
            }
        },
    )
