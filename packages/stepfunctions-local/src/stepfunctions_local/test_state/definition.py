"""The state to test: a state definition, or a named state of a state machine definition.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from ..definition import State, compile_state
from ..errors import ApiError, DefinitionError
from ..json_errors import json_error
from ..validation import refuse_document
from ..validation.diagnostics import Findings
from ..validation.machine import check_machine

UNNAMED = "StateName"
"""AWS's name of a state that is defined without a name."""
# Findings about the states around this one, which a single state does not have.
_NEIGHBOUR_CODES = frozenset({"MISSING_TRANSITION_TARGET", "MISSING_END_STATE"})


@dataclass(frozen=True, slots=True)
class TestedState:
    """The state under test: its JSON, its compiled form, and the name its context object shows."""

    name: str
    body: dict[str, Any]
    state: State


def find_state(definition: str, name: str | None) -> TestedState:
    """Return the state of a TestState request.

    Raises ApiError InvalidDefinition, or ValidationException when no state has that name.
    """
    document = _parse(definition)
    if name is None:
        if "States" in document:
            raise ApiError(
                "ValidationException", "StateName must be specified for a state machine definition"
            )
        _check_single_state(document)
        return _compile(UNNAMED, document, "JSONPath")
    refuse_document(document)
    language = document.get("QueryLanguage", "JSONPath")
    for state_name, body in flow_states(document):
        if state_name == name:
            return _compile(name, body, language)
    raise ApiError("ValidationException", "State not found in definition")


def flow_states(flow: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and body of every state of a flow, including those of branches and item processors."""
    for name, body in flow.get("States", {}).items():
        yield name, body
        yield from nested_states(body)


def nested_states(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and body of every state inside a Parallel or Map."""
    for flow in (*body.get("Branches", ()), body.get("ItemProcessor", {}), body.get("Iterator", {})):
        yield from flow_states(flow)


def _parse(definition: str) -> dict[str, Any]:
    try:
        document = orjson.loads(definition)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        reason = json_error(definition)
        finding = (
            f"INVALID_JSON_DESCRIPTION: {reason}"
            if reason
            else "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object at null"
        )
        raise ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{finding}'")
    return document


def _check_single_state(body: dict[str, Any]) -> None:
    """Validate a state as the only one of a machine, without the findings about its neighbours."""
    findings = Findings()
    check_machine(
        {"StartAt": UNNAMED, "States": {UNNAMED: body}}, "STANDARD", findings, variables_known=False
    )
    errors = [
        str(finding)
        for finding in findings.diagnostics
        if finding.severity == "ERROR"
        and (
            finding.code not in _NEIGHBOUR_CODES
            or (finding.location or "").startswith(f"/States/{UNNAMED}/States")
        )
    ]
    if errors:
        raise ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{', '.join(errors)}'")


def _compile(name: str, body: dict[str, Any], language: str) -> TestedState:
    try:
        state = compile_state(body, name, "JSONata" if language == "JSONata" else "JSONPath")
    except DefinitionError as error:
        raise ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{error}'") from None
    return TestedState(name, body, state)
