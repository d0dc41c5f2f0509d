"""Conditions that are checked once have the results and the errors of MiniStack."""

from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from ministack.services import dynamodb

from local_aws.ministack.dynamodb.conditions import cache_checked_conditions, sort_texts_as_they_are

ITEM = {"pk": {"S": "a"}, "sk": {"S": "m"}, "units": {"N": "5"}, "lines": {"L": [{"M": {"sku": {"S": "x"}}}]}}
NAMES = {"#pk": "pk", "#sk": "sk", "#none": "none"}
VALUES = {
    ":a": {"S": "a"},
    ":b": {"S": "b"},
    ":first": {"S": "k"},
    ":last": {"S": "p"},
    ":m": {"S": "m"},
    ":5": {"N": "5"},
    ":x": {"S": "x"},
}
type Evaluate = Callable[..., Any]


@pytest.fixture
def evaluators() -> Iterator[tuple[Evaluate, Evaluate]]:
    """MiniStack's function, and the one in its place."""
    original = dynamodb._evaluate_condition
    with (
        patch.object(dynamodb, "_evaluate_condition", original),
        patch.object(dynamodb, "_condition_syntax_error", dynamodb._condition_syntax_error),
    ):
        cache_checked_conditions()
        yield original, dynamodb._evaluate_condition


def outcome(evaluate: Evaluate, text: str, values: dict[str, Any]) -> Any:
    try:
        return evaluate(text, ITEM, values, NAMES, "KeyConditionExpression")
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pk = :a",
        "pk = :b",
        "#pk = :a AND #sk BETWEEN :first AND :last",
        "#pk = :a AND #sk BETWEEN :last AND :first",
        "#pk = :a AND #sk BETWEEN :first AND :missing",
        "#pk = :b AND #sk BETWEEN :first AND :missing",
        "#pk = :a and sk between :a AND :b",
        "#pk = :a AND #sk = :last AND pk BETWEEN :a AND :b",
        "#pk = :a OR #sk = :last",
        "pk = :a AND sk > :first",
        "pk = :a AND sk > :m",
        "pk = :a AND sk >= :m",
        "pk = :a AND sk < :m",
        "pk = :a AND sk <= :m",
        "pk = :a AND sk <> :m",
        "pk = :a AND sk < :first",
        "#pk = :a AND BEGINS_WITH(#sk, :m)",
        "#pk = :a AND begins_with(#sk, :b)",
        "begins_with(units, :a)",
        "begins_with(#sk, :m) AND #pk",
        "units > :5",
        "#pk = :5",
        "units = :5 AND pk = :a",
        "units BETWEEN :5 AND :5",
        "#none = :a",
        "#unnamed = :a",
        "not = :a",
        "begins_with(#sk, :first) OR units >= :5",
        "NOT units < :5",
        "attribute_exists(#none)",
        "attribute_not_exists(#none) AND size(#sk) < :5",
        "lines[0].sku = :x",
        "units IN (:a, :5)",
        "((pk = :a))",
        "status = :a",
        "pk = = :a",
        "pk = :a AND",
        "pk ? :a",
        "unknown(pk)",
        "size(units) = :5",
    ],
)
def test_condition_has_the_outcome_of_ministack_each_time(
    evaluators: tuple[Evaluate, Evaluate], text: str
) -> None:
    original, cached = evaluators
    expected = outcome(original, text, VALUES)
    assert [outcome(cached, text, VALUES) for _ in range(2)] == [expected] * 2


def test_same_text_is_evaluated_with_the_values_of_each_request(
    evaluators: tuple[Evaluate, Evaluate],
) -> None:
    cached = evaluators[1]
    text = "#sk BETWEEN :first AND :last"
    assert outcome(cached, text, VALUES) is True
    assert outcome(cached, text, VALUES | {":last": {"S": "l"}}) is False
    assert "BETWEEN" in outcome(cached, text, VALUES | {":last": {"S": "a"}})


@pytest.mark.parametrize("kind", ["S", "N", "B"])
@pytest.mark.parametrize(
    "attribute", [{"S": "é"}, {"S": ""}, {"N": "10"}, {"B": "AQ=="}, {}, None, {"BOOL": True}], ids=repr
)
def test_value_to_sort_by_is_that_of_ministack(
    monkeypatch: pytest.MonkeyPatch, kind: str, attribute: dict[str, Any] | None
) -> None:
    item = {} if attribute is None else {"sk": attribute}
    order_value, sort_value = dynamodb._index_order_value, dynamodb._sort_key_value
    monkeypatch.setattr(dynamodb, "_index_order_value", order_value)
    monkeypatch.setattr(dynamodb, "_sort_key_value", sort_value)
    expected = order_value(item, "sk", kind), order_value(item, "", kind), sort_value(item.get("sk"), kind)
    sort_texts_as_they_are()
    assert expected == (
        dynamodb._index_order_value(item, "sk", kind),
        dynamodb._index_order_value(item, "", kind),
        dynamodb._sort_key_value(item.get("sk"), kind),
    )
