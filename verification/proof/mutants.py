"""Check that the proof notices changes: change the product in one place at a time and find a case that fails.

    python -m verification.proof.mutants              every mutant; exit 1 when one survives
    python -m verification.proof.mutants --only STEP  those whose name contains STEP

Nothing on disk changes: a definition is changed as it is read, a request on its way to the store. Every task is left
out, left without its Catch, and has its failure ignored; every condition of every write is dropped, and every row
that marks an effect is not written. A mutant that its own faults do not kill goes to the saga checker, and then
through all cases.
"""

import argparse
import copy
import multiprocessing
import re
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import product
from typing import Any
from unittest.mock import patch

from verification.harness.faults import FOREVER
from verification.harness.template import ROOT, Template
from verification.proof import mutation_pool, store_mutations
from verification.proof.coverage import tasks
from verification.proof.enumeration import CaseEnumeration, WorkItem, permanent_fault, workflow_in
from verification.proof.families import SCENARIOS
from verification.proof.prover import Prover, prover
from verification.proof.schedule import format_faults, task_faults
from verification.saga_checker.model import State, load
from verification.saga_checker.rules import check

Definition = dict[str, Any]
# The part of a step's key that belongs to one case: its business id, a delivery note, a number.
OF_A_CASE = re.compile(r"([-#](case-\d+.*|[a-z]+-\d+|gone|\d+))+$")
MARKERS = re.compile(r"STEP#|CLOSED|CAPTURE|EFFECT|ATTEMPT#")


@dataclass(frozen=True)
class Mutant:
    """A change of one `kind` in one place: a state of a workflow, or a kind of request.

    `scenarios`: those that reach it, () for any; `functions`: those that make the request.
    """

    kind: str
    place: str
    scenarios: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind}: {self.place}"


@dataclass(frozen=True)
class Verdict:
    """`killer` is the command that shows the violation, "" when the mutant survived `tried` cases and the checker."""

    mutant: Mutant
    killer: str
    violation: str
    tried: int


def mutants() -> Iterator[Mutant]:
    template = Template.read()
    for workflow, places in tasks().items():
        definition = template.definition(workflow)
        for place in sorted(places):
            state = state_at(definition, place)
            if State(place, state).has_effect:
                names = tuple(name for name in SCENARIOS if runs(name, workflow))
                kinds = (kind for kind, change in CHANGES.items() if changed(state, change) != state)
                yield from (Mutant(kind, place, names) for kind in kinds)
    conditions, markers = seen_requests()
    for kind, seen in (("condition dropped", conditions), ("marker not written", markers)):
        for place, by in sorted(seen.items()):
            yield Mutant(kind, place, tuple(by.scenarios), tuple(by.functions))


def changed(state: Definition, change: Callable[[Definition], None]) -> Definition:
    copied = copy.deepcopy(state)
    change(copied)
    return copied


def runs(name: str, workflow: str) -> bool:
    """Return True when the scenario runs executions of the workflow."""
    family = SCENARIOS[name].family
    return workflow in (*family.workflows, *family.others)


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


@dataclass
class Requesters:
    """The scenarios and functions that make a kind of request, in order."""

    scenarios: dict[str, None] = field(default_factory=dict)
    functions: dict[str, None] = field(default_factory=dict)


def seen_requests() -> tuple[dict[str, Requesters], dict[str, Requesters]]:
    """Return the conditions and the markers of every write of the scenarios, with their faults."""
    conditions: defaultdict[str, Requesters] = defaultdict(Requesters)
    markers: defaultdict[str, Requesters] = defaultdict(Requesters)
    scenario = function = ""  # empty while the shop is prepared

    def note(operation: str, params: dict[str, Any]) -> None:
        for kind, request in writes(operation, params) if scenario else ():
            seen = []
            if "ConditionExpression" in request:
                seen.append(conditions[place_of(kind, request)])
            if kind == "Put" and MARKERS.match(request["Item"]["sk"]["S"]):
                seen.append(markers[place_of(kind, request)])
            for by in seen:
                by.scenarios[scenario] = None
                if function:
                    by.functions[function] = None

    def handle_observed(name: str, event: Any) -> dict[str, Any]:
        nonlocal function
        before, function = function, name.removesuffix("Function")
        try:
            return handle(name, event)
        finally:
            function = before

    with prover() as built:
        handle, built.services.handle = built.services.handle, handle_observed  # type: ignore[method-assign]
        built.tables.before.append(note)
        enumeration = CaseEnumeration(built)
        for work in list(cases_of_all_requests(enumeration)):
            scenario = work.scenario
            enumeration.run(work)
    return conditions, markers


def cases_of_all_requests(enumeration: CaseEnumeration) -> Iterator[WorkItem]:
    """Yield cases that make every kind of request: no fault, each task failing, each concurrent with itself."""
    for name in SCENARIOS:
        faults = [*enumeration.singles(name), *enumeration.request_faults(name)]
        yield WorkItem(name)
        yield from (
            WorkItem(name, format_faults((f,))) for f in faults if f.kind in ("fail_before", "overtaken")
        )


