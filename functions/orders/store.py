"""Reads of the orders table."""

from typing import Any

from tillflow.listing import Page
from tillflow.merges import group_of
from tillflow.store import read_row

from orders.models import Order, OrderSummary
from orders.rows import (
    LIST,
    order_key,
    orders_by_time,
    orders_of_customer,
    orders_of_location,
    read_order,
    read_summary,
)


class OrdersStore:
    """Orders in one table. client: a DynamoDB client; table: its name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def find(self, order_id: str) -> Order | None:
        """Return an order, None if it was never opened."""
        row = read_row(self._client, self._table, *order_key(order_id))
        return read_order(row) if row else None

    def list_orders(
        self,
        limit: int,
        after: str,
        *,
        location: str | None,
        customer_id: str | None,
        status: str | None,
        between: tuple[str, str] | None,
    ) -> Page[OrderSummary]:
        """Return a page of orders, the newest first; those of a customer with those that were merged into it."""
        where = {"status": status}
        if customer_id is not None:
            index = orders_of_customer(self._client, self._table)
            partitions = group_of(self._client, self._table, customer_id)
            where["location"] = location
        elif location is not None:
            index, partitions = orders_of_location(self._client, self._table), [location]
        else:
            index, partitions = orders_by_time(self._client, self._table), [LIST]
        page = index.rows_of_several(partitions, limit, after, between=between, where=where)
        return page.convert(lambda rows: map(read_summary, rows))
