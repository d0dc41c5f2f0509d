"""Journal entries in DynamoDB; see rows.py for the table."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any

from tillflow.errors import OrderClosed, StoreContention
from tillflow.store import Item, put_new, put_row, read_row, retry_on_conflict, write
from tillflow.times import iso_utc

from ledger import rules
from ledger.errors import JournalConflict
from ledger.models import Entry, PostedEntry, ReversedEntries, ReversedSale
from ledger.rows import entry_content, entry_key


class LedgerStore:
    """The journal in one table. client: a DynamoDB client; table: its name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def find(self, entry_id: str) -> Entry | None:
        """Return a posted entry, None if there is none."""
        row = read_row(self._client, self._table, *entry_key(entry_id))
        return Entry.of(row) if row and "closed_at" not in row else None

    def post(self, entry: Entry, now: datetime) -> PostedEntry:
        """Post an entry.

        A second delivery with the same content changes nothing and returns the same; one with different content raises
        JournalConflict, and the posted entry stays. OrderClosed if the entry was reversed before it was posted.
        """
        content = entry_content(entry)
        pk, sk = entry_key(entry.entry_id)
        row = {"pk": pk, "sk": sk, "posted_at": iso_utc(now), **content}
        posting = put_new(self._table, row, _Stored)
        try:
            retry_on_conflict(partial(write, self._client, posting, f"posting {entry.entry_id}"))
        except _Stored as stored:
            if "closed_at" in stored.row:
                raise OrderClosed(entry.business_id, entry.kind) from None
            if {name: stored.row.get(name) for name in content} != content:
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
        pk, sk = entry_key(entry_id)
        tombstone = {"pk": pk, "sk": sk, "order_id": business_id, "closed_at": iso_utc(now)}
        closing = put_row(
            self._table,
            tombstone,
            lambda _: StoreContention(what),
            ConditionExpression="attribute_not_exists(pk) OR attribute_exists(closed_at)",
        )
        # An entry posted after the read above is reversed by the retry.
        write(self._client, closing, what)
        return {"entry_id": None, "debits": 0, "credits": 0}


class _Stored(Exception):
    """The row of an entry exists: the entry, or its tombstone."""

    def __init__(self, row: Item) -> None:
        super().__init__("the entry is stored")
        self.row = row
