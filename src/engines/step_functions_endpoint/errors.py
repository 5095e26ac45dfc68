"""The errors that the API answers with."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import AWSError
from moto.stepfunctions.parser import api

# What AWS says in the cases where moto raises an error without a message.
_MESSAGES = {
    "ActivityDoesNotExist": "Activity Does Not Exist",
    "InvalidToken": "Invalid Token: 'Invalid token'",
    "TaskDoesNotExist": "Task does not exist",
    "TaskTimedOut": "Task Timed Out: 'Provided task does not exist anymore'",
}


def give_errors_their_names() -> None:
    """Errors of moto's parser reach the client with their name and a message.

    They carry the name as `code`, but the server writes `TYPE`, which is empty: the AWS SDKs cannot read
    such an answer at all.
    """
    for error in vars(api).values():
        if isinstance(error, type) and issubclass(error, AWSError) and "code" in vars(error):
            error.TYPE = error.code
            error.STATUS = error.status_code
            error.__init__ = _initialise


def _initialise(self: AWSError, message: Any = None, **fields: Any) -> None:
    text = message or _MESSAGES.get(self.TYPE, self.TYPE)
    AWSError.__init__(self, str(text), **fields)
