"""The sandboxes of one function: handed out, queued for, grown, retired. Belongs to one event loop."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Coroutine
from typing import Any

from .model import Function
from .sandbox import Platform, Sandbox

# AWS starts a sandbox for every invocation that finds none free. Here a start costs a core for a while and most
# invocations are done in milliseconds, so an invocation first waits for one in use as long as a start of this
# function took, and not less than this. While the first one starts there is none in use: the wait begins when it
# is up.
_GROW_AFTER = 0.1

# More sandboxes than cores do not work faster, unless they wait for something: a function that has one for
# each core gets another only when none of them has become free for this long.
_STALLED_AFTER = 1.0
_CORES = os.cpu_count() or 1


class Pool:
    """At most `limit` sandboxes of one function; callers beyond wait their turn.

    `starts` bounds how many sandboxes of all functions start at the same time.
    """

    def __init__(self, function: Function, platform: Platform, limit: int, starts: asyncio.Semaphore) -> None:
        self.function = function
        self.retired = False
        self._platform = platform
        self._limit = limit
        self._starts = starts
        self._idle: list[Sandbox] = []
        self._busy: set[Sandbox] = set()
        self._starting = 0
        self._start_took = 0.0
        self._first_up: float | None = None
        self._progressed = time.monotonic()
        self._waiting: deque[asyncio.Future[Sandbox]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def size(self) -> int:
        return len(self._idle) + len(self._busy) + self._starting

    async def acquire(self) -> Sandbox:
        """A sandbox for one invocation; give it back with `release`. Raises InitFailed."""
        while self._idle:
            sandbox = self._idle.pop()
            if sandbox.usable:
                self._progressed = time.monotonic()
                self._busy.add(sandbox)
                return sandbox
            self._spawn(sandbox.end())
        waiter: asyncio.Future[Sandbox] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        if self.size == 0:
            self._grow()
        else:
            self._look_again(waiter)
        return await waiter

    def release(self, sandbox: Sandbox) -> None:
        self._busy.discard(sandbox)
        if self.retired or not sandbox.usable:
            self._spawn(sandbox.end())
            if self._waiting and self.size == 0:
                self._grow()
            return
        self._offer(sandbox)

    def _offer(self, sandbox: Sandbox) -> None:
        self._progressed = time.monotonic()
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
        stalled = now - self._progressed > max(_STALLED_AFTER, 2 * self._start_took)
        waited = self._first_up is not None and now - self._first_up >= self._patience
        if waited and (
            self.size < min(_CORES, self._limit)
            or (stalled and self._starting < _CORES and self.size < self._limit)
        ):
            self._grow()
        self._look_again(waiter)

    def _look_again(self, waiter: asyncio.Future[Sandbox]) -> None:
        asyncio.get_running_loop().call_later(self._patience, self._grow_for, waiter)

    @property
    def _patience(self) -> float:
        return max(_GROW_AFTER, self._start_took)

    def _grow(self) -> None:
        self._starting += 1
        self._spawn(self._start())

    async def _start(self) -> None:
        sandbox = Sandbox(self.function, self._platform)
        try:
            async with self._starts:
                began = time.monotonic()
                await sandbox.start()
                self._start_took = time.monotonic() - began
        except Exception as failure:
            self._starting -= 1
            self._fail_first(failure)
            if self._waiting and self.size == 0:
                self._grow()
        else:
            self._starting -= 1
            self._first_up = self._first_up or time.monotonic()
            self._offer(sandbox)

    def _fail_first(self, failure: Exception) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(failure)
                return

    def reap(self, idle_for: float) -> None:
        """End the sandboxes unused for `idle_for` seconds."""
        now = time.monotonic()
        stale = [sandbox for sandbox in self._idle if now - sandbox.idle_since >= idle_for]
        self._idle = [sandbox for sandbox in self._idle if sandbox not in stale]
        for sandbox in stale:
            self._spawn(sandbox.end())

    def retire(self) -> None:
        """Take no new work: idle sandboxes end now, busy ones when they are released."""
        self.retired = True
        self.reap(0)

    async def close(self) -> None:
        """End everything at once, invocations in flight included."""
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
