"""Purchase and supplier operations: ids, dates and texts that cannot be, and what a request must not set."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from purchasing import rules
from purchasing.errors import (
    InvalidPurchase,
    InvalidSupplier,
    SupplierInUse,
    UnknownPurchase,
    UnknownSupplier,
)
from purchasing.models import (
    Await,
    DeliveryNote,
    Invoice,
    InvoicedLine,
    OpenOrder,
    QuoteOrder,
    Receipt,
    ReceivedLine,
    SentLine,
)
from purchasing.operations import PurchaseOperations, SupplierOperations
from purchasing.service import PurchaseService, matched_invoice
from purchasing.store import PurchaseStore
from purchasing.supplier_models import Price, ResponseTimeouts, Supplier
from tillflow.errors import IdempotencyConflict, RecordChanged
from tillflow.parsing import parse
from tillflow.store import key

from tests.support.interposed import Interposed
from tests.support.references import NONE_UNKNOWN, none_unknown

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
TODAY = NOW.date()
SUPPLIER = Supplier(supplier_id="sup-a", name="A", currency="EUR", account="acct_ok")
PO = "po-1"


class NoStates:
    """A Step Functions client that no callback may reach."""


@pytest.fixture
def operations(dynamodb: Any, table: str) -> PurchaseOperations:
    SupplierOperations(dynamodb, table, none_unknown).create(SUPPLIER)
    store = PurchaseStore(dynamodb, table, lambda: NOW)
    request = {
        "purchase_order_id": PO,
        "location": "store-1",
        "currency": "EUR",
        "lines": [{"sku": "A", "quantity": 10, "unit_cost": 100}],
        "suppliers": [{"supplier_id": "sup-a"}],
    }
    store.open(OpenOrder.model_validate(request))
    store.send(PO)
    return PurchaseOperations(dynamodb, NoStates(), table, "", NONE_UNKNOWN, lambda: NOW)


def receipt(at: datetime = NOW, **more: Any) -> Receipt:
    return Receipt(receipt_id="r-1", received_at=at, lines=(ReceivedLine(sku="A", quantity=10),), **more)


def invoice(on: date = TODAY, **more: Any) -> Invoice:
    lines = (InvoicedLine(sku="A", quantity=10, unit_price=100),)
    return Invoice(number="N-1", invoiced_on=on, lines=lines, total=1000, **more)


@pytest.mark.parametrize("name", ["x" * 5000, "", "a b", "po#1", "\x00"])
def test_ids_that_cannot_be_are_refused_in_words(operations: PurchaseOperations, name: str) -> None:
    for act in (operations.get, operations.heartbeat, operations.close_short):
        with pytest.raises(InvalidPurchase, match="purchase_order_id is"):
            act(name)


def test_unknown_ids_are_errors(operations: PurchaseOperations, dynamodb: Any, table: str) -> None:
    with pytest.raises(UnknownPurchase):
        operations.get("po-2")
    suppliers = SupplierOperations(dynamodb, table, none_unknown)
    with pytest.raises(UnknownSupplier):
        suppliers.statement("nobody")
    with pytest.raises(InvalidSupplier, match="supplier_id"):
        suppliers.get("x" * 5000)
    with pytest.raises(InvalidPurchase, match="status is 'BOGUS'; expected one of OPEN, SENT"):
        operations.list_purchases(status="BOGUS")


@pytest.mark.parametrize("day", [date(1, 1, 1), date(1026, 11, 28), date(2062, 11, 28), date(9999, 12, 31)])
def test_invoices_and_promises_of_other_years_are_refused(operations: PurchaseOperations, day: date) -> None:
    with pytest.raises(InvalidPurchase, match="promised_on"):
        operations.acknowledge(PO, day)
    operations.acknowledge(PO, TODAY)
    with pytest.raises(InvalidPurchase, match="invoiced_on"):
        operations.bill(PO, invoice().model_copy(update={"invoiced_on": day}))
    with pytest.raises(InvalidPurchase, match="received_at"):
        operations.receive(PO, receipt(NOW + timedelta(days=2)))


def test_delivery_after_the_end_of_the_workflow_cannot_be_promised(operations: PurchaseOperations) -> None:
    """An order's execution ends after a year: goods that come later would never be booked."""
    with pytest.raises(
        InvalidPurchase, match="promised_on is '2027-11-09'; expected a date from 2026-10-23 to"
    ):
        operations.acknowledge(PO, TODAY + timedelta(days=351))
    operations.acknowledge(PO, TODAY + timedelta(days=350))


