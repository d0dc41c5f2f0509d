"""What people and carriers ask of deliveries. The command line and the HTTP API call the same methods.

A report is written to the delivery's document, then the waiting workflow's task is completed. If no task waits, the
workflow reads the document when it gets to it: the callback carries no data.
"""

from typing import Any, get_args

from tillflow.callbacks import complete_task, send_heartbeat
from tillflow.listing import Page
from tillflow.parsing import parse
from tillflow.times import utc_now

from shipping import rules
from shipping.errors import InvalidShipment, UnknownDelivery, UnknownShipment
from shipping.models import Delivery, DeliverySummary, OrderRef, Report, ShipmentRef, Status
from shipping.store import ShippingStore

STATUSES: tuple[str, ...] = get_args(Status.__value__)


class ShippingOperations:
    """Deliveries. `states` is a Step Functions client."""

    def __init__(self, dynamodb: Any, states: Any, table: str) -> None:
        self._store = ShippingStore(dynamodb, table)
        self._states = states

    def get(self, order_id: str) -> Delivery:
        """Return the delivery of an order; UnknownDelivery, InvalidShipment for an id that no order has."""
        return self._store.get(parse(OrderRef, {"order_id": order_id}, InvalidShipment).order_id)

    def list_deliveries(
        self, limit: int = 50, after: str = "", *, status: str | None = None, location: str | None = None
    ) -> Page[DeliverySummary]:
        """Return a page of the deliveries, the newest first. InvalidShipment for an unknown status."""
        if status is not None and status not in STATUSES:
            raise InvalidShipment("status", status, f"one of {', '.join(STATUSES)}")
        page = self._store.list_deliveries(limit, after, status, location)
        return page.convert(lambda deliveries: map(rules.summary, deliveries))

    def report(self, shipment_id: str, event: Report, carrier: str = "") -> Delivery:
        """Record what happened to a shipment and return its delivery.

        carrier: the one that reports it, "" for a person. Raises UnknownShipment, ShipmentEnded, InvalidShipment.
        """
        shipment_id = parse(ShipmentRef, {"shipment_id": shipment_id}, InvalidShipment).shipment_id
        order_id = rules.order_of(shipment_id)
        now = utc_now()

        def change(delivery: Delivery) -> Delivery:
            if carrier not in ("", delivery.address.carrier):
                raise UnknownShipment(shipment_id)
            return rules.report(delivery, shipment_id, event, now)

        try:
            delivery = self._store.change(order_id, change)
        except UnknownDelivery:
            raise UnknownShipment(shipment_id) from None
        if delivery.task_token:
            if event.status == "in_transit":
                send_heartbeat(self._states, delivery.task_token)
            else:
                complete_task(self._states, delivery.task_token, {"order_id": order_id})
        return delivery
