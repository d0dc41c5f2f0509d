"""Definitions checked before they run, with AWS's codes, messages and locations.

Source: the API reference's ValidateStateMachineDefinitionDiagnostic, and the States Language specification.
"""

import json
from functools import lru_cache
from typing import Any

from ..definition import compile_definition
from ..errors import ApiError, DefinitionError
from ..jackson import complaint
from .diagnostics import Diagnostic, Findings
from .machine import check_machine
from .references import variable_references

__all__ = ["Diagnostic", "diagnose", "refuse", "refuse_document", "variable_references"]


class _Duplicate(ValueError):
    """A key given twice in one object."""


@lru_cache(maxsize=64)
def diagnose(definition: str, kind: str = "STANDARD") -> list[Diagnostic]:
    """Everything found in a definition's text, for a state machine of the type STANDARD or EXPRESS."""
    findings = Findings()
    document = _document(definition, findings)
    if document is not None:
        check_machine(document, kind, findings)
        if not findings.failed:
            _compile(definition, findings)
    return findings.found


def _compile(definition: str, findings: Findings) -> None:
    """What the checks let through must run."""
    try:
        compile_definition(definition)
    except DefinitionError as wrong:
        findings.error(wrong.message, wrong.location)


def refuse(definition: str, kind: str = "STANDARD") -> None:
    """Raise ApiError InvalidDefinition when the definition has errors."""
    _refuse(diagnose(definition, kind))


def refuse_document(document: dict[str, Any], kind: str = "STANDARD") -> None:
    """As `refuse`, of a definition that was read already."""
    findings = Findings()
    check_machine(document, kind, findings)
    _refuse(findings.found)


def _refuse(found: list[Diagnostic]) -> None:
    errors = [str(diagnostic) for diagnostic in found if diagnostic.severity == "ERROR"]
    if errors:
        raise ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{', '.join(errors)}'")


def _document(definition: str, findings: Findings) -> dict[str, Any] | None:
    try:
        document = json.loads(definition, object_pairs_hook=_once_each)
    except _Duplicate as duplicate:
        findings.error(f"Duplicate field '{duplicate}'", None, "INVALID_JSON_DESCRIPTION")
        return None
    except (ValueError, RecursionError):
        if definition.strip():
            findings.error(complaint(definition) or "Invalid JSON", None, "INVALID_JSON_DESCRIPTION")
            return None
        document = None
    if not isinstance(document, dict):
        findings.error("Definition must be a valid JSON object", None)
        return None
    return document


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Duplicate(key)
        found[key] = value
    return found
