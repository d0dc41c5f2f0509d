"""Operations on exchanges: a return and a new sale in one. The command line and the HTTP API call them."""

import json
from collections.abc import Mapping
from typing import Any

from tillflow.executions import Started, describe_execution, execution_arn, start_once
from tillflow.parsing import parse

from orders.errors import InvalidReturn, UnknownReturn
from orders.operations import OrderOperations
from orders.returns.models import Exchanged, ReturnOrder, ReturnRef


class ExchangeOperations:
    """Exchanges. states: a client; machine: the ARN of the state machine; orders: prepares the new sale."""

    def __init__(self, states: Any, machine: str, orders: OrderOperations) -> None:
        self._states = states
        self._machine = machine
        self._orders = orders

    def create(self, returned: Mapping[str, Any], sale: Mapping[str, Any]) -> Started:
        """Start an exchange under the id of its return; the same exchange again starts nothing.

        InvalidReturn, InvalidOrder, IdempotencyConflict when the exchange was started with another request.
        """
        parsed = parse(ReturnOrder, returned, InvalidReturn)
        if parsed.order_id is None or parsed.refund != "original":
            raise InvalidReturn("return", parsed.return_id, "a return of an order, refunded to its tenders")
        sent = {"return_id": parsed.return_id, "return": parsed.sent, "sale": self._orders.prepared(sale)}
        return start_once(self._states, self._machine, parsed.return_id, sent, f"exchange {parsed.return_id}")

    def get(self, return_id: str) -> Exchanged:
        """Return an exchange. InvalidReturn, UnknownReturn."""
        return_id = parse(ReturnRef, {"return_id": return_id}, InvalidReturn).return_id
        execution = describe_execution(self._states, execution_arn(self._machine, return_id))
        if execution is None:
            raise UnknownReturn(return_id)
        ended = json.loads(execution["output"]) if "output" in execution else {}
        running = execution["status"] == "RUNNING"
        return Exchanged(
            return_id=return_id,
            status="RUNNING" if running else "COMPLETED" if ended else "REFUSED",
            order_id=json.loads(execution["input"])["sale"]["order_id"],
            returned=ended.get("returned"),
            sold=ended.get("sold"),
            reason=execution.get("error"),
            cause=execution.get("cause"),
        )
