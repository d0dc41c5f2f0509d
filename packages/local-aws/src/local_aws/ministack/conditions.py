"""Conditions of DynamoDB, checked once for each text in place of once for each row.

A query evaluates its condition on every row of its partition. MiniStack splits the text into tokens and checks it each
time, which takes four fifths of a query's time.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from ministack.services import dynamodb

_MAX_CONDITIONS = 4_096


class _Checked(NamedTuple):
    """The tokens of a valid condition, and the names of the bounds of each BETWEEN, which depend on the values."""

    tokens: list[tuple[str, str]]
    bounds: list[tuple[str, str]]


def cache_checked_conditions() -> None:
    """Check the text of each condition once: its values are not part of it."""
    dynamodb._condition_syntax_error = functools.lru_cache(_MAX_CONDITIONS)(dynamodb._condition_syntax_error)
    evaluate_text = dynamodb._evaluate_condition

    def evaluate(
        text: str,
        item: Mapping[str, Any],
        values: Mapping[str, Any],
        names: Mapping[str, str],
        slot: str = "ConditionExpression",
    ) -> Any:
        checked = _checked(text, slot) if text else None
        if checked is not None and not _has_wrong_bounds(checked, values):
            # MiniStack words an error below.
            with suppress(Exception):
                return dynamodb._ExprEval(checked.tokens, item, values, names).evaluate()
        return evaluate_text(text, item, values, names, slot)

    dynamodb._evaluate_condition = evaluate


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
    return _Checked(tokens, [(lower, upper) for (_, lower), (_, upper) in bounds])


def _has_wrong_bounds(checked: _Checked, values: Mapping[str, Any]) -> bool:
    return any(
        dynamodb._between_bounds_error(values[lower], values[upper])
        for lower, upper in checked.bounds
        if lower in values and upper in values
    )
