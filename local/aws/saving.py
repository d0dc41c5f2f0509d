"""MiniStack keeps its services in memory: write them down while they run, not only at the end."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

_EVERY = 10.0

# Saving stops the stack for as long as it takes; it may take this share of the time at most.
_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class LastSave:
    """When everything was written last (Unix time), and whether the stack then ended in order."""

    at: float
    clean: bool


class StateSaver:
    """Calls `save` from the event loop it was started on, if anything was touched since the last time."""

    def __init__(self, folder: Path, save: Callable[[], None]) -> None:
        self._note = folder.parent / "saved.json"
        self._save = save
        self._touched = False
        self._timer: asyncio.TimerHandle | None = None

    def last(self) -> LastSave | None:
        try:
            return LastSave(**json.loads(self._note.read_text()))
        except (OSError, ValueError, TypeError):
            return None

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
            self._save()
            took = time.monotonic() - started
            self._note_down(clean=False)
        self._schedule(max(_EVERY, took / _SHARE))

    def _note_down(self, *, clean: bool) -> None:
        scratch = self._note.with_suffix(".new")
        scratch.write_text(json.dumps(asdict(LastSave(time.time(), clean))))
        scratch.replace(self._note)
