"""The engine's clock: the machine's time, or a virtual time that advances to the next timer."""

import asyncio
import selectors
import time
from datetime import UTC, datetime
from typing import Any, Protocol


class Clock(Protocol):
    """Seconds since the epoch, and sleeping until one. Timers run on the event loop."""

    def now(self) -> float: ...

    async def sleep_until(self, when: float) -> None: ...


class RealClock:
    """The machine's clock."""

    @staticmethod
    def now() -> float:
        """Return the time in whole milliseconds, the precision of AWS's timestamps."""
        return time.time_ns() // 1_000_000 / 1000

    async def sleep_until(self, when: float) -> None:
        # A loop timer may fire slightly early, and the wall clock may be set back during the sleep.
        while (remaining := when - time.time()) > 0:
            await asyncio.sleep(min(remaining, 3600.0))


class VirtualClock:
    """The clock of a VirtualLoop. `start` is the epoch second at which its time begins."""

    def __init__(self, loop: "VirtualLoop", start: float):
        self._loop = loop
        self._start = start

    def now(self) -> float:
        return self._start + self._loop.time()

    async def sleep_until(self, when: float) -> None:
        while (remaining := when - self.now()) > 0:
            await asyncio.sleep(remaining)


class _VirtualSelector(selectors.DefaultSelector):
    """A selector that advances the loop's time instead of blocking for a timer.

    While threads work for the loop it blocks until one finishes, and the time does not advance.
    """

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0
        self.busy_threads = 0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        if self.busy_threads:
            return super().select(None)
        ready = super().select(0)
        if not ready:
            self.time += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time advances only when nothing is left to do at the present moment."""

    def __init__(self) -> None:
        self._virtual_selector = _VirtualSelector()
        super().__init__(self._virtual_selector)
        # A float of half a year has no nanoseconds: with a finer resolution a due timer would never fire.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self._virtual_selector.time

    def run_in_executor(self, executor, func, *args):  # type: ignore[no-untyped-def, override]
        self._virtual_selector.busy_threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._thread_finished)
        return future

    def _thread_finished(self, _: object) -> None:
        self._virtual_selector.busy_threads -= 1


def iso(seconds: float) -> str:
    """Format epoch seconds as in the context object: UTC, milliseconds, "Z"."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
