"""When an order may be cancelled. Pure."""

from orders.errors import OrderHasReturns, OrderIsShipped, OrderPaidByExchange
from orders.models import Order


def check_cancellable(order: Order) -> None:
    """Raise OrderHasReturns if units of the order are being returned, OrderIsShipped if a carrier has some."""
    if order.returns:
        raise OrderHasReturns(order.order_id)
    if order.paid_by_exchange:
        raise OrderPaidByExchange(order.order_id)
    if order.shipments:
        raise OrderIsShipped(order.order_id)
