"""FindOrder: the first step of a cancel."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse

from orders.errors import InvalidCancel
from orders.models import Cancellation, CancelOrder
from orders.rules import check_cancellable
from orders.store import OrdersStore

store = OrdersStore(client("dynamodb"), os.environ["TABLE_NAME"])


@handler
def find_order(event: dict[str, Any], context: object) -> Cancellation:
    """Validate a cancel request and find the checkout of its order. Changes nothing.

    Raises OrderHasReturns, OrderPaidByExchange, OrderIsShipped.
    """
    request = parse(CancelOrder, event, InvalidCancel)
    order = store.find(request.order_id)
    if order:
        check_cancellable(order)
    return {
        "order_id": request.order_id,
        "reason": request.reason,
        "checkout": order.execution if order else None,
    }
