"""Does the proof notice? Breaks the product in one place at a time, and shows which case goes red.

    python -m verification.proof.mutants              every mutant; exit 1 when one survives
    python -m verification.proof.mutants --only STEP  those whose name contains this

Nothing on disk is touched: a definition is changed as it is read, a request on its way to the store. Every
task is left out, left without its Catch, and has its failure ignored; every condition of every write is
dropped, and every row that marks an effect is not written. What no fault of its own kills is put to the saga
checker, and then through all there is.
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
from verification.proof import broken_stores, mutation_pool
from verification.proof.coverage import tasks
from verification.proof.exhaust import Exhaust, Work, never, workflow_in
from verification.proof.families import SCENARIOS
from verification.proof.plan import faults_of, written
from verification.proof.prover import Prover, prover
from verification.saga_checker.model import State, load
from verification.saga_checker.rules import check

Definition = dict[str, Any]
# What of a step's key is one case's alone: its story, a delivery note, a number.
OF_A_CASE = re.compile(r"([-#](story-\d+.*|[a-z]+-\d+|gone|\d+))+$")
MARKERS = re.compile(r"STEP#|CLOSED|CAPTURE|EFFECT|ATTEMPT#")


@dataclass(frozen=True)
class Mutant:
    """`kind` and where: a workflow's state, or a kind of request. `scenarios`: those that come there, () for any;
    `functions`: those that make the request."""

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
    """Whether executions of a workflow are in a scenario."""
    family = SCENARIOS[name].family
    return workflow in (*family.workflows, *family.others)


def state_at(definition: Definition, place: str) -> Definition:
    """The state of a `workflow.state`, or of a `workflow/label.state` inside a Map."""
    state: Definition = flow_of(definition, place)["States"][place.rpartition(".")[2]]
    return state


def flow_of(definition: Definition, place: str) -> Definition:
    """The definition, or the part of it inside a Map, that has the state of a place."""
    todo = [definition]
    while todo:
        flow = todo.pop()
        if place.rpartition(".")[2] in flow["States"]:
            return flow
        todo += [state["ItemProcessor"] for state in flow["States"].values() if "ItemProcessor" in state]
    raise KeyError(place)


def without_the_unreachable(flow: Definition) -> None:
    """Drop what no state leads to any more: a definition that nobody would deploy proves nothing."""
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
    ignored = shipped.get("Next") == state.get("Next") and "Assign" not in shipped  # by the definition itself
    if "Next" in state and not ignored:
        # Nothing is what a Map that follows goes over.
        state["Catch"] = [{"ErrorEquals": ["States.ALL"], "Output": [], "Next": state["Next"]}]


CHANGES: dict[str, Callable[[Definition], None]] = {
    "left out": left_out,
    "left without its Catch": left_without_catch,
    "its failure ignored": failure_ignored,
}


@dataclass
class Seen:
    """Who makes a kind of request, in order."""

    scenarios: dict[str, None] = field(default_factory=dict)
    functions: dict[str, None] = field(default_factory=dict)


def seen_requests() -> tuple[dict[str, Seen], dict[str, Seen]]:
    """The conditions and the markers of every write the scenarios make, faults and all."""
    conditions: defaultdict[str, Seen] = defaultdict(Seen)
    markers: defaultdict[str, Seen] = defaultdict(Seen)
    scenario = function = ""  # what is written before any is the shop's own

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

    def asked(name: str, event: Any) -> dict[str, Any]:
        nonlocal function
        before, function = function, name.removesuffix("Function")
        try:
            return handle(name, event)
        finally:
            function = before

    with prover() as built:
        handle, built.world.handle = built.world.handle, asked  # type: ignore[method-assign]
        built.tables.before.append(note)
        exhaust = Exhaust(built)
        for work in list(revealing(exhaust)):
            scenario = work.scenario
            exhaust.do(work)
    return conditions, markers


def revealing(exhaust: Exhaust) -> Iterator[Work]:
    """What makes every kind of request: nothing wrong, each task failing, and each racing its own repetition."""
    for name in SCENARIOS:
        faults = [*exhaust.singles(name), *exhaust.within(name)]
        yield Work(name)
        yield from (Work(name, written((f,))) for f in faults if f.kind in ("fail_before", "overtaken"))


def writes(operation: str, params: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if operation == "TransactWriteItems":
        for action in params["TransactItems"]:
            yield from action.items()
    elif operation in ("PutItem", "UpdateItem", "DeleteItem"):
        yield operation.removesuffix("Item"), params


def place_of(kind: str, request: dict[str, Any]) -> str:
    """A kind of write: its table, the kind of row, and its condition."""
    sort_key = (request.get("Item") or request["Key"])["sk"]["S"]
    row = OF_A_CASE.sub("", sort_key) if sort_key.startswith("STEP") else sort_key.split("#")[0]
    condition = re.sub(r":before\d+(, )?", "", request.get("ConditionExpression", ""))
    change = "" if condition else request.get("UpdateExpression", "")
    return f"{request['TableName']} {kind} {row} [{condition or change}]"


@contextmanager
def mutated(mutant: Mutant) -> Iterator[Prover]:
    """A prover of the product with one thing broken."""
    with patch.object(Template, "definition", _definition_with(mutant)), prover() as built:
        if mutant.kind not in CHANGES:
            built.tables.before.append(request_with(mutant))
        yield built


def broken(definition: Definition, mutant: Mutant) -> Definition:
    """A copy of the mutant's workflow with its one state changed."""
    copied = copy.deepcopy(definition)
    CHANGES[mutant.kind](state_at(copied, mutant.place))
    without_the_unreachable(flow_of(copied, mutant.place))
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
                request["Item"]["sk"] = {"S": "never looked for"}
                request.pop("ConditionExpression", None)

    return change


