"""Messages of errors that AWS words otherwise than MiniStack.

Sources: responses of AWS in public issues of its SDKs; SQS has one text for each of its protocols.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ministack.services import cloudwatch_logs, iam, sqs, ssm

type Wording = tuple[re.Pattern[str], str]

_LOGS = (
    (re.compile(r"(The specified log (?:group|stream) already exists): .*", re.DOTALL), r"\1"),
    (re.compile(r"(The specified log (?:group|stream) does not exist): .*", re.DOTALL), r"\1."),
)
_IAM = ((re.compile(r"Role (\S+) not found\."), r"The role with name \1 cannot be found."),)
_SQS = ((re.compile(r"(The specified queue does not exist) for this wsdl version\."), r"\1."),)
# The error has a code alone: SDKs show no message.
_SSM = ((re.compile(r"Parameter \S* not found", re.DOTALL), ""),)


def install_error_texts() -> None:
    """Write messages as AWS does."""
    cloudwatch_logs.error_response_json = _reworded(cloudwatch_logs.error_response_json, 1, _LOGS)
    ssm.error_response_json = _reworded(ssm.error_response_json, 1, _SSM)
    iam._error = _reworded(iam._error, 2, _IAM)
    sqs._json_err_resp = _reworded(sqs._json_err_resp, 1, _SQS)


def _reworded(respond: Callable[..., Any], place: int, wordings: tuple[Wording, ...]) -> Callable[..., Any]:
    """Return a function that makes a response of an error, whose message is its argument at `place`."""

    def respond_as_aws(*arguments: Any, **named: Any) -> Any:
        texts = list(arguments)
        texts[place] = reworded(texts[place], wordings)
        return respond(*texts, **named)

    return respond_as_aws


def reworded(message: str, wordings: tuple[Wording, ...]) -> str:
    """Return the message in AWS's words."""
    for pattern, text in wordings:
        if pattern.fullmatch(message):
            return pattern.sub(text, message)
    return message
