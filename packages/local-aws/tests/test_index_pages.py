"""Pages of indexes that read the rows of a page alone are those of MiniStack."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from ministack.services import dynamodb

from local_aws.ministack.dynamodb.in_process import request_at_once, separate_tables
from local_aws.ministack.dynamodb.index_pages import OrderedMembers, install_index_pages
from local_aws.ministack.scope import default_scope

ROWS = 60
STATUSES = ("OPEN", "PAID")


def send(operation: str, **request: Any) -> dict[str, Any]:
    _, _, body = request_at_once(operation, json.dumps({"TableName": "orders"} | request).encode())
    response: dict[str, Any] = json.loads(body)
    return response


@pytest.fixture(autouse=True)
def table() -> Iterator[None]:
    """Create a table with an index of texts, one of numbers, and one without a sort key."""
    with (
        patch.object(dynamodb, "_query", dynamodb._query),
        patch.object(dynamodb, "_index_members", dynamodb._index_members),
        patch.object(dynamodb, "_set_item", dynamodb._set_item),
        patch.object(dynamodb, "_remove_item", dynamodb._remove_item),
        default_scope(),
        separate_tables(),
    ):
        texts = ("pk", "sk", "status", "placed_at")
        indexes = {"texts": ("status", "placed_at"), "numbers": ("status", "total"), "all": ("status",)}
        send(
            "CreateTable",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in texts]
            + [{"AttributeName": "total", "AttributeType": "N"}],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index,
                    "Projection": {"ProjectionType": "ALL"},
                    "KeySchema": [
                        {"AttributeName": name, "KeyType": kind}
                        for name, kind in zip(names, ("HASH", "RANGE"), strict=False)
                    ],
                }
                for index, names in indexes.items()
            ],
        )
        yield


def put(number: int, status: str = "OPEN", second: int | None = None) -> None:
    item = {
        "pk": {"S": f"o{number}"},
        "sk": {"S": "ORDER"},
        "status": {"S": status},
        # Several rows have the same time.
        "placed_at": {"S": f"2026-01-01T00:00:{number // 3 if second is None else second:02}"},
        "total": {"N": str(number)},
    }
    send("PutItem", Item=item)


def pages(index: str = "texts", **request: Any) -> list[dict[str, Any]]:
    """Return all pages of a query of an index."""
    values = {":s": {"S": "OPEN"}} | request.pop("ExpressionAttributeValues", {})
    query = {"IndexName": index, "KeyConditionExpression": "#s = :s", "Limit": 7} | request
    names = {"#s": "status"} | ({"#t": "placed_at"} if "#t" in query["KeyConditionExpression"] else {})
    query |= {"ExpressionAttributeValues": values, "ExpressionAttributeNames": names}
    found = [send("Query", **query)]
    while "LastEvaluatedKey" in found[-1]:
        found.append(send("Query", **query, ExclusiveStartKey=found[-1]["LastEvaluatedKey"]))
    return found


BETWEEN = {
    "KeyConditionExpression": "#s = :s AND #t BETWEEN :a AND :b",
    "ExpressionAttributeValues": {
        ":a": {"S": "2026-01-01T00:00:04"},
        ":b": {"S": "2026-01-01T00:00:11"},
    },
}
REQUESTS: list[dict[str, Any]] = [
    {},
    {"ScanIndexForward": False},
    BETWEEN,
    BETWEEN | {"ScanIndexForward": False, "Limit": 1},
    {
        "KeyConditionExpression": "#t = :a AND :s = #s",
        "ExpressionAttributeValues": {":a": {"S": "2026-01-01T00:00:04"}},
    },
    {
        "KeyConditionExpression": "#s = :s AND #t >= :a",
        "ExpressionAttributeValues": {":a": {"S": "2026-01-01T00:00:09"}},
    },
    {
        "KeyConditionExpression": "#s = :s AND begins_with(#t, :a)",
        "ExpressionAttributeValues": {":a": {"S": "2026-01-01T00:00:1"}},
    },
    {"FilterExpression": "total > :n", "ExpressionAttributeValues": {":n": {"N": "30"}}},
    {"index": "numbers"},
    {"index": "numbers", "ScanIndexForward": False},
    {"index": "all"},
    {"Limit": ROWS},
    {"Limit": ROWS + 1, "Select": "COUNT"},
]


def every_page() -> list[list[dict[str, Any]]]:
    return [pages(**request) for request in REQUESTS]


def test_pages_are_those_of_ministack() -> None:
    for number in range(ROWS):
        put(number)
    expected = every_page()
    install_index_pages()
    assert every_page() == expected
    assert [len(each) for each in expected[:3]] == [9, 9, 4]
    partitions = dynamodb._tables["orders"][dynamodb._INDEX_MEMBERS]
    ordered = {name: isinstance(members["OPEN"], OrderedMembers) for name, members in partitions.items()}
    assert ordered == {"texts": True, "numbers": False, "all": False}


def test_pages_follow_the_changes_of_rows() -> None:
    choices = random.Random(1)
    query, members = dynamodb._query, dynamodb._index_members
    for number in range(ROWS):
        put(number)
    install_index_pages()
    pages()
    for _ in range(12):
        for _ in range(5):
            number = choices.randrange(ROWS)
            if choices.random() < 0.3:
                send("DeleteItem", Key={"pk": {"S": f"o{number}"}, "sk": {"S": "ORDER"}})
            else:
                put(number, choices.choice(STATUSES + STATUSES[:1]), choices.randrange(20))
        actual = every_page()
        with patch.object(dynamodb, "_query", query), patch.object(dynamodb, "_index_members", members):
            assert actual == every_page()


def test_page_reads_its_own_rows_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(ROWS):
        put(number)
    install_index_pages()
    evaluated: list[Any] = []
    evaluate = dynamodb._evaluate_condition

    def count(*arguments: Any, **named: Any) -> Any:
        evaluated.append(arguments)
        return evaluate(*arguments, **named)

    monkeypatch.setattr(dynamodb, "_evaluate_condition", count)
    request = {"IndexName": "texts", "KeyConditionExpression": "#s = :s", "Limit": 7}
    request |= {"ExpressionAttributeNames": {"#s": "status"}}
    page = send("Query", **request, ExpressionAttributeValues={":s": {"S": "OPEN"}})
    assert (page["Count"], len(evaluated)) == (7, 7)


def test_row_is_not_deleted_during_a_query(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(ROWS):
        put(number)
    install_index_pages()
    evaluate = dynamodb._evaluate_condition
    deletions: list[threading.Thread] = []

    def delete_and_evaluate(*arguments: Any, **named: Any) -> Any:
        if not deletions:
            table = dynamodb._tables["orders"]
            deletions.append(threading.Thread(target=dynamodb._remove_item, args=(table, "o3", "ORDER")))
            deletions[0].start()
            deletions[0].join(0.1)
            assert "ORDER" in table["items"]["o3"]
        return evaluate(*arguments, **named)

    monkeypatch.setattr(dynamodb, "_evaluate_condition", delete_and_evaluate)
    assert sum(page["Count"] for page in pages(Limit=ROWS // 2)) == ROWS
    deletions[0].join()
    assert "o3" not in dynamodb._tables["orders"]["items"]
