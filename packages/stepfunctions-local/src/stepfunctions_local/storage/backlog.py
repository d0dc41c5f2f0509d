"""Rows on their way to the database's tables, by way of the journal."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Self

from ..history import json_bytes

EVENTS_IN_A_ROW = 100

type FrameKey = tuple[int, int]  # its execution, its number in it


class ExecutionRow(NamedTuple):
    """A row of `executions`, `body` being all there is to know."""

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
    """Events of one execution that follow each other, as a JSON array."""

    execution: int
    first: int
    length: int
    events: bytes

    @classmethod
    def of(cls, execution: int, events: Sequence[dict[str, Any]]) -> Self:
        return cls(execution, events[0]["id"], len(events), json_bytes(events))


class Rows(NamedTuple):
    """What one commit writes. A frame that is gone is None."""

    executions: list[ExecutionRow]
    histories: list[HistoryPart]
    frames: dict[FrameKey, bytes | None]

    def entry(self, number: int) -> bytes:
        """These rows as an entry of the journal."""
        return b'{"number":%d,"executions":[%b],"histories":[%b],"frames":[%b]}' % (
            number,
            b",".join([row.body for row in self.executions]),
            b",".join([b"[%d,%b]" % (part.execution, part.events) for part in self.histories]),
            b",".join([b"[%d,%d,%b]" % (*key, body or b"null") for key, body in self.frames.items()]),
        )

    @classmethod
    def of_entry(cls, entry: dict[str, Any]) -> Self:
        """The rows that an entry of the journal was made of."""
        return cls(
            [ExecutionRow.of(row) for row in entry["executions"]],
            [HistoryPart.of(execution, events) for execution, events in entry["histories"]],
            {
                (execution, number): None if body is None else json_bytes(body)
                for execution, number, body in entry["frames"]
            },
        )


class Backlog:
    """Rows that the tables do not have yet. What changes twice before they are written is written once."""

    def __init__(self) -> None:
        self.size = 0  # bytes
        self._executions: dict[str, ExecutionRow] = {}
        self._histories: dict[int, list[HistoryPart]] = {}
        self._frames: dict[FrameKey, bytes | None] = {}
        # Of the executions at work, those with a row in the table: the others come and go without the database.
        self._tabled: set[FrameKey] = set()
        self._left: set[int] = set()

    def add(self, rows: Rows) -> None:
        for row in rows.executions:
            self._executions[row.arn] = row
            self.size += len(row.body)
        for part in rows.histories:
            self._histories.setdefault(part.execution, []).append(part)
            self.size += len(part.events)
        for key, body in rows.frames.items():
            if body is None and key not in self._tabled:
                self._frames.pop(key, None)
            else:
                self._frames[key] = body
                self.size += len(body or b"")

    def execution(self, arn: str) -> bytes | None:
        """The body of an execution's row, if it is here."""
        row = self._executions.get(arn)
        return None if row is None else row.body

    def frames_tabled(self, keys: Iterable[FrameKey]) -> None:
        """These frames, of an execution that is taken up, have rows in the table."""
        self._tabled.update(keys)

    def leave(self, execution: int, frames: Iterable[int]) -> None:
        """The execution is not at work any more; the rows of its frames stay in the table."""
        self._left.add(execution)
        self._tabled.difference_update((execution, frame) for frame in frames)

    def write(self, write: Callable[[str, list[Any]], None]) -> None:
        """Put all into the tables: `write` is given a statement and the rows to run it for."""
        write(
            "INSERT INTO executions VALUES(?,?,?,?,?,?,?) "
            "ON CONFLICT(id) DO UPDATE SET status=excluded.status, body=excluded.body",
            list(self._executions.values()),
        )
        write(
            "INSERT INTO histories VALUES(?,?,?)",
            [row for parts in self._histories.values() for row in _joined(parts)],
        )
        kept = [(*key, body) for key, body in self._frames.items() if body is not None]
        gone = [key for key, body in self._frames.items() if body is None]
        write("INSERT OR REPLACE INTO frames VALUES(?,?,?)", kept)
        write("DELETE FROM frames WHERE execution=? AND id=?", gone)
        self._tabled.difference_update(gone)
        self._tabled.update((execution, frame) for execution, frame, _ in kept if execution not in self._left)
        self._executions, self._histories, self._frames, self._left = {}, {}, {}, set()
        self.size = 0


def _joined(parts: list[HistoryPart]) -> list[tuple[int, int, bytes]]:
    """The rows of `histories` for parts that follow each other: small parts share one."""
    rows: list[tuple[int, int, bytes]] = []
    together: list[HistoryPart] = []
    for part in parts:
        if together and sum(each.length for each in together) + part.length > EVENTS_IN_A_ROW:
            rows.append(_row(together))
            together = []
        together.append(part)
    rows.append(_row(together))
    return rows


def _row(parts: list[HistoryPart]) -> tuple[int, int, bytes]:
    first = parts[0]
    if len(parts) == 1:
        return first.execution, first.first, first.events
    return first.execution, first.first, b"[%b]" % b",".join([part.events[1:-1] for part in parts])
