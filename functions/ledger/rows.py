"""Rows of the ledger table.

ENTRY#<entry id>   ENTRY            the entry; or a tombstone that refuses it, if it was reversed before it was posted
MANUAL             <day>#<number>   the list of the manual entries by day
SERIES#JE          COUNTER          the last number of a manual entry

An entry is written once; there is no operation that changes one.
"""

import json

from tillflow.store import Item

from ledger.models import Entry

MANUAL = "MANUAL"


def entry_key(entry_id: str) -> tuple[str, str]:
    """Return the primary key of an entry."""
    return f"ENTRY#{entry_id}", "ENTRY"


def counter_key(series: str) -> tuple[str, str]:
    """Return the primary key of the last number of a series."""
    return f"SERIES#{series}", "COUNTER"


def listed_key(day: str, number: str) -> tuple[str, str]:
    """Return the primary key of a manual entry in the list by day."""
    return MANUAL, f"{day}#{number}"


def entry_content(entry: Entry) -> Item:
    """Return the attributes of an entry's row that two deliveries of it have in common."""
    lines = json.dumps([line.as_document() for line in entry.lines], separators=(",", ":"))
    return {
        "entry_id": entry.entry_id,
        "business_id": entry.business_id,
        "kind": entry.kind,
        "currency": entry.currency,
        "reference": entry.reference,
        "lines": lines,
    }
