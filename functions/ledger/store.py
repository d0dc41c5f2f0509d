"""Journal entries in DynamoDB. An entry is written once; there is no operation that changes one.

ENTRY#<entry id>   ENTRY    the entry
ENTRY#<entry id>   CLOSED   the entry was reversed before it was posted: refuse it
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
from ledger.models import Entry, PostedEntry, ReversedEntries, ReversedSale


class LedgerStore:
    """The journal in one table. client: a DynamoDB client; table: its name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def find(self, entry_id: str) -> Entry | None:
        """Return a posted entry, None if there is none."""
        request = {"TableName": self._table, "Key": key(_pk(entry_id), "ENTRY"), "ConsistentRead": True}
        row = unmarshal(self._client.get_item(**request).get("Item"))
        return Entry.of(row) if row else None

    def post(self, entry: Entry, now: datetime) -> PostedEntry:
        """Post an entry.

        A second delivery with the same content changes nothing and returns the same; one with different content raises
        JournalConflict, and the posted entry stays. OrderClosed if the entry was reversed before it was posted.
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
        except AlreadyApplied as applied:
            if {name: applied.result.get(name) for name in content} != content:
                raise JournalConflict(entry.entry_id) from None
        return {"entry_id": entry.entry_id, "debits": entry.debits, "credits": entry.credits}

    def reverse(self, order_id: str, now: datetime) -> ReversedSale:
        """Post the entry that reverses an order's sale.

        A sale that was not posted needs none: the entry_id is None, and a later post is refused with OrderClosed.
        """
        sale = rules.sale_entry_id(order_id)
        return retry_on_conflict(lambda: self._reverse(order_id, sale, rules.sale_reversal, now))

    def reverse_entries(
        self, purchase_order_id: str, entry_ids: Iterable[str], now: datetime
    ) -> ReversedEntries:
        """Post the reversal of each entry. One that was not posted is refused with OrderClosed from now on."""
        posted = [
            retry_on_conflict(partial(self._reverse, purchase_order_id, entry_id, rules.entry_reversal, now))[
                "entry_id"
            ]
            for entry_id in entry_ids
        ]
        return {"purchase_order_id": purchase_order_id, "reversed": [entry for entry in posted if entry]}

    def _reverse(
        self, business_id: str, entry_id: str, reversal: Callable[[Entry], Entry], now: datetime
    ) -> ReversedSale:
        posted = self.find(entry_id)
        if posted:
            entry = self.post(reversal(posted), now)
            return {"entry_id": entry["entry_id"], "debits": entry["debits"], "credits": entry["credits"]}
        what = f"reversing {entry_id}"
        closed = {"pk": _pk(entry_id), "sk": "CLOSED", "order_id": business_id, "closed_at": iso_utc(now)}
        # An entry posted after the read above is reversed by the retry.
        posted_since = self._absent(_pk(entry_id), "ENTRY", StoreContention(what))
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

    def _absent(self, pk: str, sk: str, error: Exception) -> Action:
        request = {
            "TableName": self._table,
            "Key": key(pk, sk),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        return Action("ConditionCheck", request, lambda _: error)


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
