"""Event source mappings of SQS queues: checks that MiniStack does not make, and the batching window.

Sources: the Lambda API reference (CreateEventSourceMapping), and the Lambda Developer Guide, "Creating and configuring
an Amazon SQS event source mapping" and "Control which events Lambda sends to your function".
"""

from __future__ import annotations

import contextvars
import json
import threading
from collections.abc import Callable
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import error_response_json
from ministack.services import lambda_svc, sqs

type Mapping = dict[str, Any]
type Run = Callable[[dict[str, Any], list[Any]], None]

_MAX_BATCH = 10_000
_MAX_BATCH_WITHOUT_WINDOW = 10
_MAX_WINDOW = 300
_MAX_PATTERN = 4_096
# A batch is also complete when the event would exceed the size of an invocation.
_MAX_EVENT_BYTES = 6_291_456


def check_mapping(mapping: Mapping, visibility_timeout: int, function_timeout: int) -> str | None:
    """Return the message of AWS for an invalid mapping of a queue; None if it is valid."""
    size, window = int(mapping.get("BatchSize", 10)), int(mapping.get("MaximumBatchingWindowInSeconds") or 0)
    if not 1 <= size <= _MAX_BATCH:
        return _constraint(size, "batchSize", 1, _MAX_BATCH)
    if not 0 <= window <= _MAX_WINDOW:
        return _constraint(window, "maximumBatchingWindowInSeconds", 0, _MAX_WINDOW)
    if window and str(mapping["EventSourceArn"]).endswith(".fifo"):
        return "Batching window is not supported for FIFO queues"
    if size > _MAX_BATCH_WITHOUT_WINDOW and not window:
        return (
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than"
            f" {_MAX_BATCH_WITHOUT_WINDOW}"
        )
    filters = (mapping.get("FilterCriteria") or {}).get("Filters") or ()
    if not all(_is_pattern(each.get("Pattern")) for each in filters):
        return "Invalid filter pattern definition."
    if visibility_timeout < function_timeout:
        return (
            f"Queue visibility timeout: {visibility_timeout} seconds is less than Function timeout:"
            f" {function_timeout} seconds"
        )
    return None


def _constraint(value: int, name: str, least: int, most: int) -> str:
    bound = f"less than or equal to {most}" if value > most else f"greater than or equal to {least}"
    return (
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint:"
        f" Member must have value {bound}"
    )


def _is_pattern(text: object) -> bool:
    """Return whether a filter pattern is an object whose leaves are lists."""
    if not isinstance(text, str) or len(text) > _MAX_PATTERN:
        return False
    try:
        pattern = json.loads(text)
    except ValueError:
        return False

    def valid(value: Any) -> bool:
        if isinstance(value, dict):
            return bool(value) and all(valid(each) for each in value.values())
        return isinstance(value, list) and bool(value)

    return isinstance(pattern, dict) and valid(pattern)


class BatchingWindow:
    """Collects the records of one mapping until its batch is full or its window has passed."""

    def __init__(self, size: int, seconds: float) -> None:
        self.size = size
        self.seconds = seconds
        self._lock = threading.Lock()
        self._records: list[tuple[dict[str, Any], Any]] = []
        self._bytes = 0
        self._timer: threading.Timer | None = None

    def add(self, records: list[dict[str, Any]], messages: list[Any], run: Run) -> None:
        """Add records with the messages that they were made of.

        Call `run` for each complete batch, with its event and its messages: now, or on a thread after the window.
        """
        of_record = {message["id"]: message for message in messages}
        batches = []
        with self._lock:
            for record in records:
                length = len(json.dumps(record))
                if self._records and self._bytes + length > _MAX_EVENT_BYTES:
                    batches.append(self._take())
                self._records.append((record, of_record[record["messageId"]]))
                self._bytes += length
                if len(self._records) >= self.size:
                    batches.append(self._take())
            if self._records and self._timer is None:
                context = contextvars.copy_context()
                self._timer = threading.Timer(self.seconds, context.run, (self._end, run))
                self._timer.daemon = True
                self._timer.start()
        for batch in batches:
            _deliver(batch, run)

    def _take(self) -> list[tuple[dict[str, Any], Any]]:
        batch, self._records, self._bytes = self._records, [], 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return batch

    def _end(self, run: Run) -> None:
        with self._lock:
            batch = self._take()
        if batch:
            _deliver(batch, run)


