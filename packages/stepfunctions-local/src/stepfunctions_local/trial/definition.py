"""The state to test: a definition of its own, or one named in a whole state machine.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from ..definition import State, compile_state
from ..errors import ApiError, DefinitionError
from ..jackson import complaint
from ..validation import refuse_document
from ..validation.diagnostics import Findings
from ..validation.machine import check_machine

ALONE = "StateName"
"""What AWS calls a state that is given without a name."""
# What a state on its own cannot satisfy: its neighbours are not there.
_NEIGHBOURS = frozenset({"MISSING_TRANSITION_TARGET", "MISSING_END_STATE"})


@dataclass(frozen=True, slots=True)
class Subject:
    """The state as it was written and compiled, under the name its context object shows."""

    name: str
    body: dict[str, Any]
    state: State


def find_subject(text: str, name: str | None) -> Subject:
    """The state of a TestState request.

    Raises ApiError InvalidDefinition, or ValidationException when there is no state of that name.
    """
    document = _document(text)
    if name is None:
        if "States" in document:
            raise ApiError(
                "ValidationException", "StateName must be specified for a state machine definition"
            )
        _refuse_alone(document)
        return _compiled(ALONE, document, "JSONPath")
    refuse_document(document)
    language = document.get("QueryLanguage", "JSONPath")
    for found, body in states_of(document):
        if found == name:
            return _compiled(name, body, language)
    raise ApiError("ValidationException", "State not found in definition")


def states_of(flow: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state of a flow with its name, those of branches and item processors too."""
    for name, body in flow.get("States", {}).items():
        yield name, body
        yield from states_within(body)


def states_within(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state below a Parallel or Map."""
    for inner in (*body.get("Branches", ()), body.get("ItemProcessor", {}), body.get("Iterator", {})):
        yield from states_of(inner)


def _document(text: str) -> dict[str, Any]:
    try:
        document = orjson.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        reason = complaint(text) or "The definition is not a JSON object"
        raise ApiError(
            "InvalidDefinition", f"Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: {reason}'"
        )
    return document


def _refuse_alone(body: dict[str, Any]) -> None:
    """Check a state as the only one of a machine, but for what it says of its neighbours."""
    findings = Findings()
    check_machine({"StartAt": ALONE, "States": {ALONE: body}}, "STANDARD", findings)
    faults = [
        str(found)
        for found in findings.found
        if found.severity == "ERROR"
        and (found.code not in _NEIGHBOURS or (found.location or "").startswith(f"/States/{ALONE}/States"))
    ]
    if faults:
        raise ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{', '.join(faults)}'")


def _compiled(name: str, body: dict[str, Any], language: str) -> Subject:
    try:
        return Subject(
            name, body, compile_state(body, name, "JSONata" if language == "JSONata" else "JSONPath")
        )
    except DefinitionError as wrong:
        raise ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{wrong}'") from None
