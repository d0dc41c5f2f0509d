"""Simulate kill -9 of an engine in virtual time, at a chosen commit."""

import asyncio
import contextlib
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from ..storage.store import Store
from ..testing import VirtualEngine


class Killed(KeyboardInterrupt):
    """The simulated kill; a KeyboardInterrupt, which event loops do not catch."""


@contextlib.contextmanager
def around_commits(
    engine: VirtualEngine,
    before: Callable[[], None],
    after: Callable[[], None] = lambda: None,
    between: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Call `before` and `after` around each commit of the engine; either may raise Killed.

    `between` is called after the tables have the journal's entries and before the journal is cleared.
    """
    store = engine.engine.store
    journal = store._journal
    assert journal is not None
    commit, clear = store.commit, journal.clear

    def commit_with_callbacks() -> None:
        before()
        commit()
        after()

    def clear_with_callback() -> None:
        between()
        clear()

    store.commit = commit_with_callbacks  # type: ignore[method-assign]
    journal.clear = clear_with_callback  # type: ignore[method-assign]
    try:
        yield
    finally:
        store.commit = commit  # type: ignore[method-assign]
        journal.clear = clear  # type: ignore[method-assign]


def kill(engine: VirtualEngine) -> float:
    """End an engine without committing or cleaning up, and return its time."""
    now = engine.clock.now()
    store = engine.engine.store
    store._waiting = []
    store._db.close()
    if store._journal is not None:
        store._journal.close()
    if store._lock is not None:
        os.close(store._lock)
    logging.disable()
    for task in asyncio.all_tasks(engine.loop):
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        coroutine = task.get_coro()
        assert coroutine is not None
        with contextlib.suppress(
            Exception
        ):  # a killed process runs no cleanup; errors of cleanup do not matter
            coroutine.close()
    logging.disable(logging.NOTSET)
    engine.loop.close()
    return now


def copy_store(path: Path, folder: Path) -> Store:
    """Copy the files of the open store at `path`, as a kill would leave them, and open the copy."""
    folder.mkdir()
    for file in path.parent.glob(f"{path.name}*"):
        if not file.name.endswith((".lock", "-shm")):
            shutil.copy(file, folder)
    return Store(folder / path.name)
