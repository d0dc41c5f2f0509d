"""The Lambda runner: callable from any thread; works on an event loop of its own."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import Future

import uvloop

from .model import Function, Outcome, Request
from .pool import Pool
from .sandbox import InitFailed, Platform


class LambdaRunner:
    """Runs functions in warm sandboxes until closed.

    `per_function` bounds the sandboxes of one function; an idle sandbox ends after `idle_seconds`. An invocation
    that finds no sandbox for `queue_timeout` seconds is throttled.
    A new revision of a function replaces the sandboxes of the old one: busy ones finish, idle ones end.
    """

    def __init__(
        self,
        platform: Platform,
        *,
        per_function: int = 16,
        idle_seconds: float = 600.0,
        queue_timeout: float = 20.0,
    ) -> None:
        self._platform = platform
        self._per_function = per_function
        self._idle_seconds = idle_seconds
        self._queue_timeout = queue_timeout
        self._pools: dict[tuple[str, str], Pool] = {}
        self._retired: list[Pool] = []
        self._loop = uvloop.new_event_loop()
        self._starts = asyncio.Semaphore(os.cpu_count() or 1)
        # Sandboxes end with the thread that started them (PR_SET_PDEATHSIG): this one lives as long as the process.
        self._thread = threading.Thread(target=self._run, name="lambda-runner", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_later(self._idle_seconds / 10, self._reap)
        self._loop.run_forever()

    def invoke(self, function: Function, request: Request) -> Outcome:
        """Run one invocation and return its outcome. Raise Throttled. Must not be called on the runner's own loop."""
        return self.submit(function, request).result()

    def submit(self, function: Function, request: Request) -> Future[Outcome]:
        return asyncio.run_coroutine_threadsafe(self._invoke(function, request), self._loop)

    async def _invoke(self, function: Function, request: Request) -> Outcome:
        pool = self._pool(function)
        try:
            sandbox = await pool.acquire()
        except InitFailed as failure:
            log = "\n".join(event.message for event in failure.events)
            if failure.events:
                self._platform.logs(function.log_group, f"[{function.version}]init", failure.events)
            return Outcome(failure.payload, "Unhandled", log)
        try:
            return await sandbox.invoke(request)
        finally:
            pool.release(sandbox)

    def _pool(self, function: Function) -> Pool:
        pool = self._pools.get(function.key)
        if pool is not None and pool.function != function:
            pool.retire()
            self._retired.append(pool)
            pool = None
        if pool is None:
            pool = Pool(function, self._platform, self._per_function, self._starts, self._queue_timeout)
            self._pools[function.key] = pool
        return pool

    def _reap(self) -> None:
        for pool in self._pools.values():
            pool.reap(self._idle_seconds)
        self._retired = [pool for pool in self._retired if pool.size]
        self._platform.processes.reap(self._idle_seconds)
        self._loop.call_later(self._idle_seconds / 10, self._reap)

    def close(self) -> None:
        """End all sandboxes and the loop; running invocations end as if their runtime had exited."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    async def _close(self) -> None:
        for pool in [*self._pools.values(), *self._retired]:
            await pool.close()
        await self._platform.processes.close()
