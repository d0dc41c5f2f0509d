"""Sell an order over HTTP: for orders that are placed, drafts that are sold, and exchanges."""

import os
from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic import BaseModel
from tillflow import references
from tillflow.api import Call, Problem, Reply, accepted
from tillflow.api.problems import ProblemError, problem_of_refusal
from tillflow.aws import client

from orders.cards import invoked
from orders.errors import LocationNotAllowed
from orders.models import Order
from orders.operations import OrderOperations
from orders.waiting import poll

_ENDED = frozenset({"PAID", "REJECTED", "CANCELLED"})


@cache
def orders() -> OrderOperations:
    """Return the operations of orders with the clients of this function."""
    return OrderOperations(
        client("dynamodb"),
        client("stepfunctions"),
        os.environ["TABLE_NAME"],
        os.environ["CHECKOUT_ARN"],
        os.environ["CANCEL_ARN"],
        invoked(client("lambda"), os.environ["STORE_CARDS_FUNCTION"]),
        references.invoked(client("lambda"), os.environ["FIND_UNKNOWN_CARRIERS_FUNCTION"]),
    )


def manager(call: Call) -> str | None:
    """Return the name of a caller who may approve discounts; None for a cashier."""
    return call.caller.username if call.caller.is_manager else None


def as_sent(body: BaseModel) -> dict[str, Any]:
    """Return a body with the fields that the client sent: they are the input that a repeated request must equal."""
    return body.model_dump(mode="json", by_alias=True, exclude_unset=True)


def sell(call: Call, sent: dict[str, Any], before_start: Callable[[], object] = lambda: None) -> Reply:
    """Start the checkout of an order and wait for its end. before_start: called when the order is accepted."""
    check_location(call, sent.get("location"))
    prepared = orders().prepare(sent, manager(call))
    before_start()
    started = orders().start(prepared)
    if started.duplicate:
        orders().check_unchanged(sent)
    if call.is_asynchronous:
        placed = Order(order_id=sent["order_id"], status="PLACED", execution=started.arn)
        return accepted(placed, f"/api/orders/{placed.order_id}", replayed=started.duplicate)
    order = poll(lambda: orders().get(sent["order_id"]), lambda one: one.status in _ENDED, call.query.wait)
    if order.status == "REJECTED":
        raise ProblemError(_refusal(order))
    ended = order.status != "PLACED"
    return Reply(order, 201 if ended else 202, {"location": f"/api/orders/{order.order_id}"})


def check_location(call: Call, location: object) -> None:
    """Raise LocationNotAllowed for another location than the cashier's own."""
    if not call.caller.is_manager and call.caller.location not in ("", location):
        raise LocationNotAllowed(str(location), call.caller.location)


def check_stored_location(call: Call, read: Callable[[], object]) -> None:
    """Raise LocationNotAllowed for a location that is read from a record, if the cashier has one of their own."""
    if not call.caller.is_manager and call.caller.location:
        check_location(call, read())


def check_location_of(call: Call, order_id: str) -> None:
    """Raise LocationNotAllowed for an order of another location than the cashier's own; UnknownOrder."""
    check_stored_location(call, lambda: orders().get(order_id).location)


def _refusal(order: Order) -> Problem:
    """Return the problem of an order that the checkout refused."""
    cause = order.cause or f"order {order.order_id} was rejected"
    return problem_of_refusal(order.reason or "OrderRejected", cause, "The sale was refused.")
