"""Gapless numbers: counter and invoice in one transaction, with concurrent writers."""

import importlib
import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from billing.errors import InvoiceNotDraft
from billing.models import CapturedTender, IssueInvoice, SeriesScope
from billing.store import BillingStore
from tillflow.errors import IdempotencyConflict, InvalidRequest, StoreContention, TendersDoNotMatchTotal
from tillflow.parsing import parse
from tillflow.store import key, marshal, read_rows, unmarshal

SAMPLE = Path(__file__).parents[2] / "events" / "issue_invoice.json"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 24, tzinfo=UTC)


def draft(
    dynamodb: Any,
    table: str,
    order_id: str,
    status: str = "DRAFT",
    total: int = 3149,
    register: str = "store-1/till-1",
    document: str | None = "{}",
) -> None:
    """Write a draft as the checkout does; that of release 0.1.0 has its document."""
    location, _, register_id = register.partition("/")
    row = {
        "pk": f"INVOICE#{order_id}",
        "sk": "INVOICE",
        "invoice_id": order_id,
        "status": status,
        "location": location,
        "register_id": register_id,
        "currency": "EUR",
        "total": total,
    }
    if document is not None:
        row["document"] = document
    dynamodb.put_item(TableName=table, Item=marshal(row))


def invoice(dynamodb: Any, table: str, order_id: str) -> dict[str, Any]:
    return read_rows(dynamodb, table, [(f"INVOICE#{order_id}", "INVOICE")])[f"INVOICE#{order_id}", "INVOICE"]


def last_number(dynamodb: Any, table: str) -> int:
    row = dynamodb.get_item(TableName=table, Key=key("SERIES#INV", "COUNTER")).get("Item")
    return unmarshal(row).get("last", 0)


def paid(total: int = 3149) -> list[CapturedTender]:
    return [
        CapturedTender(tender_no=1, type="cash", amount=1000, state="captured"),
        CapturedTender(tender_no=2, type="card", amount=total - 1000, state="captured"),
    ]


@pytest.fixture
def store(dynamodb: Any, table: str) -> BillingStore:
    return BillingStore(dynamodb, table, SeriesScope.SHOP)


def test_issue_numbers_and_pays_the_invoice(store: BillingStore, dynamodb: Any, table: str) -> None:
    draft(dynamodb, table, "ord-1")
    response = store.issue("ord-1", paid(), NOW)
    assert response == {"order_id": "ord-1", "invoice_number": "INV-000001", "series": "INV", "number": 1}
    row = invoice(dynamodb, table, "ord-1")
    assert row["status"] == "PAID"
    assert row["paid"] == row["total"] == 3149
    assert row["issued_at"] == "2026-11-23T10:00:00Z"
    assert [payment["amount"] for payment in row["payments"]] == [1000, 2149]


def test_second_delivery_returns_the_first_number(store: BillingStore, dynamodb: Any, table: str) -> None:
    draft(dynamodb, table, "ord-1")
    first = store.issue("ord-1", paid(), NOW)
    row = invoice(dynamodb, table, "ord-1")
    assert store.issue("ord-1", paid(), LATER) == first
    assert invoice(dynamodb, table, "ord-1") == row
    assert last_number(dynamodb, table) == 1


def test_numbers_are_contiguous_in_the_order_of_issue(store: BillingStore, dynamodb: Any, table: str) -> None:
    numbers = []
    for n in range(12):
        draft(dynamodb, table, f"ord-{n}")
        numbers.append(store.issue(f"ord-{n}", paid(), NOW)["number"])
    assert numbers == list(range(1, 13))
    assert last_number(dynamodb, table) == 12


