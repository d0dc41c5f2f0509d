"""Conditions of DynamoDB, checked once for each text in place of once for each row.

A query evaluates its condition on every row of its partition, and sorts them. MiniStack splits the text into tokens and
checks it each time, which takes four fifths of a query's time. A condition that compares texts alone, as that of a page
of a list, is evaluated here, and texts are sorted as they are.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from ministack.services import dynamodb

_MAX_CONDITIONS = 4_096


class Comparison(NamedTuple):
    """A comparison of an attribute with a value, or with the bounds of a BETWEEN; both by their names in the text."""

    attribute: str
    operator: str
    lower: str
    upper: str


_BETWEEN, _BEGINS_WITH = "BETWEEN", "begins_with"
_OPERATORS: dict[str, Callable[[str, str, str], bool]] = {
    "=": lambda text, value, _: text == value,
    "<": lambda text, value, _: text < value,
    "<=": lambda text, value, _: text <= value,
    ">": lambda text, value, _: text > value,
    ">=": lambda text, value, _: text >= value,
    _BETWEEN: lambda text, lower, upper: lower <= text <= upper,
    _BEGINS_WITH: lambda text, value, _: text.startswith(value),
}


class _Checked(NamedTuple):
    """The tokens of a valid condition, and the names of the bounds of each BETWEEN, which depend on the values.

    comparisons: those that the condition consists of, all of which must be true; None if it has other parts.
    """

    tokens: list[tuple[str, str]]
    bounds: list[tuple[str, str]]
    comparisons: tuple[Comparison, ...] | None


def cache_checked_conditions() -> None:
    """Check the text of each condition once: its values are not part of it."""
    dynamodb._condition_syntax_error = functools.lru_cache(_MAX_CONDITIONS)(dynamodb._condition_syntax_error)
    evaluate_text = dynamodb._evaluate_condition

    @functools.wraps(evaluate_text)
    def evaluate(
        text: str,
        item: Mapping[str, Any],
        values: Mapping[str, Any],
        names: Mapping[str, str],
        slot: str = "ConditionExpression",
    ) -> Any:
        checked = _checked(text, slot) if text else None
        if checked is not None and checked.comparisons is not None:
            result = _compare_texts(checked.comparisons, item, values, names)
            if result is not None:
                return result
        if checked is not None and not _has_wrong_bounds(checked, values):
            # MiniStack words an error below.
            with suppress(Exception):
                return dynamodb._ExprEval(checked.tokens, item, values, names).evaluate()
        return evaluate_text(text, item, values, names, slot)

    dynamodb._evaluate_condition = evaluate


def sort_texts_as_they_are() -> None:
    """Return the text of an attribute of a sort key without a look at other types."""
    order_value, sort_value = dynamodb._index_order_value, dynamodb._sort_key_value

    @functools.wraps(order_value)
    def order_text(item: Mapping[str, Any], name: str, type_hint: str) -> Any:
        if type_hint == "S" and (attribute := item.get(name)) and "S" in attribute:
            return attribute["S"]
        return order_value(item, name, type_hint)

    @functools.wraps(sort_value)
    def sort_text(attribute: Mapping[str, Any] | None, type_hint: str) -> Any:
        if type_hint == "S" and attribute and "S" in attribute:
            return attribute["S"]
        return sort_value(attribute, type_hint)

    dynamodb._index_order_value, dynamodb._sort_key_value = order_text, sort_text


@functools.lru_cache(_MAX_CONDITIONS)
def _checked(text: str, slot: str) -> _Checked | None:
    """Return the tokens of a condition; None for one that is not valid."""
    try:
        tokens = dynamodb._tokenize(text)
    except ValueError:
        return None
    if (
        dynamodb._check_redundant_parens(tokens, slot)
        or dynamodb._check_reserved_keyword_usage(tokens)
        or dynamodb._condition_syntax_error(text, slot)
    ):
        return None
    betweens = (
        place for place, (kind, word) in enumerate(tokens) if kind == "IDENT" and word.upper() == "BETWEEN"
    )
    bounds = [tokens[place + 1 : place + 4 : 2] for place in betweens]
    return _Checked(tokens, [(lower, upper) for (_, lower), (_, upper) in bounds], _comparisons(tokens))


def _comparisons(tokens: list[tuple[str, str]]) -> tuple[Comparison, ...] | None:
    """Return the comparisons of `a = :a AND b BETWEEN :b AND :c`; None for a condition with other parts."""
    comparisons = []
    rest = tokens
    while True:
        match rest:
            case [
                ("IDENT", function), ("LPAREN", _), ("NAME_REF" | "IDENT", name), ("COMMA", _),
                ("VALUE_REF", value), ("RPAREN", _), *rest,
            ] if function.lower() == _BEGINS_WITH:  # fmt: skip
                comparisons.append(Comparison(name, _BEGINS_WITH, value, value))
            case [("NAME_REF" | "IDENT", name), (_, operator), ("VALUE_REF", value), *rest] if (
                operator in _OPERATORS
            ):
                comparisons.append(Comparison(name, operator, value, value))
            case [
                ("NAME_REF" | "IDENT", name), ("IDENT", between), ("VALUE_REF", lower),
                ("IDENT", both), ("VALUE_REF", upper), *rest,
            ] if (between.upper(), both.upper()) == (_BETWEEN, "AND"):  # fmt: skip
                comparisons.append(Comparison(name, _BETWEEN, lower, upper))
            case _:
                return None
        match rest:
            case [("EOF", _)]:
                return tuple(comparisons)
            case [("IDENT", word), *rest] if word.upper() == "AND":
                pass
            case _:
                return None


def _compare_texts(
    comparisons: tuple[Comparison, ...],
    item: Mapping[str, Any],
    values: Mapping[str, Any],
    names: Mapping[str, str],
) -> bool | None:
    """Return whether all comparisons are true; None if one is not of texts, or has bounds in the wrong order."""
    result = True
    for name, operator, lower, upper in comparisons:
        try:
            text = item[names[name] if name[0] == "#" else name]["S"]
            first, last = values[lower]["S"], values[upper]["S"]
        except (KeyError, TypeError):
            return None
        if first > last:
            return None
        result = result and _OPERATORS[operator](text, first, last)
    return result


def comparisons_of(text: str, slot: str) -> tuple[Comparison, ...] | None:
    """Return the comparisons that a valid condition consists of; None for another one."""
    checked = _checked(text, slot)
    return None if checked is None else checked.comparisons


def _has_wrong_bounds(checked: _Checked, values: Mapping[str, Any]) -> bool:
    return any(
        dynamodb._between_bounds_error(values[lower], values[upper])
        for lower, upper in checked.bounds
        if lower in values and upper in values
    )
