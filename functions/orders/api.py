"""Orders over HTTP."""

import os
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from tillflow import customers, references
from tillflow.api import Api, Call, DaysQuery, PageQuery, Problem, Reply, accepted
from tillflow.api.problems import ProblemError, problem_of_refusal
from tillflow.aws import client
from tillflow.fields import Identifier, Note, Quantity
from tillflow.money import Currency
from tillflow.order_request import PlaceOrder
from tillflow.references import FindUnknown, Kind

from orders.cards import invoked
from orders.drafts.models import CreateDraft, Draft, DraftOrder, SellDraft
from orders.drafts.operations import DraftOperations
from orders.errors import LocationNotAllowed, OverrideNotAllowed
from orders.models import CancelReason, Code, Order, OrderSummary, Status
from orders.operations import OrderOperations
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

api = Api("orders")
handle = api.handle

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_NOT_SOLD = frozenset({"REJECTED", "CANCELLED"})


class Wait(BaseModel):
    """wait: seconds to wait for the end of the checkout or cancel."""

    model_config = ConfigDict(frozen=True)

    wait: Annotated[int, Field(ge=0, le=20)] = 15


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


class CancelBody(BaseModel):
    """Why an order is cancelled; it is printed on the credit note."""

    model_config = ConfigDict(frozen=True)

    reason: CancelReason


class OrderQuery(DaysQuery):
    """location, customer_id, status: only orders of these; days are those of placed_at."""

    location: Code | None = None
    customer_id: Code | None = None
    status: Status | None = None


class OrderPage(BaseModel):
    """A page of orders, the newest first; next_cursor is null on the last page."""

    orders: list[OrderSummary]
    next_cursor: str | None


class DraftQuery(PageQuery):
    """location: that of the drafts."""

    location: Code


class DraftPage(BaseModel):
    """A page of drafts, the newest first; next_cursor is null on the last page."""

    drafts: list[Draft]
    next_cursor: str | None


@cache
def _drafts() -> DraftOperations:
    functions, environment = client("lambda"), os.environ
    check = customers.invoked(functions, environment["CHECK_CUSTOMER_FUNCTION"])
    find: dict[Kind, FindUnknown] = {
        "customer": customers.find_unknown(check),
        "location": references.invoked(functions, environment["FIND_UNKNOWN_LOCATIONS_FUNCTION"]),
        "product": references.invoked(functions, environment["FIND_UNKNOWN_PRODUCTS_FUNCTION"]),
    }
    return DraftOperations(client("dynamodb"), environment["TABLE_NAME"], find)


@cache
def _returns() -> ReturnOperations:
    return ReturnOperations(
        client("dynamodb"), client("stepfunctions"), os.environ["TABLE_NAME"], os.environ["RETURN_ARN"]
    )


@cache
def _exchanges() -> ExchangeOperations:
    return ExchangeOperations(client("stepfunctions"), os.environ["EXCHANGE_ARN"], _orders())


@cache
def _orders() -> OrderOperations:
    return OrderOperations(
        client("dynamodb"),
        client("stepfunctions"),
        os.environ["TABLE_NAME"],
        os.environ["CHECKOUT_ARN"],
        os.environ["CANCEL_ARN"],
        invoked(client("lambda"), os.environ["STORE_CARDS_FUNCTION"]),
        references.invoked(client("lambda"), os.environ["FIND_UNKNOWN_CARRIERS_FUNCTION"]),
    )


@api.route("POST /orders", "sell", body=PlaceOrder, query=Wait, response=Order, statuses=(201, 202))
def place_order(call: Call) -> Reply:
    """Sell an order. The till makes its id: the same order again starts nothing."""
    return _sell(call, _as_sent(call.body))


@api.route("GET /orders", "read", query=OrderQuery, response=OrderPage)
def list_orders(call: Call) -> OrderPage:
    """List orders, the newest first, a page at a time."""
    query: OrderQuery = call.query
    page = _orders().list_orders(
        query.limit,
        call.after,
        location=query.location,
        customer_id=query.customer_id,
        status=query.status,
        first_day=query.first_day,
        last_day=query.last_day,
    )
    return OrderPage(orders=page.rows, next_cursor=call.cursor(page.after))


