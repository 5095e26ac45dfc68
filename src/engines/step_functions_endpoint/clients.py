"""The AWS clients that states call other services with."""

from __future__ import annotations

import sys
import threading
from typing import Any

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from moto.stepfunctions.parser.asl.utils import boto_client

from .settings import Settings

_CONFIG = Config(
    parameter_validation=False,
    retries={"total_max_attempts": 1},
    max_pool_connections=256,
    # The longest that a Lambda function may run.
    read_timeout=900,
)


def share_clients(settings: Settings) -> None:
    """One client per region and service, instead of a new one for each call.

    Building a client takes 10 to 40 ms. Lambda's client goes to an endpoint of its own, because moto runs
    functions in Docker; everything else comes back to this server.
    """
    original = boto_client.boto_client_for
    clients: dict[tuple[str, str], BaseClient] = {}
    lock = threading.Lock()

    def boto_client_for(region: str, service: str, state_credentials: Any = None) -> BaseClient:
        endpoint = settings.own_url
        if service == "lambda":
            if settings.lambda_endpoint is None:
                raise RuntimeError("no Lambda endpoint: start with --lambda-endpoint")
            endpoint = settings.lambda_endpoint
        # boto3's default session is not safe to use from several threads at once.
        with lock:
            client = clients.get((region, service))
            if client is None:
                client = boto3.client(
                    service,
                    region_name=region,
                    aws_access_key_id="local",
                    aws_secret_access_key="local",
                    endpoint_url=endpoint,
                    config=_CONFIG,
                )
                clients[region, service] = client
            return client

    boto_client.boto_client_for = boto_client_for
    # The parser's modules imported the function by name: each holds a reference of its own.
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.stepfunctions") and getattr(module, "boto_client_for", None) is original:
            module.boto_client_for = boto_client_for