def writes(operation: str, params: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if operation == "TransactWriteItems":
        for action in params["TransactItems"]:
            yield from action.items()
    elif operation in ("PutItem", "UpdateItem", "DeleteItem"):
        yield operation.removesuffix("Item"), params


def place_of(kind: str, request: dict[str, Any]) -> str:
    """Return the kind of a write: its table, the kind of row, and its condition."""
    sort_key = (request.get("Item") or request["Key"])["sk"]["S"]
    row = OF_A_CASE.sub("", sort_key) if sort_key.startswith("STEP") else sort_key.split("#")[0]
    condition = re.sub(r":before\d+(, )?", "", request.get("ConditionExpression", ""))
    change = "" if condition else request.get("UpdateExpression", "")
    return f"{request['TableName']} {kind} {row} [{condition or change}]"


@contextmanager
def mutated(mutant: Mutant) -> Iterator[Prover]:
    """Return a prover of the mutated product."""
    with patch.object(Template, "definition", _definition_with(mutant)), prover() as built:
        if mutant.kind not in CHANGES:
            built.tables.before.append(request_with(mutant))
        yield built


def broken(definition: Definition, mutant: Mutant) -> Definition:
    """Return a copy of the mutant's workflow with its one state changed."""
    copied = copy.deepcopy(definition)
    CHANGES[mutant.kind](state_at(copied, mutant.place))
    remove_unreachable_states(flow_of(copied, mutant.place))
    return copied


def _definition_with(mutant: Mutant) -> Callable[[Template, str], Definition]:
    shipped = Template.definition

    def definition(template: Template, workflow: str) -> Definition:
        sound = shipped(template, workflow)
        here = mutant.kind in CHANGES and workflow == workflow_in(mutant.place)
        return broken(sound, mutant) if here else copy.deepcopy(sound)

    return definition


def request_with(mutant: Mutant) -> Callable[[str, dict[str, Any]], None]:
    def change(operation: str, params: dict[str, Any]) -> None:
        for kind, request in writes(operation, params):
            if place_of(kind, request) != mutant.place:
                continue
            if mutant.kind == "condition dropped":
                _drop_condition(kind, request)
            else:
                request["Item"]["sk"] = {"S": "UNUSED"}
                request.pop("ConditionExpression", None)

    return change


def _drop_condition(kind: str, request: dict[str, Any]) -> None:
    """Remove the condition, and the names and values that only the condition uses."""
    if kind == "ConditionCheck":
        request["ConditionExpression"] = "attribute_exists(pk) OR attribute_not_exists(pk)"
        for options in ("ExpressionAttributeValues", "ExpressionAttributeNames"):
            request.pop(options, None)
        return
    del request["ConditionExpression"]
    used = request.get("UpdateExpression", "")
    for options in ("ExpressionAttributeValues", "ExpressionAttributeNames"):
        kept = {
            name: value
            for name, value in request.get(options, {}).items()
            if re.search(re.escape(name) + r"\b", used)
        }
        request.pop(options, None)
        if kept:
            request[options] = kept


def effective_cases(enumeration: CaseEnumeration) -> Iterator[WorkItem]:
    """Yield the cases that kill most mutants, most effective first: no fault; a second delivery; a task options up; a
    fault within a function; a late effect, during later tasks or while the run waits for a person."""
    paired = [name for name, scenario in SCENARIOS.items() if scenario.paired]
    yield from map(WorkItem, SCENARIOS)
    for name in SCENARIOS:
        yield from (
            WorkItem(name, format_faults((f,)))
            for f in enumeration.singles(name)
            if f.kind == "deliver_twice"
        )
    for name in paired:
        yield from (
            WorkItem(name, format_faults((fault,)), gives_up=True)
            for fault in enumeration.given_up_tasks(name)
        )
    for name in sorted(SCENARIOS, key=lambda name: name not in paired):
        yield from (WorkItem(name, format_faults((fault,))) for fault in enumeration.request_faults(name))
    for name in paired:
        yield from (WorkItem(name, format_faults(faults)) for faults in enumeration.late_effects(name))
        late = [f for f in enumeration.singles(name) if f.kind == "time_out_then_effect" and f.times == 1]
        parks = [f for f in enumeration.singles(name) if f.kind == "time_out_before" and f.times == FOREVER]
        yield from (
            WorkItem(name, format_faults((first, second)))
            for first, second in product(late, parks)
            if first.state != second.state
        )


def remaining_cases(enumeration: CaseEnumeration) -> Iterator[WorkItem]:
    """Yield every other fault of every task."""
    for name in SCENARIOS:
        yield from (
            WorkItem(name, format_faults((f,)))
            for f in enumeration.singles(name)
            if f.kind != "deliver_twice"
        )


def likely_cases(mutant: Mutant) -> Iterator[WorkItem]:
    """Yield the likeliest cases without enumerating all: no fault, then faults of the changed task."""
    workflow = workflow_in(mutant.place)
    names = sorted(
        mutant.scenarios or SCENARIOS,
        key=lambda name: (SCENARIOS[name].workflow != workflow, not SCENARIOS[name].paired),
    )
    yield from (WorkItem(name) for name in names)
    if mutant.kind in CHANGES:
        for name in names:
            yield from (WorkItem(name, format_faults((fault,))) for fault in task_faults(mutant.place))


def indirect_cases(mutant: Mutant) -> Iterator[WorkItem]:
    """Yield faults of the changed task after a fault of another; permanent ones when it opens a case."""
    workflow = workflow_in(mutant.place)
    for name in mutant.scenarios:
        if SCENARIOS[name].paired and workflow in SCENARIOS[name].family.workflows:
            yield from (work for work in unopened_cases(name) if mutant.place in work.fault)
            for other in sorted(tasks()[workflow] - {mutant.place}):
                for fault in task_faults(mutant.place):
                    yield WorkItem(name, format_faults((permanent_fault(other, "time_out_before"), fault)))


def checked(mutant: Mutant) -> str:
    """Return the first finding of the saga checker in the changed definition, "" without one."""
    for flow in load(ROOT):
        if flow.logical_id == workflow_in(mutant.place):
            findings = check(replace(flow, definition=broken(flow.definition, mutant)))
            return str(findings[0]) if findings else ""
    raise KeyError(mutant.place)


def judge(mutant: Mutant, cases: Iterable[WorkItem]) -> Verdict:
    """Run cases until one is violated."""
    tried = 0
    with mutated(mutant) as built:
        enumeration = CaseEnumeration(built)
        for work in cases:
            tried += 1
            for command, violations in enumeration.run(work).violations.items():
                return Verdict(mutant, command, violations[0], tried)
    return Verdict(mutant, "", "", tried)


@cache
def every(kind: Callable[[CaseEnumeration], Iterable[WorkItem]]) -> tuple[WorkItem, ...]:
    """Return all work items of a kind, enumerated on the unchanged product."""
    with prover() as unchanged:
        return tuple(kind(CaseEnumeration(unchanged)))


@cache
def unopened_cases(name: str) -> tuple[WorkItem, ...]:
    """Return the cases of a scenario in which its case cannot be opened."""
    with prover() as unchanged:
        return tuple(
            WorkItem(name, format_faults(faults), permanent=True)
            for faults in CaseEnumeration(unchanged).unopened_cases(name)
        )


def verdict(mutant: Mutant) -> Verdict:
    """Judge by the likely cases; then by the checker, the related faults, the tests of stores, and at last every
    fault."""
    found = judge(mutant, likely_cases(mutant))
    for judges in (by_definition, by_related_faults, by_stores, by_any_fault):
        if not found.killer:
            found = add_tried(found, judges(mutant))
    return found


def by_definition(mutant: Mutant) -> Verdict:
    if mutant.kind not in CHANGES:
        return Verdict(mutant, "", "", 0)
    if finding := checked(mutant):
        return Verdict(mutant, "make check-sagas", finding, 0)
    return judge(mutant, list(indirect_cases(mutant)))


def by_related_faults(mutant: Mutant) -> Verdict:
    """Judge by faults of the functions that make the changed request, or of tasks of the changed workflow."""
    return judge(mutant, [work for work in every_fault(mutant) if is_related(mutant, work)])


def by_stores(mutant: Mutant) -> Verdict:
    killer = "" if mutant.kind in CHANGES else store_mutations.killer(mutant)
    return Verdict(mutant, killer and f"python -m pytest {killer}", killer and "a test of the store", 0)


def by_any_fault(mutant: Mutant) -> Verdict:
    return judge(mutant, [work for work in every_fault(mutant) if not is_related(mutant, work)])


def every_fault(mutant: Mutant) -> Iterator[WorkItem]:
    """Yield every fault of the scenarios that reach the change."""
    for work in (*every(effective_cases), *every(remaining_cases)):
        if not mutant.scenarios or work.scenario in mutant.scenarios:
            yield work


def is_related(mutant: Mutant, work: WorkItem) -> bool:
    if mutant.kind in CHANGES:
        return f"{workflow_in(mutant.place)}." in work.fault
    return not mutant.functions or any(
        f".{state}:" in work.fault for state in states_calling(mutant.functions)
    )


@cache
def states_calling(functions: tuple[str, ...]) -> frozenset[str]:
    """Return the states that call one of these functions."""
    named = [f"${{{function}FunctionArn}}" for function in functions]
    states = [state for flow in load(ROOT) for state in flow.everywhere()]
    return frozenset(state.name for state in states if any(name in str(state.body) for name in named))


def add_tried(first: Verdict, second: Verdict) -> Verdict:
    return replace(second, tried=first.tried + second.tried)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m verification.proof.mutants")
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    chosen = (mutant for mutant in mutants() if options.only in str(mutant))
    judged = survived = 0
    for one in mutation_pool.verdicts(chosen, options.jobs):
        judged += 1
        survived += not one.killer
        how = f"{one.violation}\n    {one.killer}" if one.killer else "SURVIVED"
        print(f"{one.mutant} ({one.tried} cases)\n    {how}", flush=True)
    print(f"{judged} mutants, {judged - survived} killed, {survived} survived")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
