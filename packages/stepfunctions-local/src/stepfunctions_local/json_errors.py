"""Messages for invalid JSON, in the wording of Jackson, the parser AWS uses."""

import json
import re

import orjson

_TOKEN = re.compile(r"[^\s,:{}\[\]\"']+")


def json_error(text: str) -> str | None:
    """Return the parser's message for a text, or None when it is valid JSON."""
    try:
        orjson.loads(text)
        return None
    except orjson.JSONDecodeError:
        pass  # the standard parser accepts more (huge numbers), and reports the position
    try:
        json.loads(text, parse_constant=_reject_constant)
    except json.JSONDecodeError as error:
        return _message(text, error)
    except _NonStandardToken as token:
        return f"Non-standard token '{token}': enable JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS to allow"
    except RecursionError:
        return "Document nesting depth exceeds the maximum allowed"
    return None


class _NonStandardToken(Exception):
    """NaN or Infinity, which JSON does not have."""


def _reject_constant(token: str) -> None:
    raise _NonStandardToken(token)


def _message(text: str, error: json.JSONDecodeError) -> str:
    rest = text[error.pos :]
    if error.msg.startswith("Unterminated string"):
        return "Unexpected end-of-input: was expecting closing quote for a string value"
    if not rest.strip():
        return "Unexpected end-of-input"
    character = f"Unexpected character ('{rest[0]}' (code {ord(rest[0])}))"
    if error.msg.startswith("Expecting property name"):
        return f"{character}: was expecting double-quote to start field name"
    if error.msg.startswith("Expecting ':'"):
        return f"{character}: was expecting a colon to separate field name and value"
    if error.msg.startswith("Expecting ','"):
        container = "Object" if text[: error.pos].rfind("{") > text[: error.pos].rfind("[") else "Array"
        return f"{character}: was expecting comma to separate {container} entries"
    token = _TOKEN.match(rest)
    if token:
        return (
            f"Unrecognized token '{token.group()}': was expecting (JSON String, Number, Array, Object or token "
            "'null', 'true' or 'false')"
        )
    expected = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
    return f"{character}: expected a valid value {expected}"
