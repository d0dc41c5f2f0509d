"""JavaScript regular expressions, translated for the `regex` package, which supports a time limit.

Source: https://docs.jsonata.org/regex
"""

import re
from typing import Any

import regex as engine

from .errors import TIMEOUT, JsonataError, LimitExceeded

_PIECE = re.compile(
    r"(?P<escape>\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|k<\w+>|.))|(?P<class>\[\^?)|(?P<named>\(\?<(?![=!]))|(?P<end>\$)",
    re.S,
)
_DIGITS = {"d": "0-9", "w": "A-Za-z0-9_"}
MAX_SEARCH_SECONDS = 2.0
"""The time limit of one search."""


def translate(pattern: str, flags: str = "") -> Any:
    """Compile a JavaScript pattern.

    Raises JsonataError S0302 when it is malformed.
    """
    end = r"(?=[\n\r\u2028\u2029]|\Z)" if "m" in flags else r"\Z"
    parts: list[str] = []
    at = 0
    while match := _PIECE.search(pattern, at):
        parts.append(pattern[at : match.start()])
        at = match.end()
        if match.group("escape"):
            parts.append(_escape(match.group("escape")))
        elif match.group("class"):
            text, at = _character_class(pattern, match.group("class"), at)
            parts.append(text)
        elif match.group("named"):
            parts.append("(?P<")
        else:
            parts.append(end)
    parts.append(pattern[at:])
    options = (
        engine.V0 | (engine.IGNORECASE if "i" in flags else 0) | (engine.MULTILINE if "m" in flags else 0)
    )
    try:
        return engine.compile("".join(parts), options)
    except engine.error:
        raise JsonataError("S0302", position=0) from None


def _escape(text: str) -> str:
    kind = text[1]
    if kind in _DIGITS:
        return f"[{_DIGITS[kind]}]"
    if kind.lower() in _DIGITS:
        return f"[^{_DIGITS[kind.lower()]}]"
    if kind == "k" and len(text) > 2:
        return f"(?P={text[3:-1]})"
    if kind in "ux" and len(text) > 2:
        return str(engine.escape(chr(int(text[2:], 16))))
    if kind.isalpha() and kind not in "bBsSnrtfv":
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
            kind = text[1]
            if kind in _DIGITS:
                text = _DIGITS[kind]
            elif kind in "ux" and len(text) > 2:
                text = engine.escape(chr(int(text[2:], 16)))
            elif kind == "b":
                text = r"\x08"
            at += len(match.group()) if match else 2
            parts.append(text)
        else:
            parts.append("\\[" if pattern[at] == "[" else pattern[at])
            at += 1
    return "".join(parts) + "]", at + 1


def search(pattern: Any, text: str, start: int) -> Any:
    """Return the first match at or after `start`, or None.

    Raises LimitExceeded when the search takes too long.
    """
    try:
        return pattern.search(text, start, timeout=MAX_SEARCH_SECONDS)
    except TimeoutError:
        raise LimitExceeded(TIMEOUT) from None