@api.route("GET /orders/{order_id}", "read", response=Order)
def get_order(call: Call) -> Order:
    """Return an order with its lines, totals, invoice number and status."""
    return _orders().get(call.path["order_id"])


@api.route(
    "POST /orders/{order_id}/cancel", "sell", body=CancelBody, query=Wait, response=Order, statuses=(200, 202)
)
def cancel_order(call: Call) -> Reply:
    """Cancel an order before, during or after its payment; a payment is refunded."""
    order_id = call.path["order_id"]
    _check_location_of(call, order_id)
    started = _orders().cancel(order_id, call.body.reason)
    if call.is_asynchronous:
        order = _orders().get(order_id).model_copy(update={"cancel_execution": started.arn})
        return accepted(order, f"/api/orders/{order_id}", replayed=started.duplicate)
    order, refusal = _wait_for_cancel(order_id, started.arn, call.query.wait)
    if refusal:
        raise ProblemError(problem_of_refusal(*refusal, "The order was not cancelled."))
    return Reply(order, 200 if order.status in _NOT_SOLD else 202)


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
    _check_location_of(call, call.path["order_id"])
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
    _check_location_of(call, call.path["order_id"])
    _check_location(call, body.sale.location)
    started = _exchanges().create(_returned(call, body.returned), _as_sent(body.sale), _manager(call))
    return_id = body.returned.return_id
    location = f"/api/exchanges/{return_id}"
    if call.is_asynchronous:
        running = Exchanged(return_id=return_id, status="RUNNING", order_id=body.sale.order_id)
        return accepted(running, location, replayed=started.duplicate)
    exchanged = _poll(
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
    """List the returns of an order that were not refused, the oldest first."""
    return _returns().list_of_order(call.path["order_id"])


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


@api.route("POST /drafts", "sell", body=CreateDraft, response=Draft, statuses=(201,))
def create_draft(call: Call) -> Reply:
    """Keep an order for later. The client makes `draft_id`; it is the order's id when the draft is sold."""
    _check_location(call, call.body.order.location)
    draft = _drafts().create(call.body.model_dump(mode="json"))
    return Reply(draft, 201, {"location": f"/api/drafts/{draft.draft_id}"}, draft.version)


@api.route("GET /drafts", "sell", query=DraftQuery, response=DraftPage)
def list_drafts(call: Call) -> DraftPage:
    """List the open drafts of a location, the newest first, a page at a time."""
    page = _drafts().list_drafts(call.query.location, call.query.limit, call.after)
    return DraftPage(drafts=page.rows, next_cursor=call.cursor(page.after))


@api.route("GET /drafts/{draft_id}", "sell", response=Draft)
def get_draft(call: Call) -> Reply:
    """Return a draft; `POST /quotes` prices its order."""
    draft = _drafts().get(call.path["draft_id"])
    return Reply(draft, version=draft.version)


@api.route("PUT /drafts/{draft_id}", "sell", body=DraftOrder, response=Draft)
def update_draft(call: Call) -> Reply:
    """Replace the order of a draft at the version in If-Match, or at its newest."""
    _check_location_of_draft(call, call.path["draft_id"])
    _check_location(call, call.body.location)
    order = call.body.model_dump(mode="json")
    draft = _drafts().update(call.path["draft_id"], order, call.version)
    return Reply(draft, version=draft.version)


@api.route("POST /drafts/{draft_id}/discard", "sell", response=Draft)
def discard_draft(call: Call) -> Reply:
    """Discard a draft at the version in If-Match, or at its newest."""
    _check_location_of_draft(call, call.path["draft_id"])
    draft = _drafts().discard(call.path["draft_id"], call.version)
    return Reply(draft, version=draft.version)


@api.route(
    "POST /drafts/{draft_id}/sell",
    "sell",
    body=SellDraft,
    query=Wait,
    response=Order,
    statuses=(201, 202),
)
def sell_draft(call: Call) -> Reply:
    """Sell the order of a draft at the prices of now. The same again starts nothing."""
    draft_id, sale = call.path["draft_id"], _as_sent(call.body)
    order, version = _drafts().order_of(draft_id, sale, call.version)

    def end_draft() -> None:
        """End the draft, once nothing but the workflow can refuse its order."""
        # The checkout of another order of this id may not have opened it yet.
        _orders().check_unchanged(order)
        _drafts().sell(draft_id, version)

    return _sell(call, order, end_draft)


def _manager(call: Call) -> str | None:
    """Return the name of a caller who may approve discounts; None for a cashier."""
    return call.caller.username if call.caller.is_manager else None


def _as_sent(body: BaseModel) -> dict[str, Any]:
    """Return a body with the fields that the client sent: they are the input that a repeated request must equal."""
    return body.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _sell(call: Call, sent: dict[str, Any], before_start: Callable[[], object] = lambda: None) -> Reply:
    """Start the checkout of an order and wait for its end. before_start: called when the order is accepted."""
    _check_location(call, sent.get("location"))
    prepared = _orders().prepare(sent, _manager(call))
    before_start()
    started = _orders().start(prepared)
    if started.duplicate:
        _orders().check_unchanged(sent)
    if call.is_asynchronous:
        placed = Order(order_id=sent["order_id"], status="PLACED", execution=started.arn)
        return accepted(placed, f"/api/orders/{placed.order_id}", replayed=started.duplicate)
    order = _wait(sent["order_id"], call.query.wait, frozenset({"PAID", "REJECTED", "CANCELLED"}))
    if order.status == "REJECTED":
        raise ProblemError(_refusal(order))
    ended = order.status != "PLACED"
    return Reply(order, 201 if ended else 202, {"location": f"/api/orders/{order.order_id}"})


def _check_location(call: Call, location: object) -> None:
    if not call.caller.is_manager and call.caller.location not in ("", location):
        raise LocationNotAllowed(str(location), call.caller.location)


def _check_location_of(call: Call, order_id: str) -> None:
    """Raise LocationNotAllowed for an order of another location than the cashier's own; UnknownOrder."""
    if not call.caller.is_manager and call.caller.location:
        _check_location(call, _orders().get(order_id).location)


def _check_location_of_draft(call: Call, draft_id: str) -> None:
    if not call.caller.is_manager and call.caller.location:
        _check_location(call, _drafts().get(draft_id).order.location)


def _wait_for_cancel(order_id: str, arn: str, seconds: int) -> tuple[Order, tuple[str, str] | None]:
    """Return the order, and error and cause of its cancel if that has ended and left the order as it was."""

    def read() -> tuple[Order, tuple[str, str] | None]:
        order = _orders().get(order_id)
        return order, None if order.status in _NOT_SOLD else _orders().cancel_refusal(order_id, arn)

    return _poll(read, lambda both: both[0].status in _NOT_SOLD or both[1] is not None, seconds)


def _wait_for_return(return_id: str, seconds: int) -> Return:
    """Return the return once it has ended, or as it is after so many seconds."""
    return _poll(lambda: _returns().get(return_id), lambda stored: stored.status != "CLAIMED", seconds)


def _wait(order_id: str, seconds: int, ends: frozenset[str]) -> Order:
    """Return the order once it has one of these statuses, or as it is after so many seconds."""
    return _poll(lambda: _orders().get(order_id), lambda order: order.status in ends, seconds)


def _poll[Document](
    read: Callable[[], Document], ended: Callable[[Document], bool], seconds: int
) -> Document:
    """Return the document once it has ended, or as it is after so many seconds.

    The pauses are a quarter of the time waited, so that the end is seen soon after it and a long wait reads seldom.
    """
    began = time.monotonic()
    while True:
        document = read()
        waited = time.monotonic() - began
        if ended(document) or waited >= seconds:
            return document
        time.sleep(min(max(waited / 4, _SHORTEST_PAUSE), _LONGEST_PAUSE, seconds - waited))


def _refusal(order: Order) -> Problem:
    """Return the problem of an order that the checkout refused."""
    cause = order.cause or f"order {order.order_id} was rejected"
    return problem_of_refusal(order.reason or "OrderRejected", cause, "The sale was refused.")


def _return_refusal(stored: Return) -> Problem:
    """Return the problem of a return that the workflow refused."""
    cause = stored.cause or f"return {stored.return_id} was refused"
    return problem_of_refusal(stored.reason or "ReturnRefused", cause, "The return was refused.")
