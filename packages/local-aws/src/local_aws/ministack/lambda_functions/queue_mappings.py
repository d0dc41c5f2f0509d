"""The batching window of event source mappings of SQS queues.

Source: the Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping".
"""

from __future__ import annotations

import contextvars
import json
import threading
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc, sqs

type Run = Callable[[dict[str, Any], list[Any]], None]

# A batch is also complete when the event would exceed the size of an invocation.
_MAX_EVENT_BYTES = 6_291_456


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


def install_batching_windows() -> None:
    """Wait for the batching windows of mappings of queues."""
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