@pytest.mark.parametrize(
    ("scope", "numbers"),
    [
        ("shop", ["INV-000001", "INV-000002", "INV-000003", "INV-000004"]),
        (
            "location",
            ["INV/store-1-000001", "INV/store-1-000002", "INV/store-2-000001", "INV/store-1-000003"],
        ),
        (
            "register",
            [
                "INV/store-1/till-1-000001",
                "INV/store-1/till-2-000001",
                "INV/store-2/till-1-000001",
                "INV/store-1/till-1-000002",
            ],
        ),
    ],
)
def test_each_series_of_the_scope_is_contiguous(
    scope: str, numbers: list[str], dynamodb: Any, table: str
) -> None:
    store = BillingStore(dynamodb, table, SeriesScope(scope))
    registers = ("store-1/till-1", "store-1/till-2", "store-2/till-1", "store-1/till-1")
    for n, register in enumerate(registers):
        draft(dynamodb, table, f"ord-{n}", register=register)
    assert [store.issue(f"ord-{n}", paid(), NOW)["invoice_number"] for n in range(4)] == numbers
    credited = [store.credit(f"ord-{n}", "wrong size", NOW)["credit_note_number"] for n in range(4)]
    assert credited == [number.replace("INV", "CN") for number in numbers]


def test_second_delivery_under_another_scope_returns_the_first_number(dynamodb: Any, table: str) -> None:
    draft(dynamodb, table, "ord-1")
    first = BillingStore(dynamodb, table, SeriesScope.LOCATION).issue("ord-1", paid(), NOW)
    assert BillingStore(dynamodb, table, SeriesScope.REGISTER).issue("ord-1", paid(), LATER) == first


def test_draft_without_location_uses_the_series_of_the_shop(dynamodb: Any, table: str) -> None:
    draft(dynamodb, table, "ord-1")
    dynamodb.update_item(
        TableName=table,
        Key=key("INVOICE#ord-1", "INVOICE"),
        UpdateExpression="REMOVE #l, register_id",
        ExpressionAttributeNames={"#l": "location"},
    )
    store = BillingStore(dynamodb, table, SeriesScope.LOCATION)
    assert store.issue("ord-1", paid(), NOW)["invoice_number"] == "INV-000001"
    assert store.credit("ord-1", "wrong size", NOW)["credit_note_number"] == "CN-000001"
    assert store.find_credit_note("ord-1") is not None


@pytest.mark.parametrize("status", ["VOID", None])
def test_issue_of_another_status_than_draft_uses_no_number(
    status: str | None, store: BillingStore, dynamodb: Any, table: str
) -> None:
    if status:
        draft(dynamodb, table, "ord-1", status)
    with pytest.raises(InvoiceNotDraft, match=f"invoice ord-1 is {status or 'missing'}; only a DRAFT"):
        store.issue("ord-1", paid(), NOW)
    assert last_number(dynamodb, table) == 0


def test_wrong_payments_use_no_number(store: BillingStore, dynamodb: Any, table: str) -> None:
    draft(dynamodb, table, "ord-1", total=5000)
    with pytest.raises(TendersDoNotMatchTotal):
        store.issue("ord-1", paid(), NOW)
    assert invoice(dynamodb, table, "ord-1")["status"] == "DRAFT"
    assert last_number(dynamodb, table) == 0


class Overtaken:
    """A client that lets another writer commit before each of its first transactions."""

    def __init__(self, client: Any, *others: Any) -> None:
        self._client, self._others = client, list(others)

    def __getattr__(self, verb: str) -> Any:
        return getattr(self._client, verb)

    def transact_write_items(self, **request: Any) -> Any:
        if self._others:
            self._others.pop(0)()
        return self._client.transact_write_items(**request)


def test_concurrent_issue_takes_the_next_number(store: BillingStore, dynamodb: Any, table: str) -> None:
    for n in range(4):
        draft(dynamodb, table, f"ord-{n}")
    others = [lambda n=n: store.issue(f"ord-{n}", paid(), NOW) for n in (1, 2, 3)]
    slow = BillingStore(Overtaken(dynamodb, *others), table, SeriesScope.SHOP)
    assert slow.issue("ord-0", paid(), NOW)["number"] == 4
    given = sorted(invoice(dynamodb, table, f"ord-{n}")["number"] for n in range(4))
    assert given == [1, 2, 3, 4]


