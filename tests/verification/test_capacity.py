"""The capacity that DynamoDB requests consume, by AWS's rules on sizes and units."""

from collections.abc import Iterator
from typing import Any

import pytest
from tillflow.aws import client

from verification.harness.capacity import CapacityMeter, index_units, item_size, read_units, write_units
from verification.harness.dynamodb import local_dynamodb
from verification.harness.template import Template

KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "äb"}, 3),
        ({"S": ""}, 0),
        ({"N": "0"}, 1),
        ({"N": "-1234500"}, 4),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"L": [{"S": "ab"}, {"N": "7"}]}, 3 + 1 + 2 + 1 + 2),
        ({"M": {"k": {"S": "ab"}}}, 3 + 1 + 1 + 2),
        ({"SS": ["a", "bc"]}, 3),
    ],
)
def test_size_of_an_item_is_its_names_and_values(value: dict[str, Any], size: int) -> None:
    assert item_size({"name": value}) == 4 + size


@pytest.mark.parametrize(("length", "units"), [(0, 1), (1023, 1), (1024, 2), (2047, 2), (2048, 3)])
def test_write_units_are_kibibytes_of_the_larger_item(length: int, units: int) -> None:
    item = {"n": {"S": "x" * length}}
    assert write_units(item, {}, transactional=False) == units
    assert write_units({}, item, transactional=True) == 2 * units


@pytest.mark.parametrize(("size", "units"), [(0, 1), (4096, 1), (4097, 2)])
def test_read_units_are_four_kibibytes_and_half_when_eventually_consistent(size: int, units: int) -> None:
    assert read_units(size, consistent=True) == units
    assert read_units(size, consistent=False) == units / 2
    assert read_units(size, consistent=True, transactional=True) == units * 2


def test_index_is_written_when_its_entry_changes_and_twice_when_it_moves() -> None:
    item = KEY | {"h": {"S": "1"}, "other": {"S": "x"}}
    assert index_units({}, item, "h", "pk", included=()) == 1
    assert index_units(item, item | {"other": {"S": "y"}}, "h", "pk", included=()) == 0
    assert index_units(item, item | {"other": {"S": "y"}}, "h", "pk", included=None) == 1
    assert index_units(item, item | {"other": {"S": "y"}}, "h", "pk", included=("other",)) == 1
    assert index_units(item, item | {"other": {"S": "y"}}, "h", "pk", included=("more",)) == 0
    assert index_units(item, item | {"h": {"S": "2"}}, "h", "pk", included=()) == 2
    assert index_units({}, KEY, "h", "pk", included=()) == 0


@pytest.fixture
def meter() -> Iterator[CapacityMeter]:
    with local_dynamodb(Template.read()) as tables:
        meter = CapacityMeter(tables)
        meter.start()
        yield meter


def test_meter_adds_the_units_of_each_request(meter: CapacityMeter) -> None:
    dynamodb = client("dynamodb")
    item = KEY | {"text": {"S": "x" * 1500}}
    dynamodb.put_item(TableName="OrdersTable", Item=item)
    assert (meter.requests, meter.writes, meter.reads) == (1, 2, 0)
    dynamodb.get_item(TableName="OrdersTable", Key=KEY, ConsistentRead=True)
    dynamodb.query(
        TableName="OrdersTable",
        KeyConditionExpression="pk = :a",
        ExpressionAttributeValues={":a": {"S": "a"}},
    )
    assert (meter.requests, meter.writes, meter.reads) == (3, 2, 1.5)
    check = {"TableName": "OrdersTable", "Key": KEY, "ConditionExpression": "attribute_exists(pk)"}
    put = {"TableName": "LedgerTable", "Item": KEY}
    dynamodb.transact_write_items(TransactItems=[{"ConditionCheck": check}, {"Put": put}])
    assert (meter.requests, meter.writes) == (4, 2 + 4 + 2)
