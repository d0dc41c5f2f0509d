"""Where everything durable lives: a database, and a journal before it.

Writers mark what changed (`event`, `save_frame`, `save_execution`); the rows are made when a commit collects them, so a
frame that changed ten times, or came and went, between two commits costs once or nothing, and an execution's events
between two commits are one part of its history.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import batched, islice
from pathlib import Path
from typing import Any, Protocol

from ..history import json_bytes, json_value
from .backlog import EVENTS_IN_A_ROW, ExecutionRow, FrameKey, HistoryPart, Rows
from .transactions import Transactions

_CACHED_DOCUMENTS = 4096
_RECENT = 1024  # executions
_RECENT_BYTES = 4096


class MarkedFrame(Protocol):
    """What the store needs of a frame: its keys, and its row's body when the transaction is written."""

    @property
    def key(self) -> FrameKey: ...

    def snapshot(self) -> dict[str, Any]: ...


class MarkedExecution(Protocol):
    """What the store needs of an execution."""

    @property
    def arn(self) -> str: ...

    def snapshot(self) -> dict[str, Any]: ...


class Store(Transactions):
    """One store, one process. `path` is a file, or ":memory:" for tests that restart nothing."""

    def __init__(self, path: str | Path = ":memory:", synchronous: str = "NORMAL"):
        super().__init__(path, synchronous)
        self._last_execution: int = self._db.execute(
            "SELECT coalesce(max(id), 0) FROM executions"
        ).fetchone()[0]
        self._documents: dict[tuple[str, str], dict[str, Any]] = {}
        self._events: dict[int, list[dict[str, Any]]] = {}
        self._frames: dict[FrameKey, MarkedFrame | None] = {}
        # Of the executions at work, which frames have a row: the others come and go without one.
        self._stored_frames: defaultdict[int, set[int]] = defaultdict(set)
        self._left: list[int] = []
        self._executions: dict[str, MarkedExecution] = {}
        self._recent: dict[str, dict[str, Any]] = {}

    # Documents: state machines, versions, aliases, activities, tags, map runs

    def put(self, kind: str, key: str, document: dict[str, Any]) -> None:
        self._documents.pop((kind, key), None)
        self._write("INSERT OR REPLACE INTO documents VALUES(?,?,?)", (kind, key, json_bytes(document)))

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """A copy of the document, or None. What is inside it is shared: put a changed document, do not change it."""
        found = self._documents.get((kind, key))
        if found is None:
            row = self._db.execute(
                "SELECT body FROM documents WHERE kind=? AND key=?", (kind, key)
            ).fetchone()
            if row is None:
                return None
            if len(self._documents) >= _CACHED_DOCUMENTS:
                self._documents.clear()
            found = self._documents[kind, key] = json_value(row[0])
        return dict(found)

    def require(self, kind: str, key: str) -> dict[str, Any]:
        """Return a document that another document references. Raises LookupError when it is missing."""
        document = self.get(kind, key)
        if document is None:
            raise LookupError(f"the store has no {kind} '{key}'")
        return document

    def delete(self, kind: str, key: str) -> None:
        self._documents.pop((kind, key), None)
        self._write("DELETE FROM documents WHERE kind=? AND key=?", (kind, key))

    def scan(self, kind: str, prefix: str = "") -> Iterator[dict[str, Any]]:
        """Documents of a kind whose key begins with `prefix`, in the order of their keys."""
        rows = self._db.execute(
            "SELECT body FROM documents WHERE kind=? AND key>=? AND key<? ORDER BY key",
            (kind, prefix, prefix + "\U0010ffff"),
        ).fetchall()
        return (json_value(body) for (body,) in rows)

    # Executions

    def next_execution_id(self) -> int:
        self._last_execution += 1
        return self._last_execution

    def save_execution(self, execution: MarkedExecution) -> None:
        self._executions[execution.arn] = execution
        self._recent.pop(execution.arn, None)
        self._touch()

    def execution(self, arn: str) -> dict[str, Any] | None:
        marked = self._executions.get(arn)
        if marked is not None:
            return marked.snapshot()
        recent = self._recent.get(arn)
        if recent is not None:
            return recent
        body = self._backlog.execution(arn)
        if body is None:
            row = self._db.execute("SELECT body FROM executions WHERE arn=?", (arn,)).fetchone()
            body = row[0] if row else None
        return None if body is None else json_value(body)

    def executions(
        self,
        machine: str | None = None,
        map_run: str | None = None,
        qualified: str | None = None,
        status: str | None = None,
        redriven: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[dict[str, Any]]:
        """Newest first, of a machine (of its version or alias `qualified`) or of a map run.

        `before` is the id to go on below; `redriven` is "REDRIVEN" or "NOT_REDRIVEN".
        """
        self.flush()
        wanted: list[tuple[str, Any]] = [
            ("machine=?", machine) if machine is not None else ("map_run=?", map_run)
        ]
        if qualified is not None:
            wanted.append(
                (
                    "? IN (CAST(body AS TEXT)->>'stateMachineVersionArn', CAST(body AS TEXT)->>'stateMachineAliasArn')",
                    qualified,
                )
            )
        if status is not None:
            # Most have succeeded; the index of the others is used when the condition says that it is of those.
            rare = "" if status == "SUCCEEDED" else " AND status <> 'SUCCEEDED'"
            wanted.append((f"status=?{rare}", status))
        if redriven is not None:
            wanted.append(
                ("(coalesce(CAST(body AS TEXT)->>'redriveCount', 0) > 0) = ?", redriven == "REDRIVEN")
            )
        if before is not None:
            wanted.append(("id<?", before))
        where = " AND ".join(condition for condition, _ in wanted)
        sql = f"SELECT body FROM executions WHERE {where} ORDER BY id DESC LIMIT ?"  # noqa: S608 (literals above)
        rows = self._db.execute(sql, (*(value for _, value in wanted), limit))
        return [json_value(body) for (body,) in rows]

    def open_executions(self) -> list[dict[str, Any]]:
        """Those to go on with after a restart, oldest first."""
        self.flush()
        sql = "SELECT body FROM executions WHERE status IN ('RUNNING','PENDING_REDRIVE') ORDER BY id"
        return [json_value(body) for (body,) in self._db.execute(sql)]

    def forget_execution(self, execution_id: int) -> None:
        self.flush()
        self._recent.clear()
        self._stored_frames.pop(execution_id, None)
        for table, column in (("executions", "id"), ("histories", "execution"), ("frames", "execution")):
            self._write(f"DELETE FROM {table} WHERE {column}=?", (execution_id,))  # noqa: S608

    # History

    def event(self, execution_id: int, event: dict[str, Any]) -> None:
        """Append to a history. The event, with its `id`, is not to be changed any more."""
        events = self._events.get(execution_id)
        if events is None:
            self._events[execution_id] = [event]
            self._touch()
        else:
            events.append(event)

    def events(
        self, execution_id: int, after: int = 0, limit: int = 1000, reverse: bool = False
    ) -> list[dict[str, Any]]:
        """In order from the one after `after`; in reverse from the one below it (0: the last)."""
        self.flush()
        if reverse:
            before = after or 1 << 62
            sql = "SELECT events FROM histories WHERE execution=? AND first<? ORDER BY first DESC"
            rows = self._db.execute(sql, (execution_id, before))
            found = (event for (row,) in rows for event in reversed(json_value(row)) if event["id"] < before)
        else:
            sql = """SELECT events FROM histories WHERE execution=?1 AND first >= coalesce(
                       (SELECT max(first) FROM histories WHERE execution=?1 AND first<=?2), 0) ORDER BY first"""
            rows = self._db.execute(sql, (execution_id, after + 1))
            found = (event for (row,) in rows for event in json_value(row) if event["id"] > after)
        return list(islice(found, limit))

    def last_event(self, execution_id: int) -> int:
        """The id of an execution's last event; 0 when it has none."""
        last = self.events(execution_id, limit=1, reverse=True)
        return last[0]["id"] if last else 0

    # Frames

    def save_frame(self, frame: MarkedFrame) -> None:
        self._frames[frame.key] = frame
        if not self._scheduled:
            self._touch()

    def drop_frame(self, key: tuple[int, int]) -> None:
        execution, frame = key
        if frame in self._stored_frames.get(execution, ()):
            self._frames[key] = None
            self._touch()
        else:
            self._frames.pop(key, None)

    def frames(self, execution_id: int) -> dict[int, dict[str, Any]]:
        """The stored frames of an execution that is taken up (again), by id: a parent before its children."""
        self.flush()
        rows = self._db.execute("SELECT id, body FROM frames WHERE execution=? ORDER BY id", (execution_id,))
        found = {frame_id: json_value(body) for frame_id, body in rows}
        self._stored_frames[execution_id].update(found)
        self._backlog.frames_tabled((execution_id, frame_id) for frame_id in found)
        return found

    def leave_frames(self, execution_id: int) -> None:
        """The execution has ended but may be redriven: its frames stay, and cost no memory."""
        self._left.append(execution_id)

    def drop_frames(self, execution_id: int) -> None:
        for frame_id in self._stored_frames.get(execution_id, ()):
            self._frames[execution_id, frame_id] = None
            self._touch()

    # What is marked to be written

    @property
    def marked(self) -> bool:
        return bool(self._events or self._frames or self._executions)

    def collect(self) -> Rows:
        rows = Rows(self._collect_executions(), self._collect_events(), self._collect_frames())
        left, self._left = self._left, []
        for execution in left:
            self._backlog.leave(execution, self._stored_frames.pop(execution, ()))
        return rows

    def _collect_executions(self) -> list[ExecutionRow]:
        marked, self._executions = self._executions, {}
        rows = []
        for arn, execution in marked.items():
            snapshot = execution.snapshot()
            row = ExecutionRow.of(snapshot)
            rows.append(row)
            if len(row.body) <= _RECENT_BYTES:
                self._remember(arn, snapshot)
        return rows

    def _remember(self, arn: str, row: dict[str, Any]) -> None:
        """Whoever started an execution soon asks how it ended: have the last rows at hand."""
        if len(self._recent) >= _RECENT:
            del self._recent[next(iter(self._recent))]
        self._recent[arn] = row

    def _collect_events(self) -> list[HistoryPart]:
        marked, self._events = self._events, {}
        return [
            HistoryPart.of(execution, events)
            for execution, all_events in marked.items()
            for events in batched(all_events, EVENTS_IN_A_ROW, strict=False)
        ]

    def _collect_frames(self) -> dict[FrameKey, bytes | None]:
        marked, self._frames = self._frames, {}
        rows = {key: None if frame is None else json_bytes(frame.snapshot()) for key, frame in marked.items()}
        for (execution, frame), body in rows.items():
            stored = self._stored_frames[execution]
            if body is not None:
                stored.add(frame)
            else:
                stored.discard(frame)
                if not stored:
                    del self._stored_frames[execution]
        return rows
