"""Operations of the ledger. The command line and the HTTP API call them."""

from typing import Any

from ledger import rules
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
