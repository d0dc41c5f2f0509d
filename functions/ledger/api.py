"""Journal entries over HTTP."""

import os
from functools import cache

from tillflow.api import Api, Call
from tillflow.aws import client

from ledger.models import Entry
from ledger.operations import LedgerOperations

api = Api("ledger")
handle = api.handle


@cache
def _ledger() -> LedgerOperations:
    return LedgerOperations(client("dynamodb"), os.environ["TABLE_NAME"])


@api.route("GET /orders/{order_id}/entries", "read", response=list[Entry])
def list_entries(call: Call) -> list[Entry]:
    """List the journal entries of an order: its sale and the reversal."""
    return _ledger().entries_of_order(call.path["order_id"])
