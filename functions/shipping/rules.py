"""The rules of a delivery: pure changes of its document, and the step its workflow runs next.

Every change takes a Delivery and returns the changed one, or raises the error that forbids it. A change that was made
before returns the document unchanged.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from tillflow.errors import IdempotencyConflict
from tillflow.plurals import counted
from tillflow.waits import store_wait

from shipping.errors import InvalidShipment, ShipmentEnded, UnknownShipment
from shipping.models import (
    AwaitCarrier,
    Delivery,
    DeliveryStep,
    DeliverySummary,
    HandOver,
    Line,
    Report,
    ReturnToMake,
    Shipment,
    ShipmentStatus,
    ShippedLine,
    Step,
)

_ENDINGS: Final[dict[str, ShipmentStatus]] = {
    "delivered": "DELIVERED",
    "failed": "FAILED",
    "returned": "RETURNED",
}
_NOT_DELIVERED: Final = ("FAILED", "RETURNED", "REFUSED")


def order_of(shipment_id: str) -> str:
    """Return the order of a shipment; UnknownShipment for an id that no shipment has."""
    order_id, separator, number = shipment_id.rpartition("-s")
    if not (separator and order_id and number.isascii() and number.isdigit()):
        raise UnknownShipment(shipment_id)
    return order_id


def new_delivery(request: HandOver, now: datetime) -> Delivery:
    """Return the document of a new delivery, without shipments."""
    return Delivery(
        order_id=request.order_id,
        location=request.location,
        currency=request.currency,
        address=request.delivery,
        opened_at=now,
    )


def add_shipment(delivery: Delivery, request: HandOver) -> Delivery:
    """Add a claimed shipment, or record that nothing remains; IdempotencyConflict if its id has other units."""
    stored = find_shipment(delivery, request.shipment_id)
    if stored:
        # A carrier may have taken a part of it since.
        if _is_part(stored.lines, request.lines):
            return delivery
        raise IdempotencyConflict(
            f"shipment {request.shipment_id}", {"lines": stored.lines}, {"lines": request.lines}
        )
    if not request.lines:
        return delivery.model_copy(update={"unclaimed": False})
    shipment = Shipment(shipment_id=request.shipment_id, lines=request.lines)
    return delivery.model_copy(update={"shipments": (*delivery.shipments, shipment), "unclaimed": False})


def accept(delivery: Delivery, shipment_id: str, reference: str, now: datetime) -> Delivery:
    """Record that the carrier has a shipment."""
    changes = {"status": "HANDED_OVER", "reference": reference, "handed_over_at": now}
    return _change_claimed(delivery, shipment_id, changes)


def refuse(delivery: Delivery, shipment_id: str, reason: str, now: datetime) -> Delivery:
    """Record that the carrier refused a shipment: its units are refunded."""
    return _change_claimed(delivery, shipment_id, {"status": "REFUSED", "note": reason, "ended_at": now})


def report(delivery: Delivery, shipment_id: str, event: Report, now: datetime) -> Delivery:
    """Record what happened to a shipment. Raises UnknownShipment, ShipmentEnded, InvalidShipment."""
    shipment = _get(delivery, shipment_id)
    if event.lines and event.status != "partly_shipped":
        raise InvalidShipment(
            "lines",
            counted(len(event.lines), "line"),
            "none unless the status is partly_shipped",
        )
    if event.status == "in_transit":
        return delivery
    if event.status == "partly_shipped":
        return _ship_part(delivery, shipment, event.lines)
    ending = _ENDINGS[event.status]
    if shipment.status == ending:
        return delivery
    if shipment.status not in ("CLAIMED", "HANDED_OVER"):
        raise ShipmentEnded(shipment_id, shipment.status, event.status)
    return _change(delivery, shipment_id, {"status": ending, "note": event.note, "ended_at": now})


def settle(delivery: Delivery, shipment_id: str, return_id: str | None) -> Delivery:
    """Record that a shipment that did not arrive is refunded."""
    shipment = _get(delivery, shipment_id)
    if shipment.settled:
        return delivery
    if shipment.status not in _NOT_DELIVERED:
        raise InvalidShipment("status", shipment.status, "a shipment that did not arrive")
    return _change(delivery, shipment_id, {"settled": True, "return_id": return_id})


def wait_for(delivery: Delivery, waiting: AwaitCarrier) -> Delivery:
    """Store the task token that completes the wait; PendingWork if the next step is another one."""
    return store_wait(
        delivery,
        f"delivery of {delivery.order_id}",
        next_step=next_step(delivery),
        awaited="await_carrier",
        wait=waiting.model_dump(include={"waiting_since", "task_token"}),
    )


def close(delivery: Delivery, now: datetime) -> Delivery:
    """Close a delivery of which every shipment has arrived or is refunded; another one is returned unchanged."""
    if delivery.status == "CLOSED" or next_step(delivery) != "close":
        return delivery
    return delivery.model_copy(update={"status": "CLOSED", "closed_at": now, "task_token": None})


def next_step(delivery: Delivery) -> Step:
    """Return the step that the workflow runs next."""
    if any(shipment.status == "CLAIMED" for shipment in delivery.shipments):
        return "hand_over"
    if unsettled(delivery):
        return "return"
    if delivery.unclaimed:
        return "claim"
    if any(shipment.status == "HANDED_OVER" for shipment in delivery.shipments):
        return "await_carrier"
    return "close"


def unsettled(delivery: Delivery) -> Shipment | None:
    """Return the first shipment that did not arrive and is not refunded."""
    return next((one for one in delivery.shipments if one.status in _NOT_DELIVERED and not one.settled), None)


def delivery_step(delivery: Delivery) -> DeliveryStep:
    """Return the next step with what it needs."""
    step = next_step(delivery)
    shipment = unsettled(delivery)
    return {
        "order_id": delivery.order_id,
        "step": step,
        "shipments": [
            {
                "shipment_id": one.shipment_id,
                "lines": [{"line_no": line.line_no, "quantity": line.quantity} for line in one.lines],
            }
            for one in (delivery.shipments if step == "claim" else ())
        ],
        "refund": _refund(delivery, shipment) if shipment and step == "return" else None,
    }


def summary(delivery: Delivery) -> DeliverySummary:
    """Return a delivery as a list shows it."""
    statuses = [shipment.status for shipment in delivery.shipments]
    return DeliverySummary(
        order_id=delivery.order_id,
        status=delivery.status,
        location=delivery.location,
        carrier=delivery.address.carrier,
        opened_at=delivery.opened_at,
        shipments=len(statuses),
        in_transit=statuses.count("CLAIMED") + statuses.count("HANDED_OVER"),
        delivered=statuses.count("DELIVERED"),
        not_delivered=sum(status in _NOT_DELIVERED for status in statuses),
    )


def find_shipment(delivery: Delivery, shipment_id: str) -> Shipment | None:
    """Return a shipment of a delivery, None if it has none of this id."""
    return next((one for one in delivery.shipments if one.shipment_id == shipment_id), None)


def _refund(delivery: Delivery, shipment: Shipment) -> ReturnToMake:
    """Goods that came back or never left are sold again; lost ones are written off."""
    note = f"shipment {shipment.shipment_id} was {shipment.status.lower()}"
    digest = hashlib.sha256(shipment.shipment_id.encode()).hexdigest()[:40]
    return {
        "shipment_id": shipment.shipment_id,
        "return_id": f"shipment-{digest}",
        "currency": delivery.currency,
        "lines": [
            {
                "line_no": line.line_no,
                "sku": line.sku,
                "quantity": line.quantity,
                "condition": "damaged" if shipment.status == "FAILED" else "resell",
                "reason": f"shipment {shipment.status.lower()}",
            }
            for line in shipment.lines
        ],
        "note": note,
    }


def _ship_part(delivery: Delivery, shipment: Shipment, taken: Sequence[ShippedLine]) -> Delivery:
    """Reduce a shipment to the units that its carrier took. InvalidShipment unless they are a part of it."""
    units = {line.line_no: line.quantity for line in taken}
    if not taken or len(units) != len(taken):
        raise InvalidShipment(
            "lines",
            counted(len(taken), "line"),
            "one line for each line that the carrier took",
        )
    before = {line.line_no: line.quantity for line in shipment.lines}
    if unknown := [number for number, quantity in units.items() if quantity > before.get(number, 0)]:
        raise InvalidShipment("lines", unknown, f"at most the units of shipment {shipment.shipment_id}")
    if units == before:
        return delivery
    if shipment.status not in ("CLAIMED", "HANDED_OVER"):
        raise ShipmentEnded(shipment.shipment_id, shipment.status, "partly_shipped")
    lines = tuple(
        line.model_copy(update={"quantity": units[line.line_no]})
        for line in shipment.lines
        if line.line_no in units
    )
    changed = _change(delivery, shipment.shipment_id, {"lines": lines})
    return changed.model_copy(update={"unclaimed": True})


def _is_part(part: Sequence[Line], whole: Sequence[Line]) -> bool:
    units = {line.line_no: line.quantity for line in whole}
    return all(line.quantity <= units.get(line.line_no, 0) for line in part)


def _change_claimed(delivery: Delivery, shipment_id: str, changes: dict[str, object]) -> Delivery:
    """Apply changes to a shipment that the carrier's response was not recorded for; a report may have come first."""
    if _get(delivery, shipment_id).status != "CLAIMED":
        return delivery
    return _change(delivery, shipment_id, changes)


def _change(delivery: Delivery, shipment_id: str, changes: dict[str, object]) -> Delivery:
    shipments = tuple(
        one.model_copy(update=changes) if one.shipment_id == shipment_id else one
        for one in delivery.shipments
    )
    return delivery.model_copy(update={"shipments": shipments})


def _get(delivery: Delivery, shipment_id: str) -> Shipment:
    shipment = find_shipment(delivery, shipment_id)
    if shipment is None:
        raise UnknownShipment(shipment_id)
    return shipment
