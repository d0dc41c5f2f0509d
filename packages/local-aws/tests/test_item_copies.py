"""Copies of DynamoDB's items: equal, and independent of the original."""

from collections import defaultdict

import pytest
from ministack.services import dynamodb

from local_aws.ministack.dynamodb.item_copies import cache_tokens, copied

ITEM = {
    "pk": {"S": "a"},
    "flag": {"BOOL": True},
    "none": {"NULL": True},
    "names": {"SS": ["x", "y"]},
    "bytes": {"B": b"\x00\x01"},
    "lines": {"L": [{"M": {"quantity": {"N": "2"}}}]},
}


def test_copy_is_equal_and_changes_of_it_leave_the_original() -> None:
    copy = copied(ITEM)
    assert copy == ITEM
    copy["lines"]["L"][0]["M"]["quantity"]["N"] = "3"
    copy["names"]["SS"].append("z")
    assert ITEM["lines"] == {"L": [{"M": {"quantity": {"N": "2"}}}]}
    assert ITEM["names"] == {"SS": ["x", "y"]}


def test_copy_of_another_mapping_keeps_its_type() -> None:
    tables = defaultdict(dict, a={"b": ITEM})
    copy = copied(tables)
    assert isinstance(copy, defaultdict)
    assert copy == tables
    assert copy["a"]["b"] is not ITEM


@pytest.mark.parametrize(
    "text", ["SET #a = if_not_exists(#a, :zero) + :one REMOVE b, c[0] ADD d :one DELETE e :set", "a = :one"]
)
def test_tokens_of_an_expression_are_not_changed_by_its_use(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynamodb, "_tokenize", dynamodb._tokenize)
    cache_tokens()
    before = list(dynamodb._tokenize(text))
    values = {":one": {"N": "1"}, ":zero": {"N": "0"}, ":set": {"SS": ["x"]}}
    item = {"c": {"L": [{"S": "x"}]}, "e": {"SS": ["x", "y"]}}
    if text.startswith("SET"):
        changed, _ = dynamodb._apply_update_expression(item, text, values, {"#a": "a"})
        assert (changed["a"], changed["d"], changed["e"]) == ({"N": "1"}, {"N": "1"}, {"SS": ["y"]})
    else:
        assert dynamodb._evaluate_condition(text, {"a": {"N": "1"}}, values, {})
    assert dynamodb._tokenize(text) is dynamodb._tokenize(text)
    assert dynamodb._tokenize(text) == before
