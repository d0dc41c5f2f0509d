"""Values of filter patterns of CloudWatch Logs: numbers, texts with wildcards, regular expressions.

Source: the CloudWatch Logs User Guide, "Filter pattern syntax".
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

type Matcher = Callable[[str], bool]

QUOTED = r'"(?:[^"\\]|\\.)*"'
REGEX = r"%[^%]+%"
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d{1,9})?")
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_REGEX_CHARACTERS = re.compile(r"[A-Za-z0-9:_#=@/;,\-^$?\[\]{}|\\*+. ]+")


class InvalidFilterPattern(ValueError):
    """A pattern that CloudWatch Logs rejects."""


def unquoted(text: str) -> str:
    """Return the text between quotation marks, without its escapes."""
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def regular_expression(text: str) -> re.Pattern[str]:
    """Return the expression between percent signs. Raise InvalidFilterPattern."""
    expression = text[1:-1]
    if not _REGEX_CHARACTERS.fullmatch(expression):
        raise InvalidFilterPattern(f"Invalid character(s) in regular expression '{expression}'")
    try:
        return re.compile(expression)
    except re.error as error:
        raise InvalidFilterPattern(f"Invalid regular expression '{expression}': {error}") from error


def text_test(kind: str, text: str) -> Matcher:
    """Return the test of a text: `kind` is quoted, regex or text, which may begin or end with an asterisk."""
    if kind == "regex":
        expression = regular_expression(text)
        return lambda value: expression.search(value) is not None
    expected = unquoted(text) if kind == "quoted" else text
    if expected == "*":
        return lambda _: True
    if len(expected) > 1 and expected.startswith("*") and expected.endswith("*"):
        return lambda value: expected[1:-1] in value
    if expected.startswith("*"):
        return lambda value: value.endswith(expected[1:])
    if expected.endswith("*"):
        return lambda value: value.startswith(expected[:-1])
    return lambda value: value == expected
