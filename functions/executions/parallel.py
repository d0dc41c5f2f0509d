"""Calls of Step Functions that are sent at the same time, one for each workflow."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

_CALLS_AT_ONCE = 10
"""A client keeps as many connections."""


class ParallelCalls:
    """Threads that wait for the responses. They are started by the first calls, and kept."""

    def __init__(self) -> None:
        self._threads: ThreadPoolExecutor | None = None

    def map[Item, Result](self, call: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Return the result of the call of each item, in their order. One call alone needs no thread."""
        listed = list(items)
        if len(listed) < 2:
            return [call(item) for item in listed]
        self._threads = self._threads or ThreadPoolExecutor(_CALLS_AT_ONCE)
        return list(self._threads.map(call, listed))