def test_concurrent_deliveries_issue_once(store: BillingStore, dynamodb: Any, table: str) -> None:
    draft(dynamodb, table, "ord-1")
    twin = BillingStore(Overtaken(dynamodb, lambda: store.issue("ord-1", paid(), NOW)), table)
    assert twin.issue("ord-1", paid(), LATER)["number"] == 1
    assert invoice(dynamodb, table, "ord-1")["issued_at"] == "2026-11-23T10:00:00Z"
    assert last_number(dynamodb, table) == 1


def test_void_before_the_issue_prevents_it(store: BillingStore, dynamodb: Any, table: str) -> None:
    draft(dynamodb, table, "ord-1")
    overtaken = Overtaken(dynamodb, lambda: draft(dynamodb, table, "ord-1", "VOID"))
    with pytest.raises(InvoiceNotDraft, match="VOID"):
        BillingStore(overtaken, table).issue("ord-1", paid(), NOW)
    assert last_number(dynamodb, table) == 0


def test_persistent_contention_raises_store_contention(
    store: BillingStore, dynamodb: Any, table: str
) -> None:
    for n in range(30):
        draft(dynamodb, table, f"ord-{n}")
    others = [lambda n=n: store.issue(f"ord-{n}", paid(), NOW) for n in range(1, 30)]
    client = Overtaken(dynamodb, *others)
    with pytest.raises(StoreContention, match="issuing the invoice of ord-0"):
        BillingStore(client, table, SeriesScope.SHOP).issue("ord-0", paid(), NOW)
    assert invoice(dynamodb, table, "ord-0")["status"] == "DRAFT"


def test_sample_event_is_issued(
    store: BillingStore, dynamodb: Any, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = json.loads(SAMPLE.read_text())
    draft(dynamodb, table, event["order_id"], total=4552, document=None)
    monkeypatch.setenv("TABLE_NAME", table)
    monkeypatch.setenv("DOCUMENT_SERIES", "shop")
    handlers = importlib.import_module("billing.handlers")
    monkeypatch.setattr(handlers, "store", store)
    response = handlers.issue_invoice(event, SimpleNamespace(aws_request_id="r"))
    assert response["invoice_number"] == "INV-000001"
    assert json.loads(invoice(dynamodb, table, event["order_id"])["document"]) == event["document"]


def test_second_delivery_with_other_lines_raises_idempotency_conflict(
    store: BillingStore, dynamodb: Any, table: str
) -> None:
    sent = parse(IssueInvoice, json.loads(SAMPLE.read_text()))
    draft(dynamodb, table, "ord-1", total=4552, document=None)
    assert sent.document
    first = store.issue("ord-1", sent.tenders, NOW, None, sent.document)
    assert store.issue("ord-1", sent.tenders, LATER, None, sent.document) == first
    other = sent.document.model_copy(update={"lines": sent.document.lines[:1]})
    with pytest.raises(IdempotencyConflict, match="invoice INV-000001 exists with different content"):
        store.issue("ord-1", sent.tenders, LATER, None, other)


def test_lines_are_required_and_have_the_total_of_the_draft(
    store: BillingStore, dynamodb: Any, table: str
) -> None:
    sent = parse(IssueInvoice, json.loads(SAMPLE.read_text()))
    draft(dynamodb, table, "ord-1", total=3149, document=None)
    with pytest.raises(InvalidRequest, match="document"):
        store.issue("ord-1", paid(), NOW)
    with pytest.raises(
        InvalidRequest, match=r"document\.totals\.total is 4552; expected the total of the draft, 31\.49 EUR"
    ):
        store.issue("ord-1", paid(), NOW, None, sent.document)
    assert invoice(dynamodb, table, "ord-1")["status"] == "DRAFT"
    assert last_number(dynamodb, table) == 0


def test_second_delivery_with_other_tenders_raises_idempotency_conflict(
    store: BillingStore, dynamodb: Any, table: str
) -> None:
    draft(dynamodb, table, "ord-1")
    store.issue("ord-1", paid(), NOW)
    other = [CapturedTender(tender_no=1, type="cash", amount=3149, state="captured")]
    with pytest.raises(IdempotencyConflict, match="invoice INV-000001 exists with different content"):
        store.issue("ord-1", other, LATER)
