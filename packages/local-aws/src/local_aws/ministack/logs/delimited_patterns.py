"""Filter patterns of space-delimited log events: `[ip, user, ..., status = 4*, bytes > 1000]`.

Source: the CloudWatch Logs User Guide, "Filter pattern syntax", "Match terms in space-delimited log events".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from .filter_operands import COMPARISONS, NUMBER, QUOTED, REGEX, InvalidFilterPattern, text_test

type Matcher = Callable[[str], bool]

_FIELD = re.compile(rf"(?:{QUOTED}|{REGEX}|[^,\"%])*")
_CONDITION = re.compile(
    rf"""\s*(?P<name>[\w-]+)\s*(?P<operator>!=|<=|>=|=|<|>)
    \s*(?:(?P<quoted>{QUOTED})|(?P<regex>{REGEX})|(?P<text>[^\s,&|%"]+))\s*(?P<join>&&|\|\||$)""",
    re.VERBOSE,
)
_NAME = re.compile(r"[\w*-]+")
_VALUE = re.compile(r'"(?P<quoted>[^"]*)"|\[(?P<bracketed>[^\]]*)\]|(?P<word>\S+)')
_ANY_FIELDS = "..."


def delimited_matcher(text: str) -> Matcher:
    """Return a function that returns whether the fields of a message match. Raise InvalidFilterPattern."""
    if not text.endswith("]"):
        raise InvalidFilterPattern("A space-delimited pattern is a list of fields in brackets")
    fields = _fields(text[1:-1])
    if fields.count(_ANY_FIELDS) > 1:
        raise InvalidFilterPattern("A space-delimited pattern can have one ellipsis")
    place = fields.index(_ANY_FIELDS) if _ANY_FIELDS in fields else None
    tests = [_field_test(field) for field in fields if field != _ANY_FIELDS]

    def matches(message: str) -> bool:
        values = [_value(match) for match in _VALUE.finditer(message)]
        more = len(values) - len(tests)
        if more < 0 or (more and place is None):
            return False
        if place is not None:
            del values[place : place + more]
        return all(test(value) for test, value in zip(tests, values, strict=True))

    return matches


def _value(match: re.Match[str]) -> str:
    return str(match[str(match.lastgroup)])


def _fields(text: str) -> list[str]:
    """Split a list of fields at the commas outside of quotation marks and regular expressions."""
    fields, position = [], 0
    while True:
        match = _FIELD.match(text, position)
        assert match is not None
        fields.append(match[0].strip())
        position = match.end()
        if position == len(text):
            break
        if text[position] != ",":
            raise InvalidFilterPattern("Unclosed quotation mark or regular expression")
        position += 1
    if len(fields) > 1 and not fields[-1]:
        del fields[-1]
    return fields


def _field_test(field: str) -> Matcher:
    """Return the condition of a field: `||` between groups of conditions that `&&` joins."""
    if _NAME.fullmatch(field):
        return lambda _: True
    groups: list[list[Matcher]] = [[]]
    position = 0
    while True:
        match = _CONDITION.match(field, position)
        if match is None:
            raise InvalidFilterPattern(f"Invalid field '{field}'")
        groups[-1].append(_comparison(match))
        position = match.end()
        if match["join"] == "||":
            groups.append([])
        elif not match["join"]:
            break
    return lambda value: any(all(test(value) for test in group) for group in groups)


def _comparison(match: re.Match[str]) -> Matcher:
    comparison, text = match["operator"], match["text"]
    compare = COMPARISONS[comparison]
    is_number = text is not None and NUMBER.fullmatch(text) is not None
    if comparison not in ("=", "!=") and not is_number:
        raise InvalidFilterPattern(f"'{comparison}' compares numbers; got '{match[0].strip()}'")
    if not is_number:
        kind = "quoted" if match["quoted"] else "regex" if match["regex"] else "text"
        test = text_test(kind, match[kind])
        return lambda value: test(value) == (comparison == "=")
    number = Decimal(text)

    def compared(value: str) -> bool:
        return compare(Decimal(value), number) if NUMBER.fullmatch(value) else comparison == "!="

    return compared
