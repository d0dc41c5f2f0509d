"""Shipments: what carriers have of each order is what it sold less what was returned before, and each one ends."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tillflow.plurals import counted

from audit.snapshot import Breach, Item, Snapshot, document, invariant, nested, shipment_of

START_TIME = timedelta(hours=1)
"""The event of a paid order starts its shipment within seconds."""
NOT_DELIVERED = ("FAILED", "RETURNED", "REFUSED")


@invariant
def shipped_units_are_sold_at_most(shop: Snapshot) -> Iterator[Breach]:
    """The units of a line in shipments, and those returned before a carrier had them, are at most those sold."""
    for name, order in shop.orders.items():
        claims = _claims(order)
        if not claims:
            continue
        sold = {line["line_no"]: line["quantity"] for line in document(order).get("lines", ())}
        units = _units(claims["shipments"])
        for line, count in claims["withheld"].items():
            units[int(line)] += count
        for line_no, count in units.items():
            if count > sold.get(line_no, 0):
                yield name, f"line {line_no}: {count} are shipped or withheld, sold {sold.get(line_no, 0)}"


@invariant
def shipped_orders_are_not_cancelled(shop: Snapshot) -> Iterator[Breach]:
    """An order that a carrier has units of is paid: a cancel and a hand-over exclude each other."""
    for name, order in shop.orders.items():
        if "shipments" in order and (order["status"] != "PAID" or "cancel_execution" in order):
            yield name, f"it has shipments and is {order['status']}, or is being cancelled"


@invariant
def deliveries_are_those_of_orders(shop: Snapshot) -> Iterator[Breach]:
    """A delivery has the shipments of its order, with at most the claimed units of each line."""
    for name, delivery in shop.deliveries.items():
        claims = _claims(shop.orders.get(name, {})) or {"shipments": []}
        claimed = {one["shipment_id"]: one["lines"] for one in claims["shipments"]}
        for shipment in document(delivery).get("shipments", ()):
            taken = _units([shipment])
            allowed = _units([{"lines": claimed.get(shipment["shipment_id"], [])}])
            if any(count > allowed[line] for line, count in taken.items()):
                yield (
                    name,
                    f"shipment {shipment['shipment_id']} has units that the order did not claim for it",
                )


@invariant
def paid_delivery_orders_are_shipped(shop: Snapshot) -> Iterator[Breach]:
    """A paid order with a delivery address has a delivery that is running, closed, or waits for a person."""
    for name, order in shop.orders.items():
        delivery = shop.deliveries.get(name)
        if shipment_of(name) in shop.running or name in shop.running or shop.has_open_case(name):
            continue
        if delivery is None:
            claimed = "shipments" in order
            if claimed or _is_overdue(shop, order):
                yield name, "it is paid and has a delivery address, and is not shipped"
        elif delivery["status"] != "CLOSED":
            yield name, f"its delivery is {delivery['status']}, without a running execution or an open case"


@invariant
def closed_deliveries_are_complete(shop: Snapshot) -> Iterator[Breach]:
    """Every shipment of a closed delivery has arrived or is refunded, and every unit is shipped or withheld."""
    for name, delivery in shop.deliveries.items():
        if delivery["status"] != "CLOSED":
            continue
        shipments = document(delivery).get("shipments", ())
        for shipment in shipments:
            settled = shipment["status"] in NOT_DELIVERED and shipment["settled"]
            if shipment["status"] != "DELIVERED" and not settled:
                yield name, f"shipment {shipment['shipment_id']} is {shipment['status']} and not refunded"
            made = shipment.get("return_id")
            if made and shop.returns.get(made, {}).get("status") != "COMPLETED":
                yield name, f"return {made} of shipment {shipment['shipment_id']} is not completed"
        claims = _claims(shop.orders.get(name, {}))
        if claims is None:
            continue
        units = _units(shipments)
        for line in document(shop.orders[name]).get("lines", ()):
            rest = line["quantity"] - units[line["line_no"]] - claims["withheld"].get(str(line["line_no"]), 0)
            if rest:
                yield name, f"{counted(rest, 'unit')} of line {line['line_no']} not shipped"


def _claims(order: Item) -> Any:
    """Return the shipments that an order stores, None if it has none."""
    return json.loads(order["shipments"]) if "shipments" in order else None


def _is_overdue(shop: Snapshot, order: Item) -> bool:
    """Return whether the shipment of a paid order should have started."""
    if order["status"] != "PAID" or "delivery" not in document(order) or "cancel_execution" in order:
        return False
    if _is_returned(order):
        return False
    return datetime.fromisoformat(order["paid_at"]) + START_TIME < shop.read_at


def _is_returned(order: Item) -> bool:
    """Return whether all units were returned before any was shipped."""
    returned = sum(units["quantity"] for claim in nested(order, "returns") for units in claim["lines"])
    return bool(returned == sum(line["quantity"] for line in document(order)["lines"]))


def _units(shipments: Any) -> Counter[int]:
    units: Counter[int] = Counter()
    for shipment in shipments:
        for line in shipment["lines"]:
            units[line["line_no"]] += line["quantity"]
    return units


SHIPMENTS = (
    shipped_units_are_sold_at_most,
    shipped_orders_are_not_cancelled,
    deliveries_are_those_of_orders,
    paid_delivery_orders_are_shipped,
    closed_deliveries_are_complete,
)
