"""A definition as a graph of states: names, transitions, ends; and every state's own checks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from . import states
from .diagnostics import Findings
from .fields import BRANCH_FIELDS, MACHINE_FIELDS, check_values

_TARGET = "MISSING_TRANSITION_TARGET"
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What holds for the states of a flow: the machine's query language, whether they run as Express, and the
    variables that the scopes around assign.
    """

    language: str
    express: bool
    findings: Findings
    outer: frozenset[str] = frozenset()
    names: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)


def check_machine(document: Mapping[str, Any], kind: str, findings: Findings) -> None:
    """Check a whole definition, of a state machine of the type STANDARD or EXPRESS."""
    for name in document:
        if name not in MACHINE_FIELDS:
            findings.error(f"Field '{name}' is not supported", "/")
    language = "JSONata" if document.get("QueryLanguage") == "JSONata" else "JSONPath"
    _check_flow(document, "", Surroundings(language, kind == "EXPRESS", findings))


def _check_flow(flow: Mapping[str, Any], place: str, around: Surroundings) -> None:
    findings = around.findings
    check_values({k: v for k, v in flow.items() if k != "Comment"}, "JSONPath", place, findings)
    for name in ("StartAt", "States"):
        if name not in flow:
            findings.error(f"The field '{name}' is required but was missing", place or "/")
    bodies = flow.get("States")
    if bodies is None:
        return
    if not isinstance(bodies, dict):
        findings.error("Expected value of type Object", f"{place}/States")
        return
    if not bodies:
        findings.error("Value cannot be empty", f"{place}/States")
        return
    inside_of = replace(around, outer=around.outer | _assigned(bodies))
    for name, body in bodies.items():
        here = f"{place}/States/{name}"
        _check_name(name, here, around)
        if not isinstance(body, dict):
            findings.error("Expected value of type Object", here)
            continue
        states.check_state(body, here, around)
        for inner, inner_place, inside in _inner_flows(body, here, inside_of):
            _check_branch(inner, inner_place, inside)
    _check_transitions(flow, {k: v for k, v in bodies.items() if isinstance(v, dict)}, place, findings)


def _check_name(name: str, place: str, around: Surroundings) -> None:
    if not name or len(name) > _LONGEST_NAME:
        around.findings.error(
            f"State name must have between 1 and {_LONGEST_NAME} characters", place, "INVALID_STATE_NAME"
        )
    if name in around.names:
        around.findings.error(f"Duplicate State name: {name}", place, "DUPLICATE_STATE_NAME")
    around.names.add(name)


def _inner_flows(
    body: Mapping[str, Any], place: str, around: Surroundings
) -> Iterator[tuple[Any, str, Surroundings]]:
    if body.get("Type") == "Parallel" and isinstance(body.get("Branches"), list):
        for at, branch in enumerate(body["Branches"]):
            yield branch, f"{place}/Branches[{at}]", around
    if body.get("Type") == "Map":
        for name in ("ItemProcessor", "Iterator"):
            processor = body.get(name)
            if processor is not None:
                config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
                inside = around
                if isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED":
                    # Its executions are others: they see no variable from here.
                    express = config.get("ExecutionType") == "EXPRESS"
                    inside = replace(around, express=express, outer=frozenset())
                yield processor, f"{place}/{name}", inside


def _assigned(bodies: Mapping[str, Any]) -> frozenset[str]:
    """The variables that the states of a flow assign, those inside them not counted."""
    return frozenset(name for body in bodies.values() for name, _ in states.assignments(body, ""))


def _check_branch(branch: Any, place: str, around: Surroundings) -> None:
    if not isinstance(branch, dict):
        around.findings.error("Expected value of type Object", place)
        return
    for name in branch:
        if name not in BRANCH_FIELDS or (
            name == "ProcessorConfig" and "Branches[" in place.rsplit("/", 1)[-1]
        ):
            around.findings.error(f"Field '{name}' is not supported", place)
    _check_flow(branch, place, around)


def _check_transitions(
    flow: Mapping[str, Any], bodies: Mapping[str, Mapping[str, Any]], place: str, findings: Findings
) -> None:
    """Targets that are not there, flows that never end, states nothing leads to."""
    start = flow.get("StartAt")
    if isinstance(start, str) and start not in bodies:
        findings.error(f"Missing 'StartAt' target: {start}", f"{place}/StartAt", _TARGET)
    reached_from: dict[str, set[str]] = {}
    for name, body in bodies.items():
        reached_from[name] = set()
        for target, where in _targets(body, f"{place}/States/{name}"):
            if target in bodies:
                reached_from[name].add(target)
            else:
                findings.error(f"Missing 'Next' target: {target}", where, _TARGET)
    if not any(
        body.get("End") is True or body.get("Type") in ("Succeed", "Fail") for body in bodies.values()
    ):
        findings.error("Workflow has no terminal state", None, "MISSING_END_STATE")
        return
    if not isinstance(start, str) or start not in bodies:
        return
    for name in _unreached(start, reached_from):
        findings.error(f'State "{name}" is not reachable.', f"{place}/States/{name}", _TARGET)


def _targets(body: Mapping[str, Any], place: str) -> Iterator[tuple[str, str]]:
    for name in ("Next", "Default"):
        if isinstance(body.get(name), str):
            yield body[name], f"{place}/{name}"
    for name in ("Choices", "Catch"):
        rules = body.get(name)
        for at, rule in enumerate(rules if isinstance(rules, list) else ()):
            if isinstance(rule, dict) and isinstance(rule.get("Next"), str):
                yield rule["Next"], f"{place}/{name}[{at}]/Next"


def _unreached(start: str, targets: Mapping[str, set[str]]) -> list[str]:
    reached, open_ends = {start}, [start]
    while open_ends:
        for target in targets[open_ends.pop()] - reached:
            reached.add(target)
            open_ends.append(target)
    return [name for name in targets if name not in reached]
