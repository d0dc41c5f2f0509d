"""Pages of a list while rows are written and removed: what stays is listed once, whatever else changes."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from customers.models import Customer
from customers.store import CustomersStore
from tillflow.aws import client
from tillflow.store import key, marshal

from tests.support import shop_rows
from tests.support.http_api import HttpApi, http_api
from verification.harness.fixture import workflow_fixture

LISTS = {
    "/customers": ("customers", "customer_id", "CustomersTable"),
    "/orders": ("orders", "order_id", "OrdersTable"),
    "/images": ("images", "key", "ImagesTable"),
}
KEPT, ADDED = 12, 40


@pytest.fixture
def api() -> Iterator[HttpApi]:
    with workflow_fixture() as fixture, http_api(fixture) as built:
        yield built


def put(path: str, number: int) -> tuple[str, str, str]:
    """Write a record; return its id and its row's key."""
    name = f"n{number * 7919 % 1000:03}"
    if path == "/orders":
        row = dict(shop_rows.rows()["OrdersTable"][0])
        placed = f"2026-11-{1 + number % 28:02}T10:00:00Z"
        row |= {"pk": f"ORDER#{name}", "order_id": name, "placed_at": placed, "list": "ORDERS"}
        row |= {"location": "store-1", "customer_id": "-"}
    elif path == "/customers":
        # The list has a row of its own for each customer.
        CustomersStore(client("dynamodb"), "CustomersTable").create(
            Customer(customer_id=name, name=name), datetime.now(UTC)
        )
        return name, "CUSTOMERS", name
    else:
        times = {"updated_at": "2026-11-23T10:00:00Z", "status": "READY", "outputs": []}
        row = {"pk": f"IMAGE#{name}", "sk": "IMAGE", "key": name, "image_id": name, **times}
    client("dynamodb").put_item(TableName=LISTS[path][2], Item=marshal(row))
    return name, row["pk"], row["sk"]


@pytest.mark.parametrize("path", LISTS)
def test_rows_that_stay_are_listed_once_while_others_come_and_go(api: HttpApi, path: str) -> None:
    name, identifier, table = LISTS[path]
    kept = {put(path, number)[0] for number in range(KEPT)}
    listed: list[str] = []
    cursor, number, removable = "", KEPT, list[tuple[str, str, str]]()
    while cursor is not None:
        page = api.get(path, query={"limit": "3", "cursor": cursor}).body
        listed += [row[identifier] for row in page[name]]
        cursor = page["next_cursor"]
        if number < ADDED:
            removable += [put(path, number), put(path, number + 1)]
            number += 2
            _, pk, sk = removable.pop(0)
            client("dynamodb").delete_item(TableName=table, Key=key(pk, sk))
    assert sorted(row for row in listed if row in kept) == sorted(kept)
