"""The store's SQLite file: its tables, its lock, and the checkpoints of its write-ahead log."""

import contextlib
import fcntl
import os
import sqlite3
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from ..errors import StoreBusy, StoreUnreadable
from ..history import json_bytes, json_value

# `histories` has a row for the events of one execution between two commits; `first` is the first event's id.
# `frames` has rowids: one row holds all items of a large Map, and a table without rowids reads whole rows to compare
# keys.
# `journal` has the number of the last journal entry that is in the tables. Numbers start at a random value, so that
# the journal of another store is recognised by its numbers.
_TABLES = """
CREATE TABLE IF NOT EXISTS documents(kind TEXT, key TEXT, body BLOB, PRIMARY KEY(kind, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS executions(
  id INTEGER PRIMARY KEY, arn TEXT UNIQUE, machine TEXT, map_run TEXT, status TEXT, started REAL, body BLOB);
CREATE INDEX IF NOT EXISTS executions_by_machine ON executions(machine, id);
CREATE INDEX IF NOT EXISTS executions_by_map_run ON executions(map_run, id) WHERE map_run IS NOT NULL;
CREATE INDEX IF NOT EXISTS executions_by_status ON executions(machine, status, id) WHERE status <> 'SUCCEEDED';
CREATE INDEX IF NOT EXISTS executions_open ON executions(id) WHERE status IN ('RUNNING', 'PENDING_REDRIVE');
CREATE TABLE IF NOT EXISTS histories(
  execution INTEGER, first INTEGER, events BLOB, PRIMARY KEY(execution, first)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS frames(execution INTEGER, id INTEGER, body BLOB, PRIMARY KEY(execution, id));
CREATE TABLE IF NOT EXISTS journal(taken_up INTEGER);
INSERT INTO journal SELECT abs(random()) / 2 WHERE NOT EXISTS (SELECT 1 FROM journal);
"""
_LAYOUT = 4
_CACHE_KIB = 8192
# Layout 1 had a row for each event.
_FROM_LAYOUT_1 = """
BEGIN IMMEDIATE;
INSERT INTO histories SELECT execution, id, CAST('[' || CAST(body AS TEXT) || ']' AS BLOB) FROM events;
DROP TABLE events;
PRAGMA user_version=2;
COMMIT;
"""


def connect(path: str, synchronous: str) -> sqlite3.Connection:
    """Open the store's file and create missing tables. Raises StoreUnreadable.

    `synchronous` NORMAL: a commit survives a kill of the process; FULL: also a power failure.
    """
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    try:
        layout = db.execute("PRAGMA user_version").fetchone()[0]
        if layout > _LAYOUT:
            raise StoreUnreadable(
                f"{path} was written by a later version (layout {layout}; this version supports up to {_LAYOUT}): "
                "use that version or another store."
            )
        db.executescript(
            f"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}; PRAGMA cache_size={-_CACHE_KIB}; {_TABLES}"
        )
        if db.execute("SELECT 1 FROM sqlite_master WHERE name='events'").fetchone():
            db.executescript(_FROM_LAYOUT_1)
    except sqlite3.DatabaseError as error:
        db.close()
        raise StoreUnreadable(f"{path} cannot be used as a store ({error}): choose another file.") from None
    except StoreUnreadable:
        db.close()
        raise
    return db


# Layout 3 had other names for some values of a frame's data.
_LAYOUT_3_NAMES = {"given": "arguments", "seen": "state_input", "beat": "heartbeat_deadline"}


def migrate(db: sqlite3.Connection) -> None:
    """Convert the rows of an earlier layout. The journal's entries must be in the tables already."""
    layout = db.execute("PRAGMA user_version").fetchone()[0]
    if layout == _LAYOUT:
        return
    db.execute("BEGIN IMMEDIATE")
    for execution, number, body in db.execute("SELECT execution, id, body FROM frames").fetchall():
        frame = json_value(body)
        data = frame["data"]
        frame["data"] = {_LAYOUT_3_NAMES.get(name, name): value for name, value in data.items()}
        db.execute(
            "UPDATE frames SET body=? WHERE execution=? AND id=?", (json_bytes(frame), execution, number)
        )
    db.execute(f"PRAGMA user_version={_LAYOUT}")
    db.execute("COMMIT")


class Checkpointer:
    """Bounds the write-ahead log: checkpoints run on a thread.

    Under constant load the thread may never catch up; a log over the hard limit is checkpointed synchronously.
    """

    _SOFT_LIMIT = 16 * 1024 * 1024  # bytes
    _HARD_LIMIT = 64 * 1024 * 1024

    def __init__(self, db: sqlite3.Connection, path: str):
        self._db = db
        # SQLite has the log beside the file itself, not beside a link to it.
        self._path = os.path.realpath(path)
        self._checkpoint: Future[None] | None = None
        self._thread = ThreadPoolExecutor(1, "states-log") if path != ":memory:" else None
        if self._thread is not None:
            db.execute("PRAGMA wal_autocheckpoint=0")

    def committed(self) -> None:
        """Check the log's size after a commit: one can have the changes of many executions."""
        if self._thread is None:
            return
        length = Path(f"{self._path}-wal").stat().st_size
        if length > self._HARD_LIMIT:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        elif length > self._SOFT_LIMIT and (self._checkpoint is None or self._checkpoint.done()):
            self._checkpoint = self._thread.submit(self._run)

    def _run(self) -> None:
        with contextlib.closing(sqlite3.connect(self._path)) as db:
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        if self._thread is not None:
            self._thread.shutdown(wait=True)


def lock(path: Path) -> int:
    """Lock the store for this process and return the lock's descriptor. Raises StoreBusy."""
    path = path.resolve()  # one lock for one file, whatever name it is opened by
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        owner = ""
        with contextlib.suppress(OSError):
            owner = os.read(descriptor, 32).decode()
        os.close(descriptor)
        raise StoreBusy(
            f"{path} is already open in process {owner or '(unknown)'}: stop it or choose another store."
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor
