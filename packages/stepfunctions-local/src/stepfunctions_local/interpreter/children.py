"""Child frames of a state: a Parallel's branches, an inline Map's iterations."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from .frame import DONE, ENTER, Frame

type RunFrame = Callable[[Frame], Awaitable[None]]

# Children that end synchronously yield to the event loop after this many.
_CHILDREN_PER_TURN = 250


async def run_children(
    parent: Frame, count: int, concurrency: int, make: Callable[[int], Frame], run_frame: RunFrame
) -> list[Any]:
    """Run children 0 … count-1, at most `concurrency` at a time (0: all), and return their outputs in order.

    Children that ended before a restart are not run again, and those that were running continue; `make` creates
    the others. The first failure stops the rest and is raised. The parent's next event follows the last event of
    the child that ended last, or of the child that failed.
    """
    waiting = iter(range(count))
    running: dict[asyncio.Task[None], Frame] = {}
    limit = concurrency or count
    first = lane = parent.last
    try:
        while True:
            while len(running) < limit and (slot := next(waiting, None)) is not None:
                child = parent.children.get(slot)
                if child is not None and child.phase == DONE:
                    continue
                if child is None:
                    child = make(slot)
                    # The first children follow the parent's start, a later one the child whose place it takes.
                    child.last = first if slot < limit else lane
                    parent.children[slot] = child
                task = asyncio.Task(_run(run_frame, child), loop=asyncio.get_running_loop(), eager_start=True)
                running[task] = child
                if task.done():
                    lane = _finish(parent, running, task)
                    if slot % _CHILDREN_PER_TURN == _CHILDREN_PER_TURN - 1:
                        await asyncio.sleep(0)
            if not running:
                break
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                lane = _finish(parent, running, task)
    except BaseException:
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
        raise
    return [parent.children[slot].result for slot in range(count)]


async def _run(run_frame: RunFrame, child: Frame) -> None:
    await run_frame(child)


def _finish(parent: Frame, running: dict[asyncio.Task[None], Frame], task: asyncio.Task[None]) -> int:
    child = running.pop(task)
    error = task.exception()
    if error is not None:
        parent.last = child.last
        raise error
    parent.last = child.ended or child.last
    return child.last


def abort(frame: Frame, failed: bool = False) -> None:
    """Record that the open states of a frame were aborted. No event follows these.

    `failed` is for the branch whose failure stops the others: its own failed state counts as aborted too.
    """
    for child in frame.children.values():
        if child.phase != DONE:
            abort(child)
    kind = frame.flow.states[frame.state].kind
    if kind == "Map" and "run" in frame.data:
        frame.event("MapRunAborted", advance=False)
    if frame.phase not in (DONE, ENTER) and kind in ("Task", "Wait", "Parallel", "Map"):
        frame.event(f"{kind}StateAborted", advance=False)
    if frame.item is not None and frame.parent is not None and not failed:
        details = {"name": frame.parent.state, "index": frame.slot}
        frame.event("MapIterationAborted", "mapIterationAbortedEventDetails", details, advance=False)
