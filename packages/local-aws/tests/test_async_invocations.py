"""Asynchronous invocations: retries on a virtual clock, destinations, dead letters, and a restart."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local_aws.async_invocations import AsyncInvocations, Pending, Result, Settings
from local_aws.journal import Journal

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:charge"
FAILED = Result(b'{"errorType": "Busy", "errorMessage": "try later"}', failed=True)
THROTTLED = Result(b"{}", failed=True, throttled=True)


class Bench:
    """Invocations whose attempts and time the test controls."""

    def __init__(self, journal: Journal, results: Callable[[int], Result], settings: Settings | None) -> None:
        self.now = 1_000_000.0
        self.attempts: list[tuple[float, str]] = []
        self.sent: list[tuple[str, Any, dict[str, tuple[str, str]]]] = []
        self._results = results
        self.invocations = AsyncInvocations(
            journal, self._run, lambda _: settings, self._send, clock=lambda: self.now
        )

    def _run(self, pending: Pending) -> Result:
        self.attempts.append((self.now - 1_000_000.0, pending.request_id))
        return self._results(len(self.attempts))

    def _send(self, function: str, target: str, body: bytes, attributes: Any) -> None:
        self.sent.append((target, json.loads(body), attributes))

    def advance(self, seconds: float) -> None:
        self.now += seconds
        self.invocations.run_due()
        while running := [one for one in threading.enumerate() if one.name.startswith("invoke-")]:
            for thread in running:
                # A thread is listed just before it can be joined.
                with contextlib.suppress(RuntimeError):
                    thread.join()


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.sqlite")


def left(journal: Journal) -> int:
    return len(list(journal.load("lambda/asynchronous")))


def test_success_ends_the_invocation(journal: Journal) -> None:
    bench = Bench(journal, lambda _: Result(b'"done"'), Settings(on_success="arn:aws:sqs:r:a:ok"))
    request_id = bench.invocations.submit(FUNCTION, b'{"n": 1}')
    assert left(journal) == 1
    bench.advance(0)
    assert left(journal) == 0
    [(target, record, _)] = bench.sent
    assert target == "arn:aws:sqs:r:a:ok"
    assert record["requestContext"] == {
        "requestId": request_id,
        "functionArn": f"{FUNCTION}:$LATEST",
        "condition": "Success",
        "approximateInvokeCount": 1,
    }
    assert (record["requestPayload"], record["responsePayload"]) == ({"n": 1}, "done")


def test_error_is_retried_after_one_and_two_minutes_with_the_same_request_id(journal: Journal) -> None:
    settings = Settings(on_failure="arn:aws:sns:r:a:failed", dead_letter_target="arn:aws:sqs:r:a:dead")
    bench = Bench(journal, lambda _: FAILED, settings)
    request_id = bench.invocations.submit(FUNCTION, b'{"n": 1}')
    for seconds in (0, 59, 1, 119, 1, 1000):
        bench.advance(seconds)
    assert bench.attempts == [(0, request_id), (60, request_id), (180, request_id)]
    (destination, record, _), (queue, body, attributes) = bench.sent
    assert destination == "arn:aws:sns:r:a:failed"
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert (queue, body) == ("arn:aws:sqs:r:a:dead", {"n": 1})
    assert attributes == {
        "RequestID": ("String", request_id),
        "ErrorCode": ("Number", "200"),
        "ErrorMessage": ("String", "try later"),
    }
    assert left(journal) == 0


def test_no_retry_is_made_if_the_function_allows_none(journal: Journal) -> None:
    bench = Bench(journal, lambda _: FAILED, Settings(max_retries=0))
    bench.invocations.submit(FUNCTION, b"{}")
    bench.advance(0)
    bench.advance(1000)
    assert len(bench.attempts) == 1


def test_throttled_invocation_is_retried_until_its_age_limit(journal: Journal) -> None:
    settings = Settings(max_age=60, on_failure="arn:aws:sqs:r:a:failed")
    bench = Bench(journal, lambda _: THROTTLED, settings)
    bench.invocations.submit(FUNCTION, b"{}")
    for _ in range(200):
        bench.advance(1)
    assert [round(at) for at, _ in bench.attempts] == [1, 2, 4, 8, 16, 32]
    assert bench.sent[0][1]["requestContext"]["condition"] == "EventAgeExceeded"


def test_invocation_continues_after_a_restart(journal: Journal, tmp_path: Path) -> None:
    bench = Bench(journal, lambda _: FAILED, Settings())
    request_id = bench.invocations.submit(FUNCTION, b'{"n": 1}')
    bench.advance(0)
    again = Bench(Journal(tmp_path / "journal.sqlite"), lambda _: Result(b"null"), Settings())
    again.now = bench.now + 60
    again.invocations.resume()
    again.advance(0)
    deadline = threading.Event()
    while not again.attempts:
        deadline.wait(0.01)
    assert again.attempts == [(60, request_id)]


def test_invocation_of_a_deleted_function_ends(journal: Journal) -> None:
    bench = Bench(journal, lambda _: FAILED, None)
    bench.invocations.submit(FUNCTION, b"{}")
    bench.advance(0)
    assert (bench.attempts, left(journal)) == ([], 0)


def test_function_without_concurrency_discards_its_events_at_once(journal: Journal) -> None:
    settings = Settings(
        on_failure="arn:aws:sqs:r:a:failed", dead_letter_target="arn:aws:sqs:r:a:dead", has_concurrency=False
    )
    bench = Bench(journal, lambda _: Result(b"1"), settings)
    bench.invocations.submit(FUNCTION, b'{"n": 1}')
    bench.advance(0)
    assert bench.attempts == []
    (_, record, _), (_, body, attributes) = bench.sent
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert (body, attributes["ErrorCode"]) == ({"n": 1}, ("Number", "429"))
    assert left(journal) == 0
