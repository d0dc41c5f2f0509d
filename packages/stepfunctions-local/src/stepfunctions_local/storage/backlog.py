"""Rows that are in the journal and not yet in the database's tables."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Self

from ..history import json_bytes

EVENTS_IN_A_ROW = 100

type FrameKey = tuple[int, int]  # its execution, its number in it


class ExecutionRow(NamedTuple):
    """A row of `executions`; `body` is the whole execution."""

    id: int
    arn: str
    machine: str
    map_run: str | None
    status: str
    started: float
    body: bytes

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        return cls(
            row["id"],
            row["executionArn"],
            row["stateMachineArn"],
            row.get("mapRunArn"),
            row["status"],
            row["startDate"],
            json_bytes(row),
        )


class HistoryPart(NamedTuple):
    """Consecutive events of one execution, as a JSON array."""

    execution: int
    first: int
    length: int
    events: bytes

    @classmethod
    def of(cls, execution: int, events: Sequence[dict[str, Any]]) -> Self:
        return cls(execution, events[0]["id"], len(events), json_bytes(events))


class Rows(NamedTuple):
    """The rows of one commit. A deleted frame is None."""

    executions: list[ExecutionRow]
    histories: list[HistoryPart]
    frames: dict[FrameKey, bytes | None]

    def entry(self, number: int) -> bytes:
        """Encode the rows as an entry of the journal."""
        return b'{"number":%d,"executions":[%b],"histories":[%b],"frames":[%b]}' % (
            number,
            b",".join([row.body for row in self.executions]),
            b",".join([b"[%d,%b]" % (part.execution, part.events) for part in self.histories]),
            b",".join([b"[%d,%d,%b]" % (*key, body or b"null") for key, body in self.frames.items()]),
        )

    @classmethod
    def of_entry(cls, entry: dict[str, Any]) -> Self:
        """Decode the rows of a journal entry."""
        return cls(
            [ExecutionRow.of(row) for row in entry["executions"]],
            [HistoryPart.of(execution, events) for execution, events in entry["histories"]],
            {
                (execution, number): None if body is None else json_bytes(body)
                for execution, number, body in entry["frames"]
            },
        )


class Backlog:
    """Rows to write to the tables. A row that changes twice before that is written once."""

    def __init__(self) -> None:
        self.size = 0  # bytes
        self._executions: dict[str, ExecutionRow] = {}
        self._histories: dict[int, list[HistoryPart]] = {}
        self._frames: dict[FrameKey, bytes | None] = {}
        # Frames of running executions that have a row in the table; the others need no DELETE.
        self._stored: set[FrameKey] = set()
        self._released: set[int] = set()

    def add(self, rows: Rows) -> None:
        for row in rows.executions:
            self._executions[row.arn] = row
            self.size += len(row.body)
        for part in rows.histories:
            self._histories.setdefault(part.execution, []).append(part)
            self.size += len(part.events)
        for key, body in rows.frames.items():
            if body is None and key not in self._stored:
                self._frames.pop(key, None)
            else:
                self._frames[key] = body
                self.size += len(body or b"")

    def execution(self, arn: str) -> bytes | None:
        """Return the body of an execution's row, or None when it is not in the backlog."""
        row = self._executions.get(arn)
        return None if row is None else row.body

    def frames_stored(self, keys: Iterable[FrameKey]) -> None:
        """Note that these frames of a restored execution have rows in the table."""
        self._stored.update(keys)

    def release(self, execution: int, frames: Iterable[int]) -> None:
        """Note that the execution has ended; the rows of its frames stay in the table."""
        self._released.add(execution)
        self._stored.difference_update((execution, frame) for frame in frames)

    def write(self, write: Callable[[str, list[Any]], None]) -> None:
        """Write everything to the tables through `write(statement, rows)`."""
        write(
            "INSERT INTO executions VALUES(?,?,?,?,?,?,?) "
            "ON CONFLICT(id) DO UPDATE SET status=excluded.status, body=excluded.body",
            list(self._executions.values()),
        )
        write(
            "INSERT INTO histories VALUES(?,?,?)",
            [row for parts in self._histories.values() for row in _joined(parts)],
        )
        saved = [(*key, body) for key, body in self._frames.items() if body is not None]
        deleted = [key for key, body in self._frames.items() if body is None]
        write("INSERT OR REPLACE INTO frames VALUES(?,?,?)", saved)
        write("DELETE FROM frames WHERE execution=? AND id=?", deleted)
        self._stored.difference_update(deleted)
        self._stored.update(
            (execution, frame) for execution, frame, _ in saved if execution not in self._released
        )
        self._executions, self._histories, self._frames, self._released = {}, {}, {}, set()
        self.size = 0


def _joined(parts: list[HistoryPart]) -> list[tuple[int, int, bytes]]:
    """Return the rows of `histories` for consecutive parts; small parts share a row."""
    rows: list[tuple[int, int, bytes]] = []
    batch: list[HistoryPart] = []
    for part in parts:
        if batch and sum(member.length for member in batch) + part.length > EVENTS_IN_A_ROW:
            rows.append(_row(batch))
            batch = []
        batch.append(part)
    rows.append(_row(batch))
    return rows


def _row(parts: list[HistoryPart]) -> tuple[int, int, bytes]:
    first = parts[0]
    if len(parts) == 1:
        return first.execution, first.first, first.events
    return first.execution, first.first, b"[%b]" % b",".join([part.events[1:-1] for part in parts])
