"""Group commits on a journal and a database: the writes of one event loop turn become durable together.

Commits of executions are appended to the journal and written to the database's tables in batches. Other writes, and
reads, bring the tables up to date first.
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

# Bounds how long a read waits for the tables (about 3 ms). Larger batches are hardly cheaper.
_BACKLOG_BYTES = 256 * 1024
_BACKLOG_SECONDS = 1.0


class Transactions:
    """The store's files and the open transaction. Subclasses collect the rows to write.

    A commit runs once the event loop has nothing else ready; code that needs durability before an effect awaits
    `committed()`. After a write error nothing is committed any more, and every `committed()` raises StoreFailed.
    """

    def __init__(self, path: str | Path, synchronous: str):
        self.path = str(path)
        self._lock = None if self.path == ":memory:" else lock(Path(self.path))
        self._backlog = Backlog()
        self._flush_timer: asyncio.TimerHandle | None = None
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
        # Checkpoints run on a thread: the event loop must not wait for the disk's fsync.
        self._checkpointer = Checkpointer(self._db, self.path)
        if self._lock is not None:
            # The resolved path: one journal for one file, whatever name it is opened by.
            journal_path = Path(f"{Path(self.path).resolve()}.journal")
            self._journal = Journal(journal_path, power_safe=synchronous == "FULL")
            self._recover(self._journal)
        migrate(self._db)

    @property
    def marked(self) -> bool:
        """Whether there are changes to write."""
        raise NotImplementedError

    def collect(self) -> Rows:
        """Return the rows of all changes and reset them."""
        raise NotImplementedError

    def flush(self) -> None:
        """Write all changes to the tables in the open transaction, so that reads see them. Raises StoreFailed."""
        if self.marked:
            self._backlog.add(self.collect())
        self._backlog.write(self._write_all)

    def _recover(self, journal: Journal) -> None:
        """Write the journal entries of a killed process to the tables. Raises StoreFailed."""
        self._number = self._db.execute("SELECT taken_up FROM journal").fetchone()[0]
        for entry in journal.entries():
            if entry["number"] > self._number + 1:
                _log.warning(
                    "ignoring %s.journal: its entries do not follow the last commit of %s",
                    self.path,
                    self.path,
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
        """Commit automatically on this event loop from now on."""
        self._loop = loop
        if self._dirty:
            self._touch()

    @property
    def _dirty(self) -> bool:
        return self._in_transaction or self.marked

    async def committed(self) -> None:
        """Wait until everything written before this call is durable. Raises StoreFailed."""
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
        """Call `callback` once everything written before is durable."""
        self._after.append(callback)
        self._touch()

    def commit(self) -> None:
        """Make all changes durable and complete the waiting futures. Raises StoreFailed."""
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
        if self._flush_timer is None and self._loop is not None:
            self._flush_timer = self._loop.call_later(_BACKLOG_SECONDS, self._flush_overdue)

    def _commit_tables(self) -> None:
        try:
            if self._journal is not None:
                self._db.execute("UPDATE journal SET taken_up=?", (self._number,))
            self._db.execute("COMMIT")
            self._in_transaction = False
            self._checkpointer.committed()
            if self._journal is not None:
                self._journal.clear()
        except (sqlite3.Error, OSError) as error:
            raise self._failed(error) from error

    def _flush_overdue(self) -> None:
        self._flush_timer = None
        with contextlib.suppress(StoreFailed):  # _failed has notified the waiters
            self.flush()
            self.commit()

    def close(self) -> None:
        if self.failure is None:
            self.flush()
            self.commit()
        if self._flush_timer is not None:
            self._flush_timer.cancel()
        if self._journal is not None:
            self._journal.close()
        self._checkpointer.close()
        self._db.close()
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _write(self, sql: str, values: tuple[Any, ...]) -> None:
        self._write_all(sql, [values])

    def _write_all(self, sql: str, rows: list[Any]) -> None:
        """Execute a statement in the open transaction for each row. Raises StoreFailed."""
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
        """Stop writing: memory is ahead of the file, and a part of it must not become durable."""
        self.failure = StoreFailed(
            f"{self.path} cannot be written ({error}). Earlier commits are intact: free disk space or "
            "repair the disk, then restart."
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
            self._loop.call_soon(self._schedule_commit)

    def _schedule_commit(self) -> None:
        # Wait one more turn of the loop: everything that became ready in this one shares the commit.
        if self._loop is not None:
            self._loop.call_soon(self._commit_scheduled)

    def _commit_scheduled(self) -> None:
        with contextlib.suppress(StoreFailed):  # _failed has notified the waiters
            self.commit()
