"""Changes of a state in a definition."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from verification.harness.template import ROOT
from verification.proof.enumeration import workflow_in
from verification.proof.mutants.model import Mutant
from verification.saga_checker.model import State, load
from verification.saga_checker.rules import check

Definition = dict[str, Any]


def changed(state: Definition, change: Callable[[Definition], None]) -> Definition:
    copied = copy.deepcopy(state)
    change(copied)
    return copied


def state_at(definition: Definition, place: str) -> Definition:
    """Return the state at `workflow.state`, or at `workflow/label.state` inside a Map."""
    state: Definition = flow_of(definition, place)["States"][place.rpartition(".")[2]]
    return state


def flow_of(definition: Definition, place: str) -> Definition:
    """Return the definition, or the part of it inside a Map, that contains the state at a place."""
    todo = [definition]
    while todo:
        flow = todo.pop()
        if place.rpartition(".")[2] in flow["States"]:
            return flow
        todo += [state["ItemProcessor"] for state in flow["States"].values() if "ItemProcessor" in state]
    raise KeyError(place)


def remove_unreachable_states(flow: Definition) -> None:
    """Remove the states that are unreachable after the change: such a definition could not be deployed."""
    states, reached, todo = flow["States"], set(), [flow["StartAt"]]
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += [edge.target for edge in State(name, states[name]).edges]
    flow["States"] = {name: state for name, state in states.items() if name in reached}


def left_out(state: Definition) -> None:
    onward = {key: state[key] for key in ("Next", "End", "Comment") if key in state}
    state.clear()
    state.update(Type="Pass", Output={}, **onward)


def left_without_catch(state: Definition) -> None:
    state.pop("Catch", None)


def failure_ignored(state: Definition) -> None:
    shipped = state.get("Catch", [{}])[-1]
    ignored = (
        shipped.get("Next") == state.get("Next") and "Assign" not in shipped
    )  # already, in the definition
    if "Next" in state and not ignored:
        # An empty list, because a Map may follow.
        state["Catch"] = [{"ErrorEquals": ["States.ALL"], "Output": [], "Next": state["Next"]}]


def event_id_not_repeatable(state: Definition) -> None:
    for entry in state.get("Arguments", {}).get("Entries", ()):
        if "event_id" in entry["Detail"]:
            entry["Detail"]["event_id"] = "{% $states.context.State.EnteredTime & '#' & $uuid() %}"


CHANGES: dict[str, Callable[[Definition], None]] = {
    "left out": left_out,
    "left without its Catch": left_without_catch,
    "its failure ignored": failure_ignored,
    "its event id not repeatable": event_id_not_repeatable,
}


def broken(definition: Definition, mutant: Mutant) -> Definition:
    """Return a copy of the mutant's workflow with its one state changed."""
    copied = copy.deepcopy(definition)
    CHANGES[mutant.kind](state_at(copied, mutant.place))
    remove_unreachable_states(flow_of(copied, mutant.place))
    return copied


def checked(mutant: Mutant) -> str:
    """Return the first finding of the saga checker in the changed definition, "" without one."""
    for flow in load(ROOT):
        if flow.logical_id == workflow_in(mutant.place):
            findings = check(replace(flow, definition=broken(flow.definition, mutant)))
            return str(findings[0]) if findings else ""
    raise KeyError(mutant.place)
