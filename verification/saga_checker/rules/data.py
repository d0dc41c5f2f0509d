"""Expressions parse, every variable is assigned on all paths to its use, and the id of an event is repeatable."""

import re
from collections.abc import Iterator
from typing import Any

from stepfunctions_local.expressions.jsonata import ExpressionSyntaxError, compile_expression

from ..model import Finding, Workflow

# What has another value when a task is repeated.
_OF_THE_ATTEMPT = re.compile(r"\$(uuid|now|millis|random)\b|\$states\.context\.(State|Task)\b")


def expressions_parse(workflow: Workflow) -> Iterator[Finding]:
    for state in workflow.states.values():
        for where, text in expressions(state.body):
            try:
                compile_expression(text)
            except ExpressionSyntaxError as error:
                yield workflow.finding(
                    state.name,
                    "expression",
                    f"{where}: {{% {text} %}} does not parse: {error}.",
                    "Correct the JSONata.",
                )


def variables_assigned(workflow: Workflow) -> Iterator[Finding]:
    assigned = definitely_assigned(workflow)
    for state in workflow.states.values():
        for where, text in expressions(state.body):
            for name in sorted(variables(text) - assigned.get(state.name, set())):
                yield workflow.finding(
                    state.name,
                    "undefined-variable",
                    f"{where} uses ${name}, which is not a function, and not assigned on every path to the state.",
                    "Correct the name, or assign it on every path.",
                )


def event_ids_repeatable(workflow: Workflow) -> Iterator[Finding]:
    """Consumers deduplicate by the id of an event: a repeated announcement must have the same."""
    for state in workflow.states.values():
        for where, text in expressions(state.body):
            if where.endswith("/event_id") and _OF_THE_ATTEMPT.search(text):
                yield workflow.finding(
                    state.name,
                    "event-id",
                    f"{where}: {{% {text} %}} has another value when the task is repeated.",
                    "Make the id of the business id and the name of what happened.",
                )


def definitely_assigned(workflow: Workflow) -> dict[str, set[str]]:
    """Return for each state the variables assigned on every path to it (forward data flow, met by intersection)."""
    entering: dict[str, set[str]] = {workflow.start: set(workflow.visible)}
    todo = [workflow.start]
    while todo:
        name = todo.pop()
        for edge in workflow.states[name].edges:
            leaving = entering[name] | set(edge.assign)
            known = entering.get(edge.target)
            met = leaving if known is None else known & leaving
            if met != known:
                entering[edge.target] = met
                todo.append(edge.target)
    return entering


def expressions(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield every `{% … %}` of a state with the path of its field, without inner states."""
    if isinstance(value, str):
        if value.startswith("{%") and value.endswith("%}"):
            yield where, value[2:-2].strip()
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in ("ItemProcessor", "Branches"):
                yield from expressions(item, f"{where}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from expressions(item, f"{where}/{index}")


def variables(expression: str) -> set[str]:
    """Return the workflow variables that an expression reads."""
    try:
        return set(compile_expression(expression).variables)
    except ExpressionSyntaxError:
        return set()  # found by another rule
