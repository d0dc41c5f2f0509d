"""The invoices that the workflows write are those of billing's schema, attribute by attribute."""

from collections.abc import Iterator
from typing import Any

import pytest
from billing.models import Invoice
from billing.rows import credit_note_key, invoice_key, read_credit_note, read_invoice

from till.demo.order_checkout import BASKET, card, order
from till.shop import ESPRESSO, MUG
from verification.harness.fixture import Run, WorkflowFixture, seed_stock, workflow_fixture

REQUEST = order(BASKET, card("tok_visa"), order_id="ord-1", placed_at="2026-11-23T10:00:00Z")


@pytest.fixture
def shop() -> Iterator[WorkflowFixture]:
    with workflow_fixture() as built:
        seed_stock({ESPRESSO: 10, MUG: 10})
        yield built


def run(shop: WorkflowFixture, request: dict[str, Any], workflow: str = "OrderCheckout") -> Run:
    [ended] = shop.run(request, workflow=workflow)
    return ended


def invoice_row(shop: WorkflowFixture) -> dict[str, Any]:
    return shop.row("BillingTable", *invoice_key("ord-1"))


def attributes(expected: Invoice, row: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes that the row of an invoice has by the schema; the document's text is the row's."""
    pk, sk = invoice_key(expected.invoice_id)
    text = {} if expected.document is None else {"document": row["document"]}
    number = expected.invoice_number
    listed = {} if number is None else {"list": "INVOICES", "document_number": number}
    return {"pk": pk, "sk": sk, **expected.model_dump(exclude_none=True), **text, **listed}


def test_credited_invoice_has_the_row_of_the_schema(shop: WorkflowFixture) -> None:
    checkout = run(shop, REQUEST)
    run(shop, {"order_id": "ord-1", "reason": "wrong size"}, "OrderCancel")
    row = invoice_row(shop)
    expected = Invoice(
        invoice_id="ord-1",
        status="PAID",
        execution=checkout.arn,
        location="store-1",
        register_id="till-1",
        series="INV/store-1",
        currency="EUR",
        total=4390,
        document=read_invoice(row).document,
        number=1,
        invoice_number="INV/store-1-000001",
        issued_at=row["issued_at"],
        paid=4390,
        payments=[{"tender_no": 1, "type": "card", "amount": 4390}],
        credited=4390,
        credit_note_number="CN/store-1-000001",
    )
    assert row == attributes(expected, row)
    assert set(expected.document or {}) == {"lines", "taxes", "totals"}
    note = read_credit_note(shop.row("BillingTable", *credit_note_key("ord-1")))
    assert (note.credit_note_number, note.total, note.reason) == ("CN/store-1-000001", 4390, "wrong size")


def test_void_invoice_has_the_row_of_the_schema(shop: WorkflowFixture) -> None:
    checkout = run(shop, REQUEST | {"tenders": [card("tok_declined")]})
    row = invoice_row(shop)
    expected = Invoice(
        invoice_id="ord-1",
        status="VOID",
        execution=checkout.arn,
        location="store-1",
        register_id="till-1",
        currency="EUR",
        total=4390,
        document=read_invoice(row).document,
    )
    assert row == attributes(expected, row)