def _drop_condition(kind: str, request: dict[str, Any]) -> None:
    """Without its condition; what only the condition named must not be given."""
    if kind == "ConditionCheck":
        request["ConditionExpression"] = "attribute_exists(pk) OR attribute_not_exists(pk)"
        for given in ("ExpressionAttributeValues", "ExpressionAttributeNames"):
            request.pop(given, None)
        return
    del request["ConditionExpression"]
    used = request.get("UpdateExpression", "")
    for given in ("ExpressionAttributeValues", "ExpressionAttributeNames"):
        kept = {
            name: value
            for name, value in request.get(given, {}).items()
            if re.search(re.escape(name) + r"\b", used)
        }
        request.pop(given, None)
        if kept:
            request[given] = kept


def killers(exhaust: Exhaust) -> Iterator[Work]:
    """What a mutant is put through, what kills most first: nothing wrong; a second delivery; a task given up; a fault
    within a function; an effect that comes late, in the midst of what follows or when the run waits for a person
    elsewhere."""
    paired = [name for name, scenario in SCENARIOS.items() if scenario.paired]
    yield from map(Work, SCENARIOS)
    for name in SCENARIOS:
        yield from (Work(name, written((f,))) for f in exhaust.singles(name) if f.kind == "deliver_twice")
    for name in paired:
        yield from (Work(name, written((fault,)), given_up=True) for fault in exhaust.given_up(name))
    for name in sorted(SCENARIOS, key=lambda name: name not in paired):
        yield from (Work(name, written((fault,))) for fault in exhaust.within(name))
    for name in paired:
        yield from (Work(name, written(faults)) for faults in exhaust.crossing(name))
        late = [f for f in exhaust.singles(name) if f.kind == "time_out_then_effect" and f.times == 1]
        parks = [f for f in exhaust.singles(name) if f.kind == "time_out_before" and f.times == FOREVER]
        yield from (
            Work(name, written((first, second)))
            for first, second in product(late, parks)
            if first.state != second.state
        )


def others(exhaust: Exhaust) -> Iterator[Work]:
    """Any other fault of any task."""
    for name in SCENARIOS:
        yield from (Work(name, written((f,))) for f in exhaust.singles(name) if f.kind != "deliver_twice")


def telling(mutant: Mutant) -> Iterator[Work]:
    """What kills most, without a look at what there is: nothing wrong, then what was broken failing."""
    workflow = workflow_in(mutant.place)
    names = sorted(
        mutant.scenarios or SCENARIOS,
        key=lambda name: (SCENARIOS[name].workflow != workflow, not SCENARIOS[name].paired),
    )
    yield from (Work(name) for name in names)
    if mutant.kind in CHANGES:
        for name in names:
            yield from (Work(name, written((fault,))) for fault in faults_of(mutant.place))


