"""kill -9 of an engine in virtual time: at a commit of one's choice, with what that leaves behind."""

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
    """The engine's process ended here. No event loop holds this one back."""


@contextlib.contextmanager
def around_commits(
    engine: VirtualEngine,
    before: Callable[[], None],
    after: Callable[[], None] = lambda: None,
    between: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Within, `before` and `after` are called around each of the engine's commits; either may raise Killed.

    So may `between`, called when the tables have what the journal has, and the journal still has it too.
    """
    store = engine.engine.store
    journal = store._journal
    assert journal is not None
    commit, clear = store.commit, journal.clear

    def with_others() -> None:
        before()
        commit()
        after()

    def before_clearing() -> None:
        between()
        clear()

    store.commit = with_others  # type: ignore[method-assign]
    journal.clear = before_clearing  # type: ignore[method-assign]
    try:
        yield
    finally:
        store.commit = commit  # type: ignore[method-assign]
        journal.clear = clear  # type: ignore[method-assign]


def ended(engine: VirtualEngine) -> float:
    """End an engine as a kill does: what was not committed is gone, nothing is put in order. The time it was."""
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
        with contextlib.suppress(Exception):  # a killed process puts nothing in order; this one may try
            coroutine.close()
    logging.disable(logging.NOTSET)
    engine.loop.close()
    return now


def copy_store(path: Path, folder: Path) -> Store:
    """A store of its own with what a kill at this moment would leave of the one at `path`, which is at work."""
    folder.mkdir()
    for file in path.parent.glob(f"{path.name}*"):
        if not file.name.endswith((".lock", "-shm")):
            shutil.copy(file, folder)
    return Store(folder / path.name)