def _deliver(batch: list[tuple[dict[str, Any], Any]], run: Run) -> None:
    run({"Records": [record for record, _ in batch]}, [message for _, message in batch])


def install_queue_mappings() -> None:
    """Check mappings of queues when they are created and changed, and wait for their batching windows."""
    from ministack.services.cloudformation import provisioners

    _install_checks(provisioners)
    _install_windows()


def _install_checks(provisioners: Any) -> None:
    create, update = lambda_svc._create_esm, lambda_svc._update_esm
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]
    provision, change = handlers["create"], handlers["update"]

    def checked_create(data: Mapping) -> Any:
        return _rejected(_problem(data)) or create(data)

    def checked_update(identifier: str, data: Mapping) -> Any:
        return _rejected(_problem((lambda_svc._esms.get(identifier) or {}) | data)) or update(
            identifier, data
        )

    def checked_provision(logical_id: str, properties: Mapping, stack_name: str) -> Any:
        _require_valid(properties)
        return provision(logical_id, properties, stack_name)

    def checked_change(physical_id: str, old: Mapping, new: Mapping, stack_name: str) -> Any:
        _require_valid(new)
        return change(physical_id, old, new, stack_name)

    lambda_svc._create_esm, lambda_svc._update_esm = checked_create, checked_update
    handlers |= {"create": checked_provision, "update": checked_change}


def _problem(mapping: Mapping) -> str | None:
    """Return the message for an invalid mapping; other sources and missing resources are MiniStack's to check."""
    try:
        source = parse_arn(mapping.get("EventSourceArn", ""))
    except ArnParseError:
        return None
    queue = next(
        (
            each
            for each in sqs._queues.values()
            if each["attributes"].get("QueueArn") == mapping["EventSourceArn"]
        ),
        None,
    )
    _, config, _ = lambda_svc._get_func_record_for_ref(str(mapping.get("FunctionName", "")))
    if source.service != "sqs" or queue is None or config is None:
        return None
    visibility = int(queue["attributes"].get("VisibilityTimeout", 30))
    return check_mapping(mapping, visibility, int(config.get("Timeout", 3)))


def _rejected(message: str | None) -> Any:
    if message is None:
        return None
    is_constraint = message.startswith("1 validation error")
    code = "ValidationException" if is_constraint else "InvalidParameterValueException"
    return error_response_json(code, message, 400)


def _require_valid(properties: Mapping) -> None:
    if (message := _problem(properties)) is not None:
        raise ValueError(f'Resource handler returned message: "Invalid request provided: {message}"')


def _install_windows() -> None:
    dispatch = lambda_svc._dispatch_esm_batch
    windows: dict[str, BatchingWindow] = {}

    def dispatch_after_window(identifier: str, work: Callable[..., None], *args: Any) -> None:
        if work is not lambda_svc._run_sqs_batch:
            dispatch(identifier, work, *args)
            return
        mapping, function, event, messages, url, queue_name = args
        size, window = int(mapping["BatchSize"]), int(mapping.get("MaximumBatchingWindowInSeconds") or 0)
        if not window:
            dispatch(identifier, work, *args)
            return

        def run(event: dict[str, Any], messages: list[Any]) -> None:
            dispatch(identifier, work, mapping, function, event, messages, url, queue_name)

        collected = windows.get(identifier)
        if collected is None or (collected.size, collected.seconds) != (size, window):
            collected = windows[identifier] = BatchingWindow(size, window)
        _delete_filtered(url, event["Records"], messages)
        collected.add(event["Records"], messages, run)

    lambda_svc._dispatch_esm_batch = dispatch_after_window


def _delete_filtered(url: str, records: list[dict[str, Any]], messages: list[Any]) -> None:
    """Delete the messages that no record was made of."""
    kept = {record["messageId"] for record in records}
    sqs._delete_messages_for_esm(
        url, {message["receipt_handle"] for message in messages if message["id"] not in kept}
    )
