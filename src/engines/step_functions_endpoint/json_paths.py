"""JSONPath expressions of a state machine."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.utils import json_path


def parse_once() -> None:
    """An expression is parsed once, and by one thread at a time.

    moto parses it anew at every state. The newest jsonpath-ng for Python 3.10 needs a tenth of a second for that, and mixes
    up expressions that two executions parse at once.
    """
    # One for both: the parser of json_path is the other one, extended.
    lock = threading.Lock()
    json_path.parse = _once(json_path.parse, lock)
    result_path.parse = _once(result_path.parse, lock)


def _once(parse: Callable[[str], Any], lock: threading.Lock) -> Callable[[str], Any]:
    remembered = functools.lru_cache(maxsize=1024)(parse)

    def parse_with_memory(text: str) -> Any:
        with lock:
            return remembered(text)

    return parse_with_memory
