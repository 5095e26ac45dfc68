"""What the command line says."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Settings:
    """The endpoint's settings."""

    host: str
    """Address to listen on."""
    port: int
    lambda_endpoint: str | None
    """URL that Lambda invocations go to; None when there is none."""
    time_scale: float
    """Factor on retry back-off."""
    exit_with_parent: bool
    """Whether to end when standard input closes."""

    @property
    def own_url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"


def read_settings(arguments: list[str]) -> Settings:
    parser = argparse.ArgumentParser(
        prog="step_functions_endpoint", description="A local Step Functions endpoint."
    )
    parser.add_argument(
        "--host",
        default=LOOPBACK,
        help="address to listen on (default: 127.0.0.1; in a container 0.0.0.0)",
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--lambda-endpoint",
        default=os.environ.get("SFN_LAMBDA_ENDPOINT"),
        help="URL that Lambda invocations go to (default: SFN_LAMBDA_ENDPOINT)",
    )
    parser.add_argument("--time-scale", type=float, default=1.0, help="factor on retry back-off")
    parser.add_argument(
        "--exit-with-parent", action="store_true", help="end when standard input closes"
    )
    return Settings(**vars(parser.parse_args(arguments)))
