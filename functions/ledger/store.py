"""The ledger's table. There is no verb to change an entry.

ENTRY#<entry id>   ENTRY    written once
ENTRY#<entry id>   CLOSED   the order was cancelled before its sale was posted: refuse it
"""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any

from tillflow.errors import OrderClosed, StoreContention
from tillflow.store import Action, AlreadyApplied, Item, key, marshal, retry_on_conflict, transact, unmarshal
from tillflow.times import iso_utc

from ledger import rules
from ledger.errors import JournalConflict
from ledger.models import Entry


class LedgerStore:
    """The journal in one table. client: a DynamoDB client; table: its name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def post(self, entry: Entry, now: datetime) -> dict[str, Any]:
        """Post an entry: {entry_id, debits, credits}.

        Delivered again with the same content it changes nothing and answers the same; with other content
        it raises JournalConflict, and what is posted stays. OrderClosed after a cancel that found no sale.
        """
        content = _content(entry)
        row = {
            "pk": _pk(entry.entry_id),
            "sk": "ENTRY",
            "posted_at": iso_utc(now),
            **content,
        }
        actions = [
            self._put_new(row),
            self._absent(_pk(entry.entry_id), "CLOSED", OrderClosed(entry.business_id, entry.kind)),
        ]
        what = f"posting {entry.entry_id}"
        try:
            retry_on_conflict(partial(transact, self._client, actions, what))
        except AlreadyApplied as done:
            if {name: done.result.get(name) for name in content} != content:
                raise JournalConflict(entry.entry_id) from None
        return {"entry_id": entry.entry_id, "debits": entry.debits, "credits": entry.credits}

    def reverse(self, order_id: str, now: datetime) -> dict[str, Any]:
        """Post the entry that undoes the order's sale: {entry_id, debits, credits}.

        A sale that was not posted needs none, and is refused with OrderClosed should it come later: the
        entry_id is null.
        """
        sale = rules.sale_entry_id(order_id)
        return retry_on_conflict(lambda: self._reverse(order_id, sale, rules.reversal, now))

    def reverse_entries(self, order_id: str, entry_ids: Iterable[str], now: datetime) -> dict[str, Any]:
        """Post an entry for each that undoes it: {purchase_order_id, reversed: [entry ids posted]}.

        Entries that were not posted are refused with OrderClosed from now on.
        """
        posted = [
            retry_on_conflict(partial(self._reverse, order_id, entry_id, rules.undoing, now))["entry_id"]
            for entry_id in entry_ids
        ]
        return {"purchase_order_id": order_id, "reversed": [entry for entry in posted if entry]}

    def _reverse(
        self, order_id: str, entry_id: str, undo: Callable[[Entry], Entry], now: datetime
    ) -> dict[str, Any]:
        place = _pk(entry_id)
        row = {"TableName": self._table, "Key": key(place, "ENTRY"), "ConsistentRead": True}
        posted = unmarshal(self._client.get_item(**row).get("Item"))
        if posted:
            return self.post(undo(Entry.of(posted)), now)
        what = f"reversing {entry_id}"
        closed = {"pk": place, "sk": "CLOSED", "order_id": order_id, "closed_at": iso_utc(now)}
        # A sale posted since it was looked for is reversed when we look again.
        posted_since = self._absent(place, "ENTRY", StoreContention(what))
        closing = Action("Put", {"TableName": self._table, "Item": marshal(closed)})
        transact(self._client, [posted_since, closing], what)
        return {"entry_id": None, "debits": 0, "credits": 0}

    def _put_new(self, row: Item) -> Action:
        request = {
            "TableName": self._table,
            "Item": marshal(row),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        return Action("Put", request, AlreadyApplied)

    def _absent(self, pk: str, sk: str, refused: Exception) -> Action:
        request = {
            "TableName": self._table,
            "Key": key(pk, sk),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        return Action("ConditionCheck", request, lambda _: refused)


def _pk(entry_id: str) -> str:
    return f"ENTRY#{entry_id}"


def _content(entry: Entry) -> Item:
    lines = json.dumps([line.as_document() for line in entry.lines], separators=(",", ":"))
    return {
        "entry_id": entry.entry_id,
        "business_id": entry.business_id,
        "kind": entry.kind,
        "currency": entry.currency,
        "reference": entry.reference,
        "lines": lines,
    }
