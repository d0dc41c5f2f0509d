"""Builders of definitions, and the errors of a definition."""

import json
from typing import Any

from stepfunctions_local.validation import diagnose

SCHEMA, TARGET = "SCHEMA_VALIDATION_FAILED", "MISSING_TRANSITION_TARGET"
PASS = {"Type": "Pass", "End": True}
QUEUE = {"QueueUrl": "q", "MessageBody": "m"}


def machine(_language: str | None = None, **states: Any) -> dict[str, Any]:
    """Return a definition of the states, which starts at the first."""
    document = {"StartAt": next(iter(states)), "States": states}
    return document if _language is None else {"QueryLanguage": _language, **document}


def task(**fields: Any) -> dict[str, Any]:
    """Return a Task state."""
    resource = "arn:aws:lambda:us-east-1:000000000000:function:price"
    return {"Type": "Task", "Resource": resource, "End": True, **fields}


def processor(_mode: str = "INLINE", **states: Any) -> dict[str, Any]:
    """Return an item processor."""
    config = {"Mode": _mode} if _mode == "INLINE" else {"Mode": _mode, "ExecutionType": "STANDARD"}
    return {"ProcessorConfig": config, **machine(**(states or {"I": PASS}))}


def map_state(**fields: Any) -> dict[str, Any]:
    """Return a Map state."""
    return {"Type": "Map", "ItemProcessor": processor(), "End": True, **fields}


def parallel(*branches: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a Parallel state."""
    return {"Type": "Parallel", "Branches": list(branches), "End": True, **fields}


def errors(document: Any, kind: str = "STANDARD") -> list[tuple[str, str, str | None]]:
    """Return the code, message and location of each error of a definition."""
    text = document if isinstance(document, str) else json.dumps(document)
    return [
        (item.code, item.message, item.location) for item in diagnose(text, kind) if item.severity == "ERROR"
    ]


def only_for(name: str, language: str, other: str) -> str:
    """Return the message about a field of the other query language."""
    return (
        f"The QueryLanguage is set to '{language}', but field '{name}' is only supported for the '{other}' "
        "QueryLanguage"
    )
