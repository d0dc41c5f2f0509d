"""Whether an order exists, as a row or as the execution of its checkout."""

import json
from collections.abc import Iterable
from typing import Any

from tillflow.errors import InvalidOrder, UnknownOrder
from tillflow.executions import describe_execution, error_message, execution_arn, has_failed
from tillflow.parsing import parse

from orders.models import Order, OrderRef
from orders.store import OrdersStore


class OrderFinder:
    """Orders by their ids. dynamodb, states: clients; checkout: the ARN of the state machine."""

    def __init__(self, dynamodb: Any, states: Any, table: str, checkout: str) -> None:
        self._store = OrdersStore(dynamodb, table)
        self._states = states
        self._checkout = checkout

    def get(self, order_id: str) -> Order:
        """Return an order; UnknownOrder, InvalidOrder for an id no order has.

        Step Functions deletes executions 90 days after they end, so the row is read first. An order without a row is
        one whose checkout has not opened it yet, or rejected it before that; it is returned as the execution has it.
        """
        order_id = parse(OrderRef, {"order_id": order_id}, InvalidOrder).order_id
        order = self._store.find(order_id)
        if order:
            return order
        arn = execution_arn(self._checkout, order_id)
        checkout = describe_execution(self._states, arn)
        if checkout is None:
            raise UnknownOrder(order_id)
        sent = json.loads(checkout["input"])
        return Order(
            order_id=order_id,
            status="REJECTED" if has_failed(checkout) else "PLACED",
            execution=arn,
            location=_text_in(sent, "location"),
            placed_at=_text_in(sent, "placed_at"),
            reason=checkout.get("error"),
            cause=error_message(checkout.get("cause", "")),
        )

    def find_unknown(self, order_ids: Iterable[str]) -> list[str]:
        """Return those of the ids that no order has, one that no order can have included."""
        return [order_id for order_id in order_ids if not self._exists(order_id)]

    def _exists(self, order_id: str) -> bool:
        try:
            self.get(order_id)
        except (UnknownOrder, InvalidOrder):
            return False
        return True


def _text_in(sent: Any, field: str) -> str | None:
    """Return the text of a field of an order as its workflow got it; None if it has none."""
    value = sent.get(field) if isinstance(sent, dict) else None
    return value if isinstance(value, str) else None
