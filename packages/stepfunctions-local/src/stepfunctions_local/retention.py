"""Deletion of executions that ended long ago, as AWS deletes them after 90 days."""

from collections.abc import Iterator
from typing import Any

from .clock import Clock
from .descriptions import TERMINAL
from .storage.store import Store

_DAY = 86400
_CHECK_SECONDS = 3600
_PAGE = 500


class Retention:
    """Deletes executions `days` after they ended, with their histories and map runs; none if `days` is None."""

    def __init__(self, store: Store, clock: Clock, days: float | None) -> None:
        self._store = store
        self._clock = clock
        self._seconds = None if days is None else days * _DAY
        self._next_check = 0.0

    def apply(self) -> None:
        """Delete what has expired. Call it before every operation: it checks once an hour."""
        now = self._clock.now()
        if self._seconds is None or now < self._next_check:
            return
        self._next_check = now + _CHECK_SECONDS
        expired = list(self._ended_before(now - self._seconds))
        if not expired:
            return
        arns = {row["executionArn"] for row in expired}
        for run in list(self._store.scan("map_run")):
            if run["executionArn"] in arns:
                self._store.delete("map_run", run["mapRunArn"])
        for row in expired:
            self._store.delete_execution(row["id"])

    def _ended_before(self, moment: float) -> Iterator[dict[str, Any]]:
        """Return ended executions by id: all that follow one that started after the moment did too."""
        after = 0
        while rows := self._store.executions_after(after, _PAGE):
            for row in rows:
                if row["startDate"] > moment:
                    return
                if row["status"] in TERMINAL and row["stopDate"] < moment:
                    yield row
            after = rows[-1]["id"]
