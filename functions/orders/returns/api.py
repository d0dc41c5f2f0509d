"""Returns and exchanges over HTTP."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from tillflow.api import Api, Call, Problem, Reply, accepted
from tillflow.api.problems import ProblemError, problem_of_refusal
from tillflow.aws import client
from tillflow.fields import Identifier, Note, Quantity
from tillflow.money import Currency
from tillflow.order_request import PlaceOrder

from orders.errors import OverrideNotAllowed
from orders.models import Code
from orders.returns.exchanges import ExchangeOperations
from orders.returns.models import (
    MAX_LINES,
    MAX_UNRECEIPTED_LINES,
    Condition,
    Exchanged,
    RefundTo,
    Return,
    ReturnId,
    ReturnLine,
)
from orders.returns.operations import ReturnOperations
from orders.selling import as_sent, check_location, check_location_of, manager, orders
from orders.waiting import Wait, poll

api = Api("orders")


class ReturnBody(BaseModel):
    """Units of an order that come back. The client makes `return_id`, which is the idempotency key.

    override_note: a manager's reason to allow a return after the return window.
    """

    model_config = ConfigDict(frozen=True)

    return_id: ReturnId
    currency: Currency
    lines: Annotated[tuple[ReturnLine, ...], Field(min_length=1, max_length=MAX_LINES)]
    refund: RefundTo = "original"
    customer_id: Identifier | None = None
    override_note: Note | None = None


class ExchangeBody(BaseModel):
    """Units of an order that come back, and the new sale that their value pays first.

    `sale` is an order as `POST /orders` takes it; its tenders pay what the returned units do not.
    """

    model_config = ConfigDict(frozen=True)

    returned: ReturnBody = Field(alias="return")
    sale: PlaceOrder


class UnreceiptedLine(BaseModel):
    """Units that come back without a receipt. condition: `resell` goes back into stock, `damaged` is written off."""

    model_config = ConfigDict(frozen=True)

    sku: Identifier
    quantity: Quantity
    condition: Condition = "resell"
    reason: Note = "returned"


class UnreceiptedBody(BaseModel):
    """Units that come back without a receipt, as store credit at the lowest price of the last days.

    note: the manager's reason to accept them. The client makes `return_id`, which is the idempotency key.
    """

    model_config = ConfigDict(frozen=True)

    return_id: ReturnId
    location: Code
    till: Code = Field(alias="register")
    currency: Currency
    customer_id: Identifier
    note: Note
    lines: Annotated[tuple[UnreceiptedLine, ...], Field(min_length=1, max_length=MAX_UNRECEIPTED_LINES)]


@cache
def _returns() -> ReturnOperations:
    return ReturnOperations(
        client("dynamodb"), client("stepfunctions"), os.environ["TABLE_NAME"], os.environ["RETURN_ARN"]
    )


@cache
def _exchanges() -> ExchangeOperations:
    return ExchangeOperations(client("stepfunctions"), os.environ["EXCHANGE_ARN"], orders())


@api.route(
    "POST /orders/{order_id}/returns",
    "sell",
    body=ReturnBody,
    query=Wait,
    response=Return,
    statuses=(201, 202),
)
def create_return(call: Call) -> Reply:
    """Return units of a paid order and refund them. The same return again starts nothing."""
    check_location_of(call, call.path["order_id"])
    return _create_return(call, _returned(call, call.body))


@api.route(
    "POST /orders/{order_id}/exchanges",
    "sell",
    body=ExchangeBody,
    query=Wait,
    response=Exchanged,
    statuses=(201, 202),
)
def create_exchange(call: Call) -> Reply:
    """Exchange units of a paid order for a new sale. The same exchange again starts nothing."""
    body: ExchangeBody = call.body
    check_location_of(call, call.path["order_id"])
    check_location(call, body.sale.location)
    started = _exchanges().create(_returned(call, body.returned), as_sent(body.sale), manager(call))
    return_id = body.returned.return_id
    location = f"/api/exchanges/{return_id}"
    if call.is_asynchronous:
        running = Exchanged(return_id=return_id, status="RUNNING", order_id=body.sale.order_id)
        return accepted(running, location, replayed=started.duplicate)
    exchanged = poll(
        lambda: _exchanges().get(return_id), lambda one: one.status != "RUNNING", call.query.wait
    )
    if exchanged.status == "REFUSED":
        cause = exchanged.cause or f"exchange {return_id} was refused"
        raise ProblemError(
            problem_of_refusal(exchanged.reason or "ExchangeRefused", cause, "The exchange was refused.")
        )
    return Reply(exchanged, 202 if exchanged.status == "RUNNING" else 201, {"location": location})


@api.route("GET /exchanges/{return_id}", "read", response=Exchanged)
def get_exchange(call: Call) -> Exchanged:
    """Return an exchange with its new sale and status."""
    return _exchanges().get(call.path["return_id"])


@api.route("POST /returns", "manage", body=UnreceiptedBody, query=Wait, response=Return, statuses=(201, 202))
def create_unreceipted_return(call: Call) -> Reply:
    """Accept units without a receipt, as store credit. The same return again starts nothing."""
    body: UnreceiptedBody = call.body
    if not call.caller.is_manager:
        raise OverrideNotAllowed("note", "a return without a receipt")
    lines = [
        {"line_no": number, **line.model_dump(mode="json")} for number, line in enumerate(body.lines, start=1)
    ]
    sent = body.model_dump(mode="json", by_alias=True, exclude={"note", "lines"}) | {
        "order_id": None,
        "lines": lines,
        "refund": "store_credit",
        "override": {"manager": call.caller.username, "note": body.note},
    }
    return _create_return(call, sent)


@api.route("GET /orders/{order_id}/returns", "read", response=list[Return])
def list_returns(call: Call) -> list[Return]:
    """List the returns of an order, the oldest first, and of those that were refused after their claim the last 20."""
    # An order that was rejected before it was opened has no row.
    return _returns().list_of_order(orders().get(call.path["order_id"]))


@api.route("GET /returns/{return_id}", "read", response=Return)
def get_return(call: Call) -> Return:
    """Return a return with its lines, refunds, credit note and status."""
    return _returns().get(call.path["return_id"])


def _returned(call: Call, body: ReturnBody) -> dict[str, Any]:
    """Return the request of a return of the order in the path. OverrideNotAllowed."""
    override = None
    if body.override_note is not None:
        if not call.caller.is_manager:
            raise OverrideNotAllowed("override_note", "a return after the return window")
        override = {"manager": call.caller.username, "note": body.override_note}
    return body.model_dump(mode="json", exclude={"override_note"}) | {
        "order_id": call.path["order_id"],
        "override": override,
    }


def _create_return(call: Call, sent: Mapping[str, Any]) -> Reply:
    """Start a return and wait for its end."""
    started = _returns().create(sent)
    if started.duplicate:
        _returns().check_unchanged(sent)
    return_id = sent["return_id"]
    location = f"/api/returns/{return_id}"
    if call.is_asynchronous:
        claimed = Return(return_id=return_id, status="CLAIMED", execution=started.arn)
        return accepted(claimed, location, replayed=started.duplicate)
    stored = _wait_for_return(return_id, call.query.wait)
    if stored.status == "RELEASED":
        raise ProblemError(_return_refusal(stored))
    return Reply(stored, 202 if stored.status == "CLAIMED" else 201, {"location": location})


def _wait_for_return(return_id: str, seconds: int) -> Return:
    """Return the return once it has ended, or as it is after so many seconds."""
    return poll(lambda: _returns().get(return_id), lambda stored: stored.status != "CLAIMED", seconds)


def _return_refusal(stored: Return) -> Problem:
    """Return the problem of a return that the workflow refused."""
    cause = stored.cause or f"return {stored.return_id} was refused"
    return problem_of_refusal(stored.reason or "ReturnRefused", cause, "The return was refused.")
