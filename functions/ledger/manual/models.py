"""Requests for manual entries, and what is stored of them. Amounts are integer minor units."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from tillflow.fields import BusinessId, Day, Note, Record, UnitAmount
from tillflow.money import Currency

from ledger.models import JournalLine

MAX_LINES = 20


class ManualLine(Record):
    """A line of a manual entry: an account with a debit or a credit."""

    account: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    debit: UnitAmount = 0
    credit: UnitAmount = 0


class PostManualEntry(Record):
    """A request to post an entry of a day in UTC, once per entry id. The reason says why."""

    entry_id: BusinessId
    day: Day
    currency: Currency
    reason: Note
    lines: Annotated[tuple[ManualLine, ...], Field(min_length=2, max_length=MAX_LINES)]


class EntryRef(Record):
    """The id of a manual entry."""

    entry_id: BusinessId


@dataclass(frozen=True, slots=True)
class ManualEntry:
    """A posted manual entry: its number, the day it is of, and who posted it when."""

    entry_id: str
    number: str
    day: str
    currency: str
    reason: str
    lines: tuple[JournalLine, ...]
    posted_by: str
    posted_at: str
