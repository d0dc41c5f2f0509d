"""SQS: checks of messages that MiniStack does not make, with SQS's messages.

Sources: the SQS API reference (SendMessage, SendMessageBatch), the SQS Developer Guide ("Amazon SQS message metadata"),
and responses of SQS in public tests. There is none for more than ten attributes: other emulators have this text.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from ministack.services import sqs

type Attributes = Mapping[str, Mapping[str, Any]]
# Code and message of an error.
type Problem = tuple[str, str]

_MAX_DELAY = 900
_MAX_ATTRIBUTES = 10
_TYPE = re.compile(r"(?:String|Number|Binary)(?:\..+)?")
_ID = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")
_NO_GROUP = "The request must contain the parameter MessageGroupId."
_NO_DEDUPLICATION = (
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
    "explicitly"
)


def install_message_checks() -> None:
    """Check each message before MiniStack sends it."""
    send_message, send_batch = sqs._act_send_message, sqs._act_send_message_batch

    def checked_send(data: dict[str, Any], queue_url: str) -> dict[str, Any]:
        # An unknown queue is the first error.
        queue = sqs._get_q(data.get("QueueUrl", queue_url), "sqs:SendMessage")
        attributes = data.get("MessageAttributes") or {}
        problem = check_ids(data, queue) or check_message(data.get("DelaySeconds"), attributes)
        problem = problem or check_size(data, queue, "One or more parameters are invalid")
        if problem is not None:
            raise sqs._Err(*problem)
        response: dict[str, Any] = send_message(data, queue_url)
        return response

    def checked_batch(data: dict[str, Any], queue_url: str) -> dict[str, Any]:
        queue = sqs._get_q(data.get("QueueUrl", queue_url), "sqs:SendMessage")
        for entry in data.get("Entries", ()):
            missing = _missing_id(entry, queue)
            if missing is not None:
                raise sqs._Err("InvalidParameterValue", missing)
        response: dict[str, Any] = send_batch(data, queue_url)
        for failed in response["Failed"]:
            # The text for an entry is not that for a message alone.
            failed["Message"] = failed["Message"].replace(
                "are invalid. Reason: M", "cannot be validated. Reason: M"
            )
        return response

    sqs._act_send_message = checked_send
    sqs._HANDLERS |= {"SendMessage": checked_send, "SendMessageBatch": checked_batch}


def check_message(delay: str | int | None, attributes: Attributes) -> Problem | None:
    """Return the error of a message with this delay in seconds and these attributes; None if it is valid."""
    problem = _delay_problem(delay) or _attributes_problem(attributes)
    return None if problem is None else ("InvalidParameterValue", problem)


def check_ids(message: Mapping[str, Any], queue: Mapping[str, Any]) -> Problem | None:
    """Return the error of a message's group or deduplication id; None if both are valid for the queue."""
    for name in ("MessageGroupId", "MessageDeduplicationId"):
        value = message.get(name)
        if value is None:
            continue
        if name == "MessageDeduplicationId" and not queue["is_fifo"]:
            reason = "The request include parameter that is not valid for this queue type."
        elif not _ID.fullmatch(value):
            reason = f"{name} can only include alphanumeric and punctuation characters. 1 to 128 in length."
        else:
            continue
        return "InvalidParameterValue", f"Value {value} for parameter {name} is invalid. Reason: {reason}"
    missing = _missing_id(message, queue)
    if missing is None:
        return None
    return ("MissingParameter" if missing == _NO_GROUP else "InvalidParameterValue"), missing


def check_size(message: Mapping[str, Any], queue: Mapping[str, Any], beginning: str) -> Problem | None:
    """Return the error of a message whose body and attributes are too large for the queue; None if it fits."""
    limit = int(queue["attributes"]["MaximumMessageSize"])
    size = len(str(message.get("MessageBody") or "").encode())
    for name, attribute in (message.get("MessageAttributes") or {}).items():
        texts = (name, attribute.get("DataType") or "", attribute.get("StringValue") or "")
        size += sum(len(text.encode()) for text in texts)
        size += len(base64.b64decode(attribute.get("BinaryValue") or ""))
    if size <= limit:
        return None
    return "InvalidParameterValue", f"{beginning}. Reason: Message must be shorter than {limit} bytes."


def _missing_id(message: Mapping[str, Any], queue: Mapping[str, Any]) -> str | None:
    """Return the error of a message to a FIFO queue without a group, or without means of deduplication."""
    if not queue["is_fifo"]:
        return None
    if message.get("MessageGroupId") is None:
        return _NO_GROUP
    if (
        message.get("MessageDeduplicationId") is None
        and queue["attributes"].get("ContentBasedDeduplication") != "true"
    ):
        return _NO_DEDUPLICATION
    return None


def _delay_problem(delay: str | int | None) -> str | None:
    if delay is None or 0 <= int(delay) <= _MAX_DELAY:
        return None
    reason = f"DelaySeconds must be >= 0 and <= {_MAX_DELAY}."
    return f"Value {delay} for parameter DelaySeconds is invalid. Reason: {reason}"


def _attributes_problem(attributes: Attributes) -> str | None:
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
