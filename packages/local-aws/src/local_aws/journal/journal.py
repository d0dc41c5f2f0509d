"""Entries in SQLite: written before the response to a request, read at the next start.

A commit hands its pages to the operating system, so it survives the end of the process at any moment; it costs the
same however much is stored. SQLite moves the pages of its log to their place in the background.
"""

from __future__ import annotations

import contextvars
import pickle
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

# An entry's store, its owner within the store, and its key within the owner.
type Key = str | int | tuple[str, ...]
type Address = tuple[str, Key, Key]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    store TEXT NOT NULL, owner BLOB NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (store, owner, key)
) WITHOUT ROWID
"""
_PUT = "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)"
_DELETE = "DELETE FROM entry WHERE store = ? AND owner = ? AND key = ?"
_DELETE_OWNER = "DELETE FROM entry WHERE store = ? AND owner = ?"
_LOAD = "SELECT owner, key, value FROM entry WHERE store = ? ORDER BY owner, key"

_COMMITS_PER_CHECK = 500
_CHECKPOINT_BYTES = 4 * 1024 * 1024
_MAX_LOG_BYTES = 64 * 1024 * 1024

_DELETED = object()


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored value with its owner and key."""

    owner: Key
    key: Key
    value: Any


@dataclass(slots=True)
class _Group:
    """Changes that are committed together."""

    changes: dict[Address, Any] = field(default_factory=dict)
    dropped_owners: list[tuple[str, Key]] = field(default_factory=list)
    open: bool = True


_current_group: contextvars.ContextVar[_Group | None] = contextvars.ContextVar("journal_group", default=None)


class Journal:
    """Durable entries. Callable from any thread."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raise sqlite3.DatabaseError if it is not a journal."""
        self._path = path
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("PRAGMA wal_autocheckpoint=0")
        self._db.execute(_SCHEMA)
        self._unwritten = _Group()
        # The group with the latest uncommitted change of an address: it supersedes those of other groups.
        self._latest: dict[Address, _Group] = {}
        self._commits = 0
        self._checkpoint: Future[None] | None = None
        self._thread = ThreadPoolExecutor(1, "journal")

    def load(self, store: str) -> Iterator[Entry]:
        """Yield the entries of a store, by owner and key."""
        with self._lock:
            rows = self._db.execute(_LOAD, (store,)).fetchall()
        for owner, key, value in rows:
            yield Entry(_decode(owner), _decode(key), pickle.loads(value))  # noqa: S301 - written by `commit`

    @contextmanager
    def group(self) -> Iterator[None]:
        """Commit all changes of the block together, at its end. A change outside of a group commits at once."""
        group = _Group()
        token = _current_group.set(group)
        try:
            yield
        finally:
            group.open = False
            _current_group.reset(token)
            self._commit(group)

    def put(self, store: str, owner: Key, key: Key, value: Any) -> None:
        """Store a value. It is serialized at the end of the group."""
        self._change(store, owner, key, value)

    def delete(self, store: str, owner: Key, key: Key) -> None:
        """Delete an entry."""
        self._change(store, owner, key, _DELETED)

    def delete_owner(self, store: str, owner: Key) -> None:
        """Delete all entries of an owner."""
        group, is_open = self._group()
        with self._lock:
            for address in [address for address in self._latest if address[:2] == (store, owner)]:
                del self._latest.pop(address).changes[address]
            group.dropped_owners.append((store, owner))
        if not is_open:
            self._commit(group)

    def _change(self, store: str, owner: Key, key: Key, value: Any) -> None:
        group, is_open = self._group()
        address = store, owner, key
        with self._lock:
            earlier = self._latest.get(address)
            if earlier is not None and earlier is not group:
                del earlier.changes[address]
            group.changes[address] = value
            self._latest[address] = group
        if not is_open:
            self._commit(group)

    def _group(self) -> tuple[_Group, bool]:
        """Return the group of the caller; a new one if there is none or if it was committed."""
        group = _current_group.get()
        return (group, True) if group is not None and group.open else (_Group(), False)

    def _commit(self, group: _Group) -> None:
        """Write changes. Raise OSError; unwritten changes are written with the next ones."""
        with self._lock:
            if not group.changes and not group.dropped_owners:
                return
            for address in group.changes:
                self._latest.pop(address, None)
            group = self._with_unwritten(group)
            try:
                self._write(group)
            except sqlite3.Error as error:
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                self._unwritten = group
                raise OSError(f"Cannot write {self._path}: {error}") from error
            self._unwritten = _Group()
            self._check_log()

    def _with_unwritten(self, group: _Group) -> _Group:
        if not self._unwritten.changes and not self._unwritten.dropped_owners:
            return group
        dropped = set(group.dropped_owners)
        earlier = {
            address: value for address, value in self._unwritten.changes.items() if address[:2] not in dropped
        }
        return _Group(earlier | group.changes, [*self._unwritten.dropped_owners, *group.dropped_owners])

    def _write(self, group: _Group) -> None:
        db = self._db
        db.execute("BEGIN")
        for store, owner in group.dropped_owners:
            db.execute(_DELETE_OWNER, (store, _encode(owner)))
        for (store, owner, key), value in group.changes.items():
            if value is _DELETED:
                db.execute(_DELETE, (store, _encode(owner), _encode(key)))
            else:
                db.execute(_PUT, (store, _encode(owner), _encode(key), pickle.dumps(value, 5)))
        db.execute("COMMIT")

    def _check_log(self) -> None:
        self._commits += 1
        if self._commits % _COMMITS_PER_CHECK:
            return
        size = Path(f"{self._path}-wal").stat().st_size
        if size > _MAX_LOG_BYTES:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        elif size > _CHECKPOINT_BYTES and (self._checkpoint is None or self._checkpoint.done()):
            self._checkpoint = self._thread.submit(self._run_checkpoint)

    def _run_checkpoint(self) -> None:
        with closing(sqlite3.connect(self._path)) as db:
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Write unwritten changes and close the file. Raise OSError."""
        self._thread.shutdown(wait=True)
        with self._lock:
            self._commit(self._unwritten)
            self._db.close()


def _encode(key: Key) -> bytes | str | int:
    return orjson.dumps(key) if isinstance(key, tuple) else key


def _decode(value: bytes | str | int) -> Key:
    return tuple(orjson.loads(value)) if isinstance(value, bytes) else value
