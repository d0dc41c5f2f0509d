"""The executions of a workflow, newest first, and the newest of each workflow, kept for a second."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from executions.parallel import ParallelCalls

KEPT_SECONDS = 1.0
"""ListExecutions is eventually consistent, and a list of the API may be a second old."""


def newest_first(states: Any, machine: str, status: str | None, page_size: int) -> Iterator[dict[str, Any]]:
    """Yield the executions of a state machine with a status or any, the newest first, in pages as they are needed."""
    request = {"stateMachineArn": machine, "maxResults": page_size}
    if status:
        request["statusFilter"] = status
    for page in states.get_paginator("list_executions").paginate(**request):
        yield from page["executions"]


class RecentExecutions:
    """The newest executions of each workflow. states: a Step Functions client.

    A list of all workflows needs a ListExecutions for each of them: they are sent at the same time. AWS accepts a few a
    second in the long run, so that the lists of several people within a second are those of the first one.
    """

    def __init__(
        self, states: Any, calls: ParallelCalls, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._states = states
        self._calls = calls
        self._clock = clock
        self._kept: dict[tuple[str, str | None, int], tuple[float, list[dict[str, Any]]]] = {}

    def list_newest(
        self, machines: Sequence[str], status: str | None, limit: int
    ) -> list[list[dict[str, Any]]]:
        """Return the newest executions of each state machine: up to `limit`, with a status or any."""
        now = self._clock()
        self._kept = {key: kept for key, kept in self._kept.items() if now - kept[0] < KEPT_SECONDS}
        missing = [machine for machine in machines if (machine, status, limit) not in self._kept]
        lists = self._calls.map(lambda machine: self._read(machine, status, limit), missing)
        for machine, listed in zip(missing, lists, strict=True):
            self._kept[machine, status, limit] = now, listed
        return [self._kept[machine, status, limit][1] for machine in machines]

    def forget(self) -> None:
        """Read the lists again: the caller has changed an execution."""
        self._kept.clear()

    def _read(self, machine: str, status: str | None, limit: int) -> list[dict[str, Any]]:
        return list(islice(newest_first(self._states, machine, status, limit), limit))
