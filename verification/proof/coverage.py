"""The tasks of all workflows: a proof says nothing about a task that it does not reach."""

from collections.abc import Iterator
from functools import cache

from verification.harness.template import ROOT
from verification.saga_checker.model import Workflow, load


def tasks() -> dict[str, set[str]]:
    """Return the tasks of each workflow as the engine names them: `workflow.state`, and `workflow/label.state` in the
    child executions of a Map."""
    return {str(flow.logical_id): set(_tasks(flow, str(flow.logical_id))) for flow in load(ROOT)}


@cache
def of_side(*sides: str) -> frozenset[str]:
    """Return the tasks on these sides of their sagas, as `workflow.state`."""
    return frozenset(
        f"{flow.logical_id}.{state.name}"
        for flow in load(ROOT)
        for state in flow.everywhere()
        if state.side in sides
    )


def _tasks(flow: Workflow, where: str) -> Iterator[str]:
    for state in flow.states.values():
        if state.type == "Task":
            yield f"{where}.{state.name}"
        inside = f"{where}/{state.body.get('Label', state.name)}" if state.distributed else where
        for inner in flow.within(state):
            yield from _tasks(inner, inside)
