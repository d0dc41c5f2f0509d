"""Filter patterns of CloudWatch Logs.

Source: the CloudWatch Logs User Guide, "Filter pattern syntax".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from .delimited_patterns import delimited_matcher
from .filter_operands import (
    COMPARISONS,
    NUMBER,
    QUOTED,
    REGEX,
    InvalidFilterPattern,
    regular_expression,
    text_test,
    unquoted,
)

type Matcher = Callable[[str], bool]
type Condition = Callable[[Any], bool]

_TERM = re.compile(rf"\s*(?P<sign>[?-]?)\s*(?P<term>{QUOTED}|{REGEX}|[^\s\"%]+)")
_PLAIN_TERM = re.compile(r"\w+")

_TOKEN = re.compile(
    rf"""\s*(?:(?P<selector>\$(?:\.[A-Za-z0-9_-]+|\[\d+\])*)
    |(?P<test>IS\s+TRUE|IS\s+FALSE|IS\s+NULL|NOT\s+EXISTS)(?![A-Za-z0-9_.*-])
    |(?P<operator>!=|<=|>=|=|<|>)
    |(?P<join>&&|\|\||\(|\))
    |(?P<quoted>{QUOTED})
    |(?P<regex>{REGEX})
    |(?P<text>[A-Za-z0-9_.*+-]+))""",
    re.VERBOSE,
)
_MISSING = object()
_MAX_DEPTH = 100


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Matcher:
    """Return a function that returns whether a message matches. Raise InvalidFilterPattern."""
    text = pattern.strip()
    if text.startswith("{"):
        return _json_matcher(text)
    if text.startswith("["):
        return delimited_matcher(text)
    return _terms_matcher(text)


def _terms_matcher(text: str) -> Matcher:
    terms: dict[str, list[Matcher]] = {"": [], "?": [], "-": []}
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise InvalidFilterPattern("Unclosed quotation mark or regular expression")
        terms[match["sign"]].append(_term(match["term"]))
        position = match.end()
    included, optional, excluded = terms[""], terms["?"], terms["-"]
    if included or excluded:
        # Optional terms are ignored next to others.
        optional = []

    def matches(message: str) -> bool:
        return (
            all(term(message) for term in included)
            and (not optional or any(term(message) for term in optional))
            and not any(term(message) for term in excluded)
        )

    return matches


def _term(term: str) -> Matcher:
    if term.startswith("%"):
        expression = regular_expression(term)
        return lambda message: expression.search(message) is not None
    if term.startswith('"'):
        text = unquoted(term)
    elif _PLAIN_TERM.fullmatch(term):
        text = term
    else:
        raise InvalidFilterPattern(f"Invalid character(s) in term '{term}'")
    return lambda message: text in message


def _json_matcher(text: str) -> Matcher:
    if not text.endswith("}") or not text[1:-1].strip():
        raise InvalidFilterPattern("A JSON pattern is a condition in braces")
    condition = _Parser(_tokens(text[1:-1])).parsed()

    def matches(message: str) -> bool:
        try:
            document = json.loads(message, parse_float=Decimal)
        except (ValueError, ArithmeticError, RecursionError):
            return False
        return isinstance(document, dict) and condition(document)

    return matches


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise InvalidFilterPattern(f"Invalid character(s) at '{text[position:].strip()}'")
        kind = str(match.lastgroup)
        tokens.append((kind, match[kind]))
        position = match.end()
    return tokens


class _Parser:
    """Parse conditions: parentheses before `&&` before `||`."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._position = 0
        self._depth = 0

    def parsed(self) -> Condition:
        condition = self._any()
        if self._position < len(self._tokens):
            raise self._unexpected()
        return condition

    def _any(self) -> Condition:
        conditions = self._joined("||", self._all)
        return lambda document: any(condition(document) for condition in conditions)

    def _all(self) -> Condition:
        conditions = self._joined("&&", self._one)
        return lambda document: all(condition(document) for condition in conditions)

    def _joined(self, join: str, parse: Callable[[], Condition]) -> list[Condition]:
        conditions = [parse()]
        while self._peek() == ("join", join):
            self._position += 1
            conditions.append(parse())
        return conditions

    def _one(self) -> Condition:
        if self._peek() != ("join", "("):
            return self._comparison()
        self._position += 1
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise InvalidFilterPattern("Too many parentheses")
        condition = self._any()
        if self._peek() != ("join", ")"):
            raise self._unexpected()
        self._position += 1
        self._depth -= 1
        return condition

    def _comparison(self) -> Condition:
        selector = _selector(self._next("selector"))
        if self._peek()[0] == "test":
            return _test(selector, self._next("test").split()[1])
        comparison = self._next("operator")
        kind, value = self._peek()
        if kind not in ("text", "quoted", "regex"):
            raise self._unexpected()
        self._position += 1
        return _compared(selector, comparison, kind, value)

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._position] if self._position < len(self._tokens) else ("end", "the end")

    def _next(self, kind: str) -> str:
        if self._peek()[0] != kind:
            raise self._unexpected()
        self._position += 1
        return self._tokens[self._position - 1][1]

    def _unexpected(self) -> InvalidFilterPattern:
        return InvalidFilterPattern(f"Unexpected '{self._peek()[1]}'")


def _selector(text: str) -> Callable[[Any], Any]:
    steps: list[str | int] = []
    for name, index in re.findall(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]", text):
        steps.append(name or int(index))
    if not steps or isinstance(steps[0], int):
        raise InvalidFilterPattern(f"Invalid selector '{text}'")

    def selected(value: Any) -> Any:
        for step in steps:
            if isinstance(step, str):
                value = value.get(step, _MISSING) if isinstance(value, dict) else _MISSING
            else:
                value = value[step] if isinstance(value, list) and step < len(value) else _MISSING
        return value

    return selected


def _test(selector: Callable[[Any], Any], name: str) -> Condition:
    expected = {"TRUE": True, "FALSE": False, "NULL": None, "EXISTS": _MISSING}[name]
    return lambda document: selector(document) is expected


def _compared(selector: Callable[[Any], Any], comparison: str, kind: str, text: str) -> Condition:
    compare = COMPARISONS[comparison]
    if kind == "text" and NUMBER.fullmatch(text):
        number = Decimal(text)

        def compared_number(document: Any) -> bool:
            value = selector(document)
            return _is_number(value) and compare(value, number)

        return compared_number
    if comparison not in ("=", "!="):
        raise InvalidFilterPattern(f"'{comparison}' compares numbers; got '{text}'")
    matches = text_test(kind, text)

    def compared_text(document: Any) -> bool:
        value = selector(document)
        # The condition is false for other values and missing ones, with `!=` as well.
        if not (isinstance(value, str) or _is_number(value)):
            return False
        return matches(str(value)) == (comparison == "=")

    return compared_text


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
