"""The newest executions of each workflow, kept for a second."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

KEPT_SECONDS = 1.0
"""ListExecutions is eventually consistent, and a list of the API may be a second old."""
_CALLS_AT_ONCE = 16


class RecentExecutions:
    """The newest executions of each workflow. states: a Step Functions client.

    A list of all workflows needs a ListExecutions for each of them: they are sent at the same time. AWS accepts a few a
    second in the long run, so that the lists of several people within a second are those of the first one.
    """

    def __init__(self, states: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._states = states
        self._clock = clock
        self._kept: dict[tuple[str, str | None, int], tuple[float, list[dict[str, Any]]]] = {}
        self._calls: ThreadPoolExecutor | None = None

    def list_newest(
        self, machines: Iterable[str], status: str | None, limit: int
    ) -> dict[str, list[dict[str, Any]]]:
        """Return the newest executions of state machines, by ARN: up to `limit` of each, with a status or any."""
        now = self._clock()
        self._kept = {key: kept for key, kept in self._kept.items() if now - kept[0] < KEPT_SECONDS}
        keys = {machine: (machine, status, limit) for machine in machines}
        missing = [machine for machine, key in keys.items() if key not in self._kept]
        if len(missing) > 1:
            self._calls = self._calls or ThreadPoolExecutor(_CALLS_AT_ONCE)
            lists = list(self._calls.map(lambda machine: self._read(machine, status, limit), missing))
        else:
            lists = [self._read(machine, status, limit) for machine in missing]
        self._kept |= {keys[machine]: (now, read) for machine, read in zip(missing, lists, strict=True)}
        return {machine: self._kept[key][1] for machine, key in keys.items()}

    def forget(self) -> None:
        """Read the lists again: the caller has changed an execution."""
        self._kept.clear()

    def _read(self, machine: str, status: str | None, limit: int) -> list[dict[str, Any]]:
        request = {"stateMachineArn": machine, "maxResults": limit} | (
            {"statusFilter": status} if status else {}
        )
        pages = self._states.get_paginator("list_executions").paginate(**request)
        return list(islice((execution for page in pages for execution in page["executions"]), limit))
