"""The interpreter loop: enter a state, do its work, go to the next one; on an error retry, catch or fail.

Source: https://states-language.net/#state-machine
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from ..definition import Choice, Fail, Map, Parallel, Pass, State, Succeed, Task, Wait
from ..errors import StateError
from ..history import entered
from .distributed import do_distributed_map
from .error_handling import RUNTIME, error_from_row, error_to_row, handle_error
from .frame import DONE, ENTER, RETRY, WORK, Frame
from .map import do_inline_map
from .parallel import do_parallel
from .simple import do_choice, do_fail, do_pass, do_succeed
from .task import do_task
from .wait import do_wait


async def _do_parallel(frame: Frame, state: Parallel) -> str | None:
    return await do_parallel(frame, state, run_frame)


async def _do_map(frame: Frame, state: Map) -> str | None:
    if state.distributed:
        return await do_distributed_map(frame, state)
    return await do_inline_map(frame, state, run_frame)


# States that only compute are synchronous; the others are awaited.
_SYNCHRONOUS: dict[type[State], Callable[[Frame, Any], str | None]] = {
    Pass: do_pass,
    Choice: do_choice,
    Succeed: do_succeed,
    Fail: do_fail,
}
_ASYNCHRONOUS: dict[type[State], Callable[[Frame, Any], Awaitable[str | None]]] = {
    Task: do_task,
    Wait: do_wait,
    Parallel: _do_parallel,
    Map: _do_map,
}

# A frame yields to the event loop after this many transitions, so that a loop of pure states blocks nothing.
_TRANSITIONS_PER_TURN = 200


async def run_frame(frame: Frame) -> None:
    """Run a frame from its current phase to its end and set its `result`. Raises StateError."""
    if frame.failure is not None:
        raise error_from_row(frame.failure)
    steps = 0
    while True:
        state = frame.flow.states[frame.state]
        if frame.phase == ENTER:
            _enter(frame, state)
        next_state = await _perform(frame, state)
        if next_state is None:
            break
        if frame.execution.machine_deleted:
            await _stop_execution(frame)
        steps += 1
        if steps % _TRANSITIONS_PER_TURN == 0:
            await asyncio.sleep(0)
    frame.result = frame.input
    frame.phase = DONE
    if frame.parent is not None:
        frame.ended = _record_iteration(frame, "Succeeded")
        frame.save()


async def _stop_execution(frame: Frame) -> None:
    """Stop an execution whose state machine was deleted, at its next transition."""
    runtime = frame.execution.runtime
    runtime.run_in_background(runtime.stop(frame.execution, None, None))
    await asyncio.Event().wait()


def _enter(frame: Frame, state: State) -> None:
    if frame.item is not None and frame.entered == 0:
        _record_iteration(frame, "Started", advance=True)
    frame.entered_at = frame.execution.runtime.clock.now()
    frame.entered_after = frame.last
    frame.last = frame.execution.event(
        f"{state.kind}StateEntered",
        frame.entered_after,
        "stateEnteredEventDetails",
        entered(state.name, frame.input_text()),
    )
    frame.entered = frame.last
    frame.reset_context()
    frame.phase = WORK
    frame.save()


async def _perform(frame: Frame, state: State) -> str | None:
    """Do the state's work, with retries. Return the next state, or None at the end of the flow."""
    kind = type(state)
    synchronous = _SYNCHRONOUS.get(kind)
    while True:
        if frame.phase == RETRY:
            await frame.execution.runtime.clock.sleep_until(frame.data["until"])
            frame.phase = WORK
        try:
            if synchronous is not None:
                return synchronous(frame, state)
            return await _ASYNCHRONOUS[kind](frame, state)
        except StateError as error:
            try:
                next_state = handle_error(frame, state, error)
            except StateError as final:
                if final.error != RUNTIME:
                    _record_iteration(frame, "Failed")
                frame.failure = error_to_row(final)
                frame.save()
                raise
            if next_state is not None:
                return next_state


def _record_iteration(frame: Frame, outcome: str, advance: bool = False) -> int:
    """Record that a Map's iteration started, succeeded or failed. Return the event's id, 0 for a branch."""
    if frame.item is None or frame.parent is None:
        return 0
    details = {"name": frame.parent.state, "index": frame.slot}
    return frame.event(f"MapIteration{outcome}", f"mapIteration{outcome}EventDetails", details, advance)
