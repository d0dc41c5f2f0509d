"""Invoice numbers: one live order of a supplier has a number; it is free again when replaced or cancelled."""

from datetime import UTC, datetime
from typing import Any

import pytest
from purchasing import rules
from purchasing.errors import InvalidPurchase
from purchasing.models import Invoice, InvoicedLine, OpenOrder, Receipt, ReceivedLine, normalise_number
from purchasing.store import PurchaseStore
from purchasing.supplier_models import Supplier
from pydantic import ValidationError

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def store(dynamodb: Any, table: str) -> PurchaseStore:
    store = PurchaseStore(dynamodb, table, lambda: NOW)
    for supplier_id in ("sup-a", "sup-b"):
        store.suppliers.create(
            Supplier(supplier_id=supplier_id, name=supplier_id, currency="EUR", account="acct_ok")
        )
    return store


def received(store: PurchaseStore, name: str, supplier_id: str = "sup-a") -> str:
    request = {
        "purchase_order_id": name,
        "location": "store-1",
        "currency": "EUR",
        "lines": [{"sku": "A", "quantity": 1, "unit_cost": 100}],
        "suppliers": [{"supplier_id": supplier_id}],
    }
    store.open(OpenOrder.model_validate(request))
    store.send(name)
    store.change(name, lambda order: rules.acknowledge(order, NOW.date()))
    store.receive(name, Receipt(receipt_id="r", received_at=NOW, lines=(ReceivedLine(sku="A", quantity=1),)))
    store.change(name, lambda order: rules.book(order, "r"))
    return name


def invoice(number: str, price: int = 100) -> Invoice:
    lines = (InvoicedLine(sku="A", quantity=1, unit_price=price),)
    return Invoice(number=number, invoiced_on=NOW.date(), lines=lines, total=price)


def test_a_number_belongs_to_one_order_of_a_supplier(store: PurchaseStore) -> None:
    store.bill(received(store, "po-1"), invoice("SPL-1"))
    second = received(store, "po-2")
    for spelling in ("SPL-1", "spl-1", " spl-1 ", "ＳＰＬ－１", "SPL\u20131", "SPL\u22121", "spl\u20111"):
        with pytest.raises(InvalidPurchase, match="order po-1 has it"):
            store.bill(second, invoice(spelling))
    store.bill(received(store, "po-3", "sup-b"), invoice("SPL-1"))


def test_a_replaced_number_is_free(store: PurchaseStore) -> None:
    first, second = received(store, "po-1"), received(store, "po-2")
    store.bill(first, invoice("N-1"))
    store.bill(first, invoice("N-2"))
    assert store.bill(second, invoice("N-1")).invoice == invoice("N-1")
    with pytest.raises(InvalidPurchase, match="order po-2 has it"):
        store.bill(first, invoice("N-1"))


def test_a_cancelled_orders_number_is_free(store: PurchaseStore) -> None:
    first, second = received(store, "po-1"), received(store, "po-2")
    store.bill(first, invoice("N-1"))
    store.cancel(first, "typed on the wrong order")
    store.bill(second, invoice("N-1"))
    store.cancel(first, "typed on the wrong order")
    with pytest.raises(InvalidPurchase, match="order po-2 has it"):
        store.bill(received(store, "po-3"), invoice("N-1"))


def test_a_corrected_invoice_keeps_its_number(store: PurchaseStore) -> None:
    name = received(store, "po-1")
    store.bill(name, invoice("COR-1", 999))
    assert store.bill(name, invoice("COR-1")).invoice == invoice("COR-1")
    assert store.match(name, accept=0).status == "MATCHED"


@pytest.mark.parametrize("number", ["", " ", "a\tb\u0000", "a\u200bb", "x" * 65, "\ufdfa" * 64])
def test_numbers_that_cannot_be_read_or_stored_are_refused(number: str) -> None:
    with pytest.raises(ValidationError):
        invoice(number)


def test_numbers_compare_without_case_width_and_surrounding_space() -> None:
    assert normalise_number(" Straße　１ ") == normalise_number("STRASSE 1")


@pytest.mark.parametrize(
    "invisible", ["\u034f", "\u115f", "\u17b4", "\u180b", "\u3164", "\ufe0f", "\U000e0100", "\u200b"]
)
def test_number_with_an_invisible_character_is_refused(invisible: str) -> None:
    with pytest.raises(ValidationError, match="printable characters"):
        invoice(f"SPL{invisible}-1")
