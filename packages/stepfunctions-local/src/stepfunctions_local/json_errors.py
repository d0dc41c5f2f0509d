"""What is wrong with a text that is no JSON, in the words of the parser AWS uses."""

import json
import re

import orjson

_TOKEN = re.compile(r"[^\s,:{}\[\]\"']+")


def json_error(text: str) -> str | None:
    """The parser's sentence about the text, or None when it is JSON."""
    try:
        orjson.loads(text)
        return None
    except orjson.JSONDecodeError:
        pass  # not quite: see whether it is JSON to the more patient parser, and where it is not
    try:
        json.loads(text)
    except json.JSONDecodeError as wrong:
        return _sentence(text, wrong)
    except RecursionError:
        return "Document nesting depth exceeds the maximum allowed"
    return None


def _sentence(text: str, wrong: json.JSONDecodeError) -> str:
    at = text[wrong.pos :]
    if not at.strip():
        return "Unexpected end-of-input"
    character = f"Unexpected character ('{at[0]}' (code {ord(at[0])}))"
    if wrong.msg.startswith("Expecting property name"):
        return f"{character}: was expecting double-quote to start field name"
    if wrong.msg.startswith("Expecting ':'"):
        return f"{character}: was expecting a colon to separate field name and value"
    if wrong.msg.startswith("Expecting ','"):
        inside = "Object" if text[: wrong.pos].rfind("{") > text[: wrong.pos].rfind("[") else "Array"
        return f"{character}: was expecting comma to separate {inside} entries"
    token = _TOKEN.match(at)
    if token:
        return (
            f"Unrecognized token '{token.group()}': was expecting (JSON String, Number, Array, Object or token "
            "'null', 'true' or 'false')"
        )
    wanted = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
    return f"{character}: expected a valid value {wanted}"
