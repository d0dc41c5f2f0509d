"""Parallel: branches that all get the same input; the output is the array of theirs.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-parallel.html
"""

from ..definition import Parallel
from ..errors import StateError
from . import dataflow
from .children import abort, run_all
from .frame import DONE, JOIN, Frame


async def do_parallel(frame: Frame, state: Parallel) -> str | None:
    if frame.phase != JOIN:
        frame.drop_children()
        given = dataflow.arguments(frame, state, dataflow.effective_input(frame, state))
        frame.event("ParallelStateStarted")
        frame.data = {"given": given}
        frame.phase = JOIN
        frame.save()
    given = frame.data["given"]

    def branch(slot: int) -> Frame:
        child = Frame(frame.execution, state.branches[slot], frame, slot)
        child.input = given
        return child

    try:
        outputs = await run_all(frame, len(state.branches), 0, branch)
    except StateError as error:
        if error.error != "States.Runtime":
            for child in frame.children.values():
                if child.phase != DONE:
                    abort(child, failed=child.last == frame.last)
        raise
    frame.event("ParallelStateSucceeded", advance=False)
    value, assigned = dataflow.output(frame, state, outputs)
    dataflow.exit_state(frame, state, value, assigned, state.next)
    frame.drop_children()
    return state.next