@pytest.mark.parametrize("day", [TODAY - timedelta(days=32), TODAY + timedelta(days=367), date(2099, 12, 31)])
def test_delivery_cannot_be_announced_for_another_year(operations: PurchaseOperations, day: date) -> None:
    operations.acknowledge(PO, TODAY)
    line = SentLine(sku="A", quantity=1)
    note = DeliveryNote(note_id="dn-1", expected_on=day, lines=(line,))
    with pytest.raises(InvalidPurchase, match="expected_on"):
        operations.add_delivery_note(PO, note, "sup-a")
    operations.add_delivery_note(PO, note.model_copy(update={"expected_on": TODAY}), "sup-a")


@pytest.mark.parametrize(("days", "accepted"), [(60, True), (61, False)])
def test_suppliers_of_an_order_answer_within_half_a_year(
    dynamodb: Any, table: str, days: int, accepted: bool
) -> None:
    timeouts = ResponseTimeouts(answer_seconds=days * 86_400)
    names = ["sup-a", "sup-b", "sup-c"]
    for name in names:
        supplier = SUPPLIER.model_copy(update={"supplier_id": name, "timeouts": timeouts})
        SupplierOperations(dynamodb, table, none_unknown).create(supplier)
    request = {
        "purchase_order_id": PO,
        "location": "store-1",
        "currency": "EUR",
        "lines": [{"sku": "A", "quantity": 10, "unit_cost": 100}],
        "suppliers": [{"supplier_id": name} for name in (*names, "sup-a")],
    }
    store = PurchaseStore(dynamodb, table, lambda: NOW)
    if accepted:
        assert store.open(OpenOrder.model_validate(request)).status == "OPEN"
    else:
        with pytest.raises(InvalidPurchase, match=r"suppliers is '183 days'; expected .* at most 180 days"):
            store.open(OpenOrder.model_validate(request))


@pytest.mark.parametrize("text", ["x" * 201, "two\nlines", "\x1b[31mred", "\u202ereversed"])
def test_notes_and_reasons_are_one_printable_line(operations: PurchaseOperations, text: str) -> None:
    with pytest.raises(InvalidPurchase, match="note is"):
        operations.refuse(PO, text)
    with pytest.raises(InvalidPurchase, match="reason is"):
        operations.cancel(PO, text)


def test_a_request_sets_neither_booked_nor_the_due_date(operations: PurchaseOperations) -> None:
    operations.acknowledge(PO, TODAY)
    assert operations.receive(PO, receipt(booked=True)).receipts[0].booked is False
    billed = operations.bill(PO, invoice(due_on=TODAY)).invoice
    assert billed is not None and billed.due_on is None


def test_the_differences_of_an_unmatched_invoice_are_listed(operations: PurchaseOperations) -> None:
    operations.acknowledge(PO, TODAY)
    order = operations.bill(PO, invoice())
    assert operations.differences(order) == ["A: quantity 10; expected 0"]
    assert operations.differences(operations.receive(PO, receipt())) == []


