"""The limit on concurrent tasks."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from stepfunctions_local.interpreter import task_slots
from stepfunctions_local.interpreter.task_slots import TaskSlots


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(10):
            await work()

    asyncio.run(limited())


def test_tasks_beyond_the_limit_wait_and_the_oldest_execution_goes_first() -> None:
    async def work() -> None:
        slots, order = TaskSlots(1), []

        async def task(started: float) -> None:
            slot = await slots.acquire(started)
            order.append(started)
            slot.release()

        first = await slots.acquire(0)
        tasks = [asyncio.create_task(task(started)) for started in (3, 1, 2)]
        await asyncio.sleep(0)
        assert order == []
        first.release()
        await asyncio.gather(*tasks)
        assert order == [1, 2, 3]

    run(work)


def test_second_release_frees_no_other_slot() -> None:
    async def work() -> None:
        slots = TaskSlots(1)
        first = await slots.acquire(0)
        first.release()
        first.release()
        await slots.acquire(0)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(slots.acquire(0), 0.05)

    run(work)


def test_cancelled_task_frees_its_slot() -> None:
    async def work() -> None:
        slots = TaskSlots(1)
        first = await slots.acquire(0)
        cancelled, next_ = (asyncio.create_task(slots.acquire(started)) for started in (1, 2))
        await asyncio.sleep(0)
        first.release()
        cancelled.cancel()
        await next_

    run(work)


def test_tasks_that_wait_for_each_other_do_not_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_slots, "_STALL_SECONDS", 0.05)

    async def work() -> None:
        slots = TaskSlots(1)
        await slots.acquire(0)
        await slots.acquire(1)
        await slots.acquire(2)

    run(work)


def test_no_limit_means_no_wait() -> None:
    async def work() -> None:
        slots = TaskSlots()
        for _ in range(100):
            await asyncio.wait_for(slots.acquire(0), 0.05)

    run(work)
