"""Deliveries on the shipping table: one document per order.

ORDER#<order id>  DELIVERY  the delivery's document, with its status and version
"""

from collections.abc import Callable
from typing import Any

from tillflow.documents import Documents, DocumentType
from tillflow.listing import Index, Page
from tillflow.times import iso_utc, utc_now

from shipping import rules
from shipping.errors import UnknownDelivery
from shipping.models import Delivery, HandOver

LIST = "DELIVERIES"
DELIVERIES = DocumentType(
    model=Delivery,
    prefix="ORDER#",
    sort_key="DELIVERY",
    id_name="order_id",
    columns=lambda delivery: {
        "status": delivery.status,
        "location": delivery.location,
        "list": LIST,
        "position": iso_utc(delivery.opened_at),
    },
    not_found=UnknownDelivery,
)

type Change = Callable[[Delivery], Delivery]


class ShippingStore:
    """Deliveries in one table. client: a DynamoDB client; table: its name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._documents = Documents(client, table, DELIVERIES)

    def add_shipment(self, request: HandOver) -> Delivery:
        """Add a claimed shipment to the delivery of its order, which the first one creates."""
        self._documents.create(rules.new_delivery(request, utc_now()))
        return self.change(request.order_id, lambda delivery: rules.add_shipment(delivery, request))

    def get(self, order_id: str) -> Delivery:
        """Return the delivery of an order; UnknownDelivery."""
        return self._documents.get(order_id)

    def change(self, order_id: str, rule: Change) -> Delivery:
        """Apply a rule to the stored delivery."""
        return self._documents.update(order_id, rule)

    def list_deliveries(
        self, limit: int, after: str, status: str | None, location: str | None
    ) -> Page[Delivery]:
        """Return a page of the deliveries, the newest first."""
        index = Index(self._client, self._table, "lists", "list", "position")
        where = {"status": status, "location": location}
        page = index.page(LIST, limit, after, newest_first=True, where=where)
        ids = [row["pk"].removeprefix(DELIVERIES.prefix) for row in page.rows]
        stored = {delivery.order_id: delivery for delivery in self._documents.get_many(ids)}
        return Page([stored[order_id] for order_id in ids if order_id in stored], page.after)
