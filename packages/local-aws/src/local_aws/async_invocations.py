"""Asynchronous invocations of Lambda functions: kept until they end, retried, and reported to destinations.

As in the Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation": an error is
retried after one minute and then after two; a throttled invocation is retried for up to six hours, after 1 second to
5 minutes. What remains goes to the OnFailure destination and to the dead-letter queue.
"""

from __future__ import annotations

import heapq
import itertools
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from .journal import Journal

_STORE = "lambda/asynchronous"
_ERROR_DELAYS = (60.0, 120.0)
_MAX_THROTTLE_DELAY = 300.0
_MAX_ERROR_MESSAGE = 1024

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """How a function handles asynchronous invocations. The targets are ARNs.

    A function without concurrency runs none: its events are discarded without retries.
    """

    max_retries: int = 2
    max_age: float = 21_600.0
    on_success: str | None = None
    on_failure: str | None = None
    dead_letter_target: str | None = None
    has_concurrency: bool = True


@dataclass(slots=True)
class Pending:
    """An invocation that has not ended. `function` is the ARN with its qualifier; times are Unix times."""

    request_id: str
    function: str
    payload: bytes
    received: float
    due: float
    attempts: int = 0
    throttles: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one attempt; `payload` is JSON."""

    payload: bytes
    failed: bool = False
    throttled: bool = False


type Run = Callable[[Pending], Result]
type Send = Callable[[str, str, bytes, dict[str, tuple[str, str]]], None]


class AsyncInvocations:
    """Runs asynchronous invocations, each on a thread of its own.

    `run` runs one attempt; `settings` returns those of a function, None if it does not exist any more; `send`
    delivers a body with attributes (name to type and value) from a function to a target.
    """

    def __init__(
        self,
        journal: Journal,
        run: Run,
        settings: Callable[[str], Settings | None],
        send: Send,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._journal = journal
        self._run = run
        self._settings = settings
        self._send = send
        self._clock = clock
        self._due: list[tuple[float, int, Pending]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()

    def submit(self, function: str, payload: bytes) -> str:
        """Accept an invocation and return its request id. It is durable when the caller's group is committed."""
        now = self._clock()
        pending = Pending(str(uuid.uuid4()), function, payload, received=now, due=now)
        self._schedule(pending)
        return pending.request_id

    def resume(self) -> None:
        """Continue the invocations of the journal, and start to run those that fall due."""
        for entry in self._journal.load(_STORE):
            self._queue(Pending(**entry.value))
        threading.Thread(target=self._loop, name="asynchronous-invocations", daemon=True).start()

    def _schedule(self, pending: Pending) -> None:
        self._journal.put(_STORE, "", pending.request_id, asdict(pending))
        self._queue(pending)

    def _queue(self, pending: Pending) -> None:
        with self._changed:
            heapq.heappush(self._due, (pending.due, next(self._order), pending))
            self._changed.notify()

    def _loop(self) -> None:
        while True:
            with self._changed:
                while not self._due or self._due[0][0] > self._clock():
                    self._changed.wait(self._due[0][0] - self._clock() if self._due else None)
            self.run_due()

    def run_due(self) -> None:
        """Start the invocations that are due."""
        while True:
            with self._changed:
                if not self._due or self._due[0][0] > self._clock():
                    return
                _, _, pending = heapq.heappop(self._due)
            threading.Thread(
                target=self._attempt, args=(pending,), name=f"invoke-{pending.request_id}", daemon=True
            ).start()

    def _attempt(self, pending: Pending) -> None:
        settings = self._settings(pending.function)
        if settings is None:
            self._end(pending)
            return
        if not settings.has_concurrency:
            self._discard(pending, settings, "ZeroReservedConcurrency", None)
            return
        result = self._run(pending)
        if result.throttled:
            pending.throttles += 1
            delay = min(2.0 ** (pending.throttles - 1), _MAX_THROTTLE_DELAY)
            self._retry(pending, settings, delay, result, is_last=False)
            return
        pending.attempts += 1
        if not result.failed:
            self._report(pending, settings.on_success, "Success", result)
            self._end(pending)
            return
        is_last = pending.attempts > settings.max_retries
        delay = _ERROR_DELAYS[min(pending.attempts, len(_ERROR_DELAYS)) - 1]
        self._retry(pending, settings, delay, result, is_last=is_last)

    def _retry(
        self, pending: Pending, settings: Settings, delay: float, result: Result, *, is_last: bool
    ) -> None:
        pending.due = self._clock() + delay
        too_old = pending.due - pending.received > settings.max_age
        if not is_last and not too_old:
            self._schedule(pending)
            return
        self._discard(pending, settings, "RetriesExhausted" if is_last else "EventAgeExceeded", result)

    def _discard(self, pending: Pending, settings: Settings, condition: str, result: Result | None) -> None:
        """Send the event where the function's failures go, and end the invocation."""
        self._report(pending, settings.on_failure, condition, result)
        if settings.dead_letter_target is not None:
            self._deliver(
                pending, settings.dead_letter_target, pending.payload, _error_attributes(pending, result)
            )
        self._end(pending)

    def _report(self, pending: Pending, target: str | None, condition: str, result: Result | None) -> None:
        if target is not None:
            body = json.dumps(_destination_record(pending, condition, result, self._clock())).encode()
            self._deliver(pending, target, body, {})

    def _deliver(
        self, pending: Pending, target: str, body: bytes, attributes: dict[str, tuple[str, str]]
    ) -> None:
        try:
            self._send(pending.function, target, body, attributes)
        except Exception:
            _log.exception("Cannot send the result of %s to %s", pending.function, target)

    def _end(self, pending: Pending) -> None:
        self._journal.delete(_STORE, "", pending.request_id)


def _error_attributes(pending: Pending, result: Result | None) -> dict[str, tuple[str, str]]:
    """Return the attributes of a message in the dead-letter queue."""
    is_throttled = result is None or result.throttled
    attributes = {
        "RequestID": ("String", pending.request_id),
        "ErrorCode": ("Number", "429" if is_throttled else "200"),
    }
    message = "Rate Exceeded." if result is None or result.throttled else _error_message(result.payload)
    if message:
        attributes["ErrorMessage"] = ("String", message[:_MAX_ERROR_MESSAGE])
    return attributes


def _error_message(payload: bytes) -> str:
    try:
        return str(json.loads(payload).get("errorMessage", ""))
    except (ValueError, AttributeError):
        return payload.decode("utf-8", "replace")


def _destination_record(
    pending: Pending, condition: str, result: Result | None, now: float
) -> dict[str, Any]:
    """Return the invocation record that a destination receives; an event that never ran has no response."""
    qualifier = pending.function.split(":")[7:]
    function = pending.function if qualifier else f"{pending.function}:$LATEST"
    timestamp = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": timestamp,
        "requestContext": {
            "requestId": pending.request_id,
            "functionArn": function,
            "condition": condition,
            "approximateInvokeCount": pending.attempts,
        },
        "requestPayload": _json(pending.payload),
    }
    if result is not None and not result.throttled:
        response: dict[str, Any] = {"statusCode": 200, "executedVersion": (qualifier or ["$LATEST"])[0]}
        if result.failed:
            response["functionError"] = "Unhandled"
        record |= {"responseContext": response, "responsePayload": _json(result.payload)}
    return record


def _json(payload: bytes) -> Any:
    try:
        return json.loads(payload or b"null")
    except ValueError:
        return payload.decode("utf-8", "replace")
