"""Mask secrets and personal data in the inputs and outputs of executions before they are shown or exported."""

import json
import re
from typing import Any

MASK = "***"
_SECRET = re.compile(
    r"(^|_)(token|tokens|secret|password|signature|authorization|api_?key|account|email|phone|address)$"
    r"|^(task_?token|card_?number|cvc|cvv)$",
    re.IGNORECASE,
)


def mask(value: Any) -> Any:
    """Return a copy of a JSON value with the texts and numbers under secret keys replaced by `***`.

    JSON that is kept as text, as AWS's API has inputs, outputs and causes, is masked inside.
    """
    if isinstance(value, str) and value[:1] in ("{", "["):
        return mask_text(value)
    if isinstance(value, dict):
        return {key: _masked(key, member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [mask(member) for member in value]
    return value


def mask_text(text: str) -> str:
    """Mask a JSON text, wholly if it is nested too deeply; one that is not an object or array is returned as it is."""
    try:
        value = json.loads(text)
        return json.dumps(mask(value)) if isinstance(value, dict | list) else text
    except ValueError:
        return text
    except RecursionError:
        return MASK


def _masked(key: str, member: Any) -> Any:
    if key == "assignedVariables" and isinstance(member, dict):
        return {name: MASK if _SECRET.search(name) else mask(text) for name, text in member.items()}
    if _SECRET.search(key) and member is not None and not isinstance(member, dict | list):
        return MASK
    if _SECRET.search(key) and isinstance(member, list) and not any(isinstance(one, dict) for one in member):
        return [MASK] * len(member)
    return mask(member)
