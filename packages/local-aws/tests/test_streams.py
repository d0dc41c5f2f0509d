"""Records of streams that are read and trimmed by several threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from ministack.services import dynamodb

from local_aws.ministack.dynamodb import tables


@pytest.fixture
def table() -> Iterator[str]:
    name = "trimmed"
    yield name
    dynamodb._stream_records.pop(name, None)
    dynamodb._stream_trimmed.pop(name, None)


def records(count: int, created: float) -> list[dict[str, Any]]:
    return [{"dynamodb": {"ApproximateCreationDateTime": created}} for _ in range(count)]


def test_two_threads_trim_expired_records_once(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    kept = records(3, now)
    dynamodb._stream_records[table] = records(3, now - 2 * 86_400) + kept
    for name in tables._STREAM_FUNCTIONS:  # restored after the test
        monkeypatch.setattr(dynamodb, name, getattr(dynamodb, name))
    is_expired, counted = dynamodb._record_age_cutoff, threading.Barrier(2)

    def is_expired_after_both_have_counted(record: dict[str, Any], cutoff: float) -> bool:
        expired = is_expired(record, cutoff)
        if not expired:
            with suppress(threading.BrokenBarrierError):
                counted.wait(timeout=0.2)
        return bool(expired)

    monkeypatch.setattr(dynamodb, "_record_age_cutoff", is_expired_after_both_have_counted)
    tables.lock_streams()
    threads = [threading.Thread(target=dynamodb.stream_records_since, args=(table, 0, 10)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert dynamodb._stream_records[table] == kept
    assert dynamodb._stream_trimmed[table] == 3
