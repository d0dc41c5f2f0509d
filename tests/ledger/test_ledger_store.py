"""The journal: an entry is posted once and never changed."""

import importlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ledger.errors import JournalConflict
from ledger.models import Entry, JournalLine
from ledger.store import LedgerStore
from tillflow.store import unmarshal

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 24, tzinfo=UTC)
ENTRY = Entry(
    "ord-1#sale",
    "ord-1",
    "sale",
    "EUR",
    "INV-000001",
    (
        JournalLine("1010", "Cash on hand", debit=120),
        JournalLine("4000", "Sales revenue", credit=100),
        JournalLine("2200", "Sales tax payable", credit=20, tax_class="standard", tax_rate="0.20"),
    ),
)


@pytest.fixture
def store(dynamodb: Any, table: str) -> LedgerStore:
    return LedgerStore(dynamodb, table)


def rows(dynamodb: Any, table: str) -> list[dict[str, Any]]:
    return [unmarshal(row) for row in dynamodb.scan(TableName=table)["Items"]]


def test_post_stores_the_entry_with_its_lines(store: LedgerStore, dynamodb: Any, table: str) -> None:
    assert store.post(ENTRY, NOW) == {"entry_id": "ord-1#sale", "debits": 120, "credits": 120}
    (row,) = rows(dynamodb, table)
    assert (row["pk"], row["sk"]) == ("ENTRY#ord-1#sale", "ENTRY")
    assert row["posted_at"] == "2026-11-23T10:00:00Z"
    assert json.loads(row["lines"]) == [
        {"account": "1010", "name": "Cash on hand", "debit": 120, "credit": 0},
        {"account": "4000", "name": "Sales revenue", "debit": 0, "credit": 100},
        {
            "account": "2200",
            "name": "Sales tax payable",
            "debit": 0,
            "credit": 20,
            "tax_class": "standard",
            "tax_rate": "0.20",
        },
    ]


def test_second_delivery_changes_nothing_and_returns_the_same(
    store: LedgerStore, dynamodb: Any, table: str
) -> None:
    first = store.post(ENTRY, NOW)
    posted = rows(dynamodb, table)
    assert store.post(ENTRY, LATER) == first
    assert rows(dynamodb, table) == posted


@pytest.mark.parametrize(
    "change",
    [
        {"lines": (*ENTRY.lines, JournalLine("5000", "Cost of goods sold", debit=1))},
        {"lines": ENTRY.lines[::-1]},
        {"currency": "USD"},
        {"reference": None},
    ],
    ids=["another line", "other order", "other currency", "other invoice"],
)
def test_different_content_under_a_posted_id_raises_journal_conflict(
    change: dict[str, Any], store: LedgerStore, dynamodb: Any, table: str
) -> None:
    store.post(ENTRY, NOW)
    posted = rows(dynamodb, table)
    with pytest.raises(JournalConflict, match="ord-1#sale was posted before with different content"):
        store.post(replace(ENTRY, **change), LATER)
    assert rows(dynamodb, table) == posted


def test_sample_event_is_posted(store: LedgerStore, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    event = json.loads((Path(__file__).parents[2] / "events" / "post_journal.json").read_text())
    monkeypatch.setenv("TABLE_NAME", table)
    handlers = importlib.import_module("ledger.handlers")
    monkeypatch.setattr(handlers, "store", store)
    response = handlers.post_journal(event, SimpleNamespace(aws_request_id="r"))
    assert response == {"entry_id": "ord-2026-11-23-store-1-0001#sale", "debits": 7072, "credits": 7072}
