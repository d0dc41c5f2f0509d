"""Time as the engine sees it: the machine's, or a virtual one that jumps to the next thing due."""

import asyncio
import selectors
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Seconds since the epoch, and sleeping by them. Timers run on the event loop."""

    def now(self) -> float: ...

    async def sleep_until(self, when: float) -> None: ...


class RealClock:
    now = staticmethod(time.time)

    async def sleep_until(self, when: float) -> None:
        # A loop timer may fire a little early, and the wall clock may be set back while asleep.
        while (left := when - time.time()) > 0:
            await asyncio.sleep(min(left, 3600.0))


class VirtualClock:
    """The time of a VirtualLoop. `start` is the epoch second at which its time begins."""

    def __init__(self, loop: "VirtualLoop", start: float):
        self._loop = loop
        self._start = start

    def now(self) -> float:
        return self._start + self._loop.time()

    async def sleep_until(self, when: float) -> None:
        while (left := when - self.now()) > 0:
            await asyncio.sleep(left)


class _JumpingSelector(selectors.DefaultSelector):  # type: ignore[valid-type, misc]
    """A selector that never blocks for a timer: it moves the loop's time forward instead.

    While work is outside the loop (a thread calling a service) it blocks for that, and time stands still.
    """

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0
        self.outside = 0

    def select(self, timeout: float | None = None) -> list:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        if self.outside:
            return super().select(None)
        ready = super().select(0)
        if not ready:
            self.time += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only when nothing is left to do at the present moment."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)
        # A float of half a year has no nanoseconds: a timer that is due would never be.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self._jumping.time

    def run_in_executor(self, executor, func, *args):  # type: ignore[no-untyped-def, override]
        self._jumping.outside += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._returned)
        return future

    def _returned(self, _: object) -> None:
        self._jumping.outside -= 1


def iso(seconds: float) -> str:
    """Epoch seconds as AWS writes them in the context object: milliseconds, UTC, "Z"."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