def roundabout(mutant: Mutant) -> Iterator[Work]:
    """What was broken failing after something else has; and for ever, when it tells a person."""
    workflow = workflow_in(mutant.place)
    for name in mutant.scenarios:
        if SCENARIOS[name].paired and workflow in SCENARIOS[name].family.workflows:
            yield from (work for work in unheard(name) if mutant.place in work.fault)
            for other in sorted(tasks()[workflow] - {mutant.place}):
                for fault in faults_of(mutant.place):
                    yield Work(name, written((never(other, "time_out_before"), fault)))


def checked(mutant: Mutant) -> str:
    """What the saga checker finds in the broken definition, "" for nothing."""
    for flow in load(ROOT):
        if flow.logical_id == workflow_in(mutant.place):
            findings = check(replace(flow, definition=broken(flow.definition, mutant)))
            return str(findings[0]) if findings else ""
    raise KeyError(mutant.place)


def judge(mutant: Mutant, cases: Iterable[Work]) -> Verdict:
    """Run cases until one is violated."""
    tried = 0
    with mutated(mutant) as built:
        exhaust = Exhaust(built)
        for work in cases:
            tried += 1
            for command, violations in exhaust.do(work).violations.items():
                return Verdict(mutant, command, violations[0], tried)
    return Verdict(mutant, "", "", tried)


@cache
def every(kind: Callable[[Exhaust], Iterable[Work]]) -> tuple[Work, ...]:
    """All the work of a kind, whole before the product is broken: what it is made of is found by running it sound."""
    with prover() as sound:
        return tuple(kind(Exhaust(sound)))


@cache
def unheard(name: str) -> tuple[Work, ...]:
    """The cases of a scenario that nobody can be told of."""
    with prover() as sound:
        return tuple(Work(name, written(faults), lasting=True) for faults in Exhaust(sound).unheard(name))


def verdict(mutant: Mutant) -> Verdict:
    """The verdict of what is telling; else of the checker, of the faults that have to do with it, of the tests of
    stores, and in the end of any fault there is."""
    found = judge(mutant, telling(mutant))
    for judges in (by_definition, by_faults_of_it, by_stores, by_any_fault):
        if not found.killer:
            found = and_then(found, judges(mutant))
    return found


def by_definition(mutant: Mutant) -> Verdict:
    if mutant.kind not in CHANGES:
        return Verdict(mutant, "", "", 0)
    if finding := checked(mutant):
        return Verdict(mutant, "make check-sagas", finding, 0)
    return judge(mutant, list(roundabout(mutant)))


def by_faults_of_it(mutant: Mutant) -> Verdict:
    """What goes wrong with a function that makes the broken request; or with a task of the changed workflow."""
    return judge(mutant, [work for work in every_fault(mutant) if concerns(mutant, work)])


def by_stores(mutant: Mutant) -> Verdict:
    killer = "" if mutant.kind in CHANGES else broken_stores.killer(mutant)
    return Verdict(mutant, killer and f"python -m pytest {killer}", killer and "a test of the store", 0)


def by_any_fault(mutant: Mutant) -> Verdict:
    return judge(mutant, [work for work in every_fault(mutant) if not concerns(mutant, work)])


def every_fault(mutant: Mutant) -> Iterator[Work]:
    """Of the scenarios that come there."""
    for work in (*every(killers), *every(others)):
        if not mutant.scenarios or work.scenario in mutant.scenarios:
            yield work


def concerns(mutant: Mutant, work: Work) -> bool:
    if mutant.kind in CHANGES:
        return f"{workflow_in(mutant.place)}." in work.fault
    return not mutant.functions or any(f".{state}:" in work.fault for state in asking(mutant.functions))


@cache
def asking(functions: tuple[str, ...]) -> frozenset[str]:
    """The states that ask for one of these functions."""
    named = [f"${{{function}FunctionArn}}" for function in functions]
    states = [state for flow in load(ROOT) for state in flow.everywhere()]
    return frozenset(state.name for state in states if any(name in str(state.body) for name in named))


def and_then(first: Verdict, second: Verdict) -> Verdict:
    return replace(second, tried=first.tried + second.tried)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m verification.proof.mutants")
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    given = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    chosen = (mutant for mutant in mutants() if given.only in str(mutant))
    judged = survived = 0
    for one in mutation_pool.verdicts(chosen, given.jobs):
        judged += 1
        survived += not one.killer
        how = f"{one.violation}\n    {one.killer}" if one.killer else "SURVIVED"
        print(f"{one.mutant} ({one.tried} cases)\n    {how}", flush=True)
    print(f"{judged} mutants, {judged - survived} killed, {survived} survived")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
