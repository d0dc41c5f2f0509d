"""JSON text as AWS prints it in error messages, States.JsonToString and States.Format."""

import json
from typing import Any


def dumps(value: Any) -> str:
    """Return compact JSON with unescaped characters, as Jackson writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
