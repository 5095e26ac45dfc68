"""What a state gets back from `lambda:invoke`."""

from __future__ import annotations

import json
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.eval.environment import Environment

# AWS spells the headers so in the result (from executions recorded on AWS).
_HEADER_NAMES = {
    "connection": "Connection",
    "content-length": "Content-Length",
    "content-type": "Content-Type",
    "date": "Date",
    "x-amz-executed-version": "X-Amz-Executed-Version",
    "x-amzn-requestid": "x-amzn-RequestId",
    "x-amzn-trace-id": "X-Amzn-Trace-Id",
}


def add_response_metadata() -> None:
    """A result carries SdkHttpMetadata and SdkResponseMetadata, as on AWS.

    The request id in it is what joins an attempt to the Lambda function's own span without a change to the
    state machine; moto leaves it out.
    """

    def execute_lambda_function_integration(
        env: Environment, parameters: dict[str, Any], region: str, state_credentials: Any
    ) -> None:
        response = lambda_eval_utils._invoke_lambda_function(
            parameters=parameters, region=region, state_credentials=state_credentials
        )
        if response.get("FunctionError"):
            raise lambda_eval_utils.LambdaFunctionErrorException(
                response["FunctionError"], json.dumps(response["Payload"], separators=(",", ":"))
            )
        env.stack.append(_as_aws_gives_it(response))

    lambda_eval_utils.execute_lambda_function_integration = execute_lambda_function_integration


def _as_aws_gives_it(response: dict[str, Any]) -> dict[str, Any]:
    metadata = response["ResponseMetadata"]
    received = {name.lower(): value for name, value in metadata["HTTPHeaders"].items()}
    headers = {
        _HEADER_NAMES[name]: value for name, value in received.items() if name in _HEADER_NAMES
    }
    return {
        "ExecutedVersion": response.get("ExecutedVersion", "$LATEST"),
        "Payload": response["Payload"],
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": metadata["HTTPStatusCode"],
        },
        "SdkResponseMetadata": {
            "RequestId": received.get("x-amzn-requestid") or metadata.get("RequestId")
        },
        "StatusCode": response["StatusCode"],
    }
