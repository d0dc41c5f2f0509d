"""Reads of the orders table."""

from typing import Any

from tillflow.store import key, unmarshal

from orders.models import Order
from orders.rows import order_key, read_order


class OrdersStore:
    """Orders in one table. client: a DynamoDB client; table: its name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def find(self, order_id: str) -> Order | None:
        """Return an order, None if it was never opened."""
        response = self._client.get_item(
            TableName=self._table, Key=key(*order_key(order_id)), ConsistentRead=True
        )
        return read_order(unmarshal(response["Item"])) if "Item" in response else None
