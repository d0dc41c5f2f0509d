"""The shipments of an order in its row. One conditional write decides the race with a cancel and with a return."""

from typing import Any

from tillflow.errors import DocumentTooLarge, StoreContention, UnknownOrder
from tillflow.fields import MAX_DOCUMENT_BYTES
from tillflow.store import Action, Item, key, marshal, read_row, retry_on_conflict, transact

from orders.models import OrderShipments
from orders.rows import order_key, read_order
from orders.shipments import rules
from orders.shipments.models import ClaimedShipment, ClaimShipment


class ShipmentsStore:
    """Shipments in the rows of their orders. client: a DynamoDB client; table: the orders table."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def claim(self, request: ClaimShipment) -> ClaimedShipment:
        """Claim the units of an order's next shipment; a second delivery returns the first claim.

        Raises UnknownOrder, OrderNotPaid, OrderNotShippable.
        """
        return retry_on_conflict(lambda: self._claim(request))

    def _claim(self, request: ClaimShipment) -> ClaimedShipment:
        row = read_row(self._client, self._table, *order_key(request.order_id))
        if not row:
            raise UnknownOrder(request.order_id)
        order = read_order(row)
        rules.check_shippable(order)
        claim = rules.next_shipment(order, request)
        if claim.stored.shipments and claim.stored != order.shipments:
            what = f"claiming a shipment of order {request.order_id}"
            transact(self._client, [self._set(row, claim.stored, what)], what)
        return claim.claimed

    def _set(self, row: Item, shipments: OrderShipments, what: str) -> Action:
        """Return the update of an order's shipments; StoreContention when a cancel or return has changed the row."""
        text = shipments.model_dump_json()
        if len(text) > MAX_DOCUMENT_BYTES // 4:
            raise DocumentTooLarge(row["order_id"], len(text), MAX_DOCUMENT_BYTES // 4)
        values: Item = {":paid": "PAID", ":shipments": text}
        conditions = ["#status = :paid", "attribute_not_exists(cancel_execution)"]
        for name in ("shipments", "returns"):
            if name in row:
                conditions.append(f"#{name} = :{name}_before")
                values[f":{name}_before"] = row[name]
            else:
                conditions.append(f"attribute_not_exists(#{name})")
        request = {
            "TableName": self._table,
            "Key": key(*order_key(row["order_id"])),
            "UpdateExpression": "SET #shipments = :shipments",
            "ConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeNames": {
                "#status": "status",
                "#shipments": "shipments",
                "#returns": "returns",
            },
            "ExpressionAttributeValues": marshal(values),
        }
        return Action("Update", request, lambda _: StoreContention(what))
