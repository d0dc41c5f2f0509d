"""The store's file: its tables, who has it open, and its write-ahead log."""

import contextlib
import fcntl
import os
import sqlite3
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from ..errors import StoreBusy, StoreUnreadable
from ..history import json_bytes, json_value

# `histories` has a row for the events of one execution between two commits, `first` being the first one's id.
# `frames` has rowids: of a Map over a million items one row holds them all, and a table without rowids reads a row
# whole to compare its key.
# `journal` has the number of the journal's last entry that is in the tables. It begins anywhere, so that the journal of
# another store is known by its numbers.
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
    """Open the store's file, its tables as this version has them. Raises StoreUnreadable.

    `synchronous` NORMAL: a commit survives the death of the process; FULL: also the machine's loss of power.
    """
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    try:
        layout = db.execute("PRAGMA user_version").fetchone()[0]
        if layout > _LAYOUT:
            raise StoreUnreadable(
                f"{path} was written by a later version (layout {layout}, this one knows {_LAYOUT}): "
                "use that version, or another store."
            )
        db.executescript(
            f"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}; PRAGMA cache_size={-_CACHE_KIB}; {_TABLES}"
        )
        if db.execute("SELECT 1 FROM sqlite_master WHERE name='events'").fetchone():
            db.executescript(_FROM_LAYOUT_1)
    except sqlite3.DatabaseError as error:
        db.close()
        raise StoreUnreadable(f"{path} cannot be used as a store ({error}): give another one.") from None
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
    """Keeps the write-ahead log short: its pages go into the database on a thread, now and then.

    Under a load that never pauses the thread may never catch up; then the log is worked off at once.
    """

    _LOOK_EVERY = 16  # commits
    _LONG = 16 * 1024 * 1024  # bytes
    _TOO_LONG = 64 * 1024 * 1024

    def __init__(self, db: sqlite3.Connection, path: str):
        self._db = db
        self._path = path
        self._commits = 0
        self._working: Future[None] | None = None
        self._thread = ThreadPoolExecutor(1, "states-log") if path != ":memory:" else None
        if self._thread is not None:
            db.execute("PRAGMA wal_autocheckpoint=0")

    def committed(self) -> None:
        self._commits += 1
        if self._thread is None or self._commits % self._LOOK_EVERY:
            return
        length = Path(f"{self._path}-wal").stat().st_size
        if length > self._TOO_LONG:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        elif length > self._LONG and (self._working is None or self._working.done()):
            self._working = self._thread.submit(self._work)

    def _work(self) -> None:
        with contextlib.closing(sqlite3.connect(self._path)) as db:
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        if self._thread is not None:
            self._thread.shutdown(wait=True)


def lock(path: Path) -> int:
    """Take the store for this process; answers the descriptor that holds it. Raises StoreBusy."""
    path = path.resolve()  # by whatever name: one file, one lock
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
            f"{path} is already open in process {owner or '(unknown)'}: stop it, or give this one another store."
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor
