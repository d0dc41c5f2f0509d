"""The functions that reverse a sale, each delivered twice, late, and for an order that was never sold."""

from datetime import UTC, datetime
from typing import Any

import pytest
from billing.errors import InvoiceNotDraft
from billing.models import CapturedTender
from billing.store import BillingStore
from inventory.models import Line, ReceiptLine
from inventory.store import InventoryStore
from ledger.models import Entry, JournalLine
from ledger.store import LedgerStore
from payments.models import Tender
from payments.rules import AUTHORISED, opened_tenders
from payments.store import PaymentsStore
from tillflow.errors import OrderClosed
from tillflow.store import marshal

from tests.support.interposed import Interposed, conflict
from tests.support.payments_fixture import cash, request

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 24, tzinfo=UTC)
SALE = Entry(
    "ord-1#sale",
    "ord-1",
    "sale",
    "EUR",
    "INV-000001",
    (JournalLine("1010", "Cash on hand", debit=120), JournalLine("4000", "Sales revenue", credit=120)),
)
CAPTURED = [CapturedTender(tender_no=1, type="cash", amount=120, state="captured")]


@pytest.fixture
def inventory(dynamodb: Any, table: str) -> InventoryStore:
    store = InventoryStore(dynamodb, table)
    skus = [f"SKU-{number:02}" for number in range(50)]
    store.receive("seed", "store-1", [ReceiptLine(sku=sku, quantity=3, cost=100) for sku in skus])
    store.reserve("ord-1", "store-1", [Line(sku=sku, quantity=2) for sku in skus])
    return store


def test_restock_returns_goods_at_the_cost_they_left_with(inventory: InventoryStore) -> None:
    cost = inventory.commit("ord-1")["cost"]
    inventory.receive("dearer", "store-1", [ReceiptLine(sku="SKU-00", quantity=1, cost=900)])
    first = inventory.restock("ord-1")
    assert (len(first["returned"]), first["released"]) == (50, [])
    assert sum(line["cost"] for line in first["returned"]) == cost
    assert inventory.restock("ord-1") == first
    level = inventory.level("store-1", "SKU-00")
    assert (level["on_hand"], level["available"], level["stock_value"]) == (4, 4, 1000)
    assert inventory.drift() == []


def test_restock_releases_reservations_and_refuses_a_late_commit(inventory: InventoryStore) -> None:
    assert len(inventory.restock("ord-1")["released"]) == 50
    with pytest.raises(OrderClosed):
        inventory.commit("ord-1")
    with pytest.raises(OrderClosed):
        inventory.reserve("ord-1", "store-1", [Line(sku="SKU-00", quantity=2)])
    assert inventory.drift() == []


def test_interrupted_commit_is_restocked_completely(
    dynamodb: Any, table: str, inventory: InventoryStore
) -> None:
    between = Interposed(dynamodb)
    between.before("transact_write_items", lambda: inventory.restock("ord-1"), nth=2)
    with pytest.raises(OrderClosed):
        InventoryStore(between, table).commit("ord-1")
    response = inventory.restock("ord-1")
    assert (len(response["returned"]), len(response["released"])) == (49, 1)
    assert inventory.level("store-1", "SKU-00")["available"] == 3
    assert inventory.drift() == []


def test_concurrent_restocks_return_goods_once(dynamodb: Any, table: str, inventory: InventoryStore) -> None:
    inventory.commit("ord-1")
    between = Interposed(dynamodb)
    between.before("transact_write_items", lambda: inventory.restock("ord-1"), nth=2)
    assert InventoryStore(between, table).restock("ord-1") == inventory.restock("ord-1")
    assert inventory.level("store-1", "SKU-00")["on_hand"] == 3
    assert inventory.drift() == []


def test_restock_of_an_order_without_reservations_is_empty(inventory: InventoryStore) -> None:
    assert inventory.restock("ord-2") == {
        "business_id": "ord-2",
        "returned": [],
        "released": [],
        "written_off": [],
        "returned_cost": 0,
        "written_off_cost": 0,
    }


@pytest.fixture
def billing(dynamodb: Any, table: str) -> BillingStore:
    for number in (1, 2):
        draft = {
            "pk": f"INVOICE#ord-{number}",
            "sk": "INVOICE",
            "invoice_id": f"ord-{number}",
            "status": "DRAFT",
            "currency": "EUR",
            "total": 120,
            "document": "{}",
        }
        dynamodb.put_item(TableName=table, Item=marshal(draft))
    return BillingStore(dynamodb, table)


