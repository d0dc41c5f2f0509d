"""The store's file: who has it open, and its write-ahead log."""

import contextlib
import fcntl
import os
import sqlite3
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from .errors import StoreBusy


class LogKeeper:
    """Keeps the write-ahead log short: its pages go into the database on a thread, now and then.

    Under a load that never pauses the thread may never catch up; then the log is worked off at once.
    """

    _LOOK_EVERY = 256  # commits
    _LONG = 16 * 1024 * 1024  # bytes
    _TOO_LONG = 256 * 1024 * 1024

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
