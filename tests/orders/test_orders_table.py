"""The rows that the workflows write are those of the orders service's schema, attribute by attribute."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from orders.cards import with_references
from orders.models import Claim, ClaimedUnits, Order
from orders.returns.models import Refund
from orders.returns.rows import read_return, return_key
from orders.rows import order_key, read_order
from pydantic import ValidationError

from till.demo.order_checkout import BASKET, card, order
from till.shop import ESPRESSO, MUG
from verification.harness.fixture import Run, WorkflowFixture, seed_stock, workflow_fixture

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
REQUEST = order(BASKET, card("tok_visa"), order_id="ord-1", placed_at="2026-11-23T10:00:00Z")
OPENED = {
    "order_id": "ord-1",
    "location": "store-1",
    "placed_at": "2026-11-23T10:00:00Z",
    "currency": "EUR",
    "total": 4390,
}


@pytest.fixture
def shop() -> Iterator[WorkflowFixture]:
    with workflow_fixture() as built:
        seed_stock({ESPRESSO: 10, MUG: 10})
        yield built


def run(shop: WorkflowFixture, request: dict[str, Any], workflow: str = "OrderCheckout") -> Run:
    [ended] = shop.run(request, workflow=workflow)
    return ended


def stored(shop: WorkflowFixture) -> dict[str, Any]:
    return shop.row("OrdersTable", *order_key("ord-1"))


def row_of(expected: Order, row: dict[str, Any]) -> dict[str, Any]:
    """Return the row of an order as the schema has it; times and the document's text are taken from `row`."""
    pk, sk = order_key(expected.order_id)
    # The keys of the indexes: the same list for every order, and `-` for the customer of an anonymous sale.
    attributes = {"list": "ORDERS", "customer_id": "-", **expected.model_dump(exclude_none=True)}
    for name in ("paid_at", "cancelled_at"):
        if name in attributes:
            assert TIME.fullmatch(row[name])
            attributes[name] = row[name]
    if expected.document is not None:
        assert json.loads(row["document"]) == expected.document
        attributes["document"] = row["document"]
    return {"pk": pk, "sk": sk, **attributes}


def priced(shop: WorkflowFixture) -> Any:
    return json.loads(shop.services.handle("PriceOrderFunction", with_references(REQUEST))["Payload"])


def test_paid_order_has_the_row_of_the_schema(shop: WorkflowFixture) -> None:
    checkout = run(shop, REQUEST)
    expected = Order(
        **OPENED,
        status="PAID",
        execution=checkout.arn,
        document=priced(shop),
        paid_at="a time",
        invoice_number="INV/store-1-000001",
    )
    assert stored(shop) == row_of(expected, stored(shop))


def test_rejected_order_has_the_row_of_the_schema(shop: WorkflowFixture) -> None:
    checkout = run(shop, REQUEST | {"tenders": [card("tok_declined")]})
    expected = Order(
        **OPENED,
        status="REJECTED",
        execution=checkout.arn,
        document=json.loads(stored(shop)["document"]),
        reason="PaymentDeclined",
        cause=checkout.cause,
    )
    assert stored(shop) == row_of(expected, stored(shop))


def test_cancelled_order_has_the_row_of_the_schema(shop: WorkflowFixture) -> None:
    checkout = run(shop, REQUEST)
    cancel = run(shop, {"order_id": "ord-1", "reason": "wrong size"}, "OrderCancel")
    expected = Order(
        **OPENED,
        status="CANCELLED",
        execution=checkout.arn,
        document=priced(shop),
        paid_at="a time",
        invoice_number="INV/store-1-000001",
        cancel_execution=cancel.arn,
        cancelled_at="a time",
        cancel_reason="wrong size",
    )
    assert stored(shop) == row_of(expected, stored(shop))


def test_attribute_that_is_not_in_the_schema_is_refused(shop: WorkflowFixture) -> None:
    run(shop, REQUEST)
    with pytest.raises(ValidationError):
        read_order(stored(shop) | {"colour": "red"})


def returned(shop: WorkflowFixture, **more: Any) -> Run:
    line = {"line_no": 2, "sku": MUG, "quantity": 1, "condition": "resell", "reason": "chipped"}
    return run(
        shop,
        {"return_id": "ret-1", "order_id": "ord-1", "currency": "EUR", "lines": [line], **more},
        "OrderReturn",
    )


def test_completed_return_has_the_row_of_the_schema(shop: WorkflowFixture) -> None:
    run(shop, REQUEST)
    ended = returned(shop)
    row = shop.row("OrdersTable", *return_key("ret-1"))
    stored = read_return(row)
    assert TIME.fullmatch(row["claimed_at"]) and TIME.fullmatch(row["completed_at"])
    assert stored.refunds == [Refund(tender_no=1, type="card", amount=1250)]
    assert (stored.status, stored.order_id, stored.execution) == ("COMPLETED", "ord-1", ended.arn)
    assert (stored.total, stored.currency) == (1250, "EUR")
    assert stored.credit_note_number == ended.output["credit_note_number"]
    claims = read_order(shop.row("OrdersTable", *order_key("ord-1"))).returns
    assert claims == (
        Claim(
            return_id="ret-1",
            lines=(ClaimedUnits(line_no=2, quantity=1, tax=209, total=1250),),
            value=1250,
            amount=1250,
        ),
    )


def test_released_return_has_the_row_of_the_schema(shop: WorkflowFixture) -> None:
    run(shop, REQUEST)
    ended = returned(shop, refund="store_credit", customer_id="cus-nobody")
    stored = read_return(shop.row("OrdersTable", *return_key("ret-1")))
    assert (stored.status, stored.reason, stored.cause) == ("RELEASED", "UnknownCustomer", ended.cause)
    assert "returns" not in shop.row("OrdersTable", *order_key("ord-1"))
