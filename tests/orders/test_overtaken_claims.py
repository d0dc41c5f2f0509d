"""A claim or release that another request overtakes between its reads and its write keeps what that wrote."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from orders.errors import OrderNotReturnable, OrderNotShippable, SaleNotRejected, UnitsNotReturnable
from orders.models import Order
from orders.returns.models import ReleaseReturn, ReturnOrder
from orders.returns.store import ReturnsStore
from orders.rows import order_key, read_order
from orders.shipments.models import ClaimShipment, SentLine, SentShipment
from orders.shipments.store import ShipmentsStore
from tillflow.errors import IdempotencyConflict, OrderClosed
from tillflow.store import key, marshal, read_row

from tests.orders.test_return_rules import request, sold
from tests.support.interposed import Interposed

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ARN = "arn:return"


class Shop:
    """An order of three units in DynamoDB. `overtake` runs an action just before the next write of the stores."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self.dynamodb, self.table = dynamodb, table
        self.client = Interposed(dynamodb)
        self.put(sold(3, 360, 60))
        self.other = ReturnsStore(dynamodb, table)
        self.returns = ReturnsStore(self.client, table)
        self.shipments = ShipmentsStore(self.client, table)

    def put(self, order: Order, **more: Any) -> None:
        pk, sk = order_key(order.order_id)
        document = {**(order.document or {}), "currency": order.currency, "delivery": {}, **more}
        row = order.model_dump(exclude_none=True) | {"pk": pk, "sk": sk, "document": json.dumps(document)}
        self.dynamodb.put_item(TableName=self.table, Item=marshal(row))

    def set(self, place: tuple[str, str], name: str, value: str) -> None:
        """Set an attribute of a row, as a workflow does."""
        self.dynamodb.update_item(
            TableName=self.table,
            Key=key(*place),
            UpdateExpression="SET #name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues=marshal({":value": value}),
        )

    def overtake(self, action: Callable[[], object], operation: str = "transact_write_items") -> None:
        self.client.before(operation, action)

    def claimed(self) -> dict[str, int]:
        """Return the units that each return claims."""
        claims = self.order().returns or ()
        return {claim.return_id: sum(line.quantity for line in claim.lines) for claim in claims}

    def order(self) -> Order:
        return read_order(read_row(self.dynamodb, self.table, *order_key("ord-1")))

    def status(self, return_id: str) -> str | None:
        stored = self.other.find(return_id)
        return stored.status if stored else None


@pytest.fixture
def shop(dynamodb: Any, table: str) -> Shop:
    return Shop(dynamodb, table)


def release(return_id: str = "ret-1", **more: Any) -> ReleaseReturn:
    return ReleaseReturn.model_validate({"return_id": return_id, "execution": ARN, **more})


def without_receipt(sku: str = "MUG", return_id: str = "ret-1") -> ReturnOrder:
    line = {"line_no": 1, "sku": sku, "description": sku, "quantity": 1}
    value = {"tax_class": "standard", "tax_rate": "0.20", "net": 100, "tax": 20, "total": 120}
    place = {"order_id": None, "location": "store-1", "register": "till-1", "currency": "EUR"}
    buyer = {"customer_id": "cus-1", "refund": "store_credit", "override": {"manager": "mia", "note": "ok"}}
    lines = {"lines": [{name: line[name] for name in ("line_no", "sku", "quantity")}]}
    valued = {"valued": {"lines": [line | value]}}
    return ReturnOrder.model_validate({"return_id": return_id, **place, **buyer, **lines, **valued})


@pytest.mark.parametrize("before", [0, 1], ids=["first", "second"])
def test_claim_overtaken_by_another_return_gets_what_that_left(shop: Shop, before: int) -> None:
    if before:
        shop.other.claim(request("ret-0", before), ARN, NOW)
    shop.overtake(lambda: shop.other.claim(request("ret-2", 3 - before), ARN, NOW))
    with pytest.raises(UnitsNotReturnable):
        shop.returns.claim(request("ret-1", 1), ARN, NOW)
    assert shop.claimed() == ({"ret-0": 1, "ret-2": 2} if before else {"ret-2": 3})
    assert shop.status("ret-1") is None


@pytest.mark.parametrize("before", [0, 1], ids=["first", "second"])
def test_claim_overtaken_by_a_cancel_is_refused(shop: Shop, before: int) -> None:
    if before:
        shop.other.claim(request("ret-0", before), ARN, NOW)
    shop.overtake(lambda: shop.set(order_key("ord-1"), "cancel_execution", "arn:cancel"))
    with pytest.raises(OrderNotReturnable, match="cancelled"):
        shop.returns.claim(request("ret-1", 1), ARN, NOW)
    assert shop.status("ret-1") is None


def test_claim_overtaken_by_a_return_of_another_order_under_its_id_is_a_conflict(shop: Shop) -> None:
    shop.put(sold(3, 360, 60).model_copy(update={"order_id": "ord-2"}))
    other = request("ret-1", 1).model_copy(update={"order_id": "ord-2"})
    shop.overtake(lambda: shop.other.claim(other, ARN, NOW))
    with pytest.raises(IdempotencyConflict, match="return ret-1 exists with different content: order_id"):
        shop.returns.claim(request("ret-1", 1), ARN, NOW)
    assert shop.claimed() == {}


