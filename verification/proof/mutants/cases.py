"""The cases by which a mutant is judged, the most effective first."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import product

from verification.harness.faults import FOREVER
from verification.harness.template import ROOT
from verification.proof.coverage import tasks
from verification.proof.enumeration import CaseEnumeration, WorkItem, permanent_fault, workflow_in
from verification.proof.families import SCENARIOS
from verification.proof.mutants.definitions import CHANGES
from verification.proof.mutants.model import Mutant
from verification.proof.prover import prover
from verification.proof.schedule import format_faults, task_faults
from verification.saga_checker.model import load


def effective_cases(enumeration: CaseEnumeration) -> Iterator[WorkItem]:
    """Yield the cases that kill most mutants, most effective first: no fault; a second delivery; a task given up or
    done by hand; a fault within a function; a late effect, during later tasks or while the run waits for a person."""
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
            WorkItem(name, format_faults((fault,)), decision="give_up")
            for fault in enumeration.given_up_tasks(name)
        )
        yield from (
            WorkItem(name, format_faults(faults), decision="done")
            for faults in enumeration.settled_by_hand(name)
        )
    for name in sorted(SCENARIOS, key=lambda name: name not in paired):
        yield from (WorkItem(name, format_faults((fault,))) for fault in enumeration.request_faults(name))
    for name in paired:
        yield from (WorkItem(name, format_faults(faults)) for faults in enumeration.late_effects(name))
        late = [f for f in enumeration.singles(name) if f.kind == "time_out_then_effect" and f.times == 1]
        waiting = [f for f in enumeration.singles(name) if f.kind == "time_out_before" and f.times == FOREVER]
        yield from (
            WorkItem(name, format_faults((first, second)))
            for first, second in product(late, waiting)
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
    """Yield the likeliest cases without enumerating all: no fault, then faults of the changed task.

    The scenarios of its workflow come first. Those that only may start the workflow are many: they run without faults.
    """
    workflow = workflow_in(mutant.place)
    names = sorted(mutant.scenarios or SCENARIOS, key=lambda name: not SCENARIOS[name].paired)
    own = [name for name in names if SCENARIOS[name].workflow == workflow]
    yield from map(WorkItem, own)
    if mutant.kind in CHANGES:
        for name in own or names:
            yield from (WorkItem(name, format_faults((fault,))) for fault in task_faults(mutant.place))
    yield from (WorkItem(name) for name in names if name not in own)


def indirect_cases(mutant: Mutant) -> Iterator[WorkItem]:
    """Yield faults of the changed task after a fault of another; permanent ones when it opens a case."""
    workflow = workflow_in(mutant.place)
    for name in mutant.scenarios:
        if SCENARIOS[name].paired and workflow in SCENARIOS[name].family.workflows:
            yield from (work for work in unopened_cases(name) if mutant.place in work.fault)
            for other in sorted(tasks()[workflow] - {mutant.place}):
                for fault in task_faults(mutant.place):
                    yield WorkItem(name, format_faults((permanent_fault(other, "time_out_before"), fault)))


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
