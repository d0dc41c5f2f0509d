"""Group commits on one SQLite file: what a turn of the event loop wrote becomes durable at once, or not at all."""

import asyncio
import contextlib
import logging
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .errors import StoreFailed, StoreUnreadable
from .storefile import LogKeeper, connect, lock

_log = logging.getLogger(__name__)


class Transactions:
    """The file, and the transaction that is open in it. Whoever derives from it says what is marked to be written.

    A commit runs once the event loop has nothing else ready; whoever needs durability before an effect awaits
    `committed()`. When the file cannot be written it is done for: nothing is committed any more, and every
    `committed()` raises StoreFailed.
    """

    def __init__(self, path: str | Path, synchronous: str):
        self.path = str(path)
        self._lock = None if self.path == ":memory:" else lock(Path(self.path))
        try:
            self._db = connect(self.path, synchronous)
        except StoreUnreadable:
            self._release()
            raise
        # The log is worked off beside the event loop, which must not wait for the disk's fsync.
        self._log = LogKeeper(self._db, self.path)
        self._waiting: list[asyncio.Future[None]] = []
        self._after: list[Callable[[], None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._scheduled = False
        self._in_transaction = False
        self.failure: StoreFailed | None = None
        self.on_failure: Callable[[], None] = lambda: None

    def flush(self) -> None:
        """Write what is marked into the open transaction, so that reads see it. Raises StoreFailed."""
        raise NotImplementedError

    @property
    def marked(self) -> bool:
        """Whether anything is marked to be written."""
        raise NotImplementedError

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
        self.flush()
        if self._in_transaction:
            try:
                self._db.execute("COMMIT")
                self._in_transaction = False
                self._log.committed()
            except sqlite3.Error as error:
                raise self._failed(error) from error
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
        after, self._after = self._after, []
        for callback in after:
            callback()

    def close(self) -> None:
        if self.failure is None:
            self.commit()
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

    def _failed(self, error: sqlite3.Error) -> StoreFailed:
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
