"""SQS: checks of SendMessage that MiniStack does not make, with SQS's messages.

Sources: the SQS API reference (SendMessage), and the SQS Developer Guide, "Amazon SQS message metadata".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ministack.services import sqs

_MAX_DELAY = 900
_MAX_ATTRIBUTES = 10
_TYPE = re.compile(r"(?:String|Number|Binary)(?:\..+)?")


def install_message_checks() -> None:
    """Check the delay and the attributes of each message before MiniStack sends it."""
    send_message = sqs._act_send_message

    def checked_send(data: dict[str, Any], queue_url: str) -> dict[str, Any]:
        sqs._get_q(data.get("QueueUrl", queue_url), "sqs:SendMessage")  # an unknown queue is the first error
        message = check_message(data.get("DelaySeconds"), data.get("MessageAttributes") or {})
        if message is not None:
            raise sqs._Err("InvalidParameterValue", message)
        response: dict[str, Any] = send_message(data, queue_url)
        return response

    sqs._act_send_message = checked_send
    sqs._HANDLERS["SendMessage"] = checked_send


def check_message(delay: str | int | None, attributes: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the error of a message with this delay in seconds and these attributes; None if it is valid."""
    if delay is not None and not 0 <= int(delay) <= _MAX_DELAY:
        return (
            f"Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and "
            f"<= {_MAX_DELAY}."
        )
    if len(attributes) > _MAX_ATTRIBUTES:
        return f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{_MAX_ATTRIBUTES}]."
    problems = (_check_attribute(name, attribute) for name, attribute in attributes.items())
    return next((problem for problem in problems if problem is not None), None)


def _check_attribute(name: str, attribute: Mapping[str, Any]) -> str | None:
    kind = attribute.get("DataType") or ""
    if not _TYPE.fullmatch(kind):
        return (
            f"The type of message (user) attribute '{name}' is invalid. You must use only the following supported type "
            "prefixes: Binary, Number, String."
        )
    value = attribute.get("BinaryValue" if kind.startswith("Binary") else "StringValue")
    if not value:
        return f"Message (user) attribute '{name}' must contain a non-empty value of type '{kind.partition('.')[0]}'."
    if kind.startswith("Number"):
        try:
            float(value)
        except ValueError:
            return f"Can't cast the value of message (user) attribute '{name}' to a number."
    return None
