"""Save the state that MiniStack holds in memory to the state folder, at intervals."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from .state_folder import StateFolder

_INTERVAL = 10.0

# A save blocks the stack; saves may take this share of the time.
_MAX_SHARE = 0.02

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LastSave:
    """When all state was last saved (Unix time), and whether the stack then stopped in order."""

    at: float
    clean: bool


def last_save(folder: StateFolder) -> LastSave | None:
    """Return the record of the last save; None if there is none."""
    try:
        return LastSave(**json.loads(folder.last_save.read_text()))
    except (OSError, ValueError, TypeError):
        return None


class SnapshotTimer:
    """Calls `save` on the event loop at intervals, if `mark_changed` was called since the last time.

    `save` raises OSError when it could not write everything: it is logged and retried.
    """

    def __init__(self, folder: StateFolder, save: Callable[[], None]) -> None:
        self._folder = folder
        self._save = save
        self._changed = False
        self._timer: asyncio.TimerHandle | None = None

    def mark_changed(self) -> None:
        """Record that there may be state to save."""
        self._changed = True

    def start(self) -> None:
        self._record(clean=False)
        self._schedule(_INTERVAL)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def record_clean_stop(self) -> None:
        """Record that MiniStack saved everything when it stopped."""
        self._record(clean=True)

    def _schedule(self, delay: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(delay, self._tick)

    def _tick(self) -> None:
        duration = 0.0
        if self._changed:
            self._changed = False
            started = time.monotonic()
            try:
                self._save()
                self._record(clean=False)
            except OSError as error:
                self._changed = True
                _log.error("Cannot save the state of the services: %s", error)
            duration = time.monotonic() - started
        self._schedule(max(_INTERVAL, duration / _MAX_SHARE))

    def _record(self, *, clean: bool) -> None:
        record = self._folder.last_save
        scratch = record.with_suffix(".new")
        scratch.write_text(json.dumps(asdict(LastSave(time.time(), clean))))
        scratch.replace(record)
