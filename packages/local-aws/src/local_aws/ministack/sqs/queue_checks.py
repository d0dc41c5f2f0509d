"""SQS: checks of queues and of received messages that MiniStack does not make, with SQS's messages.

Sources: the SQS API reference, and responses of SQS in public tests.
"""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

import botocore.session
from ministack.services import sqs

# Code and message of an error.
type Problem = tuple[str, str]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo")
_FIFO_ONLY = ("DeduplicationScope", "FifoThroughputLimit")
_READ_ONLY = (
    "All",
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
)
_MAX_WAIT = 20
_MAX_VISIBILITY = 43_200
_MAX_BATCH = 10
_PURGE_SECONDS = 60


def install_queue_checks() -> None:
    """Check names, attributes, batches, receipt handles and ranges before MiniStack handles a request."""
    model = botocore.session.get_session().get_service_model("sqs")
    names = frozenset(model.shape_for("QueueAttributeName").enum)
    validate_batch, purged = sqs._validate_batch_entries, dict[str, float]()

    def check_create(data: dict[str, Any], _: str) -> Problem | None:
        name = str(data.get("QueueName") or "")
        attributes = data.get("Attributes") or {}
        return name_problem(name) or attributes_problem(attributes, names, is_fifo=name.endswith(".fifo"))

    def check_set(data: dict[str, Any], url: str) -> Problem | None:
        queue, attributes = sqs._get_q(url, "sqs:SetQueueAttributes"), data.get("Attributes") or {}
        if queue["is_fifo"] and attributes.get("FifoQueue", "true") != "true":
            reason = "Modifying queue type is not supported."
            return "InvalidAttributeValue", f"Invalid value for the parameter FifoQueue. Reason: {reason}"
        return attributes_problem(attributes, names, is_fifo=queue["is_fifo"])

    def check_get(data: dict[str, Any], url: str) -> Problem | None:
        sqs._get_q(url, "sqs:GetQueueAttributes")
        return _unknown(data.get("AttributeNames") or (), names)

    def check_receive(data: dict[str, Any], url: str) -> Problem | None:
        sqs._get_q(url, "sqs:ReceiveMessage")
        return range_problem("WaitTimeSeconds", data.get("WaitTimeSeconds"), _MAX_WAIT) or range_problem(
            "VisibilityTimeout", data.get("VisibilityTimeout"), _MAX_VISIBILITY
        )

    def check_delete(data: dict[str, Any], url: str) -> Problem | None:
        queue, handle = sqs._get_q(url, "sqs:DeleteMessage"), data.get("ReceiptHandle")
        return _handle_problem(handle) or _expired(queue, handle)

    def check_visibility(data: dict[str, Any], url: str) -> Problem | None:
        queue, handle = sqs._get_q(url, "sqs:ChangeMessageVisibility"), data.get("ReceiptHandle")
        problem = range_problem("VisibilityTimeout", data.get("VisibilityTimeout"), _MAX_VISIBILITY)
        problem = problem or _handle_problem(handle)
        if problem is None and handle and _message(queue, handle) is None:
            return _unavailable(handle)
        return problem

    def check_purge(_: dict[str, Any], url: str) -> Problem | None:
        queue, now = sqs._get_q(url, "sqs:PurgeQueue"), time.monotonic()
        if now - purged.get(url, -_PURGE_SECONDS) < _PURGE_SECONDS:
            allowed = f"is allowed every {_PURGE_SECONDS} seconds."
            return "PurgeQueueInProgress", f"Only one PurgeQueue operation on {queue['name']} {allowed}"
        purged[url] = now
        return None

    def checked_batch(entries: list[dict[str, Any]], entry_name: str) -> None:
        if len(entries) > _MAX_BATCH:
            sent = f"Maximum number of entries per request are {_MAX_BATCH}. You have sent {len(entries)}."
            raise sqs._Err("TooManyEntriesInBatchRequest", sent)
        validate_batch(entries, entry_name)

    sqs._validate_batch_entries = checked_batch
    _before("CreateQueue", check_create)
    _before("SetQueueAttributes", check_set)
    _before("GetQueueAttributes", check_get)
    _before("ReceiveMessage", check_receive)
    _before("DeleteMessage", check_delete, absent={})
    _before("ChangeMessageVisibility", check_visibility)
    _before("PurgeQueue", check_purge)
    _after_batch("DeleteMessageBatch", lambda _: None)
    _after_batch("ChangeMessageVisibilityBatch", _unavailable)


