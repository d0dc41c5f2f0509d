"""The interface of observers, and their notification after commits."""

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .storage.store import Store


class Observer(Protocol):
    """Receives status changes and events after their commit.

    `row` is an execution's row, with DescribeExecution's names; observers must not change it.
    """

    def status_changed(self, row: Mapping[str, Any]) -> None:
        """Receive a new status of an execution."""

    def follows(self, row: Mapping[str, Any]) -> bool:
        """Return whether to receive this execution's events."""
        ...

    def event(self, row: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Receive an event of an execution's history."""


class Notifier:
    """Notifies observers of what has happened once it is committed."""

    def __init__(self, store: Store):
        self._store = store
        self._pending: list[tuple[list[Observer], Callable[[Observer], None]]] = []

    def notify(self, observers: list[Observer], send: Callable[[Observer], None]) -> None:
        """Call `send` for each observer after the next commit."""
        if not self._pending:
            self._store.after_commit(self._send)
        self._pending.append((observers, send))

    def _send(self) -> None:
        pending, self._pending = self._pending, []
        for observers, send in pending:
            for observer in observers:
                with contextlib.suppress(Exception):
                    send(observer)
