"""Executions' status changes on the default event bus, which takes events of AWS's own source from nobody outside."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from stepfunctions_local.observers.status_events import DETAIL_TYPE, SOURCE, status_change

type Publish = Callable[[str, str, list[str], dict[str, Any]], None]


class StatusChanges:
    """An observer of the engine. Works on a thread of its own, in order: a rule may start an execution."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._thread = ThreadPoolExecutor(1, "status-changes")

    def status_changed(self, row: Mapping[str, Any]) -> None:
        if row["type"] == "STANDARD":
            self._thread.submit(self._tell, row)

    def follows(self, row: Mapping[str, Any]) -> bool:
        return False

    def event(self, row: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Histories are not told here."""

    def close(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _tell(self, row: Mapping[str, Any]) -> None:
        self._publish(SOURCE, DETAIL_TYPE, [row["executionArn"]], status_change(row, time.time()))
