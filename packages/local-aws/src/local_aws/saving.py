"""MiniStack keeps its services in memory: write them down while they run, not only at the end."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

_EVERY = 10.0

# Saving stops the stack for as long as it takes; it may take this share of the time at most.
_SHARE = 0.02


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LastSave:
    """When everything was written last (Unix time), and whether the stack then ended in order."""

    at: float
    clean: bool


def last_save(folder: Path) -> LastSave | None:
    """What was noted of the last save of a state folder."""
    try:
        return LastSave(**json.loads(_note(folder).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _note(folder: Path) -> Path:
    return folder.parent / "saved.json"


class StateSaver:
    """Calls `save` from the event loop it was started on, if anything was touched since the last time.

    `save` raises OSError when not all could be written: it is told in the log and tried again.
    """

    def __init__(self, folder: Path, save: Callable[[], None]) -> None:
        self._folder = folder
        self._save = save
        self._touched = False
        self._timer: asyncio.TimerHandle | None = None

    def last(self) -> LastSave | None:
        return last_save(self._folder)

    def touched(self) -> None:
        """A request was served: there may be something to write."""
        self._touched = True

    def start(self) -> None:
        self._note_down(clean=False)
        self._schedule(_EVERY)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def ended_cleanly(self) -> None:
        """MiniStack has saved itself on its way out."""
        self._note_down(clean=True)

    def _schedule(self, delay: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(delay, self._tick)

    def _tick(self) -> None:
        took = 0.0
        if self._touched:
            self._touched = False
            started = time.monotonic()
            try:
                self._save()
                self._note_down(clean=False)
            except OSError as failure:
                self._touched = True
                _log.error("The services' state could not be saved: %s", failure)
            took = time.monotonic() - started
        self._schedule(max(_EVERY, took / _SHARE))

    def _note_down(self, *, clean: bool) -> None:
        note = _note(self._folder)
        scratch = note.with_suffix(".new")
        scratch.write_text(json.dumps(asdict(LastSave(time.time(), clean))))
        scratch.replace(note)
