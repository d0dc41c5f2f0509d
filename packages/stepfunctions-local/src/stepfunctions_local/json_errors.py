"""Messages for invalid JSON, in the wording of Jackson, the parser AWS uses."""

import json
import re

import orjson

_LEADING_ZERO = re.compile(r"(?:^|[\s,:\[])-?0$")
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
    position = error.pos
    if error.msg.startswith("Illegal trailing comma"):  # Jackson reports the character after the comma
        position += 1 + len(text[position + 1 :]) - len(text[position + 1 :].lstrip())
    rest = text[position:]
    lexical = _lexical_message(text, position, error.msg)
    if lexical:
        return lexical
    if error.msg.startswith("Unterminated string"):
        return "Unexpected end-of-input: was expecting closing quote for a string value"
    if not rest.strip():
        return "Unexpected end-of-input"
    character = f"Unexpected character ('{rest[0]}' (code {ord(rest[0])}))"
    if error.msg.startswith("Expecting property name") or error.msg.endswith("end of object"):
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


def _lexical_message(text: str, position: int, message: str) -> str | None:
    """Return the message for a malformed number or string, or None."""
    character = text[position : position + 1]
    if character.isdigit() and _LEADING_ZERO.search(text[:position]):
        return "Invalid numeric value: Leading zeroes not allowed"
    if message.startswith("Invalid control character"):
        return (
            f"Illegal unquoted character ((CTRL-CHAR, code {ord(character)})): has to be escaped using backslash to be "
            "included in string value"
        )
    if message.startswith("Invalid \\escape"):
        escaped = text[position + 1]
        return f"Unrecognized character escape '{escaped}' (code {ord(escaped)})"
    return None
