"""Invariants of purchases and transfers name what is broken when one row is."""

import pytest

from audit import Snapshot, check
from tests.support import purchase_rows, transfer_rows
from tests.support.breaks import Break, add, change, remove
from tests.support.purchase_rows import PO, spoil
from tests.support.shop_rows import Row
from tests.support.transfer_rows import TRF


def on_order(business_id: str, units: int) -> Row:
    return {
        "pk": f"PURCHASE#{business_id}",
        "sk": "ONORDER#store-1#TEA",
        "business_id": business_id,
        "sku": "TEA",
        "ordered": 2,
        "open": units,
    }


PURCHASES: list[tuple[str, str, Break]] = [
    ("received_is_ordered_at_most", PO, spoil(lambda document: document["lines"][0].update(quantity=4))),
    ("received_is_sum_of_receipts", PO, spoil(lambda document: document["lines"][0].update(received=4))),
    ("booked_receipts_moved", PO, remove("InventoryTable", purchase_rows.LEVEL, f"MOVE#{PO}#r-1")),
    (
        "billed_is_received_at_most",
        PO,
        spoil(lambda document: document["invoice"]["lines"][0].update(quantity=6)),
    ),
    (
        "billed_is_ordered_price_at_most",
        PO,
        spoil(lambda document: document["invoice"]["lines"][0].update(unit_price=111)),
    ),
    (
        "billed_is_ordered_price_at_most",
        PO,
        spoil(
            lambda document: document["invoice"].update(
                lines=[{"sku": "TEA", "quantity": 1, "unit_price": 140} for _ in range(5)]
            )
        ),
    ),
    ("invoice_numbers_are_claimed_once", PO, remove("PurchasingTable", "SUPPLIER#sup-a", "INVOICE#n-1")),
    (
        "invoice_numbers_are_claimed_once",
        "po-9",
        add(
            "PurchasingTable",
            {"pk": "SUPPLIER#sup-a", "sk": "INVOICE#n-9", "purchase_order_id": "po-9"},
        ),
    ),
    ("sent_is_approved", PO, spoil(lambda document: document.update(approved_total=499))),
    ("received_is_approved", PO, spoil(lambda document: document["lines"][0].update(received=6))),
    ("payables_equal_open_invoices", PO, remove("LedgerTable", f"ENTRY#{PO}#payment", "ENTRY")),
    (
        "suppliers_are_owed_their_orders",
        "sup-a",
        change("PurchasingTable", "SUPPLIER#sup-a", "SUPPLIER", owed=1),
    ),
    (
        "bank_paid_each_invoice_once",
        PO,
        change("SandboxBankTable", f"TRANSFER#{PO}#pay", "TRANSFER", amount=1),
    ),
    ("bank_paid_each_invoice_once", PO, remove("SandboxBankTable", f"TRANSFER#{PO}#pay", "TRANSFER")),
    ("purchase_ends", PO, spoil(lambda document: document.update(status="PAID"))),
    ("received_units_are_not_on_order", f"{PO} TEA", add("InventoryTable", on_order(PO, 1))),
    ("units_on_order_are_ordered", "po-9 TEA", add("InventoryTable", on_order("po-9", 2))),
]
TRANSFERS: list[tuple[str, str, Break]] = [
    (
        "shipped_units_arrived_are_in_transit_or_lost",
        f"{TRF} TEA",
        change("InventoryTable", f"TRANSFER#{TRF}", "ONORDER#store-1#TEA", open=1),
    ),
    (
        "shipped_units_arrived_are_in_transit_or_lost",
        f"{TRF} TEA",
        remove("InventoryTable", f"TRANSFER#{TRF}", "STEP#arrival-van-1#0"),
    ),
    ("shipped_cost_arrived_or_is_lost", TRF, remove("LedgerTable", f"ENTRY#{TRF}#loss", "ENTRY")),
    (
        "cancelled_transfer_has_no_effect",
        transfer_rows.CANCELLED,
        change(
            "InventoryTable",
            f"TRANSFER#{transfer_rows.CANCELLED}",
            "ONORDER#store-1#TEA",
            open=2,
            ordered=2,
        ),
    ),
    (
        "transfer_ends",
        TRF,
        change(
            "InventoryTable",
            f"TRANSFER#{TRF}",
            "TRANSFER",
            document='{"status": "IN_TRANSIT", "arrivals": []}',
        ),
    ),
]


def test_consistent_purchase_has_no_violation() -> None:
    assert check(Snapshot(purchase_rows.rows())) == []


@pytest.mark.parametrize(("name", "subject", "spoiled"), PURCHASES, ids=[one[0] for one in PURCHASES])
def test_each_inconsistent_purchase_is_a_violation(name: str, subject: str, spoiled: Break) -> None:
    tables = purchase_rows.rows()
    spoiled(tables)
    assert (name, subject) in {(broken.name, broken.subject) for broken in check(Snapshot(tables))}


def test_consistent_transfer_has_no_violation() -> None:
    assert check(Snapshot(transfer_rows.rows())) == []


@pytest.mark.parametrize(
    ("name", "subject", "spoiled"), TRANSFERS, ids=[f"{b[0]}-{n}" for n, b in enumerate(TRANSFERS)]
)
def test_each_inconsistent_transfer_is_a_violation(name: str, subject: str, spoiled: Break) -> None:
    tables = transfer_rows.rows()
    spoiled(tables)
    assert (name, subject) in {(broken.name, broken.subject) for broken in check(Snapshot(tables))}
