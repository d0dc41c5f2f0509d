"""Operations on returns. The command line and the HTTP API call them."""

from collections.abc import Mapping
from typing import Any

from tillflow.executions import (
    Started,
    check_same_input,
    describe_execution,
    execution_arn,
    start_execution,
)
from tillflow.parsing import parse

from orders.errors import InvalidReturn, UnknownReturn
from orders.models import Order
from orders.returns.models import Return, ReturnOrder, ReturnRef
from orders.returns.rules import check_by_person
from orders.returns.store import ReturnsStore

MAX_RELEASED = 20
"""The most returns of an order in a list whose claims were released: each may have as many lines as the order."""


class ReturnOperations:
    """Returns of orders. dynamodb, states: clients; machine: the ARN of the state machine."""

    def __init__(self, dynamodb: Any, states: Any, table: str, machine: str) -> None:
        self._store = ReturnsStore(dynamodb, table)
        self._states = states
        self._machine = machine

    def create(self, request: Mapping[str, Any]) -> Started:
        """Start a return; the same return again starts nothing. InvalidReturn."""
        parsed = parse(ReturnOrder, request, InvalidReturn)
        check_by_person(parsed.return_id)
        return start_execution(self._states, self._machine, parsed.return_id, parsed.sent)

    def check_unchanged(self, request: Mapping[str, Any]) -> None:
        """Raise IdempotencyConflict if the return was started with another request than this."""
        parsed = parse(ReturnOrder, request, InvalidReturn)
        arn = execution_arn(self._machine, parsed.return_id)
        check_same_input(self._states, arn, parsed.sent, f"return {parsed.return_id}")

    def find(self, return_id: str) -> Return | None:
        """Return a return, None if it claimed nothing."""
        return self._store.find(return_id)

    def get(self, return_id: str) -> Return:
        """Return a return; UnknownReturn, InvalidReturn for an id no return has.

        One that was refused before it claimed anything is RELEASED.
        """
        return_id = parse(ReturnRef, {"return_id": return_id}, InvalidReturn).return_id
        stored = self._store.find(return_id)
        if stored:
            return stored
        arn = execution_arn(self._machine, return_id)
        execution = describe_execution(self._states, arn)
        if execution is None:
            raise UnknownReturn(return_id)
        return Return(
            return_id=return_id,
            status="CLAIMED" if execution["status"] == "RUNNING" else "RELEASED",
            execution=arn,
            reason=execution.get("error"),
            cause=execution.get("cause"),
        )

    def list_of_order(self, order: Order) -> list[Return]:
        """Return the returns of an order, the oldest first: of those whose claims were released the last ones.

        A return that was refused before it claimed anything is not among them.
        """
        claimed = [claim.return_id for claim in order.returns or ()]
        returns = self._store.find_many([*claimed, *self._store.released_of(order.order_id, MAX_RELEASED)])
        return sorted(returns, key=lambda one: one.claimed_at or "")
