"""The store's journal: truncated entries, recovery, foreign journals, and the flush to the tables."""

import json
import logging
import os
import shutil
import sqlite3
import zlib
from pathlib import Path
from typing import Any

import pytest

from stepfunctions_local.faults.crash import copy_store, kill
from stepfunctions_local.storage.backlog import HistoryPart, Rows
from stepfunctions_local.storage.journal import Journal
from stepfunctions_local.storage.store import Store
from stepfunctions_local.testing import FakeServices, VirtualEngine

WAITS = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}}
TASK = "arn:aws:lambda:us-east-1:000000000000:function:work"
WORKS_AND_WAITS = {
    "StartAt": "T",
    "States": {
        "T": {"Type": "Task", "Resource": TASK, "Next": "P"},
        "P": {
            "Type": "Parallel",
            "Branches": [
                WAITS,
                {"StartAt": "U", "States": {"U": {"Type": "Task", "Resource": TASK, "End": True}}},
            ],
            "End": True,
        },
    },
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "states.db"


def journal_of(path: Path) -> Path:
    return Path(f"{path}.journal")


def killed_store(path: Path) -> tuple[str, list[bytes]]:
    """Create a store, kill its engine, and return the execution's ARN and the journal's lines."""
    engine = VirtualEngine(FakeServices({"work": lambda _: {}}), store=path)
    arn = engine.start(engine.create(WORKS_AND_WAITS))
    engine.pass_time(0.5)
    kill(engine)
    return arn, journal_of(path).read_bytes().splitlines(keepends=True)


def entry_of(line: bytes) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(line.partition(b" ")[2])
    return entry


def max_size_while_starting(path: Path, file: Path, count: int, size: int) -> int:
    """Return the maximum size of `file` while executions with inputs of `size` are started."""
    longest = 0
    with VirtualEngine(store=path) as engine:
        machine = engine.create(WAITS)
        began = engine.clock.now()
        for number in range(count):
            engine.start(machine, "x" * size, name=str(number))
            longest = max(longest, file.stat().st_size)
        assert engine.clock.now() - began < 1, "nothing of it was waited for"
    return longest


def last_number_in_tables(path: Path) -> int:
    with sqlite3.connect(path) as database:
        return int(database.execute("SELECT taken_up FROM journal").fetchone()[0])


def test_truncated_line_is_ignored_and_earlier_lines_are_kept(path: Path, tmp_path: Path) -> None:
    arn, lines = killed_store(path)
    assert len(lines) > 2
    whole = [len(entry_of(line)["histories"][0][1]) for line in lines]
    last = lines[-1]
    for length in [0, 1, 8, 9, 10, len(last) // 2, len(last) - 2, len(last) - 1]:
        copy = tmp_path / f"torn-{length}.db"
        shutil.copy(path, copy)
        journal_of(copy).write_bytes(b"".join(lines[:-1]) + last[:length])
        store = Store(copy)
        row = store.execution(arn)
        assert row is not None
        assert len(store.events(row["id"])) == sum(whole[:-1]), length
        store.close()


def test_corrupt_line_and_later_lines_are_ignored(path: Path) -> None:
    arn, lines = killed_store(path)
    at_once = lines[1].replace(b"work", b"wurk", 1)
    assert at_once != lines[1]
    journal_of(path).write_bytes(b"".join([lines[0], at_once, *lines[2:]]))
    store = Store(path)
    row = store.execution(arn)
    assert row is not None
    assert len(store.events(row["id"])) == len(entry_of(lines[0])["histories"][0][1])
    store.close()


def test_entries_in_tables_are_not_applied_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kill after the tables are up to date and before the journal is cleared."""
    engine = VirtualEngine(FakeServices({"work": lambda _: {}}), store=path)
    monkeypatch.setattr(engine.engine.store._journal, "clear", lambda: None)
    arn = engine.start(engine.create(WORKS_AND_WAITS))
    engine.pass_time(0.5)
    result = engine.finish(arn)
    engine.pass_time(2)
    kill(engine)
    assert journal_of(path).stat().st_size > 0
    store = Store(path)
    assert store.open_executions() == []
    row = store.execution(arn)
    assert row is not None
    assert row["status"] == "SUCCEEDED"
    assert store.events(row["id"]) == result.history
    assert store.frames(row["id"]) == {}
    assert journal_of(path).read_bytes() == b""
    store.close()


def test_journal_of_another_store_is_ignored(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    _, lines = killed_store(path)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE journal SET taken_up = taken_up - 1")
        for table in ("executions", "histories", "frames"):
            database.execute(f"DELETE FROM {table}")
    journal_of(path).write_bytes(b"".join(lines))
    with caplog.at_level(logging.WARNING):
        store = Store(path)
    assert "its entries do not follow the last commit" in caplog.text
    assert store.open_executions() == []
    store.close()


def test_new_stores_have_different_entry_numbers(tmp_path: Path) -> None:
    for name in ("a.db", "b.db"):
        Store(tmp_path / name).close()
    assert last_number_in_tables(tmp_path / "a.db") != last_number_in_tables(tmp_path / "b.db")


def test_tables_are_updated_after_a_second(path: Path) -> None:
    with VirtualEngine(store=path) as engine:
        arn = engine.start(engine.create(WAITS))

        def tabled() -> int:
            with sqlite3.connect(path) as database:
                return int(
                    database.execute("SELECT count(*) FROM executions WHERE arn=?", (arn,)).fetchone()[0]
                )

        assert (tabled(), journal_of(path).stat().st_size > 0) == (0, True)
        engine.pass_time(2)
        assert (tabled(), journal_of(path).stat().st_size) == (1, 0)


def test_large_backlog_is_written_without_delay(path: Path) -> None:
    assert 150_000 < max_size_while_starting(path, journal_of(path), 60, 20_000) < 300_000


def test_write_ahead_log_stays_bounded_under_load(path: Path) -> None:
    longest = max_size_while_starting(path, Path(f"{path}-wal"), 400, 200_000)
    assert longest < 100_000_000 < 400 * 3 * 200_000


def test_frames_created_and_deleted_in_backlog_are_never_written(path: Path) -> None:
    with VirtualEngine(FakeServices({"work": lambda _: {}}), store=path) as engine:
        statements: list[str] = []
        engine.engine.store._db.set_trace_callback(statements.append)
        result = engine.run(
            {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": TASK, "End": True}}}
        )
    assert result.status == "SUCCEEDED"
    written = [
        statement.split("(")[0] for statement in statements if "INTO" in statement or "DELETE" in statement
    ]
    assert [words for words in written if "frames" in words] == []
    assert len([words for words in written if "histories" in words]) == 1


def test_large_execution_is_read_from_backlog(path: Path) -> None:
    with VirtualEngine(store=path) as engine:
        arn = engine.start(engine.create(WAITS), "x" * 10_000)
        engine.start(engine.create(WAITS, name="other"))
        assert json.loads(engine.describe_execution(executionArn=arn)["input"]) == "x" * 10_000
        arn = engine.run({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}, "y" * 10_000).arn
        assert json.loads(engine.describe_execution(executionArn=arn)["output"]) == "y" * 10_000


@pytest.mark.parametrize(
    "seconds", [0, 5], ids=["before the frames were written", "after the frames were written"]
)
def test_failed_execution_keeps_frames_in_tables_only(path: Path, seconds: int) -> None:
    fails = {"Type": "Fail"}
    waits = {"Type": "Wait", "Seconds": seconds, "Next": "F"} if seconds else {"Type": "Pass", "Next": "F"}
    with VirtualEngine(store=path) as engine:
        arn = engine.run({"StartAt": "W", "States": {"W": waits, "F": fails}}).arn
        engine.pass_time(2)
        store = engine.engine.store
        assert (store._stored_frames, store._backlog._stored) == ({}, set())
        assert store._db.execute("SELECT count(*) FROM frames").fetchone() == (1,)
        engine.redrive_execution(executionArn=arn)
        assert engine.finish(arn).status == "FAILED"


def test_closed_store_has_empty_journal(path: Path) -> None:
    with VirtualEngine(store=path) as engine:
        engine.start(engine.create(WAITS))
        assert journal_of(path).stat().st_size > 0
    assert journal_of(path).read_bytes() == b""


def test_power_safe_syncs_file_and_each_entry(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    monkeypatch.setattr(os, "fsync", synced.append)
    for power_safe, expected in ((False, 0), (True, 3)):
        journal = Journal(path, power_safe)
        journal.append(b"{}")
        journal.append(b"{}")
        journal.close()
        assert len(synced) == expected


def test_short_write_is_completed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:5]))
    journal = Journal(path, power_safe=False)
    journal.append(b'{"number":1,"text":"longer than five"}')
    assert [entry["number"] for entry in journal.entries()] == [1]
    journal.close()


def test_entry_is_a_checksummed_json_line(path: Path) -> None:
    _, lines = killed_store(path)
    checksum, _, entry = lines[0].rstrip(b"\n").partition(b" ")
    assert int(checksum, 16) == zlib.crc32(entry)
    read = json.loads(entry)
    assert [row["status"] for row in read["executions"]] == ["RUNNING"]
    assert [event["type"] for event in read["histories"][0][1]][:2] == [
        "ExecutionStarted",
        "TaskStateEntered",
    ]
    assert read["frames"][0][2]["state"] == "T"
    rows = Rows.of_entry(read)
    assert Rows.of_entry(json.loads(rows.entry(7))) == rows


def test_small_history_parts_share_a_row(tmp_path: Path) -> None:
    def part(first: int, length: int) -> HistoryPart:
        events = [{"id": number} for number in range(first, first + length)]
        return HistoryPart(1, first, length, json.dumps(events).encode())

    store = Store(tmp_path / "parts.db")
    parts = [part(1, 60), part(61, 40), part(101, 1), part(102, 150), part(252, 2)]
    store._backlog.add(Rows([], parts, {}))
    assert [event["id"] for event in store.events(1, limit=300)] == list(range(1, 254))
    firsts = [first for (first,) in store._db.execute("SELECT first FROM histories ORDER BY first")]
    assert firsts == [1, 101, 102, 252]
    store.close()


def test_events_of_long_commit_are_split_into_rows(path: Path) -> None:
    """A page of a long history reads a few rows, not the whole history."""
    each = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    definition = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": each, "End": True}}}
    with VirtualEngine(store=path) as engine:
        result = engine.run(definition, list(range(100)))
        lengths = [
            length
            for (length,) in engine.engine.store._db.execute(
                "SELECT json_array_length(CAST(events AS TEXT)) FROM histories"
            )
        ]
    assert sum(lengths) == len(result.history) > 400
    assert max(lengths) <= 100


def test_copied_store_resumes(path: Path, tmp_path: Path) -> None:
    with VirtualEngine(store=path) as engine:
        arn = engine.start(engine.create(WAITS))
        copy = copy_store(path, tmp_path / "copy")
        copy.close()
    with VirtualEngine(store=tmp_path / "copy" / path.name, start=engine.clock.now()) as other:
        assert other.finish(arn).status == "SUCCEEDED"