def test_a_supplier_keeps_its_currency_and_has_one_price_per_sku(dynamodb: Any, table: str) -> None:
    suppliers = SupplierOperations(dynamodb, table, none_unknown)
    account = suppliers.create(SUPPLIER)
    with pytest.raises(InvalidSupplier, match="currency is 'JPY'; expected EUR"):
        suppliers.update(SUPPLIER.model_copy(update={"currency": "JPY"}), [], account.version)
    prices = [Price(sku="A", unit_cost=1), Price(sku="A", unit_cost=2)]
    with pytest.raises(InvalidSupplier, match="prices is 'A'; expected one price per SKU"):
        suppliers.update(SUPPLIER, prices, account.version)
    assert suppliers.get("sup-a").version == account.version


def test_supplier_that_another_user_changes_meanwhile_is_not_replaced(dynamodb: Any, table: str) -> None:
    first, late = SUPPLIER.model_copy(update={"name": "First"}), Interposed(dynamodb)
    suppliers = SupplierOperations(dynamodb, table, none_unknown)
    version = suppliers.create(SUPPLIER).version
    late.before("update_item", lambda: suppliers.update(first, [], version))
    with pytest.raises(RecordChanged, match=f"since version {version}"):
        SupplierOperations(late, table, none_unknown).update(SUPPLIER, [], version)
    assert suppliers.get("sup-a").supplier == first


def test_supplier_that_is_created_again_keeps_its_record_and_gets_the_prices_that_are_missing(
    dynamodb: Any, table: str
) -> None:
    suppliers = SupplierOperations(dynamodb, table, none_unknown)
    prices = [Price(sku="A", unit_cost=1), Price(sku="B", unit_cost=2)]
    first = suppliers.create(SUPPLIER, prices[:1])
    assert suppliers.create(SUPPLIER, prices) == first
    assert suppliers.report("sup-a").prices == prices


@pytest.mark.parametrize(
    ("changed", "cost", "different"),
    [({"name": "B"}, 1, "name is 'A', sent 'B'"), ({}, 2, '"unit_cost": 1')],
)
def test_supplier_with_other_content_under_its_id_is_a_conflict(
    dynamodb: Any, table: str, changed: dict[str, str], cost: int, different: str
) -> None:
    suppliers = SupplierOperations(dynamodb, table, none_unknown)
    suppliers.create(SUPPLIER, [Price(sku="A", unit_cost=1)])
    with pytest.raises(IdempotencyConflict, match=different):
        suppliers.create(SUPPLIER.model_copy(update=changed), [Price(sku="A", unit_cost=cost)])
    assert suppliers.report("sup-a").prices == [Price(sku="A", unit_cost=1)]


def test_deleted_supplier_that_is_created_again_keeps_the_currency_of_its_orders(
    operations: PurchaseOperations, dynamodb: Any, table: str
) -> None:
    suppliers, store = SupplierOperations(dynamodb, table, none_unknown), PurchaseStore(dynamodb, table)
    store.cancel(PO, "by a test")
    suppliers.delete("sup-a")
    with pytest.raises(InvalidSupplier, match="currency is 'JPY'; expected EUR, that of its orders"):
        suppliers.create(SUPPLIER.model_copy(update={"currency": "JPY"}))
    with pytest.raises(UnknownSupplier):
        suppliers.get("sup-a")
    assert suppliers.create(SUPPLIER.model_copy(update={"name": "Other"})).supplier.name == "Other"


def test_prices_that_an_interrupted_deletion_left_are_not_those_of_a_new_supplier(
    dynamodb: Any, table: str
) -> None:
    suppliers, store = SupplierOperations(dynamodb, table, none_unknown), PurchaseStore(dynamodb, table)
    suppliers.create(SUPPLIER, [Price(sku="A", unit_cost=100), Price(sku="B", unit_cost=900)])
    dynamodb.delete_item(TableName=table, Key=key("SUPPLIER#sup-a", "SUPPLIER"))
    yen, price = SUPPLIER.model_copy(update={"currency": "JPY"}), Price(sku="A", unit_cost=7)
    suppliers.create(yen, [price])
    suppliers.create(yen, [price])
    assert store.suppliers.prices("sup-a") == {"A": price}


