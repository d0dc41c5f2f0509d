"""Manual entries in DynamoDB; see ledger/rows.py for the rows."""

from datetime import date, datetime
from typing import Any

from tillflow.errors import StoreContention, check_same
from tillflow.listing import Index, Page
from tillflow.store import (
    Action,
    AlreadyApplied,
    Item,
    marshal,
    put_new,
    put_row,
    read_row,
    read_rows,
    retry_on_conflict,
    transact,
)
from tillflow.times import iso_utc

from ledger.errors import UnknownEntry
from ledger.manual import rules
from ledger.manual.models import ManualEntry, PostManualEntry
from ledger.models import Entry
from ledger.rows import MANUAL, counter_key, entry_content, entry_key, listed_key


class ManualEntries:
    """Manual entries in the ledger table. client: a DynamoDB client; table: its name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def post(self, request: PostManualEntry, posted_by: str, now: datetime) -> ManualEntry:
        """Post an entry under the next number, once per entry id; the same again returns the first.

        A number is only taken together with its entry, so that none is missing. InvalidEntry, IdempotencyConflict.
        """
        entry = rules.manual_entry(request)
        return retry_on_conflict(lambda: self._post(entry, request.day, posted_by, now))

    def find(self, entry_id: str) -> ManualEntry:
        """Return a posted entry; UnknownEntry."""
        row = self._row(*entry_key(rules.entry_name(entry_id)))
        if not row:
            raise UnknownEntry(entry_id)
        return _read(row)

    def list_entries(self, limit: int, after: str, between: tuple[str, str] | None) -> Page[ManualEntry]:
        """Return a page of entries by day, the newest first. between: bounds of the day. InvalidRequest."""
        days = Index(self._client, self._table, None, "pk", "sk")
        page = days.page(MANUAL, limit, after, newest_first=True, between=between)
        keys = [entry_key(rules.entry_name(row["entry_id"])) for row in page.rows]
        rows = read_rows(self._client, self._table, keys)
        return Page([_read(rows[place]) for place in keys], page.after)

    def _post(self, entry: Entry, day: date, posted_by: str, now: datetime) -> ManualEntry:
        pk, sk = entry_key(entry.entry_id)
        content = {**entry_content(entry), "day": day.isoformat()}
        if stored := self._row(pk, sk):
            return _same(stored, content)
        rules.check_day(day, now.date())
        place = counter_key(rules.SERIES)
        last = self._row(*place).get("last", 0)
        number = rules.entry_number(last + 1)
        row = {
            "pk": pk,
            "sk": sk,
            **content,
            "number": number,
            "posted_by": posted_by,
            "posted_at": iso_utc(now),
        }
        listed_pk, listed_sk = listed_key(day.isoformat(), number)
        what = f"posting {entry.entry_id}"
        actions = [
            put_new(self._table, row, AlreadyApplied),
            self._count(place, last, what),
            put_row(self._table, {"pk": listed_pk, "sk": listed_sk, "entry_id": entry.business_id}),
        ]
        try:
            transact(self._client, actions, what)
        except AlreadyApplied as applied:
            return _same(applied.result, content)
        return _read(row)

    def _count(self, place: tuple[str, str], last: int, what: str) -> Action:
        """Return the action that takes the number after the last one; a Put, since no role may update the journal."""
        pk, sk = place
        row = {"pk": pk, "sk": sk, "last": last + 1}
        if not last:
            return put_new(self._table, row, lambda _: StoreContention(what))
        return put_row(
            self._table,
            row,
            lambda _: StoreContention(what),
            ConditionExpression="#last = :last",
            ExpressionAttributeNames={"#last": "last"},
            ExpressionAttributeValues=marshal({":last": last}),
        )

    def _row(self, pk: str, sk: str) -> Item:
        return read_row(self._client, self._table, pk, sk)


def _same(stored: Item, content: Item) -> ManualEntry:
    """Return the entry that was posted before; IdempotencyConflict if it has other content."""
    first = {name: stored.get(name) for name in content}
    check_same(f"journal entry {content['business_id']}", first, content)
    return _read(stored)


def _read(row: Item) -> ManualEntry:
    entry = Entry.of(row)
    return ManualEntry(
        entry_id=entry.business_id,
        number=row["number"],
        day=row["day"],
        currency=entry.currency,
        reason=entry.reference or "",
        lines=entry.lines,
        posted_by=row["posted_by"],
        posted_at=row["posted_at"],
    )
