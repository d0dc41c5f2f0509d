"""Deliveries in their store: changes that another request overtakes."""

from typing import Any

import pytest
from shipping import rules
from shipping.models import Delivery, HandOver
from shipping.store import ShippingStore
from tillflow.times import utc_now

from tests.support.interposed import Interposed
from tests.support.tables import create_table


@pytest.fixture
def table(dynamodb: Any) -> str:
    return create_table(dynamodb, "ShippingTable")


def shipment(number: int) -> HandOver:
    address = {"name": "Ada", "street": "Gasse 1", "postal_code": "8001", "city": "Zurich", "country": "CH"}
    request = {
        "order_id": "ord-1",
        "step": "hand_over",
        "shipment_id": f"ord-1-s{number}",
        "location": "store-1",
        "currency": "EUR",
        "delivery": address | {"carrier": "sandbox", "service": "standard"},
        "lines": [{"line_no": number, "sku": "MUG", "quantity": 1}],
    }
    return HandOver.model_validate(request)


def test_shipment_overtaken_by_the_end_of_another_keeps_that(dynamodb: Any, table: str) -> None:
    store, client = ShippingStore(dynamodb, table), Interposed(dynamodb)
    store.add_shipment(shipment(1))

    def accepted(delivery: Delivery) -> Delivery:
        return rules.accept(delivery, "ord-1-s1", "ref-1", utc_now())

    # The first transaction creates the delivery if there is none.
    client.before("transact_write_items", lambda: store.change("ord-1", accepted), nth=2)
    ShippingStore(client, table).add_shipment(shipment(2))
    statuses = {one.shipment_id: one.status for one in store.get("ord-1").shipments}
    assert statuses == {"ord-1-s1": "HANDED_OVER", "ord-1-s2": "CLAIMED"}


def test_delivery_overtaken_by_its_second_creation_keeps_the_shipments_of_that(
    dynamodb: Any, table: str
) -> None:
    store, client = ShippingStore(dynamodb, table), Interposed(dynamodb)
    client.before("transact_write_items", lambda: store.add_shipment(shipment(1)))
    ShippingStore(client, table).add_shipment(shipment(2))
    assert len(store.get("ord-1").shipments) == 2
