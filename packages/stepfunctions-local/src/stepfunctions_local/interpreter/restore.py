"""Restore executions from stored frames, and reset failed frames for a redrive."""

from collections.abc import Mapping
from typing import Any

from ..definition import Flow, Map, Parallel
from .frame import DONE, ENTER, JOIN, RETRY, TASK, WAIT, WORK, Execution, Frame


def restore_frames(execution: Execution, saved_frames: Mapping[int, dict[str, Any]]) -> None:
    """Create an execution's frames from their rows, which are ordered by id: parents first."""
    frames: dict[int, Frame] = {}
    for frame_id, saved in saved_frames.items():
        parent = frames.get(saved.get("parent", 0))
        slot = saved.get("slot", 0)
        flow = execution.flow if parent is None else _flow_below(parent, slot)
        frame = Frame(execution, flow, parent, slot)
        frame.restore(frame_id, saved)
        frames[frame_id] = frame
        if parent is None:
            execution.root = frame
        else:
            parent.children[slot] = frame


def _flow_below(parent: Frame, slot: int) -> Flow:
    state = parent.flow.states[parent.state]
    if isinstance(state, Parallel):
        return state.branches[slot]
    assert isinstance(state, Map)
    return state.processor


def processor_at(flow: Flow, pointer: str) -> Flow:
    """Return the Map processor at a JSON pointer. Raises KeyError."""
    for state in flow.states.values():
        below: tuple[Flow, ...] = state.branches if isinstance(state, Parallel) else ()
        if isinstance(state, Map):
            below = (state.processor,)
        for inner in below:
            if inner.pointer == pointer:
                return inner
            if pointer.startswith(f"{inner.pointer}/"):
                return processor_at(inner, pointer)
    raise KeyError(pointer)


def reset_for_redrive(frame: Frame, after: int) -> None:
    """Reset a frame so that its failed state runs again, after event `after`; completed children stay done."""
    frame.last = after
    frame.retries = {}
    frame.failure = None
    state = frame.flow.states[frame.state]
    if frame.phase == JOIN and frame.children:
        for child in frame.children.values():
            if child.phase != DONE:
                reset_for_redrive(child, after)
    elif frame.phase == JOIN and "run" in frame.data:
        frame.data["redriven"] = True
    elif frame.phase in (TASK, RETRY, WORK, JOIN):
        frame.phase = WORK if state.kind in ("Task", "Map", "Parallel") else ENTER
        frame.data = {}
    elif frame.phase == WAIT:
        frame.phase = ENTER
        frame.data = {}
    frame.save()
