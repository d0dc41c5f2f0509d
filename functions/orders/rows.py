"""The orders table: one row for each order.

ORDER#<order id>   ORDER   status PLACED -> PAID or REJECTED -> CANCELLED

The workflows write the row themselves (OpenOrder, RejectOrder and CloseOrder of the checkout; ClaimOrder and
MarkCancelled of the cancel): there is no logic in these writes that a function would hold. `models.Order` is the
schema they keep to.
"""

from tillflow.store import Item

from orders.models import Order


def order_key(order_id: str) -> tuple[str, str]:
    """Return the primary key of an order's row."""
    return f"ORDER#{order_id}", "ORDER"


def read_order(row: Item) -> Order:
    """Return the order of a row; ValidationError when the row does not keep to the schema."""
    return Order.model_validate({name: value for name, value in row.items() if name not in ("pk", "sk")})
