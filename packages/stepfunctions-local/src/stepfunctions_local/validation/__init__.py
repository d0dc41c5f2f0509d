"""Validation of definitions, with AWS's codes, messages and locations.

Source: the API reference's ValidateStateMachineDefinitionDiagnostic, and the States Language specification.
"""

import json
from functools import lru_cache
from typing import Any

from ..definition import compile_definition
from ..errors import ApiError, DefinitionError
from ..json_errors import json_error
from .diagnostics import Diagnostic, Findings
from .machine import check_machine
from .variables import variable_references

__all__ = ["Diagnostic", "diagnose", "refuse", "refuse_document", "variable_references"]


class _DuplicateKey(ValueError):
    """An object has the same key twice."""


@lru_cache(maxsize=64)
def diagnose(definition: str, kind: str = "STANDARD") -> list[Diagnostic]:
    """Return the diagnostics of a definition, for a state machine of the type STANDARD or EXPRESS."""
    findings = Findings()
    document = _document(definition, findings)
    if document is not None:
        check_machine(document, kind, findings)
        if not findings.failed:
            _compile(definition, findings)
    return findings.diagnostics


def _compile(definition: str, findings: Findings) -> None:
    """Report a definition that passes the checks but does not compile."""
    try:
        compile_definition(definition)
    except DefinitionError as error:
        findings.error(error.message, error.location)


def refuse(definition: str, kind: str = "STANDARD") -> None:
    """Raise ApiError InvalidDefinition when the definition has errors."""
    _refuse(diagnose(definition, kind))


def refuse_document(document: dict[str, Any], kind: str = "STANDARD") -> None:
    """Raise ApiError InvalidDefinition when the parsed definition has errors."""
    findings = Findings()
    check_machine(document, kind, findings)
    _refuse(findings.diagnostics)


def _refuse(diagnostics: list[Diagnostic]) -> None:
    errors = [str(diagnostic) for diagnostic in diagnostics if diagnostic.severity == "ERROR"]
    if errors:
        raise ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{', '.join(errors)}'")


def _document(definition: str, findings: Findings) -> dict[str, Any] | None:
    try:
        document = json.loads(definition, object_pairs_hook=_unique_keys)
    except _DuplicateKey as duplicate:
        findings.error(f"Duplicate field '{duplicate}'", None, "INVALID_JSON_DESCRIPTION")
        return None
    except (ValueError, RecursionError):
        if definition.strip():
            findings.error(json_error(definition) or "Invalid JSON", None, "INVALID_JSON_DESCRIPTION")
            return None
        document = None
    if not isinstance(document, dict):
        findings.error("Definition must be a valid JSON object", None)
        return None
    return document


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in pairs:
        if key in members:
            raise _DuplicateKey(key)
        members[key] = value
    return members