def test_a_supplier_with_an_open_order_cannot_be_deleted(
    operations: PurchaseOperations, dynamodb: Any, table: str
) -> None:
    with pytest.raises(SupplierInUse, match="1 open orders"):
        SupplierOperations(dynamodb, table, none_unknown).delete("sup-a")


def test_a_token_of_an_earlier_wait_does_not_replace_a_later_one(operations: PurchaseOperations) -> None:
    order = operations.get(PO)
    waits = [
        Await(
            purchase_order_id=PO,
            waiting_for="acknowledgement",
            waiting_since=f"2026-11-23T10:00:00.000Z#000{number}",
            task_token=f"t-{number}",
        )
        for number in (0, 1)
    ]
    later = rules.wait_for(order, waits[1])
    assert later.task_token == "t-1"
    assert rules.wait_for(later, waits[0]) == later


def test_an_invoice_is_due_within_the_year_of_the_orders_execution(dynamodb: Any, table: str) -> None:
    order = PurchaseStore(dynamodb, table)
    SupplierOperations(dynamodb, table, none_unknown).create(SUPPLIER)
    request = {
        "purchase_order_id": PO,
        "location": "store-1",
        "currency": "EUR",
        "lines": [{"sku": "A", "quantity": 10, "unit_cost": 100}],
        "suppliers": [{"supplier_id": "sup-a"}],
    }
    opened = order.open(OpenOrder.model_validate(request)).model_copy(update={"opened_at": NOW})
    due = TODAY + timedelta(days=500)
    late = opened.model_copy(update={"invoice": invoice().model_copy(update={"due_on": due})})
    assert matched_invoice(late)["due_at"] == f"{TODAY + timedelta(days=350)}T00:00:00Z"


def test_split_orders_above_the_limit_together_at_list_prices_need_an_approval(
    dynamodb: Any, table: str
) -> None:
    """Planned at 0.01 each: 9.50 and 2.00 are below the limit of 10.00 by themselves, and above it together."""
    SupplierOperations(dynamodb, table, none_unknown).create(SUPPLIER)
    store = PurchaseStore(dynamodb, table, lambda: NOW)
    store.suppliers.set_prices("sup-a", [Price(sku="A", unit_cost=10)])
    service = PurchaseService(store, bank=None, channels=None, limits={"EUR": 1000})  # type: ignore[arg-type]

    def needs_approval(quantity: int, others: int) -> bool:
        request = {
            "currency": "EUR",
            "lines": [{"sku": "A", "quantity": quantity, "unit_cost": 1}],
            "suppliers": [{"supplier_id": "sup-a"}],
            "other_total": others,
        }
        return service.quote(QuoteOrder.model_validate(request))["needs_approval"]

    assert needs_approval(95, 20)
    assert needs_approval(20, 95)
    assert not needs_approval(80, 20)
    assert not needs_approval(20, 80)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([("A", 1, 1), ("B", 1, 1), ("A", 2, 1)], "one line per SKU"),
        ([("A", 1_000_000, 10**9), ("B", 1, 1)], "a total of at most 999,999,999,999,999 minor units"),
    ],
)
def test_lines_that_are_not_accepted_are_named(lines: list[tuple[str, int, int]], expected: str) -> None:
    request = {
        "purchase_order_id": "po-2",
        "location": "store-1",
        "currency": "EUR",
        "lines": [{"sku": sku, "quantity": quantity, "unit_cost": cost} for sku, quantity, cost in lines],
        "suppliers": [{"supplier_id": "sup-1"}],
    }
    with pytest.raises(InvalidPurchase) as refusal:
        parse(OpenOrder, request, InvalidPurchase)
    assert [(problem.field, problem.expected) for problem in refusal.value.problems] == [("lines", expected)]
    bounded = [("A", 1_000_000, 10**9 - 1)]
    request["lines"] = [{"sku": sku, "quantity": units, "unit_cost": cost} for sku, units, cost in bounded]
    assert parse(OpenOrder, request, InvalidPurchase).lines[0].quantity == 1_000_000
