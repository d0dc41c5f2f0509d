"""The inventory functions: stock of customer orders and transfers, and what purchase orders bring."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.errors import InsufficientStock
from tillflow.handling import handler
from tillflow.parsing import parse
from tillflow.references import FindUnknownIds, UnknownIds

from inventory.customer_returns import CustomerReturns
from inventory.locations import Locations
from inventory.models import (
    CheckRestock,
    CommitStock,
    Committed,
    FindNeeds,
    Lowered,
    LowerOnOrder,
    Needs,
    OrderedGoodsOwner,
    Raised,
    RaiseOnOrder,
    ReceiptLine,
    Received,
    ReceiveGoods,
    Released,
    ReservationOwner,
    Reserve,
    Reserved,
    Restockable,
    Restocked,
    RestockGoods,
    RestockUnreceipted,
    Returned,
    ReturnGoods,
)
from inventory.on_order import OnOrder
from inventory.store import InventoryStore
from inventory.supplier_returns import SupplierReturns

_dynamodb, _table = client("dynamodb"), os.environ["TABLE_NAME"]
store = InventoryStore(_dynamodb, _table)
transfer_store = InventoryStore(_dynamodb, _table, "TRANSFER")
purchases_on_order = OnOrder(_dynamodb, _table)
transfers_on_order = OnOrder(_dynamodb, _table, "TRANSFER")
locations = Locations(_dynamodb, _table)
supplier_returns = SupplierReturns(_dynamodb, _table)
customer_returns = CustomerReturns(_dynamodb, _table)


@handler
def reserve_stock(event: dict[str, Any], context: Any) -> Reserved:
    """Reserve the lines of ``{order_id or transfer_id, location, currency?, lines: [{sku, quantity}]}``.

    InsufficientStock; UnknownLocation if there is none because the location does not exist.
    """
    request = parse(Reserve, event)
    stock, business_id = _reservations(request)
    try:
        return stock.reserve(business_id, request.location, request.lines, request.currency)
    except InsufficientStock:
        # A sale reads the location only if it is refused: stock is at locations that exist.
        locations.check([request.location])
        raise


@handler
def release_stock(event: dict[str, Any], context: Any) -> Released:
    """Release the stock of ``{order_id or transfer_id}``. The compensation of reserve_stock."""
    stock, business_id = _reservations(parse(ReservationOwner, event))
    return stock.release(business_id)


@handler
def commit_stock(event: dict[str, Any], context: Any) -> Committed:
    """Turn the reservations of ``{order_id, by_hand?}`` into sale movements.

    by_hand: release what is still reserved instead, for units that have left otherwise.
    """
    request = parse(CommitStock, event)
    if request.by_hand:
        return store.commit_by_hand(request.order_id)
    return store.commit(request.order_id)


@handler
def restock_goods(event: dict[str, Any], context: Any) -> Restocked:
    """Put the sold units of ``{order_id, returned?: {return_id, lines: [{sku, quantity, condition}]}}`` back on hand.

    Without `returned` all of them, and open reservations are released. The units of a return without a receipt
    (order_id null) go to `location` of `returned`; UnknownLocation.
    """
    if event.get("order_id", "") is None:
        returned = parse(RestockUnreceipted, event).returned
        locations.check([returned.location])
        return customer_returns.restock_unreceipted(returned)
    request = parse(RestockGoods, event)
    if request.returned:
        return customer_returns.restock(request.order_id, request.returned)
    return store.restock(request.order_id)


@handler
def check_restock(event: dict[str, Any], context: Any) -> Restockable:
    """Fail unless the units of a return without a receipt could be put on hand at ``location``; UnknownLocation."""
    returned = parse(CheckRestock, event)
    locations.check([returned.location])
    return customer_returns.check_unreceipted(returned)


@handler
def receive_goods(event: dict[str, Any], context: Any) -> Received:
    """Put the delivery of a purchase order on hand.

    The event is ``{purchase_order_id, step, location, currency?, lines: [{sku, quantity, unit_cost}]}``.
    """
    request = parse(ReceiveGoods, event)
    lines = [
        ReceiptLine(sku=line.sku, quantity=line.quantity, cost=line.quantity * line.unit_cost)
        for line in request.lines
    ]
    return store.receive(request.purchase_order_id, request.location, lines, request.step, request.currency)


@handler
def return_goods(event: dict[str, Any], context: Any) -> Returned:
    """Return what ``{purchase_order_id, location, steps}`` received. The compensation of receive_goods."""
    request = parse(ReturnGoods, event)
    return supplier_returns.return_goods(request.purchase_order_id, request.location, request.steps)


@handler
def raise_on_order(event: dict[str, Any], context: Any) -> Raised:
    """Put units on order for ``{purchase_order_id or transfer_id, location, currency?, lines}``.

    A line is ``{sku, quantity, need?: {on_order, available, reorder_point?}}``; it is left out if its need no
    longer matches the level. UnknownLocation.
    """
    request = parse(RaiseOnOrder, event)
    locations.check([request.location])
    on_order, business_id = _on_order(request)
    return on_order.raise_units(business_id, request.location, request.lines, request.currency)


@handler
def lower_on_order(event: dict[str, Any], context: Any) -> Lowered:
    """Lower the open units of ``{purchase_order_id or transfer_id, step, lines?: [{sku, quantity}]}``.

    Without lines all open units are lowered. The compensation of raise_on_order.
    """
    request = parse(LowerOnOrder, event)
    on_order, business_id = _on_order(request)
    return on_order.lower_units(business_id, request.step, request.lines)


@handler
def find_needs(event: dict[str, Any], context: Any) -> Needs:
    """Return the levels at or below their reorder point, of ``{needs: [{location, sku}]}`` or a share of all levels."""
    request = parse(FindNeeds, event)
    places = [(place.location, place.sku) for place in request.needs]
    return {"needs": store.needs(places, request.segment, request.segments)}


@handler
def find_unknown_locations(event: dict[str, Any], context: Any) -> UnknownIds:
    """Return those of the locations ``{ids}`` that do not exist."""
    return {"unknown": locations.find_unknown(parse(FindUnknownIds, event).valid)}


def _reservations(request: ReservationOwner) -> tuple[InventoryStore, str]:
    return (store, request.order_id) if request.order_id else (transfer_store, str(request.transfer_id))


def _on_order(request: OrderedGoodsOwner) -> tuple[OnOrder, str]:
    if request.purchase_order_id:
        return purchases_on_order, request.purchase_order_id
    return transfers_on_order, str(request.transfer_id)
