"""Journal entries that a person makes, by the ledger's API function."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from ledger.errors import InvalidEntry
from ledger.manual.models import ManualEntry, PostManualEntry
from tillflow.listing import Page
from tillflow.parsing import parse

from till.services.client import Service
from till.stack import Stack


class ManualEntries:
    """Manual entries."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, "LedgerApiFunction")

    def post(self, request: Mapping[str, Any]) -> ManualEntry:
        """Post an entry under the next number, once per entry id. InvalidEntry, IdempotencyConflict."""
        body = parse(PostManualEntry, request, InvalidEntry).model_dump(mode="json")
        return self._service.call("POST /ledger/entries", "manage", body=body).read(ManualEntry)

    def list_entries(
        self, limit: int, after: str, first_day: date | None, last_day: date | None
    ) -> Page[ManualEntry]:
        """Return a page of entries by day, the newest first. InvalidRequest."""
        days = {"first_day": first_day, "last_day": last_day}
        return self._service.pages(
            "GET /ledger/entries", "manage", "entries", ManualEntry, limit, after, **days
        )

    def find(self, entry_id: str) -> ManualEntry:
        """Return a posted entry. UnknownEntry, InvalidEntry."""
        path = {"entry_id": entry_id}
        return self._service.call("GET /ledger/entries/{entry_id}", "manage", path=path).read(ManualEntry)
