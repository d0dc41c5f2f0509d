"""Operations on orders. The command line and the HTTP API call them."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tillflow.errors import InvalidOrder
from tillflow.executions import (
    Started,
    check_same_input,
    describe_execution,
    execution_arn,
    has_failed,
    restart_execution,
    start_execution,
)
from tillflow.gift_cards import hide_codes
from tillflow.listing import ALL_TIMES, Page, Period
from tillflow.order_request import PlaceOrder
from tillflow.parsing import parse
from tillflow.references import FindUnknown, Reference, check_references

from orders.approvals import approver_of, with_approval
from orders.cards import StoreCards, tokens_of, with_references
from orders.errors import InvalidCancel, OrderHasReturns
from orders.finding import OrderFinder
from orders.models import CancelOrder, Order, OrderSummary
from orders.rules import check_cancellable
from orders.store import OrdersStore


class OrderOperations:
    """Customer orders. dynamodb, states: clients; checkout, cancel: the ARNs of the two state machines.

    store_cards: stores the tokens of an order's cards, so that only their references reach its workflow;
    find_unknown_carriers: the lookup by the shipping service.
    """

    def __init__(
        self,
        dynamodb: Any,
        states: Any,
        table: str,
        checkout: str,
        cancel: str,
        store_cards: StoreCards,
        find_unknown_carriers: FindUnknown,
    ) -> None:
        self._find_unknown_carriers = find_unknown_carriers
        self._store = OrdersStore(dynamodb, table)
        self._finder = OrderFinder(dynamodb, states, table, checkout)
        self._states = states
        self._checkout = checkout
        self._cancel = cancel
        self._store_cards = store_cards

    def place(self, request: Mapping[str, Any], manager: str | None = None) -> Started:
        """Start the checkout of an order; the same order again starts nothing.

        manager: the one who places it, None for a cashier. InvalidOrder, UnknownReferences, OverrideNotAllowed,
        CardRefused.
        """
        return self.start(self.prepare(request, manager))

    def prepare(self, request: Mapping[str, Any], manager: str | None = None) -> dict[str, Any]:
        """Return what starts the checkout of an order. Raises what `place` does, and starts nothing."""
        return self.prepared(request, lambda: self._approver(request) or manager)

    def start(self, prepared: Mapping[str, Any]) -> Started:
        """Start the checkout of a prepared order; the same order again starts nothing."""
        return start_execution(self._states, self._checkout, prepared["order_id"], prepared)

    def prepared(self, request: Mapping[str, Any], approver: Callable[[], str | None]) -> dict[str, Any]:
        """Return an order as its workflow gets it: approved, and cards by reference, their tokens stored.

        approver: returns the manager who approves its discounts, if one does; called when it has an approval_note.
        InvalidOrder, UnknownReferences and OverrideNotAllowed before anything is stored.
        """
        order = parse(PlaceOrder, request, InvalidOrder)
        if order.delivery:
            carrier = Reference("carrier", "delivery.carrier", order.delivery.carrier)
            check_references([carrier], {"carrier": self._find_unknown_carriers})
        approving = request.get("approval_note") is not None
        request = hide_codes(with_approval(request, approver() if approving else None))
        if cards := tokens_of(request):
            self._store_cards(order.order_id, cards)
        return with_references(request)

    def check_unchanged(self, request: Mapping[str, Any]) -> None:
        """Raise IdempotencyConflict if the order's checkout was started with another request than this."""
        order_id = str(request["order_id"])
        # An order that was started without an approval differs from one with a note, also for the same sender.
        approved = with_approval(request, self._approver(request) or "")
        arn = execution_arn(self._checkout, order_id)
        check_same_input(self._states, arn, with_references(hide_codes(approved)), f"order {order_id}")

    def _approver(self, request: Mapping[str, Any]) -> str | None:
        """Return the manager who approved an order that was placed before; None if it has no note."""
        if request.get("approval_note") is None:
            return None
        return approver_of(self._states, execution_arn(self._checkout, str(request["order_id"])))

    def cancel(self, order_id: str, reason: str) -> Started:
        """Start the cancel of an order, again if one before it has left the order as it was.

        Raises InvalidCancel, UnknownOrder, OrderHasReturns, OrderPaidByExchange, OrderIsShipped.
        """
        request = parse(CancelOrder, {"order_id": order_id, "reason": reason}, InvalidCancel)
        check_cancellable(self.get(order_id))
        return restart_execution(self._states, self._cancel, order_id, request.model_dump(), _left_as_it_was)

    def cancel_refusal(self, order_id: str, arn: str) -> tuple[str, str] | None:
        """Return error and cause of a cancel that has ended and left the order as it was; None for any other.

        OrderHasReturns, OrderPaidByExchange, OrderIsShipped if that is why.
        """
        execution = describe_execution(self._states, arn)
        if execution is None or not _left_as_it_was(execution):
            return None
        if has_failed(execution):
            return execution.get("error", execution["status"]), execution.get("cause", "no cause")
        check_cancellable(self.get(order_id))
        return OrderHasReturns.__name__, f"units of order {order_id} were being returned; cancel it again"

    def list_orders(
        self,
        limit: int = 50,
        after: str = "",
        *,
        location: str | None = None,
        customer_id: str | None = None,
        status: str | None = None,
        period: Period = ALL_TIMES,
    ) -> Page[OrderSummary]:
        """Return a page of the opened orders, the newest first; the period is that of placed_at. InvalidRequest."""
        return self._store.list_orders(
            limit,
            after,
            location=location,
            customer_id=customer_id,
            status=status,
            between=period.bounds(),
        )

    def find(self, order_id: str) -> Order | None:
        """Return an order, None if its checkout has not opened it."""
        return self._store.find(order_id)

    def get(self, order_id: str) -> Order:
        """Return an order; UnknownOrder, InvalidOrder for an id no order has."""
        return self._finder.get(order_id)


def _left_as_it_was(execution: Mapping[str, Any]) -> bool:
    """Return whether a cancel has ended without one: it failed, or units of the order were returned or shipped."""
    if execution["status"] != "SUCCEEDED":
        return has_failed(execution)
    return bool(json.loads(execution["output"])["status"] == "PAID")
