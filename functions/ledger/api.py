"""Journal entries over HTTP."""

import os
from functools import cache

from pydantic import BaseModel
from tillflow.api import Api, Call, DaysQuery, Reply
from tillflow.aws import client
from tillflow.references import check_order, invoked

from ledger.manual.models import ManualEntry, PostManualEntry
from ledger.models import Entry
from ledger.operations import LedgerOperations, ManualEntryOperations

api = Api("ledger")
handle = api.handle


class ManualEntryPage(BaseModel):
    """A page of manual entries, the newest day first; next_cursor is null on the last page."""

    entries: list[ManualEntry]
    next_cursor: str | None


@cache
def _ledger() -> LedgerOperations:
    return LedgerOperations(client("dynamodb"), os.environ["TABLE_NAME"])


@cache
def _manual_entries() -> ManualEntryOperations:
    return ManualEntryOperations(client("dynamodb"), os.environ["TABLE_NAME"])


@api.route("GET /orders/{order_id}/entries", "read", response=list[Entry])
def list_entries(call: Call) -> list[Entry]:
    """List the journal entries of an order: its sale and the reversal."""
    order_id = call.path["order_id"]
    entries = _ledger().entries_of_order(order_id)
    if not entries:
        check_order(invoked(client("lambda"), os.environ["FIND_UNKNOWN_ORDERS_FUNCTION"]), order_id)
    return entries


@api.route("POST /ledger/entries", "manage", body=PostManualEntry, response=ManualEntry, statuses=(201,))
def post_entry(call: Call) -> Reply:
    """Post a journal entry by hand under the next number, once per entry id."""
    entry = _manual_entries().post(call.body.model_dump(mode="json"), call.caller.username)
    return Reply(entry, 201, {"location": f"/api/ledger/entries/{entry.entry_id}"})


@api.route("GET /ledger/entries", "manage", query=DaysQuery, response=ManualEntryPage)
def list_manual_entries(call: Call) -> ManualEntryPage:
    """List the entries that were made by hand by their day, the newest first, a page at a time."""
    query: DaysQuery = call.query
    page = _manual_entries().list_entries(
        query.limit, call.after, first_day=query.first_day, last_day=query.last_day
    )
    return ManualEntryPage(entries=page.rows, next_cursor=call.cursor(page.after))


@api.route("GET /ledger/entries/{entry_id}", "manage", response=ManualEntry)
def get_entry(call: Call) -> ManualEntry:
    """Return an entry that was made by hand."""
    return _manual_entries().get(call.path["entry_id"])
