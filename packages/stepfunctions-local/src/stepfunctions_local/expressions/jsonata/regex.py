"""JavaScript regular expressions, translated for the `regex` package, which supports a time limit.

Patterns and texts are strings of UTF-16 units (see `utf16`), as for a JavaScript pattern without the flag `u`.
Source: https://docs.jsonata.org/regex, https://tc39.es/ecma262/#sec-patterns
"""

import re
from typing import Any

import regex as engine

from .errors import TIMEOUT, JsonataError, LimitExceeded
from .utf16 import to_units

_PIECE = re.compile(
    r"(?P<escape>\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|k<\w+>|.))|(?P<class>\[\^?)|(?P<named>\(\?<(?![=!]))"
    r"|(?P<end>\$)|(?P<start>\^)|(?P<any>\.)",
    re.S,
)
_LINE_ENDS = r"\n\r\u2028\u2029"
_SPACES = r"\t-\r\x20\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_NOT_SPACES = (
    r"\x00-\x08\x0e-\x1f\x21-\x9f\xa1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e"
    r"\u2030-\u205e\u2060-\u2fff\u3001-\ufefe\uff00-\uffff"
)
# The members of the classes, which JavaScript defines differently from the `regex` package.
_CLASSES = {
    "d": "0-9",
    "D": r"\x00-/:-\uffff",
    "w": "A-Za-z0-9_",
    "W": r"\x00-/:-@\[-\^`{-\uffff",
    "s": _SPACES,
    "S": _NOT_SPACES,
}
_WORD = "[A-Za-z0-9_]"
_BOUNDARY = f"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))"
_NOT_BOUNDARY = f"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))"
MAX_SEARCH_SECONDS = 2.0
"""The time limit of one search."""


def translate(pattern: str, flags: str = "") -> Any:
    """Compile a JavaScript pattern.

    Raises JsonataError S0302 when it is malformed.
    """
    pattern = to_units(pattern)
    multiline = "m" in flags
    parts: list[str] = []
    at = 0
    while match := _PIECE.search(pattern, at):
        parts.append(pattern[at : match.start()])
        at = match.end()
        match match.lastgroup:
            case "escape":
                parts.append(_escape(match.group()))
            case "class":
                text, at = _character_class(pattern, match.group(), at)
                parts.append(text)
            case "named":
                parts.append("(?P<")
            case "any":
                parts.append(f"[^{_LINE_ENDS}]")
            case "start":
                parts.append(rf"(?:(?<=[{_LINE_ENDS}])|\A)" if multiline else r"\A")
            case "end":
                parts.append(rf"(?=[{_LINE_ENDS}]|\Z)" if multiline else r"\Z")
    parts.append(pattern[at:])
    try:
        return engine.compile("".join(parts), engine.V0 | (engine.IGNORECASE if "i" in flags else 0))
    except engine.error:
        raise JsonataError("S0302", position=0) from None


def _escape(text: str) -> str:
    kind = text[1]
    if kind in _CLASSES:
        return f"[{_CLASSES[kind]}]"
    if kind == "b":
        return _BOUNDARY
    if kind == "B":
        return _NOT_BOUNDARY
    if kind == "k" and len(text) > 2:
        return f"(?P={text[3:-1]})"
    if kind in "ux" and len(text) > 2:
        return str(engine.escape(chr(int(text[2:], 16))))
    if kind.isalpha() and kind not in "nrtfv":
        return kind
    return text


def _character_class(pattern: str, opening: str, at: int) -> tuple[str, int]:
    """Return the translated class that starts with `opening`, and the position after it."""
    if pattern.startswith("]", at):
        return (r"[\s\S]" if "^" in opening else r"(?!)"), at + 1
    parts = [opening]
    while at < len(pattern) and pattern[at] != "]":
        if pattern[at] == "\\" and at + 1 < len(pattern):
            match = _PIECE.match(pattern, at)
            text = match.group() if match else pattern[at : at + 2]
            parts.append(_class_escape(text))
            at += len(text)
        else:
            parts.append("\\[" if pattern[at] == "[" else pattern[at])
            at += 1
    return "".join(parts) + "]", at + 1


def _class_escape(text: str) -> str:
    kind = text[1]
    if kind in _CLASSES:
        return _CLASSES[kind]
    if kind in "ux" and len(text) > 2:
        return str(engine.escape(chr(int(text[2:], 16))))
    if kind == "b":
        return r"\x08"
    if kind.isalpha() and kind not in "nrtfv":
        return kind
    return text


def search(pattern: Any, units: str, start: int) -> Any:
    """Return the first match at or after `start` in a string of UTF-16 units, or None.

    Raises LimitExceeded when the search takes too long.
    """
    try:
        return pattern.search(units, start, timeout=MAX_SEARCH_SECONDS)
    except TimeoutError:
        raise LimitExceeded(TIMEOUT) from None
