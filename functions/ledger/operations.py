"""Operations of the ledger. The command line and the HTTP API call them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from tillflow.listing import Page, days_between
from tillflow.parsing import parse
from tillflow.times import utc_now

from ledger import rules
from ledger.errors import InvalidEntry
from ledger.manual.models import EntryRef, ManualEntry, PostManualEntry
from ledger.manual.store import ManualEntries
from ledger.models import Entry
from ledger.store import LedgerStore


class LedgerOperations:
    """Journal entries. dynamodb: a client; table: the ledger table."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._store = LedgerStore(dynamodb, table)

    def entries_of_order(self, order_id: str) -> list[Entry]:
        """Return the posted entries of an order: its sale and the reversal."""
        ids = (rules.sale_entry_id(order_id), rules.cancel_entry_id(order_id))
        return [entry for entry_id in ids if (entry := self._store.find(entry_id))]


class ManualEntryOperations:
    """Entries that a person makes. dynamodb: a client; table: the ledger table."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._entries = ManualEntries(dynamodb, table)

    def post(self, request: Mapping[str, Any], posted_by: str) -> ManualEntry:
        """Post an entry under the next number, once per entry id. InvalidEntry, IdempotencyConflict."""
        return self._entries.post(parse(PostManualEntry, request, InvalidEntry), posted_by, utc_now())

    def get(self, entry_id: str) -> ManualEntry:
        """Return a posted entry. UnknownEntry, InvalidEntry for an id no entry has."""
        return self._entries.find(parse(EntryRef, {"entry_id": entry_id}, InvalidEntry).entry_id)

    def list_entries(
        self,
        limit: int = 50,
        after: str = "",
        *,
        first_day: date | None = None,
        last_day: date | None = None,
    ) -> Page[ManualEntry]:
        """Return a page of entries by day, the newest first. InvalidRequest."""
        return self._entries.list_entries(limit, after, days_between(first_day, last_day))
