"""Which units of an order are shipped next. Pure.

A return of units that no carrier has yet withholds them: they are not shipped. A return of more units than that is one
of shipped goods. Per line: shipped + withheld <= sold.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from orders.errors import OrderNotPaid, OrderNotShippable
from orders.models import Order, OrderShipment, OrderShipments, ShippedUnits
from orders.shipments.models import (
    Address,
    ClaimedLine,
    ClaimedShipment,
    ClaimShipment,
    sent_units,
    shipment_id,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """The response to a claim, and the shipments that the order stores with it."""

    claimed: ClaimedShipment
    stored: OrderShipments


def check_shippable(order: Order) -> None:
    """Raise OrderNotShippable if nothing of the order is ever shipped, OrderNotPaid if its checkout has not ended."""
    if order.cancel_execution:
        raise OrderNotShippable(order.order_id, "it is being cancelled")
    if order.status in ("REJECTED", "CANCELLED"):
        raise OrderNotShippable(order.order_id, f"it is {order.status}")
    if order.status != "PAID" or order.document is None:
        raise OrderNotPaid(order.order_id, order.status)
    if "delivery" not in order.document:
        raise OrderNotShippable(order.order_id, "it has no delivery address")


def next_shipment(order: Order, request: ClaimShipment) -> Claim:
    """Return the next shipment of an order: every unit that was sold and is neither shipped nor withheld.

    A shipment that was claimed before is returned as it was claimed.
    """
    document: Mapping[str, Any] = order.document or {}
    stored = order.shipments or OrderShipments()
    new_id = shipment_id(order.order_id, len(request.shipments) + 1)
    claimed_before = next((one for one in stored.shipments if one.shipment_id == new_id), None)
    if claimed_before:
        return Claim(_response(order, document, claimed_before), stored)
    sent = tuple(
        OrderShipment(shipment_id=one.shipment_id, lines=sent_units(one)) for one in request.shipments
    )
    shipped = _units(sent)
    withheld = {
        line: units
        for line, returned in _returned(order).items()
        if (units := max(stored.withheld.get(line, 0), returned - shipped[line])) > 0
    }
    lines = tuple(
        ShippedUnits(line_no=number, quantity=quantity)
        for line in document["lines"]
        if (quantity := line["quantity"] - shipped[number := line["line_no"]] - withheld.get(number, 0)) > 0
    )
    shipment = OrderShipment(shipment_id=new_id, lines=lines)
    shipments = (*sent, shipment) if lines else sent
    return Claim(_response(order, document, shipment), OrderShipments(shipments=shipments, withheld=withheld))


def _response(order: Order, document: Mapping[str, Any], shipment: OrderShipment) -> ClaimedShipment:
    skus = {line["line_no"]: line["sku"] for line in document["lines"]}
    lines: list[ClaimedLine] = [
        {"line_no": line.line_no, "sku": skus[line.line_no], "quantity": line.quantity}
        for line in shipment.lines
    ]
    return {
        "order_id": order.order_id,
        "shipment_id": shipment.shipment_id,
        "location": document["location"],
        "currency": document["currency"],
        "delivery": cast("Address", document["delivery"]),
        "lines": lines,
    }


def _units(shipments: tuple[OrderShipment, ...]) -> Counter[int]:
    units: Counter[int] = Counter()
    for shipment in shipments:
        for line in shipment.lines:
            units[line.line_no] += line.quantity
    return units


def _returned(order: Order) -> Counter[int]:
    returned: Counter[int] = Counter()
    for claim in order.returns or ():
        for line in claim.lines:
            returned[line.line_no] += line.quantity
    return returned
