"""The invariants of shipments hold over a shop in order, and each names what is broken when one row is."""

import json
from typing import Any

import pytest

from audit import Snapshot
from audit.shipments import SHIPMENTS
from audit.snapshot import shipment_of
from tests.support import shop_rows
from tests.support.shop_rows import Row

SALE = "ord-7"
SHIPMENT = f"{SALE}-s1"


def claims(quantity: int = 2, withheld: int = 1) -> str:
    shipment = {"shipment_id": SHIPMENT, "lines": [{"line_no": 1, "quantity": quantity}]}
    return json.dumps({"shipments": [shipment], "withheld": {"1": withheld}})


def shipped_order(**changes: Any) -> Row:
    """Return an order of three mugs: two are shipped, one was returned before."""
    row = shop_rows.order(SALE, "PAID", total=360, lines=[{"line_no": 1, "sku": "MUG", "quantity": 3}])
    document = json.loads(row["document"]) | {"delivery": {"carrier": "manual"}}
    stored = {"document": json.dumps(document), "paid_at": "2026-11-23T10:00:00Z", "shipments": claims()}
    return row | stored | changes


def delivery(delivery_status: str = "CLOSED", **shipment: Any) -> Row:
    document = {
        "status": delivery_status,
        "shipments": [
            {"shipment_id": SHIPMENT, "status": "DELIVERED", "settled": False, "return_id": None}
            | {"lines": [{"line_no": 1, "sku": "MUG", "quantity": 2}]}
            | shipment
        ],
    }
    key = {"pk": f"ORDER#{SALE}", "sk": "DELIVERY", "order_id": SALE}
    return key | {"status": delivery_status, "document": json.dumps(document)}


def broken(order: Row, *deliveries: Row, running: frozenset[str] = frozenset()) -> list[str]:
    shop = Snapshot({"OrdersTable": [order], "ShippingTable": list(deliveries)}, running)
    return [violation.name for rule in SHIPMENTS for violation in rule(shop)]


def test_invariants_hold_over_a_shipped_order() -> None:
    assert broken(shipped_order(), delivery()) == []


@pytest.mark.parametrize(
    ("name", "order", "stored"),
    [
        ("shipped_units_are_sold_at_most", shipped_order(shipments=claims(withheld=2)), delivery()),
        ("shipped_units_are_sold_at_most", shipped_order(shipments=claims(quantity=3)), delivery()),
        ("shipped_orders_are_not_cancelled", shipped_order(status="CANCELLED"), delivery()),
        ("shipped_orders_are_not_cancelled", shipped_order(cancel_execution="arn"), delivery()),
        ("deliveries_are_those_of_orders", shipped_order(shipments=claims(quantity=1)), delivery()),
        ("paid_delivery_orders_are_shipped", shipped_order(), delivery("OPEN")),
        ("closed_deliveries_are_complete", shipped_order(), delivery(status="FAILED")),
        ("closed_deliveries_are_complete", shipped_order(), delivery(return_id="ret-1")),
        ("closed_deliveries_are_complete", shipped_order(shipments=claims(withheld=0)), delivery()),
    ],
)
def test_broken_row_is_reported(name: str, order: Row, stored: Row) -> None:
    assert name in broken(order, stored)


def test_paid_order_without_a_delivery_is_reported_unless_it_is_being_shipped() -> None:
    order = shipped_order()
    del order["shipments"]
    assert broken(order) == ["paid_delivery_orders_are_shipped"]
    assert broken(order, running=frozenset({shipment_of(SALE)})) == []
