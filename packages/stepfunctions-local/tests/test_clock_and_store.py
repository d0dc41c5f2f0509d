"""The virtual event loop's time, and the store's transactions."""

import asyncio
import time
from pathlib import Path

import pytest

from stepfunctions_local.clock import VirtualClock, VirtualLoop, iso
from stepfunctions_local.faults.crash import copy_store
from stepfunctions_local.storage.store import Store
from stepfunctions_local.testing import FakeServices, VirtualEngine


@pytest.fixture
def loop():
    loop = VirtualLoop()
    yield loop
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def test_virtual_time_advances_only_when_idle(loop: VirtualLoop) -> None:
    clock = VirtualClock(loop, 1000.0)
    order = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep_until(1000.0 + seconds)
        order.append((name, clock.now()))

    async def main() -> None:
        await asyncio.gather(sleeper("b", 86_400), sleeper("a", 3_600))

    loop.run_until_complete(main())
    assert order == [("a", 4_600.0), ("b", 87_400.0)]


def test_timer_fires_after_years(loop: VirtualLoop) -> None:
    """A float of half a year has no nanoseconds, which asyncio needs to consider a timer due."""

    async def sleeps() -> None:
        await asyncio.sleep(20_000_000.1)
        for _ in range(100):
            await asyncio.sleep(0.123_456_789)

    loop.run_until_complete(asyncio.wait_for(sleeps(), 1e9))
    assert loop.time() > 20_000_012


def test_virtual_time_stops_during_thread_work(loop: VirtualLoop) -> None:
    async def main() -> tuple[str, float]:
        working = asyncio.create_task(asyncio.to_thread(time.sleep, 0.05))
        sleeping = asyncio.create_task(asyncio.sleep(10))
        done, _ = await asyncio.wait([working, sleeping], return_when=asyncio.FIRST_COMPLETED)
        first = "thread" if working in done else "timer"
        at = loop.time()
        await sleeping
        return first, at

    assert loop.run_until_complete(main()) == ("thread", 0.0)
    assert loop.time() == 10.0


def test_iso_format_matches_aws() -> None:
    assert iso(1_767_225_600.1239) == "2026-01-01T00:00:00.123Z"


class Row:
    """A frame that counts how often its row is encoded."""

    key = (1, 1)

    def __init__(self) -> None:
        self.made = 0

    def snapshot(self) -> dict:
        self.made += 1
        return {"made": self.made}


def test_frame_is_written_once_per_commit() -> None:
    store, row = Store(), Row()
    for _ in range(10):
        store.save_frame(row)
    assert store.frames(1) == {1: {"made": 1}}
    store.close()


def test_frame_deleted_before_commit_is_not_written() -> None:
    store, row = Store(), Row()
    store.save_frame(row)
    store.drop_frame(row.key)
    assert store.frames(1) == {}
    assert row.made == 0
    store.close()


def test_documents_are_read_by_key_and_prefix() -> None:
    store = Store()
    store.put("version", "m:1", {"n": 1})
    store.put("version", "m:2", {"n": 2})
    store.put("version", "n:1", {"n": 3})
    assert store.get("version", "m:1") == {"n": 1}
    assert [document["n"] for document in store.scan("version", "m:")] == [1, 2]
    given = store.get("version", "m:1")
    given["n"] = 9
    assert store.get("version", "m:1") == {"n": 1}
    store.delete("version", "m:1")
    assert store.get("version", "m:1") is None
    store.close()


def test_task_schedule_is_durable_before_delivery(tmp_path: Path) -> None:
    path = tmp_path / "states.db"
    events = []

    def work(_: object) -> None:
        store = copy_store(path, tmp_path / "killed")
        [execution] = store.open_executions()
        events.extend(event["type"] for event in store.events(execution["id"]))
        store.close()

    definition = {
        "StartAt": "T",
        "States": {
            "T": {
                "Type": "Task",
                "Resource": "arn:aws:lambda:us-east-1:000000000000:function:work",
                "End": True,
            }
        },
    }
    with VirtualEngine(FakeServices({"work": work}), store=path) as engine:
        engine.run(definition)
    assert events == [
        "ExecutionStarted",
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
    ]


def test_cost_of_state_is_independent_of_history(tmp_path: Path) -> None:
    """Count statements and written bytes, not time."""
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "W",
        "States": {
            "W": {"Type": "Wait", "Seconds": 1, "Output": "{% $states.input + 1 %}", "Next": "C"},
            "C": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $states.input < 400 %}", "Next": "W"}],
                "Default": "D",
            },
            "D": {"Type": "Succeed"},
        },
    }
    written: list[int] = []
    appended: list[int] = []
    with VirtualEngine(store=tmp_path / "states.db") as engine:
        store = engine.engine.store
        assert store._journal is not None
        flush, append = store.flush, store._journal.append

        def counting() -> None:
            before = store._db.total_changes
            flush()
            if store._db.total_changes > before:
                written.append(store._db.total_changes - before)

        def weighing(entry: bytes) -> None:
            appended.append(len(entry))
            append(entry)

        store.flush = counting  # type: ignore[method-assign]
        store._journal.append = weighing  # type: ignore[method-assign]
        result = engine.run(definition, 0)
    assert result.output == 400
    assert max(written[350:380]) == max(written[10:40])
    assert max(appended[350:380]) < max(appended[10:40]) + 20, "the numbers in it have more digits"
