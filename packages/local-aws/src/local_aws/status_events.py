"""Publish status changes of executions on the default event bus."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from stepfunctions_local.observers.status_events import DETAIL_TYPE, SOURCE, status_change

type Publish = Callable[[str, str, list[str], dict[str, Any]], None]


class StatusChanges:
    """An observer of the engine. Publishes in order, on a thread of its own: a rule may start an execution."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._thread = ThreadPoolExecutor(1, "status-changes")

    def status_changed(self, row: Mapping[str, Any]) -> None:
        if row["type"] == "STANDARD":
            self._thread.submit(self._publish_change, row)

    def follows(self, row: Mapping[str, Any]) -> bool:
        return False

    def event(self, row: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Ignore an event of a history."""

    def close(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _publish_change(self, row: Mapping[str, Any]) -> None:
        self._publish(SOURCE, DETAIL_TYPE, [row["executionArn"]], status_change(row, time.time()))
