"""The orders table: one row for each order.

ORDER#<order id>     ORDER                   status PLACED -> PAID or REJECTED -> CANCELLED
MERGED#<customer>    INTO, FROM#<customer>   customers that were merged; see tillflow.merges

Indexes list the orders by time: all of them (`list` is the same of every order), those of a location, and those of a
customer. An anonymous sale has the customer id `-`, because the key of an index is never null. An order that was
rejected before it was opened has none of these attributes.

The workflows write the row themselves (OpenOrder, RejectOrder and CloseOrder of the checkout; ClaimOrder and
MarkCancelled of the cancel): there is no logic in these writes that a function would hold. `models.Order` is the
schema they keep to.
"""

from typing import Any

from tillflow.listing import Index
from tillflow.store import Item

from orders.models import Order, OrderSummary

LIST = "ORDERS"
ANONYMOUS = "-"


def orders_by_time(client: Any, table: str) -> Index:
    """Return the index of all orders."""
    return Index(client, table, "all", "list", "placed_at")


def orders_of_location(client: Any, table: str) -> Index:
    """Return the index of the orders of each location."""
    return Index(client, table, "location", "location", "placed_at")


def orders_of_customer(client: Any, table: str) -> Index:
    """Return the index of the orders of each customer."""
    return Index(client, table, "customer", "customer_id", "placed_at")


def order_key(order_id: str) -> tuple[str, str]:
    """Return the primary key of an order's row."""
    return f"ORDER#{order_id}", "ORDER"


def read_order(row: Item) -> Order:
    """Return the order of a row; ValidationError when the row does not keep to the schema."""
    return Order.model_validate(_attributes(row))


def read_summary(row: Item) -> OrderSummary:
    """Return what a list shows of the order of a row."""
    attributes = _attributes(row)
    return OrderSummary.model_validate(
        {name: attributes[name] for name in OrderSummary.model_fields if name in attributes}
    )


def _attributes(row: Item) -> Item:
    attributes = {name: value for name, value in row.items() if name not in ("pk", "sk", "list")}
    return attributes | {"customer_id": None} if row.get("customer_id") == ANONYMOUS else attributes
