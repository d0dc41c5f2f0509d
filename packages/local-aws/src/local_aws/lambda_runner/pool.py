"""The sandboxes of one function: acquire, queue, grow, retire. Belongs to one event loop."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Coroutine
from typing import Any

from .model import Function, Throttled
from .sandbox import Platform, Sandbox

# AWS starts a sandbox for every invocation that finds none idle. Here a start takes a core for a while and most
# invocations take milliseconds, so an invocation first waits for a busy sandbox: as long as the last start of this
# function took, and at least this many seconds. The wait begins when the first sandbox is up.
_MIN_GROW_DELAY = 0.1

# More sandboxes than cores help only functions that wait for something: beyond one for each core, the pool grows
# when no sandbox has become idle for this many seconds.
_STALL_SECONDS = 1.0
_CORES = os.cpu_count() or 1


class Pool:
    """At most `limit` sandboxes of one function; further callers wait in order, up to `queue_timeout` seconds.

    `starts` bounds how many sandboxes of all functions start at the same time.
    """

    def __init__(
        self,
        function: Function,
        platform: Platform,
        limit: int,
        starts: asyncio.Semaphore,
        queue_timeout: float,
    ) -> None:
        self.function = function
        self.retired = False
        self._platform = platform
        self._limit = limit
        self._starts = starts
        self._queue_timeout = queue_timeout
        self._idle: list[Sandbox] = []
        self._busy: set[Sandbox] = set()
        self._starting = 0
        self._start_duration = 0.0
        self._first_start: float | None = None
        self._last_progress = time.monotonic()
        self._waiting: deque[asyncio.Future[Sandbox]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def size(self) -> int:
        return len(self._idle) + len(self._busy) + self._starting

    async def acquire(self) -> Sandbox:
        """Return a sandbox for one invocation; give it back with `release`. Raise InitFailed or Throttled."""
        while self._idle:
            sandbox = self._idle.pop()
            if sandbox.usable:
                self._last_progress = time.monotonic()
                self._busy.add(sandbox)
                return sandbox
            self._spawn(sandbox.end())
        waiter: asyncio.Future[Sandbox] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        if self.size == 0:
            self._grow()
        else:
            self._schedule_growth(waiter)
        while not waiter.done():
            await asyncio.wait([waiter], timeout=self._queue_timeout)
            # A first sandbox that starts is worth waiting for; its start has a timeout of its own.
            if not waiter.done() and self._busy:
                waiter.cancel()
                raise Throttled
        return waiter.result()

    def release(self, sandbox: Sandbox) -> None:
        self._busy.discard(sandbox)
        if self.retired or not sandbox.usable:
            self._spawn(sandbox.end())
            if self._waiting and self.size == 0:
                self._grow()
            return
        self._add(sandbox)

    def _add(self, sandbox: Sandbox) -> None:
        """Give a sandbox to the first waiting caller, or keep it as idle."""
        self._last_progress = time.monotonic()
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                self._busy.add(sandbox)
                waiter.set_result(sandbox)
                return
        if self.retired:
            self._spawn(sandbox.end())
            return
        sandbox.idle_since = time.monotonic()
        self._idle.append(sandbox)

    def _grow_for(self, waiter: asyncio.Future[Sandbox]) -> None:
        if waiter.done():
            return
        now = time.monotonic()
        stalled = now - self._last_progress > max(_STALL_SECONDS, 2 * self._start_duration)
        waited = self._first_start is not None and now - self._first_start >= self._grow_delay
        if waited and (
            self.size < min(_CORES, self._limit)
            or (stalled and self._starting < _CORES and self.size < self._limit)
        ):
            self._grow()
        self._schedule_growth(waiter)

    def _schedule_growth(self, waiter: asyncio.Future[Sandbox]) -> None:
        asyncio.get_running_loop().call_later(self._grow_delay, self._grow_for, waiter)

    @property
    def _grow_delay(self) -> float:
        return max(_MIN_GROW_DELAY, self._start_duration)

    def _grow(self) -> None:
        self._starting += 1
        self._spawn(self._start())

    async def _start(self) -> None:
        sandbox = Sandbox(self.function, self._platform)
        try:
            async with self._starts:
                started = time.monotonic()
                await sandbox.start()
                self._start_duration = time.monotonic() - started
        except Exception as error:
            self._starting -= 1
            self._fail_first_waiter(error)
            if self._waiting and self.size == 0:
                self._grow()
        else:
            self._starting -= 1
            self._first_start = self._first_start or time.monotonic()
            self._add(sandbox)

    def _fail_first_waiter(self, error: Exception) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(error)
                return

    def reap(self, idle_for: float) -> None:
        """End the sandboxes that have been idle for `idle_for` seconds."""
        now = time.monotonic()
        stale = [sandbox for sandbox in self._idle if now - sandbox.idle_since >= idle_for]
        self._idle = [sandbox for sandbox in self._idle if sandbox not in stale]
        for sandbox in stale:
            self._spawn(sandbox.end())

    def retire(self) -> None:
        """Accept no new work: idle sandboxes end now, busy ones when they are released."""
        self.retired = True
        self.reap(0)

    async def close(self) -> None:
        """End all sandboxes now, those with an invocation too."""
        self.retire()
        for waiter in self._waiting:
            waiter.cancel()
        for sandbox in self._busy:
            sandbox.kill()
        while self._busy or self._tasks:
            await asyncio.sleep(0.01)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
