"""A limit on the service calls of tasks that run at the same time.

Work beyond the capacity of one machine waits before it is scheduled, so its timeout counts from its start. The
oldest execution goes first: executions that have begun end before others begin.
"""

import asyncio
import heapq
import itertools
import time

# A task that waits for something, such as another task, does not use the machine: when no slot has become free for
# this many seconds, one more task starts. So tasks that wait for each other cannot block all others.
_STALL_SECONDS = 1.0


class Slot:
    """One task's right to call a service; without `slots` it is not counted. A second release has no effect."""

    def __init__(self, slots: "TaskSlots | None" = None) -> None:
        self._slots = slots

    def release(self) -> None:
        """Give the slot to the next task."""
        slots, self._slots = self._slots, None
        if slots is not None:
            slots._release()


class TaskSlots:
    """At most `limit` tasks at the same time; None for no limit. Belongs to one event loop."""

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit
        self._used = 0
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._last_progress = 0.0

    async def acquire(self, started: float) -> Slot:
        """Wait for a slot; `started` is the start of the task's execution."""
        if self._limit is not None and (self._used >= self._limit or self._waiting):
            await self._wait(started)
        self._used += 1
        self._last_progress = time.monotonic()
        return Slot(self)

    async def _wait(self, started: float) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (started, next(self._order), turn))
        try:
            while not turn.done():
                await asyncio.wait([turn], timeout=_STALL_SECONDS)
                if time.monotonic() - self._last_progress >= _STALL_SECONDS:
                    self._start_next()
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._used -= 1
                self._start_next()
            turn.cancel()
            raise
        self._used -= 1

    def _release(self) -> None:
        self._used -= 1
        self._start_next()

    def _start_next(self) -> None:
        """Give a slot to the waiting task of the oldest execution."""
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                self._used += 1
                self._last_progress = time.monotonic()
                turn.set_result(None)
                return