def _before(action: str, check: Any, absent: Any = None) -> None:
    """Raise what `check` returns before an action. Return `absent`, if given, for a message that does not exist."""
    perform = sqs._HANDLERS[action]

    async def checked(data: dict[str, Any], queue_url: str) -> Any:
        url = data.get("QueueUrl", queue_url)
        problem = check(data, url)
        if problem is not None:
            raise sqs._Err(*problem)
        try:
            response = perform(data, queue_url)
            return await response if inspect.isawaitable(response) else response
        except sqs._Err as error:
            if absent is None or error.code != "ReceiptHandleIsInvalid":
                raise
            return absent

    sqs._HANDLERS[action] = checked


def _after_batch(action: str, absent: Callable[[str], Problem | None]) -> None:
    """Name the errors of a batch's receipt handles; `absent` returns that of a message that does not exist, or None."""
    perform = sqs._HANDLERS[action]

    def named(data: dict[str, Any], queue_url: str) -> Any:
        response, failures = perform(data, queue_url), []
        handles = {entry.get("Id"): str(entry.get("ReceiptHandle")) for entry in data["Entries"]}
        for failed in response["Failed"]:
            handle = handles[failed["Id"]]
            problem = _handle_problem(handle) or absent(handle)
            if problem is None:
                response["Successful"].append({"Id": failed["Id"]})
            else:
                failures.append(failed | {"Code": problem[0], "Message": problem[1]})
        return response | {"Failed": failures}

    sqs._HANDLERS[action] = named


def name_problem(name: str) -> Problem | None:
    """Return the error of a queue's name; None if it is valid, or missing."""
    if not name or _NAME.fullmatch(name):
        return None
    reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    return "InvalidParameterValue", reason


def attributes_problem(
    attributes: Mapping[str, str], names: Collection[str], *, is_fifo: bool
) -> Problem | None:
    """Return the error of attributes that a queue cannot have; None if it can. `names` are all names there are."""
    if not is_fifo:
        for name in _FIFO_ONLY:
            if name in attributes:
                return (
                    "InvalidAttributeName",
                    f"You can specify the {name} only when FifoQueue is set to true.",
                )
        names = set(names) - {"FifoQueue", "ContentBasedDeduplication"}
    return _unknown(attributes, set(names) - set(_READ_ONLY))


def range_problem(name: str, value: str | int | None, most: int) -> Problem | None:
    """Return the error of a number out of its range; None if it is in it, or missing."""
    if value is None or 0 <= int(value) <= most:
        return None
    return _invalid(name, value, f"Must be >= 0 and <= {most}, if provided.")


def _unknown(attributes: Collection[str], names: Collection[str]) -> Problem | None:
    unknown = next((name for name in attributes if name not in names), None)
    return None if unknown is None else ("InvalidAttributeName", f"Unknown Attribute {unknown}.")


def _handle_problem(handle: str | None) -> Problem | None:
    """Return the error of a receipt handle that no queue has issued; None if one can have."""
    if not handle:
        return None
    try:
        UUID(handle)
    except ValueError:
        return "ReceiptHandleIsInvalid", f'The input receipt handle "{handle}" is not a valid receipt handle.'
    return None


def _expired(queue: Mapping[str, Any], handle: str | None) -> Problem | None:
    """Return the error of a handle of a FIFO queue whose visibility timeout has ended; None if it has not."""
    message = _message(queue, handle) if queue["is_fifo"] else None
    if message is None or message["visible_at"] > time.time():
        return None
    return _invalid("ReceiptHandle", handle, "The receipt handle has expired.")


def _unavailable(handle: str) -> Problem:
    reason = "Message does not exist or is not available for visibility timeout change."
    return _invalid("ReceiptHandle", handle, reason)


def _message(queue: Mapping[str, Any], handle: str | None) -> Mapping[str, Any] | None:
    return next((message for message in queue["messages"] if message["receipt_handle"] == handle), None)


def _invalid(name: str, value: Any, reason: str) -> Problem:
    return "InvalidParameterValue", f"Value {value} for parameter {name} is invalid. Reason: {reason}"
