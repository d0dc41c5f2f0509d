"""The loop: enter a state, let it do its work, go where it says; on failure retry, catch, or fail.

Source: https://states-language.net/#state-machine
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from ..definition import Choice, Fail, Map, Parallel, Pass, State, Succeed, Task, Wait
from ..errors import StateError
from ..history import entered
from .distributed import do_distributed_map
from .error_handling import error_from_row, error_to_row, handle_error
from .frame import DONE, ENTER, RETRY, WORK, Frame
from .map import do_inline_map
from .parallel import do_parallel
from .simple import do_choice, do_fail, do_pass, do_succeed
from .task import do_task
from .wait import do_wait


async def do_map(frame: Frame, state: Map) -> str | None:
    return await (do_distributed_map if state.distributed else do_inline_map)(frame, state)


# States that only compute answer at once; the others are awaited.
_AT_ONCE: dict[type[State], Callable[[Frame, Any], str | None]] = {
    Pass: do_pass,
    Choice: do_choice,
    Succeed: do_succeed,
    Fail: do_fail,
}
_AWAITED: dict[type[State], Callable[[Frame, Any], Awaitable[str | None]]] = {
    Task: do_task,
    Wait: do_wait,
    Parallel: do_parallel,
    Map: do_map,
}

# A frame lets others run after this many transitions without a pause, so that a loop of pure states hangs nobody.
_STRETCH = 200


async def run_frame(frame: Frame) -> None:
    """Carry a frame from where it stands to its end; its output is then its `result`. Raises StateError."""
    if frame.failure is not None:
        raise error_from_row(frame.failure)
    steps = 0
    while True:
        state = frame.flow.states[frame.state]
        if frame.phase == ENTER:
            _enter(frame, state)
        to = await _perform(frame, state)
        if to is None:
            break
        if frame.execution.machine_deleted:
            await _be_stopped(frame)
        steps += 1
        if steps % _STRETCH == 0:
            await asyncio.sleep(0)
    frame.result = frame.input
    frame.phase = DONE
    if frame.parent is not None:
        frame.ended = _iteration(frame, "Succeeded")
        frame.save()


async def _be_stopped(frame: Frame) -> None:
    """An execution whose machine was deleted ends at its next transition."""
    runtime = frame.execution.runtime
    runtime.run_in_background(runtime.stop(frame.execution, None, None))
    await asyncio.Event().wait()


def _enter(frame: Frame, state: State) -> None:
    if frame.item is not None and frame.entered == 0:
        _iteration(frame, "Started", advance=True)
    previous = frame.last
    frame.entered_at = frame.execution.runtime.clock.now()
    frame.last = frame.execution.event(
        f"{state.kind}StateEntered",
        previous,
        "stateEnteredEventDetails",
        entered(state.name, frame.input_text()),
    )
    frame.entered, frame.entered_after = frame.last, previous
    frame.forget_context()
    frame.phase = WORK
    frame.save()


async def _perform(frame: Frame, state: State) -> str | None:
    """Do the state's work, as often as it is retried. Answers the next state, or None at the frame's end."""
    kind = type(state)
    at_once = _AT_ONCE.get(kind)
    while True:
        if frame.phase == RETRY:
            await frame.execution.runtime.clock.sleep_until(frame.data["until"])
            frame.phase = WORK
        try:
            if at_once is not None:
                return at_once(frame, state)
            return await _AWAITED[kind](frame, state)
        except StateError as error:
            try:
                caught = handle_error(frame, state, error)
            except StateError as final:
                _iteration(frame, "Failed")
                frame.failure = error_to_row(final)
                frame.save()
                raise
            if caught is not None:
                return caught


def _iteration(frame: Frame, what: str, advance: bool = False) -> int:
    """Of a Map's iteration: that it started, succeeded or failed. Answers the event's id, 0 for a branch."""
    if frame.item is None or frame.parent is None:
        return 0
    details = {"name": frame.parent.state, "index": frame.slot}
    return frame.event(f"MapIteration{what}", f"mapIteration{what}EventDetails", details, advance)
