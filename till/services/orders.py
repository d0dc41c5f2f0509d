"""Orders, drafts, returns and exchanges, by the orders service's API function."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from orders.drafts.models import Draft
from orders.errors import UnknownReturn
from orders.models import Order, OrderSummary
from orders.returns.models import Exchanged, Return
from tillflow.errors import UnknownOrder
from tillflow.executions import Started
from tillflow.listing import Page

from till.services.client import Response, Service
from till.stack import Stack

_FUNCTION = "OrdersApiFunction"


class Orders:
    """Customer orders."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, _FUNCTION)

    def place(self, request: Mapping[str, Any]) -> Started:
        """Start the checkout of an order; the same order again starts nothing. InvalidRequest, IdempotencyConflict."""
        response = self._service.call("POST /orders", "sell", body=dict(request), asynchronous=True)
        return Started(response.read(Order).execution, response.replayed)

    def cancel(self, order_id: str, reason: str) -> Started:
        """Start the cancel of an order. InvalidRequest, UnknownOrder, OrderHasReturns, and other conflicts."""
        response = self._service.call(
            "POST /orders/{order_id}/cancel",
            "sell",
            path={"order_id": order_id},
            body={"reason": reason},
            asynchronous=True,
        )
        return Started(str(response.body["cancel_execution"]), response.replayed)

    def get(self, order_id: str) -> Order:
        """Return an order; UnknownOrder, InvalidOrder for an id no order has."""
        return self._service.call("GET /orders/{order_id}", "read", path={"order_id": order_id}).read(Order)

    def list_orders(
        self,
        limit: int = 50,
        after: str = "",
        *,
        location: str | None = None,
        customer_id: str | None = None,
        status: str | None = None,
        first_day: date | None = None,
        last_day: date | None = None,
    ) -> Page[OrderSummary]:
        """Return a page of the orders, the newest first; days are those of placed_at. InvalidRequest."""
        filters = {
            "location": location,
            "customer_id": customer_id,
            "status": status,
            "first_day": first_day,
            "last_day": last_day,
        }
        return self._service.pages("GET /orders", "read", "orders", OrderSummary, limit, after, **filters)

    def find(self, order_id: str) -> Order | None:
        """Return an order, None if there is none."""
        try:
            return self.get(order_id)
        except UnknownOrder:
            return None

    def placed_at(self, order_id: str) -> str | None:
        """Return the time of an order, None if there is none: the same request at its time is the same order again."""
        order = self.find(order_id)
        return order.placed_at if order else None


class Drafts:
    """Drafts of orders."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, _FUNCTION)

    def create(self, request: Mapping[str, Any]) -> Draft:
        """Keep an order; the same draft again returns the stored one. InvalidRequest, IdempotencyConflict."""
        return self._service.call("POST /drafts", "sell", body=dict(request)).read(Draft)

    def get(self, draft_id: str) -> Draft:
        """Return a draft. InvalidDraft, UnknownDraft."""
        return self._service.call("GET /drafts/{draft_id}", "sell", path={"draft_id": draft_id}).read(Draft)

    def list_drafts(self, location: str, limit: int = 50, after: str = "") -> Page[Draft]:
        """Return a page of the open drafts of a location, the newest first."""
        return self._service.pages("GET /drafts", "sell", "drafts", Draft, limit, after, location=location)

    def update(self, draft_id: str, order: Mapping[str, Any], version: int | None = None) -> Draft:
        """Replace the order of a draft at a version. InvalidRequest, UnknownDraft, RecordChanged, OrderClosed."""
        path = {"draft_id": draft_id}
        response = self._service.call(
            "PUT /drafts/{draft_id}", "sell", path=path, body=dict(order), version=version
        )
        return response.read(Draft)

    def discard(self, draft_id: str, version: int | None = None) -> None:
        """Discard a draft. InvalidDraft, UnknownDraft, RecordChanged, OrderClosed."""
        path = {"draft_id": draft_id}
        self._service.call("POST /drafts/{draft_id}/discard", "sell", path=path, version=version)

    def sell(self, draft_id: str, sale: Mapping[str, Any], version: int | None = None) -> bool:
        """Start the checkout of a draft; return False if it was started before.

        InvalidRequest, IdempotencyConflict, RecordChanged, OrderClosed.
        """
        response = self._service.call(
            "POST /drafts/{draft_id}/sell",
            "sell",
            path={"draft_id": draft_id},
            body=dict(sale),
            version=version,
            asynchronous=True,
        )
        return not response.replayed


class Returns:
    """Returns of units of orders, and without a receipt."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, _FUNCTION)

    def create(self, request: Mapping[str, Any], manager: str = "") -> Started:
        """Start a return of an order; the same return again starts nothing. InvalidRequest, IdempotencyConflict.

        request: the route's body and `order_id`. manager: the one who allows it after the return window.
        """
        body = dict(request)
        path = {"order_id": str(body.pop("order_id"))}
        scope = "manage" if manager else "sell"
        response = self._service.call(
            "POST /orders/{order_id}/returns", scope, path=path, body=body, by=manager, asynchronous=True
        )
        return _started(response)

    def create_without_receipt(self, request: Mapping[str, Any], manager: str) -> Started:
        """Start a return without a receipt, which a manager allows. InvalidRequest, IdempotencyConflict."""
        response = self._service.call(
            "POST /returns", "manage", body=dict(request), by=manager, asynchronous=True
        )
        return _started(response)

    def get(self, return_id: str) -> Return:
        """Return a return; UnknownReturn, InvalidReturn."""
        path = {"return_id": return_id}
        return self._service.call("GET /returns/{return_id}", "read", path=path).read(Return)

    def find(self, return_id: str) -> Return | None:
        """Return a return, None if there is none."""
        try:
            return self.get(return_id)
        except UnknownReturn:
            return None

    def list_of_order(self, order_id: str) -> list[Return]:
        """Return the returns of an order, the oldest first. UnknownOrder, InvalidOrder."""
        path = {"order_id": order_id}
        return self._service.call("GET /orders/{order_id}/returns", "read", path=path).read(list[Return])


class Exchanges:
    """Exchanges of units of an order for a new sale."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, _FUNCTION)
        self._stack = stack

    def create(self, returned: Mapping[str, Any], sale: Mapping[str, Any], manager: str = "") -> Started:
        """Start an exchange; the same exchange again starts nothing. InvalidRequest, IdempotencyConflict.

        returned: as for a return; manager: the one who allows it after the return window.
        """
        body = dict(returned)
        path = {"order_id": str(body.pop("order_id"))}
        response = self._service.call(
            "POST /orders/{order_id}/exchanges",
            "manage" if manager else "sell",
            path=path,
            body={"return": body, "sale": dict(sale)},
            by=manager,
            asynchronous=True,
        )
        arn = self._stack.execution("OrderExchange", str(response.body["return_id"]))
        return Started(arn, response.replayed)

    def get(self, return_id: str) -> Exchanged:
        """Return an exchange. InvalidReturn, UnknownReturn."""
        path = {"return_id": return_id}
        return self._service.call("GET /exchanges/{return_id}", "read", path=path).read(Exchanged)

    def find(self, return_id: str) -> Exchanged | None:
        """Return an exchange, None if there is none."""
        try:
            return self.get(return_id)
        except UnknownReturn:
            return None


def _started(response: Response) -> Started:
    return Started(response.read(Return).execution, response.replayed)
