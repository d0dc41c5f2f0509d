"""Draft orders over HTTP."""

import os
from functools import cache

from pydantic import BaseModel
from tillflow import customers, references
from tillflow.api import Api, Call, PageQuery, Reply
from tillflow.aws import client
from tillflow.references import FindUnknown, Kind

from orders.drafts.models import CreateDraft, Draft, DraftOrder, SellDraft
from orders.drafts.operations import DraftOperations
from orders.models import Code, Order
from orders.selling import as_sent, check_location, check_stored_location, orders, sell
from orders.waiting import Wait

api = Api("orders")


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


@api.route("POST /drafts", "sell", body=CreateDraft, response=Draft, statuses=(201,))
def create_draft(call: Call) -> Reply:
    """Keep an order for later. The client makes `draft_id`; it is the order's id when the draft is sold."""
    check_location(call, call.body.order.location)
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


@api.route("PUT /drafts/{draft_id}", "sell", body=DraftOrder, response=Draft, versioned=True)
def update_draft(call: Call) -> Reply:
    """Replace the order of a draft at the version in If-Match, or at its newest."""
    _check_location_of_draft(call, call.path["draft_id"])
    check_location(call, call.body.location)
    order = call.body.model_dump(mode="json")
    draft = _drafts().update(call.path["draft_id"], order, call.version)
    return Reply(draft, version=draft.version)


@api.route("POST /drafts/{draft_id}/discard", "sell", response=Draft, versioned=True)
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
    versioned=True,
)
def sell_draft(call: Call) -> Reply:
    """Sell the order of a draft at the prices of now. The same again starts nothing."""
    draft_id, sale = call.path["draft_id"], as_sent(call.body)
    order, version = _drafts().order_of(draft_id, sale, call.version)

    def end_draft() -> None:
        """End the draft, once nothing but the workflow can refuse its order."""
        # The checkout of another order of this id may not have opened it yet.
        orders().check_unchanged(order)
        _drafts().sell(draft_id, version)

    return sell(call, order, end_draft)


def _check_location_of_draft(call: Call, draft_id: str) -> None:
    check_stored_location(call, lambda: _drafts().get(draft_id).order.location)
