"""Drafts over HTTP, from keeping an order to selling it."""

from collections.abc import Iterator
from typing import Any

import pytest
from orders.drafts.operations import DraftOperations
from orders.errors import OrderExists
from tillflow.aws import client
from tillflow.store import key

from tests.support.http_api import HttpApi, http_api
from tests.support.references import NONE_UNKNOWN
from till.shop import CURRENCY, ESPRESSO, LOCATION, MUG
from verification.harness.fixture import seed_stock, workflow_fixture

ORDER: dict[str, Any] = {
    "location": LOCATION,
    "register": "till-1",
    "currency": CURRENCY,
    "lines": [{"sku": MUG, "quantity": 1}],
}
SALE = {"placed_at": "2026-11-23T10:00:00Z", "tenders": [{"type": "cash"}]}


@pytest.fixture
def api() -> Iterator[HttpApi]:
    with workflow_fixture() as shop, http_api(shop) as built:
        seed_stock({ESPRESSO: 10, MUG: 10})
        assert built.post("/drafts", {"draft_id": "drf-1", "order": ORDER}, group="cashier").status == 201
        yield built


def put(api: HttpApi, version: int, **changes: Any) -> Any:
    headers = {"if-match": f'"{version}"'}
    key, path = "PUT /api/drafts/{draft_id}", {"draft_id": "drf-1"}
    return api.call(key, path, body=ORDER | changes, headers=headers, group="cashier")


def test_draft_is_changed_at_its_version_alone(api: HttpApi) -> None:
    assert put(api, 1, lines=[{"sku": MUG, "quantity": 2}]).headers["etag"] == '"2"'
    assert put(api, 1, note="late").status == 409
    [draft] = api.get("/drafts", query={"location": LOCATION}, group="cashier").body["drafts"]
    assert (draft["version"], draft["order"]["lines"][0]["quantity"]) == (2, 2)


def test_draft_is_sold_once_at_the_prices_of_now(api: HttpApi) -> None:
    first = api.post("/drafts/drf-1/sell", SALE, query={"wait": "0"}, group="cashier")
    assert first.status == 202, first.text
    api.fixture.engine.pass_time(5)
    again = api.post("/drafts/drf-1/sell", SALE, query={"wait": "0"}, group="cashier")
    assert (again.status, again.body["status"], again.body["total"]) == (201, "PAID", 1250)
    other = SALE | {"placed_at": "2026-11-23T11:00:00Z"}
    assert api.post("/drafts/drf-1/sell", other, query={"wait": "0"}, group="cashier").status == 409
    assert put(api, 2).status == 409
    assert api.fixture.audit() == []


def test_draft_with_the_id_of_an_order_is_refused_and_stays_open(api: HttpApi) -> None:
    order = {
        **ORDER,
        "order_id": "drf-1",
        "placed_at": SALE["placed_at"],
        "tenders": [{"type": "card", "token": "tok_visa"}],
    }
    api.post("/orders", order, query={"wait": "0"})
    # The first time its checkout has not opened the order, the second time it has.
    for title in ("IdempotencyConflict", "IdempotencyConflict"):
        refused = api.post("/drafts/drf-1/sell", SALE, query={"wait": "0"}, group="cashier")
        assert (refused.status, refused.body["title"]) == (409, title), refused.text
        assert api.get("/drafts/drf-1", group="cashier").body["status"] == "OPEN"
        api.fixture.engine.pass_time(5)
    assert api.get("/orders/drf-1").body["total"] == 1250
    assert api.fixture.audit() == []


def test_draft_of_an_order_whose_execution_is_deleted_is_refused_and_stays_open(api: HttpApi) -> None:
    drafts, existing = (
        DraftOperations(client("dynamodb"), "OrdersTable", NONE_UNKNOWN),
        key("ORDER#drf-1", "ORDER"),
    )
    client("dynamodb").put_item(TableName="OrdersTable", Item=existing)
    with pytest.raises(OrderExists):
        drafts.sell("drf-1", 1)
    assert drafts.get("drf-1").status == "OPEN"
    client("dynamodb").delete_item(TableName="OrdersTable", Key=existing)
    assert drafts.sell("drf-1", 1).status == "PLACED"


def test_draft_is_not_created_with_the_id_of_an_order(api: HttpApi) -> None:
    sale = {**ORDER, "order_id": "ord-9", **SALE}
    api.post("/orders", sale, query={"wait": "0"})
    api.fixture.engine.pass_time(5)
    refused = api.post("/drafts", {"draft_id": "ord-9", "order": ORDER}, group="cashier")
    assert (refused.status, refused.body["title"]) == (409, "OrderExists")
    assert api.get("/drafts/ord-9").status == 404


def test_discarded_draft_is_not_sold(api: HttpApi) -> None:
    assert api.post("/drafts/drf-1/discard", None, group="cashier").body["status"] == "DISCARDED"
    assert api.post("/drafts/drf-1/sell", SALE, query={"wait": "0"}, group="cashier").status == 409
    assert api.get("/drafts/drf-9").status == 404


@pytest.mark.parametrize(
    ("refused", "status"),
    [
        ({"approval_note": "regular"}, 403),
        ({"tenders": [{"type": "card", "token": "x4111111111111111"}]}, 400),
        ({"tenders": [{"type": "gift_card", "code": "1234"}]}, 400),
    ],
    ids=["approval by a cashier", "card number", "gift card"],
)
def test_draft_stays_open_when_its_sale_is_refused_before_it_starts(
    api: HttpApi, refused: dict[str, Any], status: int
) -> None:
    response = api.post("/drafts/drf-1/sell", SALE | refused, query={"wait": "0"}, group="cashier")
    assert response.status == status, response.text
    [draft] = api.get("/drafts", query={"location": LOCATION}, group="cashier").body["drafts"]
    assert (draft["status"], draft["version"]) == ("OPEN", 1)
    assert put(api, 1, note="changed").status == 200
