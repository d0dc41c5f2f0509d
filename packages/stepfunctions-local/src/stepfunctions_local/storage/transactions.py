"""Group commits on a journal and a database: what a turn of the event loop wrote is durable at once, or not at all.

What executions write goes to the journal, and to the database's tables with that of many other commits; whatever else
is written, or wants to read what was, brings the tables up to date.
"""

import asyncio
import contextlib
import logging
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import StoreFailed, StoreUnreadable
from .backlog import Backlog, Rows
from .database import Checkpointer, connect, lock, migrate
from .journal import Journal

_log = logging.getLogger(__name__)

# What a read may have to wait for: some three milliseconds' worth. More at once is hardly cheaper.
_BACKLOG_BYTES = 256 * 1024
_BACKLOG_SECONDS = 1.0


class Transactions:
    """The files, and the transaction that is open. Whoever derives from it says what is marked to be written.

    A commit runs once the event loop has nothing else ready; whoever needs durability before an effect awaits
    `committed()`. When the files cannot be written they are done for: nothing is committed any more, and every
    `committed()` raises StoreFailed.
    """

    def __init__(self, path: str | Path, synchronous: str):
        self.path = str(path)
        self._lock = None if self.path == ":memory:" else lock(Path(self.path))
        self._backlog = Backlog()
        self._overdue: asyncio.TimerHandle | None = None
        self._journal: Journal | None = None
        self._number = 0  # of the journal's last entry
        self._waiting: list[asyncio.Future[None]] = []
        self._after: list[Callable[[], None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._scheduled = False
        self._in_transaction = False
        self.failure: StoreFailed | None = None
        self.on_failure: Callable[[], None] = lambda: None
        try:
            self._open(synchronous)
        except (StoreUnreadable, StoreFailed, OSError):
            self._release()
            raise

    def _open(self, synchronous: str) -> None:
        self._db = connect(self.path, synchronous)
        # The log is worked off beside the event loop, which must not wait for the disk's fsync.
        self._log = Checkpointer(self._db, self.path)
        if self._lock is not None:
            # By whatever name the store is opened: the one journal of the one file.
            beside = Path(f"{Path(self.path).resolve()}.journal")
            self._journal = Journal(beside, power_safe=synchronous == "FULL")
            self._take_up(self._journal)
        migrate(self._db)

    @property
    def marked(self) -> bool:
        """Whether anything is marked to be written."""
        raise NotImplementedError

    def collect(self) -> Rows:
        """The rows of what is marked, which is not marked any more."""
        raise NotImplementedError

    def flush(self) -> None:
        """Bring the tables up to date in the open transaction, so that reads see all. Raises StoreFailed."""
        if self.marked:
            self._backlog.add(self.collect())
        self._backlog.write(self._write_all)

    def _take_up(self, journal: Journal) -> None:
        """Put what a killed process left in the journal into the tables. Raises StoreFailed."""
        self._number = self._db.execute("SELECT taken_up FROM journal").fetchone()[0]
        for entry in journal.entries():
            if entry["number"] > self._number + 1:
                _log.warning(
                    "%s.journal does not go on from where %s ends: it is left out", self.path, self.path
                )
                break
            if entry["number"] == self._number + 1:
                self._backlog.add(Rows.of_entry(entry))
                self._number += 1
        self._backlog.write(self._write_all)
        if self._in_transaction:
            self._commit_tables()
        journal.clear()

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """From here on commits run by themselves on this loop."""
        self._loop = loop
        if self._dirty:
            self._touch()

    @property
    def _dirty(self) -> bool:
        return self._in_transaction or self.marked

    async def committed(self) -> None:
        """Return once all that was written before this call is durable. Raises StoreFailed."""
        if self.failure is not None:
            raise self.failure
        if not self._dirty:
            return
        if self._loop is None:
            self.bind(asyncio.get_running_loop())
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._touch()
        await future

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call back once all that was written before is durable."""
        self._after.append(callback)
        self._touch()

    def commit(self) -> None:
        """Make all that was written durable, and tell whoever waits for that. Raises StoreFailed."""
        self._scheduled = False
        if self.failure is not None:
            raise self.failure
        if self._journal is None or self._in_transaction:
            self.flush()
        elif self.marked:
            rows = self.collect()
            self._backlog.add(rows)
            if self._backlog.size > _BACKLOG_BYTES:
                self._backlog.write(self._write_all)
            else:
                self._append(self._journal, rows)
        if self._in_transaction:
            self._commit_tables()
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
        after, self._after = self._after, []
        for callback in after:
            callback()

    def _append(self, journal: Journal, rows: Rows) -> None:
        self._number += 1
        try:
            journal.append(rows.entry(self._number))
        except OSError as error:
            raise self._failed(error) from error
        if self._overdue is None and self._loop is not None:
            self._overdue = self._loop.call_later(_BACKLOG_SECONDS, self._work_off)

    def _commit_tables(self) -> None:
        try:
            if self._journal is not None:
                self._db.execute("UPDATE journal SET taken_up=?", (self._number,))
            self._db.execute("COMMIT")
            self._in_transaction = False
            self._log.committed()
            if self._journal is not None:
                self._journal.clear()
        except (sqlite3.Error, OSError) as error:
            raise self._failed(error) from error

    def _work_off(self) -> None:
        self._overdue = None
        with contextlib.suppress(StoreFailed):  # whoever waits is told
            self.flush()
            self.commit()

    def close(self) -> None:
        if self.failure is None:
            self.flush()
            self.commit()
        if self._overdue is not None:
            self._overdue.cancel()
        if self._journal is not None:
            self._journal.close()
        self._log.close()
        self._db.close()
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _write(self, sql: str, values: tuple[Any, ...]) -> None:
        self._write_all(sql, [values])

    def _write_all(self, sql: str, rows: list[Any]) -> None:
        """Run a statement, in the open transaction, for each row. Raises StoreFailed."""
        if not rows:
            return
        if self.failure is not None:
            raise self.failure
        try:
            if not self._in_transaction:
                self._db.execute("BEGIN IMMEDIATE")
                self._in_transaction = True
                self._touch()
            self._db.executemany(sql, rows)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _failed(self, error: sqlite3.Error | OSError) -> StoreFailed:
        """Never write again: what is in memory is ahead of the file, and a part of it must not become durable."""
        self.failure = StoreFailed(
            f"{self.path} cannot be written ({error}). What was accepted before is safe: make room or mend the "
            "disk, and start again."
        )
        _log.critical("%s", self.failure)
        with contextlib.suppress(sqlite3.Error):
            self._db.execute("ROLLBACK")
        self._in_transaction = False
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_exception(self.failure)
        self._after = []
        self.on_failure()
        return self.failure

    def _touch(self) -> None:
        if not self._scheduled and self._loop is not None and self.failure is None:
            self._scheduled = True
            self._loop.call_soon(self._settle)

    def _settle(self) -> None:
        # One more turn of the loop, so that all that became ready in this one shares the commit.
        if self._loop is not None:
            self._loop.call_soon(self._commit_by_itself)

    def _commit_by_itself(self) -> None:
        with contextlib.suppress(StoreFailed):  # whoever waits is told
            self.commit()
