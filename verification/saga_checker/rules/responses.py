"""What a definition reads from a function's response is what the function's annotation says it returns."""

from collections.abc import Iterator

from ..model import Finding, Workflow
from ..shapes import UNKNOWN
from .access import function_of
from .flow import Flow, return_shape


def responses_read_as_declared(workflow: Workflow) -> Iterator[Finding]:
    """Every field read from a response, directly or through a variable, is declared by the handler."""
    flow = Flow(workflow)
    flow.analyse({}, UNKNOWN)
    for state, missing in dict.fromkeys(flow.findings.missing):
        yield workflow.finding(
            state,
            "undeclared-field",
            f"reads {missing}.",
            "Correct the path, or declare the field in the handler's return type.",
        )
    for state, expression in dict.fromkeys(flow.findings.absent):
        yield workflow.finding(
            state,
            "absent-value",
            f"evaluates {expression}, which may have no value: a field in it is optional.",
            "Guard it: $exists(field) ? field : default.",
        )


def responses_typed(workflow: Workflow) -> Iterator[Finding]:
    """Every function a workflow calls declares a model or TypedDict as what it returns."""
    for state in workflow.everywhere():
        function = function_of(workflow, state) if state.type == "Task" else None
        if function is None:
            continue
        handler = workflow.template.handler(function)
        if return_shape(handler) == UNKNOWN:
            yield workflow.finding(
                state.name,
                "untyped-response",
                f"calls {handler}, whose return annotation says nothing about its fields.",
                "Annotate it with a model or TypedDict.",
            )
