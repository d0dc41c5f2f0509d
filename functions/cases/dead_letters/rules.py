"""Why a message of a dead-letter queue failed, when, and how often. Pure.

EventBridge and its scheduler say so in the message's attributes, Lambda and the workflows in its body. SQS keeps no
reason: the consumer's log has an entry with the message id for each failed attempt.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tillflow.executions import error_message
from tillflow.times import iso_utc

from cases.dead_letters.models import MOST_CHARACTERS, DeadLetter, MessageFailure

type Message = Mapping[str, Any]
"""A message as SQS's ReceiveMessage returns it."""

UNKNOWN = MessageFailure(reason="No reason is stored with the message, and no log has an entry of it.")


def failure_in(message: Message) -> MessageFailure | None:
    """Return the failure that a message itself reports; None if it reports none."""
    attributes = text_attributes(message)
    if "ERROR_MESSAGE" in attributes or "ERROR_CODE" in attributes:
        return _undelivered(attributes, sent_at(message))
    try:
        body = json.loads(message["Body"])
    except (ValueError, RecursionError):
        return None
    return _in_body(body, sent_at(message)) if isinstance(body, dict) else None


def failure_by_log(entries: Iterable[tuple[int, str]], message_id: str) -> MessageFailure | None:
    """Return the failure by log entries (milliseconds since 1970, line) of a message's consumer; None without one."""
    failed = [(at, fields) for at, line in entries if (fields := _failed(line, message_id))]
    if not failed:
        return None
    at, fields = max(failed, key=lambda one: one[0])
    lines = str(fields.get("exception", "")).strip().splitlines()
    reason = lines[-1] if lines else str(fields["error"])
    return MessageFailure(reason=reason, failed_at=_time(at), attempts=len(failed))


def dead_letter(message: Message, failure: MessageFailure) -> DeadLetter:
    """Return a message as people see it."""
    body = str(message["Body"])
    return DeadLetter(
        message_id=message["MessageId"],
        sent_at=sent_at(message),
        body=body[:MOST_CHARACTERS],
        shortened=len(body) > MOST_CHARACTERS,
        attributes=text_attributes(message),
        failure=failure,
    )


def text_attributes(message: Message) -> dict[str, str]:
    """Return the attributes of a message that are text."""
    attributes = message.get("MessageAttributes", {})
    return {name: value["StringValue"] for name, value in attributes.items() if "StringValue" in value}


def sent_at(message: Message) -> str | None:
    """Return when a message was sent; None if it is not known."""
    milliseconds = sent_milliseconds(message)
    return None if milliseconds is None else _time(milliseconds)


def sent_milliseconds(message: Message) -> int | None:
    """Return when a message was sent, in milliseconds since 1970."""
    text = str(message.get("Attributes", {}).get("SentTimestamp", ""))
    return int(text) if text.isdecimal() else None


def case_id(queue: str, message_id: str) -> str:
    """Return the id of the case that keeps a dropped message."""
    return f"dlq-{queue}#{message_id}"


def _undelivered(attributes: Mapping[str, str], sent: str | None) -> MessageFailure:
    reason = ": ".join(filter(None, (attributes.get("ERROR_CODE"), attributes.get("ERROR_MESSAGE"))))
    retries = attributes.get("RETRY_ATTEMPTS", "")
    attempts = int(retries) + 1 if retries.isdecimal() else None
    return MessageFailure(reason=reason, failed_at=sent, attempts=attempts)


def _in_body(body: Mapping[str, Any], sent: str | None) -> MessageFailure | None:
    request, response = body.get("requestContext"), body.get("responseContext")
    if isinstance(request, dict) and "condition" in request:  # a destination of Lambda
        error = response.get("functionError") if isinstance(response, dict) else None
        attempts = request.get("approximateInvokeCount")
        reason = ": ".join(str(part) for part in (request["condition"], error) if part)
        at = body.get("timestamp")
        return MessageFailure(
            reason=reason,
            failed_at=at if isinstance(at, str) else sent,
            attempts=attempts if isinstance(attempts, int) else None,
        )
    failure = body.get("failure")
    if isinstance(failure, dict):  # a workflow
        reason = _reason(failure.get("Error"), failure.get("Cause"))
        return MessageFailure(reason=reason, failed_at=sent, attempts=1)
    if "executionArn" in body:  # a status event of an execution
        stopped = body.get("stopDate")
        return MessageFailure(
            reason=_reason(body.get("error") or body.get("status"), body.get("cause")),
            failed_at=(_time(stopped) if isinstance(stopped, int) else None) or sent,
            attempts=1,
        )
    return None


def _failed(line: str, message_id: str) -> Mapping[str, Any]:
    """Return the fields of a log entry on a failed message; {} of any other."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    failed = isinstance(fields, dict) and fields.get("message_id") == message_id and "error" in fields
    return fields if failed else {}


def _reason(error: Any, cause: Any) -> str:
    parts = (str(error or ""), error_message(str(cause or "")))
    return ": ".join(filter(None, parts)) or "unknown"


def _time(milliseconds: int) -> str | None:
    """Return a time in whole seconds; None for a number that is not a time."""
    try:
        return iso_utc(datetime.fromtimestamp(milliseconds // 1000, UTC))
    except (ValueError, OverflowError, OSError):
        return None
