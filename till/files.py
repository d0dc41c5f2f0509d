"""Files that a command reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from till.errors import OperatorError


def read_object(file: Path, what: str, advice: str) -> dict[str, Any]:
    """Return the object of a JSON file. OperatorError, with the advice, if it cannot be read or has another value."""
    from tillflow.errors import InvalidRequest
    from tillflow.json_text import read_json

    try:
        raw = file.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise OperatorError(f"Cannot read {file}: {reason}.", "Name a JSON file.") from error
    try:
        value = read_json(raw, "the file")
    except InvalidRequest as error:
        problem = f"is not JSON: {error.__cause__}" if error.__cause__ else f"cannot be used: {error}"
        raise OperatorError(f"{file} {problem}.", advice) from error
    if not isinstance(value, dict):
        raise OperatorError(f"{file} is not {what}.", advice)
    return value