def test_claim_without_a_receipt_overtaken_by_another_under_its_id_is_a_conflict(shop: Shop) -> None:
    shop.overtake(lambda: shop.other.claim(without_receipt("BEAN"), ARN, NOW), "put_item")
    with pytest.raises(IdempotencyConflict, match="return ret-1 exists with different content: lines"):
        shop.returns.claim(without_receipt(), ARN, NOW)


def test_claim_overtaken_by_its_release_is_refused(shop: Shop) -> None:
    shop.overtake(lambda: shop.other.release(release()))
    with pytest.raises(OrderClosed):
        shop.returns.claim(request("ret-1", 1), ARN, NOW)
    assert shop.claimed() == {}


def test_release_overtaken_by_its_claim_releases_that(shop: Shop) -> None:
    shop.overtake(lambda: shop.other.claim(request("ret-1", 1), ARN, NOW), "put_item")
    shop.returns.release(release())
    assert (shop.claimed(), shop.status("ret-1")) == ({}, "RELEASED")


def test_release_overtaken_by_another_return_leaves_the_claim_of_that(shop: Shop) -> None:
    shop.other.claim(request("ret-1", 1), ARN, NOW)
    shop.overtake(lambda: shop.other.claim(request("ret-2", 2), ARN, NOW))
    shop.returns.release(release())
    assert shop.claimed() == {"ret-2": 2}


def test_release_overtaken_by_the_end_of_the_return_is_refused(shop: Shop) -> None:
    shop.other.claim(request("ret-1", 1), ARN, NOW)
    shop.overtake(lambda: shop.set(("RETURN#ret-1", "RETURN"), "status", "COMPLETED"))
    with pytest.raises(OrderClosed, match="COMPLETED"):
        shop.returns.release(release())
    assert (shop.claimed(), shop.status("ret-1")) == ({"ret-1": 1}, "COMPLETED")


def test_release_overtaken_by_the_opening_of_its_sale_is_refused(shop: Shop) -> None:
    shop.other.claim(request("ret-1", 1), ARN, NOW)
    sale = sold(1, 120, 20).model_copy(update={"order_id": "ord-2", "status": "PLACED"})
    tenders = [{"type": "exchange", "amount": 120, "return_id": "ret-1"}]
    shop.overtake(lambda: shop.put(sale, tenders=tenders))
    with pytest.raises(SaleNotRejected):
        shop.returns.release(release(sale={"order_id": "ord-2", "execution": "arn:sale"}))
    assert (shop.claimed(), shop.status("ret-1")) == ({"ret-1": 1}, "CLAIMED")


def shipment(number: int, units: int) -> SentShipment:
    """Return a shipment as its carrier took it."""
    lines = (SentLine(line_no=1, quantity=units),)
    return SentShipment(shipment_id=f"ord-1-s{number}", lines=lines)


def claim_shipment(store: ShipmentsStore, *sent: SentShipment) -> int:
    claimed = store.claim(ClaimShipment(order_id="ord-1", shipments=sent))
    return sum(line["quantity"] for line in claimed["lines"])


EARLIER = pytest.mark.parametrize(
    ("shipped", "returned"),
    [(False, False), (True, False), (False, True), (True, True)],
    ids=["nothing before", "a shipment before", "a return before", "both before"],
)


def prepare(shop: Shop, shipped: bool, returned: bool) -> tuple[SentShipment, ...]:
    """Ship and return one unit each; return the shipments as their carriers took them."""
    if shipped:
        claim_shipment(ShipmentsStore(shop.dynamodb, shop.table))
    if returned:
        shop.other.claim(request("ret-0", 1), ARN, NOW)
    return (shipment(1, 1),) if shipped else ()


@EARLIER
def test_shipment_overtaken_by_a_return_withholds_its_units(
    shop: Shop, shipped: bool, returned: bool
) -> None:
    sent = prepare(shop, shipped, returned)
    shop.overtake(lambda: shop.other.claim(request("ret-1", 2 - returned), ARN, NOW))
    assert claim_shipment(shop.shipments, *sent) == 1
    stored = shop.order().shipments
    assert stored
    assert stored.withheld == {1: 2 - shipped}


@EARLIER
def test_shipment_overtaken_by_a_cancel_is_refused(shop: Shop, shipped: bool, returned: bool) -> None:
    sent = prepare(shop, shipped, returned)
    before = shop.order().shipments
    shop.overtake(lambda: shop.set(order_key("ord-1"), "cancel_execution", "arn:cancel"))
    with pytest.raises(OrderNotShippable, match="cancelled"):
        claim_shipment(shop.shipments, *sent)
    assert shop.order().shipments == before


def test_shipment_overtaken_by_a_later_one_leaves_that(shop: Shop) -> None:
    claim_shipment(ShipmentsStore(shop.dynamodb, shop.table))
    other = ShipmentsStore(shop.dynamodb, shop.table)
    shop.overtake(lambda: claim_shipment(other, shipment(1, 1), shipment(2, 1)))
    claim_shipment(shop.shipments, shipment(1, 1))
    stored = shop.order().shipments
    assert stored
    assert [one.shipment_id for one in stored.shipments] == ["ord-1-s1", "ord-1-s2", "ord-1-s3"]
