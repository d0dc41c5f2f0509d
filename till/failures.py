"""Why a message of a dead-letter queue failed, when, and how often.

EventBridge and its scheduler say so in the message's attributes, Lambda and the workflows in its body. SQS keeps no
reason: the consumer's log has an entry with the message id for each failed attempt.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from tillflow.executions import error_message

from till.output import timestamp
from till.stack import Stack

_LOG_DAYS = 15
"""Messages are kept for 14 days."""


@dataclass(frozen=True, slots=True)
class Failure:
    """attempts: None if it is not known; failed_at: the last attempt, "" if it is not known."""

    reason: str
    failed_at: str = ""
    attempts: int | None = None

    def document(self) -> dict[str, Any]:
        return asdict(self)


def failure_of(stack: Stack, source_url: str | None, message: Mapping[str, Any]) -> Failure:
    """Return the failure of a message of the dead-letter queue of `source_url`."""
    attributes = {
        name: value.get("StringValue", "") for name, value in message.get("MessageAttributes", {}).items()
    }
    if "ERROR_MESSAGE" in attributes or "ERROR_CODE" in attributes:
        return _undelivered(attributes, _sent(message))
    try:
        body = json.loads(message["Body"])
    except ValueError:
        body = None
    if isinstance(body, dict) and (found := _in_body(body, _sent(message))):
        return found
    return _logged(stack, source_url, message["MessageId"]) or Failure(
        "No reason is stored with the message, and its consumer's log has no entry.", "", None
    )


def _undelivered(attributes: Mapping[str, str], sent: str) -> Failure:
    reason = ": ".join(filter(None, (attributes.get("ERROR_CODE"), attributes.get("ERROR_MESSAGE"))))
    retries = attributes.get("RETRY_ATTEMPTS", "")
    return Failure(reason, sent, int(retries) + 1 if retries.isdecimal() else None)


def _in_body(body: Mapping[str, Any], sent: str) -> Failure | None:
    request, response = body.get("requestContext"), body.get("responseContext")
    if isinstance(request, dict) and "condition" in request:  # a destination of Lambda
        error = response.get("functionError") if isinstance(response, dict) else None
        attempts = request.get("approximateInvokeCount")
        reason = ": ".join(str(part) for part in (request["condition"], error) if part)
        at = timestamp(str(body.get("timestamp") or sent))
        return Failure(reason, at, attempts if isinstance(attempts, int) else None)
    failure = body.get("failure")
    if isinstance(failure, dict):  # a workflow
        return Failure(_reason(failure.get("Error"), failure.get("Cause")), sent, 1)
    if "executionArn" in body:  # a status event of an execution
        stopped = body.get("stopDate")
        at = timestamp(datetime.fromtimestamp(stopped / 1000, UTC)) if isinstance(stopped, int) else sent
        return Failure(_reason(body.get("error") or body.get("status"), body.get("cause")), at, 1)
    return None


def _logged(stack: Stack, source_url: str | None, message_id: str) -> Failure | None:
    """Return the failure by the log of the function that consumes the source queue."""
    if source_url is None:
        return None
    attributes = stack.client("sqs").get_queue_attributes(QueueUrl=source_url, AttributeNames=["QueueArn"])
    mappings = stack.client("lambda").list_event_source_mappings(
        EventSourceArn=attributes["Attributes"]["QueueArn"]
    )["EventSourceMappings"]
    if not mappings:
        return Failure("No function of this deployment consumes the queue: another system failed.")
    function = stack.client("lambda").get_function_configuration(FunctionName=mappings[0]["FunctionArn"])
    logs = stack.client("logs")
    since = int(datetime.now(UTC).timestamp() - _LOG_DAYS * 86_400) * 1000
    try:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=function["LoggingConfig"]["LogGroup"],
            filterPattern=f'"{message_id}"',
            startTime=since,
        )
        events = [event for page in pages for event in page["events"] if message_id in event["message"]]
    except logs.exceptions.ResourceNotFoundException:
        return None
    failed = [
        (event["timestamp"], fields) for event in events if (fields := _failed(event["message"], message_id))
    ]
    if not failed:
        return None
    at, fields = max(failed, key=lambda one: one[0])
    lines = str(fields.get("exception", "")).strip().splitlines()
    reason = lines[-1] if lines else str(fields["error"])
    return Failure(reason, timestamp(datetime.fromtimestamp(at / 1000, UTC)), len(failed))


def _failed(line: str, message_id: str) -> Mapping[str, Any]:
    """Return the fields of a log entry on a failed message; {} of any other."""
    try:
        fields = json.loads(line)
    except ValueError:
        return {}
    failed = isinstance(fields, dict) and fields.get("message_id") == message_id and "error" in fields
    return fields if failed else {}


def _reason(error: Any, cause: Any) -> str:
    parts = (str(error or ""), error_message(str(cause or "")))
    return ": ".join(filter(None, parts)) or "unknown"


def _sent(message: Mapping[str, Any]) -> str:
    milliseconds = str(message.get("Attributes", {}).get("SentTimestamp", ""))
    return (
        timestamp(datetime.fromtimestamp(int(milliseconds) / 1000, UTC)) if milliseconds.isdecimal() else ""
    )
