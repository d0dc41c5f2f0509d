"""Parallel: branches that receive the same input; the output is the array of theirs.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-parallel.html
"""

from ..definition import Parallel
from ..errors import StateError
from . import dataflow
from .children import RunFrame, abort, run_children
from .frame import DONE, JOIN, Frame


async def do_parallel(frame: Frame, state: Parallel, run_frame: RunFrame) -> str | None:
    """Run a Parallel state and return the next state."""
    if frame.phase != JOIN:
        frame.drop_children()
        arguments = dataflow.arguments(frame, state, dataflow.effective_input(frame, state))
        frame.event("ParallelStateStarted")
        frame.data = {"arguments": arguments}
        frame.phase = JOIN
        frame.save()
    branch_input = frame.data["arguments"]

    def branch(slot: int) -> Frame:
        child = Frame(frame.execution, state.branches[slot], frame, slot)
        child.input = branch_input
        return child

    try:
        outputs = await run_children(frame, len(state.branches), 0, branch, run_frame)
    except StateError as error:
        if error.error != "States.Runtime":
            for child in frame.children.values():
                if child.phase != DONE:
                    abort(child, failed=child.last == frame.last)
        raise
    succeeded = frame.event("ParallelStateSucceeded", advance=False)
    dataflow.exit_with_result(frame, state, outputs, succeeded)
    frame.drop_children()
    return state.next
