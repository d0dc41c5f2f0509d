"""List the mutants, and judge each: search a case, a finding of the saga checker or a test that notices it."""

import copy
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch

from verification.harness.template import Template
from verification.proof.coverage import tasks
from verification.proof.enumeration import CaseEnumeration, WorkItem, workflow_in
from verification.proof.families import SCENARIOS
from verification.proof.mutants import store_tests
from verification.proof.mutants.cases import every_fault, indirect_cases, is_related, likely_cases
from verification.proof.mutants.definitions import CHANGES, Definition, broken, changed, checked, state_at
from verification.proof.mutants.model import Mutant, Verdict
from verification.proof.mutants.requests import (
    CONDITION_DROPPED,
    MARKER_NOT_WRITTEN,
    request_with,
    seen_requests,
    without_id,
)
from verification.proof.prover import Prover, prover
from verification.saga_checker.model import State


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
    in_workflows = {CONDITION_DROPPED: conditions, MARKER_NOT_WRITTEN: markers}
    for kind, seen in in_workflows.items():
        for place, by in sorted(seen.items()):
            yield Mutant(kind, place, tuple(by.scenarios), tuple(by.functions))
    for (kind, place), tests in sorted(store_tests.requests_of_tests().items()):
        if not in_workflows[kind].keys() & {place, without_id(place)}:
            yield Mutant(kind, place, tests=tests)


def runs(name: str, workflow: str) -> bool:
    """Return True when the scenario runs executions of the workflow."""
    family = SCENARIOS[name].family
    return workflow in (*family.workflows, *family.others)


@contextmanager
def mutated(mutant: Mutant) -> Iterator[Prover]:
    """Return a prover of the mutated product."""
    with patch.object(Template, "definition", _definition_with(mutant)), prover() as built:
        if mutant.kind not in CHANGES:
            built.tables.before.append(request_with(mutant))
        yield built


def _definition_with(mutant: Mutant) -> Callable[[Template, str], Definition]:
    shipped = Template.definition

    def definition(template: Template, workflow: str) -> Definition:
        sound = shipped(template, workflow)
        here = mutant.kind in CHANGES and workflow == workflow_in(mutant.place)
        return broken(sound, mutant) if here else copy.deepcopy(sound)

    return definition


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


def verdict(mutant: Mutant) -> Verdict:
    """Judge by the likely cases, the checker, the tests of the store, related faults, the tests of all stores and
    workflows, and every fault: in the order of their cost. A request that no scenario makes is judged by its tests."""
    if mutant.tests:
        return by_tests(mutant, lambda: mutant.tests)
    result = judge(mutant, likely_cases(mutant))
    for judges in (by_definition, by_own_store, by_related_faults, by_all_stores, by_any_fault):
        if not result.killer:
            result = add_tried(result, judges(mutant))
    return result


def by_definition(mutant: Mutant) -> Verdict:
    if mutant.kind not in CHANGES:
        return Verdict(mutant, "", "", 0)
    if finding := checked(mutant):
        return Verdict(mutant, "make check-sagas", finding, 0)
    return judge(mutant, list(indirect_cases(mutant)))


def by_related_faults(mutant: Mutant) -> Verdict:
    """Judge by faults of the functions that make the changed request, or of tasks of the changed workflow."""
    return judge(mutant, [work for work in every_fault(mutant) if is_related(mutant, work)])


def by_own_store(mutant: Mutant) -> Verdict:
    return by_tests(mutant, lambda: (store_tests.owners_tests(mutant), store_tests.OF_DOCUMENTS))


def by_all_stores(mutant: Mutant) -> Verdict:
    return by_tests(mutant, lambda: store_tests.TESTS)


def by_tests(mutant: Mutant, tests: Callable[[], tuple[str, ...]]) -> Verdict:
    """Judge a changed request by tests; a changed definition is not one that tests of a store use."""
    killer = "" if mutant.kind in CHANGES else store_tests.killer(mutant, *tests())
    return Verdict(mutant, killer and f"python -m pytest {killer}", killer and "a test of the store", 0)


def by_any_fault(mutant: Mutant) -> Verdict:
    return judge(mutant, [work for work in every_fault(mutant) if not is_related(mutant, work)])


def add_tried(first: Verdict, second: Verdict) -> Verdict:
    return replace(second, tried=first.tried + second.tried)
