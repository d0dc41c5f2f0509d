"""JSONPath filters: `[?(@.price < 10 && @.name != 'x')]`, with Jayway's operators and comparisons.

A comparison of values of different types is false, as is a comparison with a path that has no value (`!=` is
true in both cases). A path alone tests that it has a value.
Source: https://github.com/json-path/JsonPath#filter-operators
"""

import re
from collections.abc import Callable
from typing import Any

Predicate = Callable[[Any, Any], bool]
"""Takes the element (`@`) and the document (`$`)."""

MISSING = object()
_Operand = Callable[[Any, Any], Any]

_TOKEN = re.compile(
    r"\s*(?:(?P<op>&&|\|\||==|!=|<=|>=|=~|<|>|!|\(|\))"
    r"|(?P<word>(?:in|nin|subsetof|anyof|noneof|size|sizeof|empty|contains|true|false|null)\b)"
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<string>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<regex>/(?:[^/\\]|\\.)+/[a-z]*)"
    r"|(?P<path>[@$](?:\.\.?[^\s.\[\]()=!<>&|,~]+(?:\(\))?|\[(?:[^\]'\"]|'[^']*'|\"[^\"]*\")*\])*)"
    r"|(?P<list>\[[^\]]*\]))",
    re.S,
)


class FilterSyntaxError(ValueError):
    """The filter is malformed."""


def parse_filter(text: str) -> Predicate:
    """Return the predicate written in `text`, the part between `[?(` and `)]`.

    Raises FilterSyntaxError.
    """
    parser = _FilterParser(text)
    predicate = parser.disjunction()
    if parser.kind:
        raise FilterSyntaxError(f"Unexpected {parser.value!r} in filter: {text}")
    return predicate


class _FilterParser:
    def __init__(self, text: str):
        self.text, self.position = text, 0
        self.kind: str | None = None
        self.value = ""
        self.advance()

    def advance(self) -> None:
        match = _TOKEN.match(self.text, self.position)
        if match and match.lastgroup:
            self.kind, self.value, self.position = match.lastgroup, match.group(match.lastgroup), match.end()
        elif self.text[self.position :].strip():
            raise FilterSyntaxError(f"Unexpected token at position {self.position} in filter: {self.text}")
        else:
            self.kind, self.value = None, ""

    def accept(self, value: str) -> bool:
        if self.kind == "op" and self.value == value:
            self.advance()
            return True
        return False

    def disjunction(self) -> Predicate:
        left = self.conjunction()
        while self.accept("||"):
            left = _or(left, self.conjunction())
        return left

    def conjunction(self) -> Predicate:
        left = self.negation()
        while self.accept("&&"):
            left = _and(left, self.negation())
        return left

    def negation(self) -> Predicate:
        if self.accept("!"):
            operand = self.negation()
            return lambda item, root: not operand(item, root)
        if self.accept("("):
            group = self.disjunction()
            if not self.accept(")"):
                raise FilterSyntaxError(f"Missing ')' in filter: {self.text}")
            return group
        return self.comparison()

    def comparison(self) -> Predicate:
        is_path = self.kind == "path"
        left = self.operand()
        if (self.kind == "op" and self.value in _COMPARE) or (self.kind == "word" and self.value in _COMPARE):
            compare = _COMPARE[self.value]
            self.advance()
            right = self.operand()
            return lambda item, root: compare(left(item, root), right(item, root))
        if not is_path:
            raise FilterSyntaxError(f"A comparison is missing in filter: {self.text}")
        return lambda item, root: left(item, root) is not MISSING

    def operand(self) -> _Operand:
        kind, value = self.kind, self.value
        if kind is None or kind == "op":
            raise FilterSyntaxError(f"A value is missing in filter: {self.text}")
        self.advance()
        if kind == "path":
            return _path_operand(value)
        if kind == "list":
            inner = value[1:-1].strip()
            items = [_constant(part.strip()) for part in inner.split(",")] if inner else []
            return lambda item, root: items
        constant = _constant(value)
        return lambda item, root: constant


def _path_operand(text: str) -> _Operand:
    from .jsonpath import find
    from .jsonpath_parser import parse_steps

    steps = parse_steps(text, 1)
    at_item = text[0] == "@"
    return lambda item, root: find(item if at_item else root, steps, MISSING)


def _constant(text: str) -> Any:
    if text[:1] in ("'", '"'):
        return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.S)
    if text[:1] == "/":
        body, _, flags = text[1:].rpartition("/")
        return re.compile(body, re.I if "i" in flags else 0)
    known = {"true": True, "false": False, "null": None}
    if text in known:
        return known[text]
    try:
        return float(text) if re.search(r"[.eE]", text) else int(text)
    except ValueError:
        raise FilterSyntaxError(f"Not a value: {text}") from None


def _or(left: Predicate, right: Predicate) -> Predicate:
    return lambda item, root: left(item, root) or right(item, root)


def _and(left: Predicate, right: Predicate) -> Predicate:
    return lambda item, root: left(item, root) and right(item, root)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def same(a: Any, b: Any) -> bool:
    """Return whether two JSON values are equal: 1 equals 1.0, true does not equal 1."""
    if _is_number(a) and _is_number(b):
        return bool(a == b)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return type(a) is type(b) and bool(a == b)


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(a: Any, b: Any) -> bool:
        comparable = (_is_number(a) and _is_number(b)) or (isinstance(a, str) and isinstance(b, str))
        return comparable and test(a, b)

    return compare


def _within(a: Any, b: Any) -> bool:
    return isinstance(b, list) and any(same(a, item) for item in b)


def _matches(a: Any, b: Any) -> bool:
    return isinstance(a, str) and isinstance(b, re.Pattern) and b.fullmatch(a) is not None


def _lists(test: Callable[[list[Any], list[Any]], bool]) -> Callable[[Any, Any], bool]:
    return lambda a, b: isinstance(a, list) and isinstance(b, list) and test(a, b)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a is not MISSING and b is not MISSING and same(a, b),
    "!=": lambda a, b: a is MISSING or b is MISSING or not same(a, b),
    "<": _ordered(lambda a, b: a < b),
    "<=": _ordered(lambda a, b: a <= b),
    ">": _ordered(lambda a, b: a > b),
    ">=": _ordered(lambda a, b: a >= b),
    "=~": _matches,
    "in": _within,
    "nin": lambda a, b: not _within(a, b),
    "subsetof": _lists(lambda a, b: all(_within(item, b) for item in a)),
    "anyof": _lists(lambda a, b: any(_within(item, b) for item in a)),
    "noneof": _lists(lambda a, b: not any(_within(item, b) for item in a)),
    "contains": lambda a, b: _within(b, a) or (isinstance(a, str) and isinstance(b, str) and b in a),
    "size": lambda a, b: isinstance(a, (list, str)) and len(a) == b,
    "empty": lambda a, b: isinstance(a, (list, str)) and (len(a) == 0) is b,
}
