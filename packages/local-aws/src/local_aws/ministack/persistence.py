"""MiniStack's own persistence: saving all services while they run."""

from __future__ import annotations

import logging
from typing import Any

from ministack import app
from ministack.core import persistence

from .events import drop_old_events

_EVENTS_LIMIT = 1_000


def application() -> Any:
    """Return MiniStack's ASGI application."""
    return app.app


class _SaveErrors(logging.Handler):
    """Collects what MiniStack could not save: it only logs it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._messages.append(record.getMessage())

    def check(self) -> None:
        messages, self._messages = self._messages, []
        if messages:
            raise OSError(messages[0])


_save_errors = _SaveErrors()


def collect_save_errors() -> None:
    """Collect the errors of MiniStack's saves from now on, for `check_saved`."""
    logging.getLogger("persistence").addHandler(_save_errors)


def check_saved() -> None:
    """Raise OSError with the first error since the last check."""
    _save_errors.check()


def save_state() -> None:
    """Write all state to the state folder, each service's file whole or not at all. Raise OSError."""
    drop_old_events(_EVENTS_LIMIT)
    persistence.save_all(app._build_persistence_save_dict())
    check_saved()
