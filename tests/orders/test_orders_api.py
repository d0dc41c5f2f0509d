"""Orders over HTTP: who may change an order, and cancels that lose against other workflows."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import orders.waiting
import pytest
from botocore.exceptions import ClientError
from orders.operations import OrderOperations
from tillflow.aws import client

from tests.support.http_api import HttpApi, HttpResponse, http_api
from tests.support.references import none_unknown
from till.demo.order_checkout import BASKET, CASH, card, order
from till.shop import CURRENCY, ESPRESSO, LOCATION, MUG, WAREHOUSE
from verification.harness.fixture import seed_stock, workflow_fixture

CHECKOUT, CANCEL = (f"arn:aws:states:us-east-1:1:stateMachine:{name}" for name in ("checkout", "cancel"))
AT = "2026-11-23T10:00:00Z"
UNITS = {"currency": CURRENCY, "lines": [{"line_no": 1, "sku": ESPRESSO, "quantity": 1}]}
NEW_SALE = order({MUG: 1}, CASH, order_id="ord-2", placed_at=AT)
DRAFT = {
    "location": LOCATION,
    "register": "till-1",
    "currency": CURRENCY,
    "lines": [{"sku": MUG, "quantity": 1}],
}


@pytest.fixture
def api() -> Iterator[HttpApi]:
    with workflow_fixture() as shop, http_api(shop) as built:
        seed_stock({ESPRESSO: 10, MUG: 10})
        shop.run(order(BASKET, card("tok_visa"), order_id="ord-1", placed_at=AT))
        yield built


def cancel(api: HttpApi, wait: int = 0) -> HttpResponse:
    return api.post("/orders/ord-1/cancel", {"reason": "x"}, query={"wait": str(wait)}, group="cashier")


WRITES: list[tuple[str, Any]] = [
    ("/orders/ord-1/cancel", {"reason": "changed mind"}),
    ("/orders/ord-1/returns", UNITS | {"return_id": "ret-1"}),
    (
        "/orders/ord-1/exchanges",
        {"return": UNITS | {"return_id": "ret-1"}, "sale": NEW_SALE | {"location": WAREHOUSE}},
    ),
    ("/drafts/drf-1/discard", None),
]


@pytest.mark.parametrize(("path", "body"), WRITES, ids=["cancel", "return", "exchange", "draft"])
def test_cashier_changes_orders_of_the_own_location_only(api: HttpApi, path: str, body: Any) -> None:
    api.post("/drafts", {"draft_id": "drf-1", "order": DRAFT}, group="cashier")
    query = {"wait": "0"} if body else {}
    elsewhere = api.post(path, body, query=query, group="cashier", location=WAREHOUSE)
    assert (elsewhere.status, elsewhere.body["title"]) == (403, "LocationNotAllowed")
    assert api.get("/orders/ord-1").body["status"] == "PAID"
    own = body if not body or "sale" not in body else body | {"sale": NEW_SALE}
    assert api.post(path, own, query=query, group="cashier", location=LOCATION).status < 300


def test_draft_of_another_location_is_not_taken_over(api: HttpApi) -> None:
    api.post("/drafts", {"draft_id": "drf-1", "order": DRAFT}, group="cashier")
    caller = {"group": "cashier", "location": WAREHOUSE}
    taken = api.call(
        "PUT /api/drafts/{draft_id}", {"draft_id": "drf-1"}, body=DRAFT | {"location": WAREHOUSE}, **caller
    )  # type: ignore[arg-type]
    assert taken.status == 403


def test_order_that_is_not_opened_yet_has_its_location(api: HttpApi) -> None:
    api.fixture.start({"order_id": "ord-3", "location": WAREHOUSE}, "OrderCheckout")
    assert api.get("/orders/ord-3").body["location"] == WAREHOUSE


def test_cancel_that_lost_to_a_return_is_refused_with_its_reason(
    api: HttpApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders.waiting.time, "sleep", api.fixture.engine.pass_time)
    api.post("/orders/ord-1/returns", UNITS | {"return_id": "ret-1"}, query={"wait": "0"})
    refused = cancel(api, wait=20)
    assert (refused.status, refused.body["title"]) == (409, "OrderHasReturns")
    assert api.fixture.audit() == []


def test_cancel_is_started_again_after_one_that_left_the_order_paid(api: HttpApi) -> None:
    """The first one lost to a return, which was refused later."""
    states = SimpleNamespace(names=[])

    def start(name: str, **_: Any) -> dict[str, str]:
        states.names.append(name)
        if name == "ord-1":
            raise ClientError(
                {"Error": {"Code": "ExecutionAlreadyExists", "Message": "exists"}}, "StartExecution"
            )
        return {"executionArn": name}

    states.start_execution = start
    states.describe_execution = lambda **_: {"status": "SUCCEEDED", "output": '{"status": "PAID"}'}
    operations = OrderOperations(
        client("dynamodb"), states, "OrdersTable", CHECKOUT, CANCEL, lambda *_: None, none_unknown
    )
    assert operations.cancel("ord-1", "x").arn == "ord-1.2"
    states.describe_execution = lambda **_: {"status": "SUCCEEDED", "output": '{"status": "CANCELLED"}'}
    assert operations.cancel("ord-1", "x").duplicate
