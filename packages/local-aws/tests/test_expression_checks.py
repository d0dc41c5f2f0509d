"""Expressions that DynamoDB rejects, and updates with its types and digits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from ministack.services import dynamodb

from local_aws.ministack.dynamodb import in_process
from local_aws.ministack.dynamodb.expression_checks import install_expression_checks

ITEM = {
    "pk": {"S": "a"},
    "sk": {"S": "s"},
    "units": {"N": "12345678901234567890123456789012345678"},
    "label": {"S": "abc"},
    "lines": {"L": [{"N": "1"}, {"N": "2"}, {"N": "3"}]},
    "box": {"M": {"x": {"N": "1"}}},
}
KEY = {name: ITEM[name] for name in ("pk", "sk")}
WRONG_TYPE = "An operand in the update expression has an incorrect data type"


@pytest.fixture(autouse=True)
def table() -> Iterator[None]:
    names = ["_validate_expression_attrs", "_eval_set_value", "_apply_update_expression", "_apply_remove"]
    names.append("_transact_write_action_error")
    patches = [patch.object(dynamodb, name, getattr(dynamodb, name)) for name in names]
    for each in patches:
        each.start()
    install_expression_checks()
    with in_process.separate_tables():
        keys = [("pk", "HASH"), ("sk", "RANGE")]
        request(
            "CreateTable",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        )
        request("PutItem", Item=ITEM)
        yield
    for each in patches:
        each.stop()


def request(operation: str, **parameters: Any) -> dict[str, Any]:
    body = json.dumps({"TableName": "rows", **parameters}).encode()
    response: dict[str, Any] = json.loads(in_process.request({"x-amz-target": f".{operation}"}, body)[2])
    return response


def update(text: str, values: dict[str, Any] | None = None, **parameters: Any) -> dict[str, Any]:
    if values:
        parameters["ExpressionAttributeValues"] = values
    return request("UpdateItem", Key=KEY, UpdateExpression=text, ReturnValues="UPDATED_NEW", **parameters)


@pytest.mark.parametrize(
    ("text", "value", "message"),
    [
        ("SET units = label + :v", {"N": "1"}, WRONG_TYPE),
        ("SET units = :v - label", {"N": "1"}, WRONG_TYPE),
        ("SET units = if_not_exists(label, :v) + :v", {"N": "1"}, WRONG_TYPE),
        ("SET #l = list_append(label, :v)", {"L": []}, WRONG_TYPE),
        ("SET #l = list_append(:v, units)", {"L": []}, WRONG_TYPE),
        ("SET units = units + :v", {"S": "1"}, "operator or function: +, operand type: S"),
        ("SET units = units - :v", {"BOOL": True}, "operator or function: -, operand type: BOOL"),
        ("SET #l = list_append(#l, :v)", {"S": "1"}, "operator or function: list_append, operand type: S"),
        ("SET #l = lists(#l, :v)", {"L": []}, "Invalid function name; function: lists"),
        ("SET units = size(:v)", {"L": []}, "The function is not allowed in an update expression; function: size"),
        ("SET #l = list_append(:v)", {"L": []}, "operator or function: list_append, number of operands: 1"),
        ("SET #l = if_not_exists(:v, :v)", {"L": []}, "requires a document path; operator or function: if_not_exists"),
        ("SET #l = :v, #l[0] = :v", {"N": "1"}, "overlap with each other; must remove or rewrite one of these paths; "
         "path one: [lines], path two: [lines, [0]]"),
        ("SET label = :v REMOVE label", {"N": "1"}, "path one: [label], path two: [label]"),
        ("SET #m.x = :v, #m[0] = :v", {"N": "1"}, "Two document paths conflict with each other; must remove or rewrite "
         "one of these paths; path one: [box, x], path two: [box, [0]]"),
        ("SET label = :v SET units = :v", {"N": "1"}, 'The "SET" section can only be used once in an update'),
        ("SET label = :v garbage", {"N": "1"}, 'Syntax error; token: "garbage", near: ":v garbage"'),
        ("SET label = :v + :v + :v", {"N": "1"}, 'Syntax error; token: "+", near: ":v + :v"'),
        ("SET label = 5, units = :v", {"N": "1"}, 'Syntax error; token: "5", near: "= 5,"'),
        ("SET label = :v,", {"N": "1"}, 'Syntax error; token: "<EOF>", near: ","'),
        ("SET label", None, 'Syntax error; token: "<EOF>", near: "label"'),
        ("ADD units 5", None, 'Syntax error; token: "5", near: "units 5"'),
    ],
)  # fmt: skip
def test_invalid_update_is_rejected_and_changes_nothing(
    text: str, value: dict[str, Any] | None, message: str
) -> None:
    names = {name: word for name, word in (("#l", "lines"), ("#m", "box")) if name in text}
    parameters = {"ExpressionAttributeNames": names} if names else {}
    response = update(text, {":v": value} if value else None, **parameters)
    assert message in response["message"]
    assert list(in_process.items("rows")) == [ITEM]


@pytest.mark.parametrize(
    ("text", "value", "changed"),
    [
        ("SET units = units + :v", "1", {"units": {"N": "12345678901234567890123456789012345679"}}),
        ("SET units = units - :v", "8", {"units": {"N": "12345678901234567890123456789012345670"}}),
        ("ADD units :v", "-8", {"units": {"N": "12345678901234567890123456789012345670"}}),
        ("SET fewer = (if_not_exists(fewer, :v) - :v)", "5", {"fewer": {"N": "0"}}),
        (
            "SET #l[0] = :v, #l[1] = :v REMOVE label",
            "9",
            {"lines": {"L": [{"N": "9"}, {"N": "9"}, {"N": "3"}]}},
        ),
    ],
)
def test_update_keeps_38_digits(text: str, value: str, changed: dict[str, Any]) -> None:
    parameters = {"ExpressionAttributeNames": {"#l": "lines"}} if "#l" in text else {}
    assert update(text, {":v": {"N": value}}, **parameters)["Attributes"] == changed


def test_elements_are_removed_by_their_numbers_before_the_update() -> None:
    update("REMOVE #l[0], #l[1]", ExpressionAttributeNames={"#l": "lines"})
    assert request("GetItem", Key=KEY)["Item"]["lines"] == {"L": [{"N": "3"}]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("exists(label)", "Invalid function name; function: exists"),
        ("ATTRIBUTE_EXISTS(label)", "Invalid function name; function: ATTRIBUTE_EXISTS"),
        ("attribute_exists(label, units)", "operator or function: attribute_exists, number of operands: 2"),
        ("attribute_not_exists(:v)", "requires a document path; operator or function: attribute_not_exists"),
        ("NOT attribute_type(label, :v)", "type: Q, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"),
    ],
)
def test_invalid_condition_is_rejected(text: str, message: str) -> None:
    values = {":v": {"S": "Q"}}
    response = update("SET label = :v", values, ConditionExpression=text)
    assert response["message"].startswith("Invalid ConditionExpression: ")
    assert response["message"].endswith(message)
    check = {"TableName": "rows", "Key": KEY, "ConditionExpression": text}
    if ":v" in text:
        check["ExpressionAttributeValues"] = values
    transaction = request("TransactWriteItems", TransactItems=[{"ConditionCheck": check}])
    assert message in transaction["message"]


def test_names_that_look_like_functions_or_keywords_are_names() -> None:
    response = update(
        "SET label = :v",
        {":v": {"S": "x"}, ":in": {"S": "abc"}},
        ConditionExpression="#in IN (:in) AND (#map.x <> :v) AND NOT (#in = :v) AND size(#map) = size(#map)",
        ExpressionAttributeNames={"#in": "label", "#map": "box"},
    )
    assert response["Attributes"] == {"label": {"S": "x"}}


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("pk = :v OR sk = :v", "Invalid operator used in KeyConditionExpression: OR"),
        ("pk = :v AND sk <> :v", "Invalid operator used in KeyConditionExpression: <>"),
        ("pk = :v AND contains(sk, :v)", "Invalid operator used in KeyConditionExpression: contains"),
        (
            "pk = :v AND starts(sk, :v)",
            "Invalid KeyConditionExpression: Invalid function name; function: starts",
        ),
    ],
)
def test_query_with_an_operator_for_other_attributes_is_rejected(condition: str, message: str) -> None:
    query = request("Query", KeyConditionExpression=condition, ExpressionAttributeValues={":v": {"S": "a"}})
    assert query["message"] == message


@pytest.mark.parametrize("name", ["sk", "#sk"])
def test_query_does_not_filter_by_its_key(name: str) -> None:
    names = {"ExpressionAttributeNames": {"#sk": "sk"}} if name == "#sk" else {}
    query = {"KeyConditionExpression": "pk = :v", "ExpressionAttributeValues": {":v": {"S": "a"}}} | names
    assert request("Query", FilterExpression=f"begins_with({name}, :v)", **query)["message"] == (
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk"
    )
    within = request("Query", FilterExpression=f"box.{name} = :v", **query)
    assert within["Count"] == 0, within
