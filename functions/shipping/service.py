"""The steps of a delivery's workflow: change its document, and hand shipments over to the carrier.

A shipment is written before the carrier is called, so a second delivery hands it over again under the same key.
"""

from collections.abc import Callable
from datetime import datetime

from tillflow.times import utc_now

from shipping import rules
from shipping.carriers import Carriers
from shipping.models import Advance, AwaitCarrier, Delivery, HandOver, SettleReturn
from shipping.store import ShippingStore


class ShippingService:
    """The steps of a delivery. Each may be called again and returns the stored delivery."""

    def __init__(
        self, store: ShippingStore, carriers: Carriers, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._store = store
        self._carriers = carriers
        self._now = now

    def carry_out(self, request: HandOver | AwaitCarrier | Advance | SettleReturn) -> Delivery:
        """Carry a step out. Raises PendingWork, UnknownCarrier, ProviderUnavailable, UnknownDelivery."""
        match request:
            case HandOver():
                delivery = self._hand_over(request)
            case AwaitCarrier():
                return self._store.change(request.order_id, lambda before: rules.wait_for(before, request))
            case SettleReturn():
                delivery = self._store.change(
                    request.order_id,
                    lambda before: rules.settle(before, request.shipment_id, request.return_id),
                )
            case Advance():
                delivery = self._store.get(request.order_id)
        if rules.next_step(delivery) == "close":
            return self._store.change(request.order_id, lambda before: rules.close(before, self._now()))
        return delivery

    def _hand_over(self, request: HandOver) -> Delivery:
        delivery = self._store.add_shipment(request)
        shipment = rules.find_shipment(delivery, request.shipment_id)
        if shipment is None or shipment.status != "CLAIMED":
            return delivery
        response = self._carriers.get(delivery.address.carrier).hand_over(shipment, delivery.address)
        now, shipment_id = self._now(), request.shipment_id
        if response.accepted:
            return self._store.change(
                request.order_id, lambda before: rules.accept(before, shipment_id, response.reference, now)
            )
        return self._store.change(
            request.order_id, lambda before: rules.refuse(before, shipment_id, response.reason, now)
        )
