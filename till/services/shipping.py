"""Deliveries, by the shipping service's API function."""

from shipping import errors  # noqa: F401 - its errors are raised by their names
from shipping.models import Delivery, DeliverySummary, Report
from tillflow.listing import Page

from till.services.client import Service
from till.stack import Stack


class Shipping:
    """Deliveries of orders."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, "ShippingApiFunction")

    def get(self, order_id: str) -> Delivery:
        """Return the delivery of an order; UnknownDelivery, InvalidShipment."""
        path = {"order_id": order_id}
        return self._service.call("GET /deliveries/{order_id}", "read", path=path).read(Delivery)

    def list_deliveries(
        self, limit: int = 50, after: str = "", *, status: str | None = None
    ) -> Page[DeliverySummary]:
        """Return a page of the deliveries, the newest first. InvalidRequest for an unknown status."""
        route = "GET /deliveries"
        return self._service.pages(route, "read", "deliveries", DeliverySummary, limit, after, status=status)

    def report(self, shipment_id: str, event: Report) -> Delivery:
        """Record what happened to a shipment and return its delivery. UnknownShipment, ShipmentEnded."""
        path, body = {"shipment_id": shipment_id}, event.model_dump(mode="json")
        response = self._service.call("POST /shipments/{shipment_id}/reports", "manage", path=path, body=body)
        return response.read(Delivery)
