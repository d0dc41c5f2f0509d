"""The store: documents, executions, histories and frames.

Writers mark changes (`event`, `save_frame`, `save_execution`); a commit collects them and encodes the rows. A frame
that changed ten times between two commits is written once, a frame that was created and deleted not at all, and an
execution's events between two commits are one part of its history.
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
    """A frame, as the store uses it."""

    @property
    def key(self) -> FrameKey: ...

    def snapshot(self) -> dict[str, Any]: ...


class MarkedExecution(Protocol):
    """An execution, as the store uses it."""

    @property
    def arn(self) -> str: ...

    def snapshot(self) -> dict[str, Any]: ...


class Store(Transactions):
    """A store, used by one process. `path` is a file, or ":memory:" for tests without restarts."""

    def __init__(self, path: str | Path = ":memory:", synchronous: str = "NORMAL"):
        super().__init__(path, synchronous)
        self._last_execution: int = self._db.execute(
            "SELECT coalesce(max(id), 0) FROM executions"
        ).fetchone()[0]
        self._documents: dict[tuple[str, str], dict[str, Any]] = {}
        self._events: dict[int, list[dict[str, Any]]] = {}
        self._frames: dict[FrameKey, MarkedFrame | None] = {}
        # The frames of running executions that have a row.
        self._stored_frames: defaultdict[int, set[int]] = defaultdict(set)
        self._released: list[int] = []
        self._executions: dict[str, MarkedExecution] = {}
        self._recent: dict[str, dict[str, Any]] = {}

    # Documents: state machines, versions, aliases, activities, tags, map runs

    def put(self, kind: str, key: str, document: dict[str, Any]) -> None:
        """Write a document."""
        self._documents.pop((kind, key), None)
        self._write("INSERT OR REPLACE INTO documents VALUES(?,?,?)", (kind, key, json_bytes(document)))

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """Return a shallow copy of a document, or None. Nested values are shared and must not be changed."""
        document = self._documents.get((kind, key))
        if document is None:
            row = self._db.execute(
                "SELECT body FROM documents WHERE kind=? AND key=?", (kind, key)
            ).fetchone()
            if row is None:
                return None
            if len(self._documents) >= _CACHED_DOCUMENTS:
                self._documents.clear()
            document = self._documents[kind, key] = json_value(row[0])
        return dict(document)

    def require(self, kind: str, key: str) -> dict[str, Any]:
        """Return a document that another document references. Raises LookupError when it is missing."""
        document = self.get(kind, key)
        if document is None:
            raise LookupError(f"the store has no {kind} '{key}'")
        return document

    def delete(self, kind: str, key: str) -> None:
        """Delete a document if it exists."""
        self._documents.pop((kind, key), None)
        self._write("DELETE FROM documents WHERE kind=? AND key=?", (kind, key))

    def scan(self, kind: str, prefix: str = "") -> Iterator[dict[str, Any]]:
        """Return the documents of a kind whose key starts with `prefix`, ordered by key."""
        rows = self._db.execute(
            "SELECT body FROM documents WHERE kind=? AND key>=? AND key<? ORDER BY key",
            (kind, prefix, prefix + "\U0010ffff"),
        ).fetchall()
        return (json_value(body) for (body,) in rows)

    def count(self, kind: str, prefix: str = "") -> int:
        """Return the number of documents of a kind whose key starts with `prefix`."""
        sql = "SELECT count(*) FROM documents WHERE kind=? AND key>=? AND key<?"
        count: int = self._db.execute(sql, (kind, prefix, prefix + "\U0010ffff")).fetchone()[0]
        return count

    # Executions

    def next_execution_id(self) -> int:
        """Return a new id; ids increase."""
        self._last_execution += 1
        return self._last_execution

    def save_execution(self, execution: MarkedExecution) -> None:
        """Mark an execution's row as changed."""
        self._executions[execution.arn] = execution
        self._recent.pop(execution.arn, None)
        self._touch()

    def execution(self, arn: str) -> dict[str, Any] | None:
        """Return the row of an execution, or None."""
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
        """Return rows of a machine (or its version or alias `qualified`) or of a map run, newest first.

        Rows have ids below `before`; `redriven` is "REDRIVEN" or "NOT_REDRIVEN".
        """
        self.flush()
        conditions: list[tuple[str, Any]] = [
            ("machine=?", machine) if machine is not None else ("map_run=?", map_run)
        ]
        if qualified is not None:
            conditions.append(
                (
                    "? IN (CAST(body AS TEXT)->>'stateMachineVersionArn', CAST(body AS TEXT)->>'stateMachineAliasArn')",
                    qualified,
                )
            )
        if status is not None:
            # SQLite uses the partial index of executions that did not succeed only with its condition.
            indexed = "" if status == "SUCCEEDED" else " AND status <> 'SUCCEEDED'"
            conditions.append((f"status=?{indexed}", status))
        if redriven is not None:
            conditions.append(
                ("(coalesce(CAST(body AS TEXT)->>'redriveCount', 0) > 0) = ?", redriven == "REDRIVEN")
            )
        if before is not None:
            conditions.append(("id<?", before))
        where = " AND ".join(condition for condition, _ in conditions)
        sql = f"SELECT body FROM executions WHERE {where} ORDER BY id DESC LIMIT ?"  # noqa: S608 (literals above)
        rows = self._db.execute(sql, (*(value for _, value in conditions), limit))
        return [json_value(body) for (body,) in rows]

    def executions_after(self, execution_id: int, limit: int) -> list[dict[str, Any]]:
        """Return rows of executions with ids above `execution_id`, oldest first."""
        self.flush()
        sql = "SELECT body FROM executions WHERE id>? ORDER BY id LIMIT ?"
        return [json_value(body) for (body,) in self._db.execute(sql, (execution_id, limit))]

    def open_executions(self) -> list[dict[str, Any]]:
        """Return the rows of executions that have not ended, oldest first."""
        self.flush()
        sql = "SELECT body FROM executions WHERE status IN ('RUNNING','PENDING_REDRIVE') ORDER BY id"
        return [json_value(body) for (body,) in self._db.execute(sql)]

    def delete_execution(self, execution_id: int) -> None:
        """Delete an execution with its history and frames."""
        self.flush()
        self._recent.clear()
        self._stored_frames.pop(execution_id, None)
        for table, column in (("executions", "id"), ("histories", "execution"), ("frames", "execution")):
            self._write(f"DELETE FROM {table} WHERE {column}=?", (execution_id,))  # noqa: S608

    # History

    def event(self, execution_id: int, event: dict[str, Any]) -> None:
        """Append to a history. The event must not be changed afterwards."""
        events = self._events.get(execution_id)
        if events is None:
            self._events[execution_id] = [event]
            self._touch()
        else:
            events.append(event)

    def events(
        self, execution_id: int, after: int = 0, limit: int = 1000, reverse: bool = False
    ) -> list[dict[str, Any]]:
        """Return events after event `after`; in reverse order those before it (0: from the last)."""
        self.flush()
        if reverse:
            before = after or 1 << 62
            sql = "SELECT events FROM histories WHERE execution=? AND first<? ORDER BY first DESC"
            rows = self._db.execute(sql, (execution_id, before))
            events = (event for (row,) in rows for event in reversed(json_value(row)) if event["id"] < before)
        else:
            sql = """SELECT events FROM histories WHERE execution=?1 AND first >= coalesce(
                       (SELECT max(first) FROM histories WHERE execution=?1 AND first<=?2), 0) ORDER BY first"""
            rows = self._db.execute(sql, (execution_id, after + 1))
            events = (event for (row,) in rows for event in json_value(row) if event["id"] > after)
        return list(islice(events, limit))

    def last_event(self, execution_id: int) -> int:
        """Return the id of an execution's last event; 0 when it has none."""
        last = self.events(execution_id, limit=1, reverse=True)
        return last[0]["id"] if last else 0

    # Frames

    def save_frame(self, frame: MarkedFrame) -> None:
        """Mark a frame as changed."""
        self._frames[frame.key] = frame
        if not self._scheduled:
            self._touch()

    def drop_frame(self, key: tuple[int, int]) -> None:
        """Mark a frame as deleted."""
        execution, frame = key
        if frame in self._stored_frames.get(execution, ()):
            self._frames[key] = None
            self._touch()
        else:
            self._frames.pop(key, None)

    def frames(self, execution_id: int) -> dict[int, dict[str, Any]]:
        """Return the stored frames of an execution that is restored, by id: parents before their children."""
        self.flush()
        rows = self._db.execute("SELECT id, body FROM frames WHERE execution=? ORDER BY id", (execution_id,))
        frames = {frame_id: json_value(body) for frame_id, body in rows}
        self._stored_frames[execution_id].update(frames)
        self._backlog.frames_stored((execution_id, frame_id) for frame_id in frames)
        return frames

    def release_frames(self, execution_id: int) -> None:
        """Keep the stored frames of an execution that ended and may be redriven, without memory for them."""
        self._released.append(execution_id)

    def drop_frames(self, execution_id: int) -> None:
        """Mark all frames of an execution as deleted."""
        for frame_id in self._stored_frames.get(execution_id, ()):
            self._frames[execution_id, frame_id] = None
            self._touch()

    # Commits

    @property
    def marked(self) -> bool:
        return bool(self._events or self._frames or self._executions)

    def collect(self) -> Rows:
        rows = Rows(self._collect_executions(), self._collect_events(), self._collect_frames())
        released, self._released = self._released, []
        for execution in released:
            self._backlog.release(execution, self._stored_frames.pop(execution, ()))
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
        """Cache recent rows: callers that start an execution soon describe it."""
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
