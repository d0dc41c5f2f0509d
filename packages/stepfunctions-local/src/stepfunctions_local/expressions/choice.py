"""The rules of a Choice state.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
"""

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from ..errors import RuntimeFailure
from .json_values import equal, is_number
from .jsonpath import Path, PathNotFound, compile_path
from .scope import Scope
from .template import compile_field
from .timestamps import parse_timestamp

Rule = Callable[[Scope], bool]
_Compare = Callable[[Any, Any], bool]


class RuleSyntaxError(ValueError):
    """A choice rule is malformed."""


def compile_rule(rule: dict[str, Any], language: str, field: str = "Choices[0]") -> Rule:
    """Compile a choice rule of the query language "JSONata" (a Condition) or "JSONPath" (operators).

    `field` is the name of the rule in messages. The compiled rule raises RuntimeFailure when its Variable has no
    value and QueryEvaluationFailure when its Condition is not a boolean.

    Raises RuleSyntaxError, or another ValueError when an expression is malformed.
    """
    if language == "JSONata":
        if "Condition" not in rule:
            raise RuleSyntaxError("A choice rule needs a Condition")
        condition = compile_field(rule["Condition"], f"{field}/Condition", "boolean")
        return condition.evaluate
    return _compile(rule)


def _compile(rule: dict[str, Any]) -> Rule:
    for name, combine in (("And", all), ("Or", any)):
        if name in rule:
            parts = [_compile(part) for part in rule[name]]
            return lambda scope: combine(part(scope) for part in parts)
    if "Not" in rule:
        operand = _compile(rule["Not"])
        return lambda scope: not operand(scope)
    if "Variable" not in rule:
        raise RuleSyntaxError("A choice rule needs a Variable, or And, Or, Not")
    names = [
        name for name in rule if name in _TESTS or name in _COMPARE or name.removesuffix("Path") in _COMPARE
    ]
    if len(names) != 1:
        raise RuleSyntaxError("A choice rule needs exactly one comparison operator")
    return _comparison(rule["Variable"], names[0], rule[names[0]])


def _comparison(variable: str, operator: str, operand: Any) -> Rule:
    path = compile_path(variable)

    def value(scope: Scope) -> Any:
        try:
            return path.evaluate(scope)
        except PathNotFound:
            raise RuntimeFailure(
                f"Invalid path '{variable}': The choice state's condition path references an invalid value."
            ) from None

    if operator == "IsPresent":
        return lambda scope: _is_present(path, scope) is operand
    if operator in _TESTS:
        test = _TESTS[operator]
        return lambda scope: test(value(scope)) is operand
    if operator in _COMPARE:
        compare = _COMPARE[operator]
        return lambda scope: compare(value(scope), operand)
    compare = _COMPARE[operator.removesuffix("Path")]
    other = compile_path(operand)

    def other_value(scope: Scope) -> Any:
        try:
            return other.evaluate(scope)
        except PathNotFound:
            raise RuntimeFailure(
                f"Invalid path '{operand}': The choice state's condition path references an invalid value."
            ) from None

    return lambda scope: compare(value(scope), other_value(scope))


def _is_present(path: Path, scope: Scope) -> bool:
    try:
        value = path.evaluate(scope)
    except PathNotFound:
        return False
    return path.definite or bool(value)


def _numbers(test: _Compare) -> _Compare:
    return lambda a, b: is_number(a) and is_number(b) and test(a, b)


def _strings(test: _Compare) -> _Compare:
    def compare(a: Any, b: Any) -> bool:
        if not (isinstance(a, str) and isinstance(b, str)):
            return False
        if a.isascii() and b.isascii():
            return test(a, b)
        return test(a.encode("utf-16-be", "surrogatepass"), b.encode("utf-16-be", "surrogatepass"))

    return compare


def _times(test: _Compare) -> _Compare:
    def compare(a: Any, b: Any) -> bool:
        first, second = parse_timestamp(a), parse_timestamp(b)
        return first is not None and second is not None and test(first, second)

    return compare


@lru_cache(maxsize=1024)
def _wildcards(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\\[*\\]|\*)", pattern)
    expression = "".join(
        ".*" if part == "*" else re.escape(part[1]) if part in ("\\*", "\\\\") else re.escape(part)
        for part in parts
    )
    return re.compile(expression, re.S)


def matches(value: Any, pattern: Any) -> bool:
    r"""Return whether a string matches: `*` is any characters, `\*` an asterisk, `\\` a backslash."""
    return (
        isinstance(value, str)
        and isinstance(pattern, str)
        and _wildcards(pattern).fullmatch(value) is not None
    )


_ORDER: dict[str, _Compare] = {
    "Equals": lambda a, b: bool(a == b),
    "LessThan": lambda a, b: bool(a < b),
    "GreaterThan": lambda a, b: bool(a > b),
    "LessThanEquals": lambda a, b: bool(a <= b),
    "GreaterThanEquals": lambda a, b: bool(a >= b),
}
_COMPARE: dict[str, _Compare] = {
    "BooleanEquals": lambda a, b: isinstance(a, bool) and equal(a, b),
    "StringMatches": matches,
    **{f"Numeric{name}": _numbers(test) for name, test in _ORDER.items()},
    **{f"String{name}": _strings(test) for name, test in _ORDER.items()},
    **{f"Timestamp{name}": _times(test) for name, test in _ORDER.items()},
}
_TESTS: dict[str, Callable[[Any], bool]] = {
    "IsPresent": lambda value: True,
    "IsNull": lambda value: value is None,
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsNumeric": is_number,
    "IsString": lambda value: isinstance(value, str),
    "IsTimestamp": lambda value: isinstance(parse_timestamp(value), datetime),
}
OPERATORS: frozenset[str] = frozenset(
    {*_TESTS, *_COMPARE, *(f"{name}Path" for name in _COMPARE if name != "StringMatches")}
)
"""The names of the comparison operators."""
