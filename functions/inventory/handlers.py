"""The inventory functions: stock of customers' orders, and what purchase orders bring."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse

from inventory.models import (
    FindNeeds,
    LowerOnOrder,
    OrderRef,
    RaiseOnOrder,
    ReceiptLine,
    ReceiveGoods,
    Reserve,
)
from inventory.on_order import OnOrder
from inventory.store import InventoryStore

store = InventoryStore(client("dynamodb"), os.environ["TABLE_NAME"])
on_order = OnOrder(client("dynamodb"), os.environ["TABLE_NAME"])


@handler
def reserve_stock(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{order_id, location, lines: [{sku, quantity}]}`` to ``{order_id, reserved: [{sku, quantity}]}``."""
    request = parse(Reserve, event)
    return store.reserve(request.order_id, request.location, request.lines)


@handler
def release_stock(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{order_id}`` to ``{order_id, released: [{sku, quantity}]}``; nothing to release is success."""
    return store.release(parse(OrderRef, event).order_id)


@handler
def commit_stock(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{order_id}`` to ``{order_id, cost, lines: [{sku, quantity, cost}]}``, costs in minor units."""
    return store.commit(parse(OrderRef, event).order_id)


@handler
def restock_goods(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{order_id}`` to ``{order_id, returned: [{sku, quantity, cost}], released: [{sku, quantity}]}``."""
    return store.restock(parse(OrderRef, event).order_id)


@handler
def receive_goods(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{business_id, step, location, lines: [{sku, quantity, unit_cost}]}`` to ``{business_id, step,
    received: [{sku, quantity, cost}]}``: on hand as movements, once per business id and step."""
    request = parse(ReceiveGoods, event)
    lines = [
        ReceiptLine(sku=line.sku, quantity=line.quantity, cost=line.quantity * line.unit_cost)
        for line in request.lines
    ]
    answer = store.receive(request.business_id, request.location, lines, request.step)
    return {"business_id": request.business_id, "step": request.step, "received": answer["received"]}


@handler
def raise_on_order(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{business_id, location, lines: [{sku, quantity, need?: {on_order, available}}]}`` to ``{business_id,
    raised: [{sku, quantity}]}``, once per business id; a line whose need is gone is left out."""
    request = parse(RaiseOnOrder, event)
    return on_order.put(request.business_id, request.location, request.lines)


@handler
def lower_on_order(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{business_id, step, lines?: [{sku, quantity}]}`` to ``{business_id, step, lowered: [{sku, quantity}]}``;
    without lines all that is open. Never more than is open; nothing to lower is success."""
    request = parse(LowerOnOrder, event)
    return on_order.take_off(request.business_id, request.step, request.lines)


@handler
def find_needs(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{needs: [{location, sku}]}`` or ``{segment, segments}`` to ``{needs: [{location, sku, available, on_order,
    reorder_point}]}``: of the levels named, or of a share of all, those at or below their reorder point."""
    request = parse(FindNeeds, event)
    places = [(place.location, place.sku) for place in request.needs]
    return {"needs": store.needs(places, request.segment, request.segments)}
