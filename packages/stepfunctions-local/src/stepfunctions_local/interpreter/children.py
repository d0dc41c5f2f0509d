"""Lines of control below a state: a Parallel's branches, an inline Map's iterations."""

import asyncio
from collections.abc import Callable
from typing import Any

from .frame import DONE, ENTER, Frame

# Children that end at once let others run after this many.
_STRETCH = 250


async def run_all(parent: Frame, count: int, concurrency: int, make: Callable[[int], Frame]) -> list[Any]:
    """Run children 0 … count-1, at most `concurrency` at a time (0: all), and answer their outputs in order.

    Children that ended before a restart are not run again; those that ran go on; `make` begins the others.
    The first to fail stops the rest, and its error is raised. The parent's next event follows from the last one
    about the child that ended last, or of the child that failed.
    """
    waiting = iter(range(count))
    running: dict[asyncio.Task[Any], Frame] = {}
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
                    # The first ones follow from the parent's start, a later one from the child whose place it takes.
                    child.last = first if slot < limit else lane
                    parent.children[slot] = child
                task = asyncio.Task(_run_child(child), loop=asyncio.get_running_loop(), eager_start=True)
                running[task] = child
                if task.done():
                    lane = _ended(parent, running, task)
                    if slot % _STRETCH == _STRETCH - 1:
                        await asyncio.sleep(0)
            if not running:
                break
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                lane = _ended(parent, running, task)
    except BaseException:
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
        raise
    return [parent.children[slot].result for slot in range(count)]


def _ended(parent: Frame, running: dict[asyncio.Task[Any], Frame], task: asyncio.Task[Any]) -> int:
    child = running.pop(task)
    error = task.exception()
    if error is not None:
        parent.last = child.last
        raise error
    parent.last = child.ended or child.last
    return child.last


async def _run_child(child: Frame) -> None:
    from .run import run_frame

    await run_frame(child)


def abort(frame: Frame, failed: bool = False) -> None:
    """Write that what is still open in a frame was aborted. These events are no line's last.

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
