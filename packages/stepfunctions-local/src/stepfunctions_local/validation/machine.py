"""Validation of a definition as a graph of states: names, transitions, ends, and each state's own checks."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from . import states
from .context import FlowContext
from .diagnostics import Findings
from .fields import BRANCH_FIELDS, MACHINE_FIELDS, check_values, require

_TARGET = "MISSING_TRANSITION_TARGET"
_MAX_NAME_LENGTH = 80


def check_machine(
    document: Mapping[str, Any], kind: str, findings: Findings, *, variables_known: bool = True
) -> None:
    """Check a whole definition, of a state machine of the type STANDARD or EXPRESS.

    With `variables_known` false, the states may read variables that no state assigns.
    """
    for name in document:
        if name not in MACHINE_FIELDS:
            findings.error(f"Field '{name}' is not supported", "/")
    language = "JSONata" if document.get("QueryLanguage") == "JSONata" else "JSONPath"
    visible: frozenset[str] | None = frozenset() if variables_known else None
    _check_flow(document, "", FlowContext(language, kind == "EXPRESS", findings, visible_variables=visible))


def _check_flow(flow: Mapping[str, Any], location: str, context: FlowContext) -> None:
    findings = context.findings
    check_values({k: v for k, v in flow.items() if k != "Comment"}, "JSONPath", location, findings)
    require(flow, ("StartAt", "States"), location or "/", findings)
    bodies = flow.get("States")
    if bodies is None:
        return
    if not isinstance(bodies, dict):
        findings.error("Expected value of type Object", f"{location}/States")
        return
    if not bodies:
        findings.error("Value cannot be empty", f"{location}/States")
        return
    if context.visible_variables is not None:
        context = replace(context, visible_variables=context.visible_variables | _assigned(bodies))
    for name, body in bodies.items():
        state_location = f"{location}/States/{name}"
        _check_name(name, state_location, context)
        if not isinstance(body, dict):
            findings.error("Expected value of type Object", state_location)
            continue
        states.check_state(body, state_location, context)
        # What only the state's own Catch assigns is assigned after its inner flows have ended.
        before_catch = {**bodies, name: {key: value for key, value in body.items() if key != "Catch"}}
        inner_context = replace(context, outer_variables=context.outer_variables | _assigned(before_catch))
        for inner_flow, inner_location, flow_context in _inner_flows(body, state_location, inner_context):
            _check_inner_flow(inner_flow, inner_location, flow_context)
    _check_transitions(flow, {k: v for k, v in bodies.items() if isinstance(v, dict)}, location, findings)


def _check_name(name: str, location: str, context: FlowContext) -> None:
    if not name:
        context.findings.error("State name cannot be empty", location, "INVALID_STATE_NAME")
    if len(name) > _MAX_NAME_LENGTH:
        context.findings.error(
            f"Invalid State name: State exceeds the {_MAX_NAME_LENGTH}-character limit allowed by the service",
            location,
            "INVALID_STATE_NAME",
        )
    if name in context.names:
        context.findings.error(f"Duplicate State name: {name}", location, "DUPLICATE_STATE_NAME")
    context.names.add(name)


def _inner_flows(
    body: Mapping[str, Any], location: str, context: FlowContext
) -> Iterator[tuple[Any, str, FlowContext]]:
    if body.get("Type") == "Parallel" and isinstance(body.get("Branches"), list):
        for at, branch in enumerate(body["Branches"]):
            yield branch, f"{location}/Branches[{at}]", context
    if body.get("Type") == "Map":
        for name in ("ItemProcessor", "Iterator"):
            if name in body:
                processor = body[name]
                config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
                inner_context = context
                if isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED":
                    # Child executions do not see the variables of this one.
                    express = config.get("ExecutionType") == "EXPRESS"
                    inner_context = replace(
                        context,
                        express=express,
                        outer_variables=frozenset(),
                        visible_variables=None if context.visible_variables is None else frozenset(),
                    )
                yield processor, f"{location}/{name}", inner_context


def _assigned(bodies: Mapping[str, Any]) -> frozenset[str]:
    """Return the variables that the states of a flow assign, without those of the flows inside them."""
    return frozenset(name for body in bodies.values() for name, _ in states.assignments(body, ""))


def _check_inner_flow(flow: Any, location: str, context: FlowContext) -> None:
    if not isinstance(flow, dict):
        context.findings.error("Expected value of type Object", location)
        return
    for name in flow:
        if name not in BRANCH_FIELDS or (
            name == "ProcessorConfig" and "Branches[" in location.rsplit("/", 1)[-1]
        ):
            context.findings.error(f"Field '{name}' is not supported", location)
    _check_flow(flow, location, context)


def _check_transitions(
    flow: Mapping[str, Any], bodies: Mapping[str, Mapping[str, Any]], location: str, findings: Findings
) -> None:
    """Report missing targets, flows without a terminal state, and unreachable states."""
    start = flow.get("StartAt")
    if isinstance(start, str) and start not in bodies:
        findings.error(f"Missing 'StartAt' target: {start}", f"{location}/StartAt", _TARGET)
    targets: dict[str, set[str]] = {}
    for name, body in bodies.items():
        targets[name] = set()
        for target, target_location in _targets(body, f"{location}/States/{name}"):
            if target in bodies:
                targets[name].add(target)
            else:
                findings.error(f"Missing 'Next' target: {target}", target_location, _TARGET)
    if not any(
        body.get("End") is True or body.get("Type") in ("Succeed", "Fail") for body in bodies.values()
    ):
        findings.error("Workflow has no terminal state", None, "MISSING_END_STATE")
        return
    if not isinstance(start, str) or start not in bodies:
        return
    for name in _unreachable(start, targets):
        findings.error(f'State "{name}" is not reachable.', f"{location}/States/{name}", _TARGET)


def _targets(body: Mapping[str, Any], location: str) -> Iterator[tuple[str, str]]:
    for name in ("Next", "Default"):
        if isinstance(body.get(name), str):
            yield body[name], f"{location}/{name}"
    for name in ("Choices", "Catch"):
        rules = body.get(name)
        for at, rule in enumerate(rules if isinstance(rules, list) else ()):
            if isinstance(rule, dict) and isinstance(rule.get("Next"), str):
                yield rule["Next"], f"{location}/{name}[{at}]/Next"


def _unreachable(start: str, targets: Mapping[str, set[str]]) -> list[str]:
    reachable, pending = {start}, [start]
    while pending:
        for target in targets[pending.pop()] - reachable:
            reachable.add(target)
            pending.append(target)
    return [name for name in targets if name not in reachable]