def test_issued_invoice_is_credited_once(billing: BillingStore) -> None:
    for order in ("ord-1", "ord-2"):
        billing.issue(order, CAPTURED, NOW)
    first = billing.credit("ord-1", "wrong size", NOW)
    assert first == {"order_id": "ord-1", "credit_note_number": "CN-000001"}
    assert billing.credit("ord-1", "again", LATER) == first
    assert billing.credit("ord-2", "wrong size", NOW)["credit_note_number"] == "CN-000002"
    assert billing.issue("ord-1", CAPTURED, LATER)["invoice_number"] == "INV-000001"


def test_credit_of_a_draft_voids_it_without_a_number(billing: BillingStore) -> None:
    assert billing.credit("ord-1", "wrong size", NOW)["credit_note_number"] is None
    with pytest.raises(InvoiceNotDraft):
        billing.issue("ord-1", CAPTURED, LATER)
    assert billing.issue("ord-2", CAPTURED, LATER)["invoice_number"] == "INV-000001"


def test_draft_issued_during_the_credit_is_credited(dynamodb: Any, table: str, billing: BillingStore) -> None:
    between = Interposed(dynamodb)
    between.before("update_item", lambda: billing.issue("ord-1", CAPTURED, NOW))
    response = BillingStore(between, table).credit("ord-1", "wrong size", NOW)
    assert response["credit_note_number"] == "CN-000001"


def test_concurrent_credit_takes_the_next_number(dynamodb: Any, table: str, billing: BillingStore) -> None:
    for order in ("ord-1", "ord-2"):
        billing.issue(order, CAPTURED, NOW)
    between = Interposed(dynamodb)
    between.before("transact_write_items", lambda: billing.credit("ord-2", "faster", NOW))
    between.before("transact_write_items", conflict, nth=2)
    response = BillingStore(between, table).credit("ord-1", "wrong size", NOW)
    assert response["credit_note_number"] == "CN-000002"


def test_posted_sale_is_reversed_by_a_new_entry(dynamodb: Any, table: str) -> None:
    ledger = LedgerStore(dynamodb, table)
    ledger.post(SALE, NOW)
    first = ledger.reverse("ord-1", NOW)
    assert first == {"entry_id": "ord-1#cancel", "debits": 120, "credits": 120}
    assert ledger.reverse("ord-1", LATER) == first
    assert ledger.post(SALE, LATER)["entry_id"] == "ord-1#sale"


def test_sale_posted_after_its_cancel_is_refused(dynamodb: Any, table: str) -> None:
    ledger = LedgerStore(dynamodb, table)
    nothing = {"entry_id": None, "debits": 0, "credits": 0}
    assert ledger.reverse("ord-1", NOW) == ledger.reverse("ord-1", LATER) == nothing
    with pytest.raises(OrderClosed):
        ledger.post(SALE, LATER)


def test_sale_posted_during_the_reversal_is_reversed(dynamodb: Any, table: str) -> None:
    ledger = LedgerStore(dynamodb, table)
    between = Interposed(dynamodb)
    between.before("put_item", lambda: ledger.post(SALE, NOW))
    assert LedgerStore(between, table).reverse("ord-1", NOW)["entry_id"] == "ord-1#cancel"


def test_prevented_capture_is_refused_and_a_started_one_finishes(dynamodb: Any, table: str) -> None:
    payments = PaymentsStore(dynamodb, table)
    first, second = authorised(payments, "ord-1"), authorised(payments, "ord-2")
    assert payments.prevent_capture("ord-1")
    assert payments.prevent_capture("ord-1")
    with pytest.raises(OrderClosed):
        payments.begin_capture(first)
    payments.begin_capture(second)
    assert not payments.prevent_capture("ord-2")
    payments.close("ord-2")
    assert not payments.prevent_capture("ord-2")


def authorised(payments: PaymentsStore, order_id: str) -> Tender:
    opened = request(cash(120), order_id=order_id)
    payments.open(opened, opened_tenders(opened, lambda _: "sandbox"))
    return payments.record(payments.tender(order_id, 1), AUTHORISED)
