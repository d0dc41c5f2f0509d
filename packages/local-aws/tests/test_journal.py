"""The journal and the containers that write to it."""

from __future__ import annotations

import asyncio
import contextvars
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from local_aws.journal import Journal, ObservedDict, ObservedList, RecordWithList


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Journal:
    return Journal(path)


def stored(path: Path, store: str = "s") -> dict[Any, Any]:
    """Return the committed entries of a store, as a process sees them after a kill of the writer."""
    return {(entry.owner, entry.key): entry.value for entry in Journal(path).load(store)}


def test_change_is_committed_at_once(journal: Journal, path: Path) -> None:
    journal.put("s", "owner", "key", {"n": 1, "bytes": b"\0"})
    assert stored(path) == {("owner", "key"): {"n": 1, "bytes": b"\0"}}
    journal.delete("s", "owner", "key")
    assert stored(path) == {}


def test_group_is_committed_at_its_end(journal: Journal, path: Path) -> None:
    with journal.group():
        journal.put("s", "o", 1, "a")
        journal.put("s", "o", 2, "b")
        assert stored(path) == {}
    assert stored(path) == {("o", 1): "a", ("o", 2): "b"}


def test_group_of_a_failed_block_is_committed(journal: Journal, path: Path) -> None:
    with pytest.raises(ValueError, match="reason"), journal.group():
        journal.put("s", "o", 1, "in memory")
        raise ValueError("reason")
    assert stored(path) == {("o", 1): "in memory"}


def test_value_is_serialized_at_the_end_of_the_group(journal: Journal, path: Path) -> None:
    value = {"n": 1}
    with journal.group():
        journal.put("s", "o", 1, value)
        value["n"] = 2
    assert stored(path) == {("o", 1): {"n": 2}}


def test_later_change_of_another_group_supersedes_an_open_one(journal: Journal, path: Path) -> None:
    async def slow() -> None:
        with journal.group():
            journal.put("s", "o", 1, "old")
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def run() -> None:
        task = asyncio.create_task(slow())
        await asyncio.sleep(0)
        journal.delete("s", "o", 1)
        await task

    asyncio.run(run())
    assert stored(path) == {}


def test_change_after_the_end_of_an_inherited_group_is_committed_at_once(
    journal: Journal, path: Path
) -> None:
    with journal.group():
        context = contextvars.copy_context()
    context.run(journal.put, "s", "o", 1, "late")
    assert stored(path) == {("o", 1): "late"}


def test_keys_are_ordered_and_owners_separate(journal: Journal, path: Path) -> None:
    for number in (10, 2, 1):
        journal.put("s", ("a", "b"), number, number)
    journal.put("s", ("a", "c"), 1, "other")
    assert [entry.key for entry in Journal(path).load("s") if entry.owner == ("a", "b")] == [1, 2, 10]
    journal.delete_owner("s", ("a", "b"))
    assert stored(path) == {(("a", "c"), 1): "other"}


def test_failed_write_raises_and_is_repeated_with_the_next_one(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Journal._write

    def fail(*_: Any) -> None:
        raise sqlite3.OperationalError("disk full")

    monkeypatch.setattr(Journal, "_write", fail)
    with pytest.raises(OSError, match="disk full"):
        journal.put("s", "o", 1, "first")
    monkeypatch.setattr(Journal, "_write", write)
    journal.put("s", "o", 2, "second")
    assert stored(path) == {("o", 1): "first", ("o", 2): "second"}


def test_file_that_is_not_a_journal_is_an_error(path: Path) -> None:
    path.write_text("something else, and long enough to be read as a header of a database file")
    with pytest.raises(sqlite3.DatabaseError):
        Journal(path)


def test_list_writes_its_changes(journal: Journal, path: Path) -> None:
    values = ObservedList(journal, "s", "o")
    values.extend("abcd")
    del values[:1]
    values.remove("c")
    values.append("e")
    assert values == ["b", "d", "e"]
    assert stored(path) == {("o", 1): "b", ("o", 3): "d", ("o", 4): "e"}


def test_list_continues_its_numbers_after_a_restart(journal: Journal, path: Path) -> None:
    ObservedList(journal, "s", "o", [(7, "a")]).append("b")
    assert stored(path) == {("o", 8): "b"}


def test_list_replaced_by_a_filtered_one_deletes_the_rest(journal: Journal, path: Path) -> None:
    record = RecordWithList({"name": "q"}, "messages", ObservedList(journal, "s", "o"))
    record["messages"].extend([["a"], ["b"], ["c"]])
    record["messages"] = [value for value in record["messages"] if value != ["b"]]
    record["messages"].append(["d"])
    assert record == {"name": "q", "messages": [["a"], ["c"], ["d"]]}
    assert stored(path) == {("o", 0): ["a"], ("o", 2): ["c"], ("o", 3): ["d"]}


def test_reordered_list_is_written_whole(journal: Journal, path: Path) -> None:
    values = ObservedList(journal, "s", "o")
    values.extend(["a", "b"])
    values.replace(["b", "x", "a"])
    assert values == ["b", "x", "a"]
    assert list(stored(path).values()) == ["b", "x", "a"]


def test_number_that_is_set_to_itself_is_not_a_change() -> None:
    log: list[Any] = []
    positions = ObservedDict([("a", 1)], on_set=lambda key, value: log.append((key, value)))
    positions["a"] = 1
    positions["a"] = 2
    positions["b"] = 2
    positions["b"] = 2
    assert log == [("a", 2), ("b", 2)]


def test_dictionary_reports_every_change() -> None:
    log: list[Any] = []
    values = ObservedDict(
        [("a", 1)],
        on_set=lambda key, value: log.append(("set", key, value)),
        on_delete=lambda key, value: log.append(("delete", key, value)),
        convert=lambda _, value: value * 10,
    )
    values["b"] = 2
    assert values.setdefault("c", 3) == 30
    values.update({"d": 4})
    assert values.pop("a") == 1
    assert values.pop("missing", None) is None
    values.clear()
    assert log == [
        ("set", "b", 20), ("set", "c", 30), ("set", "d", 40), ("delete", "a", 1),
        ("delete", "b", 20), ("delete", "c", 30), ("delete", "d", 40),
    ]  # fmt: skip
