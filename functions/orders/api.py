"""Orders over HTTP."""

import os
from collections.abc import Mapping
from functools import cache

from pydantic import BaseModel, ConfigDict
from tillflow import customers
from tillflow.api import Api, Call, PeriodQuery, Reply, accepted
from tillflow.api.problems import ProblemError, problem_of_refusal
from tillflow.aws import client
from tillflow.order_request import PlaceOrder
from tillflow.references import Filter, FindUnknown, Kind, check_filters, invoked

from orders.drafts.api import api as drafts
from orders.models import CancelReason, Code, Order, OrderSummary, Status
from orders.returns.api import api as returns
from orders.selling import as_sent, check_location_of, orders, sell
from orders.waiting import Wait, poll

api = Api("orders")
handle = api.handle

_NOT_SOLD = frozenset({"REJECTED", "CANCELLED"})


class CancelBody(BaseModel):
    """Why an order is cancelled; it is printed on the credit note."""

    model_config = ConfigDict(frozen=True)

    reason: CancelReason


class OrderQuery(PeriodQuery):
    """location, customer_id, status: only orders of these; days and times are those of placed_at."""

    location: Code | None = None
    customer_id: Code | None = None
    status: Status | None = None


class OrderPage(BaseModel):
    """A page of orders, the newest first; next_cursor is null on the last page."""

    orders: list[OrderSummary]
    next_cursor: str | None


@cache
def _find_unknown() -> Mapping[Kind, FindUnknown]:
    functions, environment = client("lambda"), os.environ
    check = customers.invoked(functions, environment["CHECK_CUSTOMER_FUNCTION"])
    return {
        "customer": customers.find_never_created(check),
        "location": invoked(functions, environment["FIND_UNKNOWN_LOCATIONS_FUNCTION"]),
    }


@api.route("POST /orders", "sell", body=PlaceOrder, query=Wait, response=Order, statuses=(201, 202))
def place_order(call: Call) -> Reply:
    """Sell an order. The till makes its id: the same order again starts nothing."""
    return sell(call, as_sent(call.body))


@api.route("GET /orders", "read", query=OrderQuery, response=OrderPage)
def list_orders(call: Call) -> OrderPage:
    """List orders, the newest first, a page at a time."""
    query: OrderQuery = call.query
    page = orders().list_orders(
        query.limit,
        call.after,
        location=query.location,
        customer_id=query.customer_id,
        status=query.status,
        period=query.period,
    )
    filters: list[Filter] = [
        ("location", "location", query.location),
        ("customer", "customer_id", query.customer_id),
    ]
    check_filters(page.rows, filters, _find_unknown())
    return OrderPage(orders=page.rows, next_cursor=call.cursor(page.after))


@api.route("GET /orders/{order_id}", "read", response=Order)
def get_order(call: Call) -> Order:
    """Return an order with its lines, totals, invoice number and status."""
    return orders().get(call.path["order_id"])


@api.route(
    "POST /orders/{order_id}/cancel", "sell", body=CancelBody, query=Wait, response=Order, statuses=(200, 202)
)
def cancel_order(call: Call) -> Reply:
    """Cancel an order before, during or after its payment; a payment is refunded."""
    order_id = call.path["order_id"]
    check_location_of(call, order_id)
    started = orders().cancel(order_id, call.body.reason)
    if call.is_asynchronous:
        order = orders().get(order_id).model_copy(update={"cancel_execution": started.arn})
        return accepted(order, f"/api/orders/{order_id}", replayed=started.duplicate)
    order, refusal = _wait_for_cancel(order_id, started.arn, call.query.wait)
    if refusal:
        raise ProblemError(problem_of_refusal(*refusal, "The order was not cancelled."))
    return Reply(order, 200 if order.status in _NOT_SOLD else 202)


def _wait_for_cancel(order_id: str, arn: str, seconds: int) -> tuple[Order, tuple[str, str] | None]:
    """Return the order, and error and cause of its cancel if that has ended and left the order as it was."""

    def read() -> tuple[Order, tuple[str, str] | None]:
        order = orders().get(order_id)
        return order, None if order.status in _NOT_SOLD else orders().cancel_refusal(order_id, arn)

    return poll(read, lambda both: both[0].status in _NOT_SOLD or both[1] is not None, seconds)


api.include(returns, drafts)
