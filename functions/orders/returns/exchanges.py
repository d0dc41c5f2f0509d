"""Operations on exchanges: a return and a new sale in one. The command line and the HTTP API call them."""

import json
from collections.abc import Mapping
from typing import Any

from tillflow.executions import Started, describe_execution, execution_arn, start_once
from tillflow.parsing import parse

from orders.approvals import approver_in
from orders.errors import InvalidReturn, UnknownReturn
from orders.operations import OrderOperations
from orders.returns.models import Exchanged, ReturnOrder, ReturnRef
from orders.returns.rules import check_by_person


class ExchangeOperations:
    """Exchanges. states: a client; machine: the ARN of the state machine; orders: prepares the new sale."""

    def __init__(self, states: Any, machine: str, orders: OrderOperations) -> None:
        self._states = states
        self._machine = machine
        self._orders = orders

    def create(
        self, returned: Mapping[str, Any], sale: Mapping[str, Any], manager: str | None = None
    ) -> Started:
        """Start an exchange under the id of its return; the same exchange again starts nothing.

        manager: the one who makes it, None for a cashier. InvalidReturn, InvalidOrder, OverrideNotAllowed,
        IdempotencyConflict when the exchange was started with another request.
        """
        parsed = parse(ReturnOrder, returned, InvalidReturn)
        if parsed.order_id is None or parsed.refund != "original":
            raise InvalidReturn("return", parsed.return_id, "a return of an order, refunded to its tenders")
        return_id = parsed.return_id
        check_by_person(return_id)
        prepared = self._orders.prepared(sale, lambda: self._approver(return_id) or manager)
        sent = {"return_id": return_id, "return": parsed.sent, "sale": prepared}
        return start_once(self._states, self._machine, return_id, sent, f"exchange {return_id}")

    def get(self, return_id: str) -> Exchanged:
        """Return an exchange. InvalidReturn, UnknownReturn."""
        return_id = parse(ReturnRef, {"return_id": return_id}, InvalidReturn).return_id
        execution = describe_execution(self._states, execution_arn(self._machine, return_id))
        if execution is None:
            raise UnknownReturn(return_id)
        ended = json.loads(execution["output"]) if "output" in execution else {}
        running, sale = execution["status"] == "RUNNING", json.loads(execution["input"])["sale"]
        return Exchanged(
            return_id=return_id,
            status="RUNNING" if running else "COMPLETED" if ended else "REFUSED",
            order_id=sale["order_id"],
            placed_at=sale.get("placed_at"),
            returned=ended.get("returned"),
            sold=ended.get("sold"),
            reason=execution.get("error"),
            cause=execution.get("cause"),
        )

    def _approver(self, return_id: str) -> str | None:
        """Return the manager who approved the sale of an exchange that was made before."""
        execution = describe_execution(self._states, execution_arn(self._machine, return_id))
        return None if execution is None else approver_in(json.loads(execution["input"]).get("sale"))
