"""Each invariant holds over a shop in order and names what is broken when one row is."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from audit import INVARIANTS, Snapshot, check
from audit.executions import EXECUTIONS
from audit.reports import REPORTS
from audit.returns import RETURNS
from audit.shipments import SHIPMENTS
from tests.support import purchase_rows, shop_rows, transfer_rows
from tests.support.image_rows import DELETED_IMAGE, READY_IMAGE, REJECTED_IMAGE, THUMBNAIL, ImageRows
from tests.support.purchase_rows import PO, spoil
from tests.support.shop_rows import CANCELLED, FOUND, LEVEL, LOST, REFUSED, SALE, WALLET, Row, snapshot
from tests.support.transfer_rows import TRF

Tables = dict[str, list[Row]]
Break = Callable[[Tables], None]


def row(tables: Tables, table: str, pk: str, sk: str) -> Row:
    return next(item for item in tables[table] if item["pk"] == pk and item["sk"] == sk)


def change(table: str, pk: str, sk: str, **values: Any) -> Break:
    return lambda tables: row(tables, table, pk, sk).update(values)


def add(table: str, item: Row) -> Break:
    return lambda tables: tables[table].append(item)


def remove(table: str, pk: str, sk: str) -> Break:
    return lambda tables: tables[table].remove(row(tables, table, pk, sk))


def on_order(business_id: str, units: int) -> Row:
    return {
        "pk": f"PURCHASE#{business_id}",
        "sk": "ONORDER#store-1#TEA",
        "business_id": business_id,
        "sku": "TEA",
        "ordered": 2,
        "open": units,
    }


BOOKED_AS_SOLD = [{"account": "1200", "debit": 40}, {"account": "4000", "credit": 40}]

BROKEN: list[tuple[str, str, Break]] = [
    ("on_hand_is_sum_of_movements", LEVEL, change("InventoryTable", LEVEL, "LEVEL", on_hand=9, available=9)),
    ("on_hand_is_sum_of_movements", LEVEL, remove("InventoryTable", LEVEL, "LEVEL")),
    ("reserved_is_sum_of_open_reservations", LEVEL, change("InventoryTable", LEVEL, "LEVEL", reserved=1)),
    (
        "reserved_is_sum_of_open_reservations",
        LEVEL,
        change("InventoryTable", f"ORDER#{REFUSED}", "RESERVATION#store-1#MUG", state="OPEN"),
    ),
    ("stock_has_one_currency", LEVEL, change("InventoryTable", LEVEL, "LEVEL", currency="JPY")),
    ("stock_value_is_sum_of_movement_costs", LEVEL, change("InventoryTable", LEVEL, "LEVEL", stock_value=-1)),
    ("reserved_is_on_hand_at_most", LEVEL, change("InventoryTable", LEVEL, "LEVEL", reserved=-1)),
    ("reserved_is_on_hand_at_most", LEVEL, change("InventoryTable", LEVEL, "LEVEL", reserved=9)),
    ("available_is_on_hand_less_reserved", LEVEL, change("InventoryTable", LEVEL, "LEVEL", available=7)),
    (
        "stock_value_is_sum_of_movement_costs",
        LEVEL,
        change("InventoryTable", LEVEL, "LEVEL", stock_value=319),
    ),
    (
        "on_order_is_sum_of_open_orders",
        LEVEL,
        change("InventoryTable", LEVEL, "LEVEL", on_order=3),
    ),
    (
        "captured_is_authorised_at_most",
        f"{SALE} tender 1",
        change("PaymentsTable", f"ORDER#{SALE}", "TENDER#1", captured=201),
    ),
    (
        "refunded_is_captured_at_most",
        f"{SALE} tender 2",
        change("PaymentsTable", f"ORDER#{SALE}", "TENDER#2", refunded=41),
    ),
    (
        "authorisation_ends_once",
        f"{REFUSED} tender 1",
        change("PaymentsTable", f"ORDER#{REFUSED}", "TENDER#1", state="authorised"),
    ),
    (
        "authorisation_ends_once",
        f"{SALE} tender 1",
        change("PaymentsTable", f"ORDER#{SALE}", "TENDER#1", state="voided"),
    ),
    (
        "provider_agrees",
        f"{SALE} tender 1",
        add("SandboxProviderTable", shop_rows.authorisation(SALE, 1, 200, "captured", captured=200)),
    ),
    (
        "provider_agrees",
        f"{SALE} tender 1",
        lambda tables: tables["SandboxProviderTable"].pop(0),
    ),
    (
        "provider_agrees",
        f"{REFUSED} tender 1",
        change(
            "SandboxProviderTable", f"AUTHORISATION#auth-{REFUSED}#authorise#1", "AUTHORISATION", state="held"
        ),
    ),
    (
        "provider_agrees",
        f"{REFUSED} tender 2",
        add("SandboxProviderTable", shop_rows.authorisation(REFUSED, 2, 60, "captured", captured=60)),
    ),
    (
        "wallet_is_its_entries_less_payments",
        f"{WALLET} EUR",
        change("PaymentsTable", WALLET, "BALANCE#EUR", balance=29),
    ),
    (
        "wallet_is_its_entries_less_payments",
        f"{WALLET} CHF",
        add("PaymentsTable", {"pk": WALLET, "sk": "BALANCE#CHF", "balance": 1}),
    ),
    (
        "wallet_is_its_entries_less_payments",
        f"{WALLET} EUR",
        add(
            "PaymentsTable",
            shop_rows.authorisation(SALE, 3, 5, "held")
            | {"book": "store_credit", "customer_id": "cus-1", "currency": "EUR"},
        ),
    ),
    ("credit_is_booked", "crd-1", remove("LedgerTable", "ENTRY#crd-1#credit", "ENTRY")),
    (
        "credit_is_booked",
        "crd-1",
        change("LedgerTable", "ENTRY#crd-1#credit", "ENTRY", lines=json.dumps(BOOKED_AS_SOLD)),
    ),
    (
        "booked_credit_was_granted",
        "crd-9#credit",
        add("LedgerTable", shop_rows.entry("crd-9", {"5300": 30}, {"2100": 30}, kind="credit")),
    ),
    (
        "invoice_numbers_are_contiguous",
        "series INV",
        change("BillingTable", "SERIES#INV", "COUNTER", last=3),
    ),
    (
        "invoice_numbers_are_contiguous",
        "series INV",
        change("BillingTable", f"INVOICE#{SALE}", "INVOICE", number=2),
    ),
    (
        "documents_use_a_series_of_their_register",
        "INV-000001",
        change("BillingTable", f"INVOICE#{SALE}", "INVOICE", series="INV/store-2"),
    ),
    (
        "documents_use_a_series_of_their_register",
        "CN-000001",
        change("BillingTable", f"CREDIT#{CANCELLED}", "CREDIT", series="INV/store-1"),
    ),
    (
        "only_sales_burn_numbers",
        REFUSED,
        change("BillingTable", f"INVOICE#{REFUSED}", "INVOICE", number=1),
    ),
    (
        "outstanding_is_total_less_payments",
        SALE,
        change("BillingTable", f"INVOICE#{SALE}", "INVOICE", paid=239),
    ),
    (
        "outstanding_is_total_less_payments",
        SALE,
        change("PaymentsTable", f"ORDER#{SALE}", "TENDER#2", captured=0),
    ),
    (
        "entry_balances",
        f"{SALE}#sale",
        lambda tables: tables["LedgerTable"].__setitem__(
            0, shop_rows.entry(SALE, {"1020": 200, "1010": 40}, {"4000": 200, "2200": 39})
        ),
    ),
    (
        "entry_accounts_are_in_the_chart",
        f"{SALE}#sale",
        lambda tables: tables["LedgerTable"].__setitem__(0, shop_rows.entry(SALE, {"9999": 1}, {"4000": 1})),
    ),
    (
        "tender_accounts_are_what_was_captured",
        SALE,
        lambda tables: tables["LedgerTable"].__setitem__(
            0, shop_rows.entry(SALE, {"1020": 240, "5000": 80}, {"4000": 200, "2200": 40, "1200": 80})
        ),
    ),
    (
        "goods_accounts_are_what_moved",
        SALE,
        lambda tables: tables["LedgerTable"].__setitem__(
            0,
            shop_rows.entry(
                SALE, {"1020": 200, "1010": 40, "5000": 40}, {"4000": 200, "2200": 40, "1200": 40}
            ),
        ),
    ),
    (
        "income_accounts_are_what_was_sold",
        SALE,
        lambda tables: tables["LedgerTable"].__setitem__(
            0,
            shop_rows.entry(
                SALE, {"1020": 200, "1010": 40, "5000": 80}, {"4000": 210, "2200": 30, "1200": 80}
            ),
        ),
    ),
    (
        "invoice_numbers_are_contiguous",
        "series CN",
        change("BillingTable", f"CREDIT#{CANCELLED}", "CREDIT", number=2),
    ),
    (
        "reversal_undoes_its_sale",
        CANCELLED,
        lambda tables: tables["LedgerTable"].__setitem__(
            2,
            shop_rows.entry(CANCELLED, {"4000": 120, "1200": 40}, {"1020": 120, "5000": 40}, kind="cancel"),
        ),
    ),
    (
        "reversal_undoes_its_sale",
        CANCELLED,
        change("OrdersTable", f"ORDER#{CANCELLED}", "ORDER", status="REJECTED"),
    ),
    (
        "credit_notes_credit_cancelled_invoices",
        CANCELLED,
        change("BillingTable", f"CREDIT#{CANCELLED}", "CREDIT", total=119),
    ),
    (
        "credit_notes_credit_cancelled_invoices",
        SALE,
        add("BillingTable", shop_rows.credit_note(SALE, total=240, number=2)),
    ),
    (
        "cancelled_order_left_nothing",
        CANCELLED,
        change("PaymentsTable", f"ORDER#{CANCELLED}", "TENDER#1", refunded=0),
    ),
    (
        "cancelled_order_left_nothing",
        CANCELLED,
        change("InventoryTable", f"ORDER#{CANCELLED}", "RESERVATION#store-1#MUG", state="COMMITTED"),
    ),
    (
        "cancelled_order_left_nothing",
        CANCELLED,
        change("InventoryTable", LEVEL, f"MOVE#{CANCELLED}#cancel", cost=39),
    ),
    ("cancelled_order_left_nothing", CANCELLED, remove("BillingTable", f"CREDIT#{CANCELLED}", "CREDIT")),
    ("cancelled_order_left_nothing", CANCELLED, remove("LedgerTable", f"ENTRY#{CANCELLED}#cancel", "ENTRY")),
    (
        "order_ends",
        CANCELLED,
        change("OrdersTable", f"ORDER#{CANCELLED}", "ORDER", status="PAID"),
    ),
    ("order_ends", REFUSED, change("OrdersTable", f"ORDER#{REFUSED}", "ORDER", status="PLACED")),
    (
        "rejected_order_left_nothing",
        REFUSED,
        change("InventoryTable", f"ORDER#{REFUSED}", "RESERVATION#store-1#MUG", state="OPEN"),
    ),
    (
        "rejected_order_left_nothing",
        REFUSED,
        change("PaymentsTable", f"ORDER#{REFUSED}", "TENDER#1", captured=120),
    ),
    (
        "rejected_order_left_nothing",
        REFUSED,
        change("BillingTable", f"INVOICE#{REFUSED}", "INVOICE", status="DRAFT"),
    ),
    ("paid_order_is_complete", SALE, remove("LedgerTable", f"ENTRY#{SALE}#sale", "ENTRY")),
    ("paid_order_is_complete", SALE, change("BillingTable", f"INVOICE#{SALE}", "INVOICE", status="DRAFT")),
    (
        "paid_order_is_complete",
        SALE,
        change("InventoryTable", f"ORDER#{SALE}", "RESERVATION#store-1#MUG", state="OPEN"),
    ),
    ("paid_order_moved_its_lines", SALE, remove("InventoryTable", LEVEL, f"MOVE#{SALE}#sale")),
    (
        "paid_order_moved_its_lines",
        SALE,
        add("InventoryTable", shop_rows.movement(SALE, "sale", -2, 80) | {"sk": f"MOVE#{SALE}#again"}),
    ),
    (
        "open_case_is_waited_for",
        f"{REFUSED}#compensation",
        add("CasesTable", shop_rows.case(REFUSED, "ReversePayment")),
    ),
    ("correction_is_booked", LOST, remove("LedgerTable", f"ENTRY#{LOST}#correction", "ENTRY")),
    ("correction_is_booked", FOUND, remove("LedgerTable", f"ENTRY#{FOUND}#correction", "ENTRY")),
    ("correction_is_booked", LOST, change("InventoryTable", LEVEL, f"MOVE#{LOST}#adjustment", cost=39)),
    ("correction_is_booked", LOST, change("InventoryTable", LEVEL, f"MOVE#{LOST}#adjustment", cost=0)),
    ("correction_is_booked", FOUND, change("InventoryTable", LEVEL, f"MOVE#{FOUND}#count", quantity=-1)),
    (
        "correction_is_booked",
        FOUND,
        change("LedgerTable", f"ENTRY#{FOUND}#correction", "ENTRY", lines=json.dumps(BOOKED_AS_SOLD)),
    ),
    (
        "correction_entry_has_its_movement",
        LOST,
        remove("InventoryTable", LEVEL, f"MOVE#{LOST}#adjustment"),
    ),
    (
        "correction_entry_has_its_movement",
        LOST,
        change("InventoryTable", LEVEL, f"MOVE#{LOST}#adjustment", kind="receipt"),
    ),
    (
        "correction_entry_has_its_movement",
        LOST,
        add("InventoryTable", shop_rows.movement(LOST, "count", -1, 40)),
    ),
    ("effects_belong_to_orders", "ord-9", add("InventoryTable", shop_rows.reservation("ord-9", 1, "OPEN"))),
    (
        "effects_belong_to_orders",
        "ord-9",
        add("PaymentsTable", shop_rows.tender("ord-9", 1, "cash", 5, "captured", captured=5)),
    ),
]

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

IMAGES: list[tuple[str, str, Callable[[ImageRows], object]]] = [
    ("thumbnail_has_its_image", "f00/s01.a1/x", lambda images: images.thumbnails.add("f00/s01.a1/x")),
    ("thumbnail_has_its_image", THUMBNAIL, lambda images: images.row(READY_IMAGE).update(outputs=[])),
    ("image_has_its_thumbnails", READY_IMAGE, lambda images: images.thumbnails.remove(THUMBNAIL)),
    ("image_has_its_thumbnails", READY_IMAGE, lambda images: images.row(READY_IMAGE)["outputs"].pop()),
    (
        "image_has_its_thumbnails",
        READY_IMAGE,
        lambda images: images.row(READY_IMAGE).update(status="REJECTED"),
    ),
    ("image_has_its_object", READY_IMAGE, lambda images: images.originals.pop(READY_IMAGE)),
    ("image_has_its_object", READY_IMAGE, lambda images: images.originals.update({READY_IMAGE: "e9"})),
    ("image_has_its_object", REJECTED_IMAGE, lambda images: images.originals.pop(REJECTED_IMAGE)),
    ("image_has_its_object", DELETED_IMAGE, lambda images: images.originals.update({DELETED_IMAGE: "e9"})),
    (
        "object_has_its_image",
        "products/MUG/x",
        lambda images: images.originals.update({"products/MUG/x": "e"}),
    ),
    ("product_shows_its_images", READY_IMAGE, lambda images: images.rows.pop(1)),
    (
        "product_shows_its_images",
        READY_IMAGE,
        lambda images: images.row(READY_IMAGE).update(status="DELETED"),
    ),
    ("product_shows_its_images", READY_IMAGE, lambda images: images.rows[1].update(outputs=[])),
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


def names(tables: Tables, **more: Any) -> set[tuple[str, str]]:
    return {(violation.name, violation.subject) for violation in check(snapshot(tables, **more))}


def test_consistent_shop_has_no_violation() -> None:
    assert check(snapshot(shop_rows.rows())) == []


@pytest.mark.parametrize(
    ("name", "subject", "spoil"), BROKEN, ids=[f"{b[0]}-{n}" for n, b in enumerate(BROKEN)]
)
def test_each_inconsistent_row_is_a_violation(name: str, subject: str, spoil: Break) -> None:
    tables = shop_rows.rows()
    spoil(tables)
    assert (name, subject) in names(tables)


def test_consistent_purchase_has_no_violation() -> None:
    assert check(Snapshot(purchase_rows.rows())) == []


@pytest.mark.parametrize(("name", "subject", "spoiled"), PURCHASES, ids=[one[0] for one in PURCHASES])
def test_each_inconsistent_purchase_is_a_violation(name: str, subject: str, spoiled: Break) -> None:
    tables = purchase_rows.rows()
    spoiled(tables)
    assert (name, subject) in {(broken.name, broken.subject) for broken in check(Snapshot(tables))}


def test_consistent_images_have_no_violations() -> None:
    assert check(ImageRows().snapshot()) == []


@pytest.mark.parametrize(
    ("name", "subject", "spoil"), IMAGES, ids=[f"{b[0]}-{n}" for n, b in enumerate(IMAGES)]
)
def test_inconsistent_image_is_reported(
    name: str, subject: str, spoil: Callable[[ImageRows], object]
) -> None:
    images = ImageRows()
    spoil(images)
    assert (name, subject) in {(broken.name, broken.subject) for broken in check(images.snapshot())}


def test_consistent_transfer_has_no_violation() -> None:
    assert check(Snapshot(transfer_rows.rows())) == []


@pytest.mark.parametrize(
    ("name", "subject", "spoiled"), TRANSFERS, ids=[f"{b[0]}-{n}" for n, b in enumerate(TRANSFERS)]
)
def test_each_inconsistent_transfer_is_a_violation(name: str, subject: str, spoiled: Break) -> None:
    tables = transfer_rows.rows()
    spoiled(tables)
    assert (name, subject) in {(broken.name, broken.subject) for broken in check(Snapshot(tables))}


ACCOUNT = "ACCOUNT#cus-1"
BROKEN_RECEIVABLES: list[tuple[str, str, Break]] = [
    (
        "outstanding_is_what_was_not_paid",
        "ord-acc",
        change("BillingTable", "INVOICE#ord-acc", "INVOICE", outstanding=61),
    ),
    ("outstanding_is_what_was_not_paid", "ord-acc", remove("BillingTable", "RECEIVABLES", "cus-1#EUR#x")),
    (
        "outstanding_is_what_was_not_paid",
        "ord-acc",
        change("BillingTable", "INVOICE#ord-acc", "INVOICE", status="PAID"),
    ),
    (
        "account_is_its_sales_and_payments",
        "cus-1 EUR",
        change("PaymentsTable", ACCOUNT, "ACCOUNT#EUR", owed=59),
    ),
    (
        "account_is_its_sales_and_payments",
        "cus-1 EUR",
        change("PaymentsTable", ACCOUNT, "ACCOUNT#EUR", available=41),
    ),
    (
        "receivables_are_outstanding_invoices",
        "cus-1 EUR",
        change("PaymentsTable", "AUTHORISATION#auth-ord-acc#authorise#1", "AUTHORISATION", captured=99),
    ),
    ("customer_payment_is_complete", "pay-1", remove("PaymentsTable", "SETTLED#pay-1", "SETTLED")),
    (
        "customer_payment_is_complete",
        "pay-1",
        change("PaymentsTable", "SETTLED#pay-1", "SETTLED", overpayment=1),
    ),
    ("customer_payment_is_complete", "pay-1", remove("LedgerTable", "ENTRY#pay-1#payment_received", "ENTRY")),
]


def receivables() -> Tables:
    """Return a sale on account of 100, paid by 40 with 5 to spare."""
    customer = {"customer_id": "cus-1", "currency": "EUR"}
    payment = {**customer, "payment_id": "pay-1", "amount": 45, "allocated": 40, "overpayment": 5}
    posted = shop_rows.entry("pay-1", {"1030": 45}, {"1100": 40, "2100": 5}, kind="payment_received")
    return {
        "BillingTable": [
            shop_rows.invoice("ord-acc", "PARTIALLY_PAID", total=100, paid=40, on_account=100, outstanding=60)
            | customer,
            {"pk": "RECEIVABLES", "sk": "cus-1#EUR#x", "order_id": "ord-acc", "outstanding": 60},
            {**payment, "pk": "PAYMENT#pay-1", "sk": "PAYMENT", "method": "bank_transfer"}
            | {"allocations": json.dumps([{"order_id": "ord-acc", "amount": 40}])},
        ],
        "PaymentsTable": [
            {
                "pk": ACCOUNT,
                "sk": "ACCOUNT#EUR",
                "credit_limit": 100,
                "available": 40,
                "reserved": 0,
                "owed": 60,
            },
            shop_rows.authorisation("ord-acc", 1, 100, "captured", captured=100)
            | {"book": "on_account", **customer},
            {**payment, "pk": "SETTLED#pay-1", "sk": "SETTLED"},
        ],
        "LedgerTable": [posted],
    }


def broken_receivables(tables: Tables) -> list[tuple[str, str]]:
    names = {name for name, _, _ in BROKEN_RECEIVABLES}
    return [(one.name, one.subject) for one in check(snapshot(tables)) if one.name in names]


def test_receivables_that_agree_violate_nothing() -> None:
    assert broken_receivables(receivables()) == []


@pytest.mark.parametrize(("name", "subject", "spoiled"), BROKEN_RECEIVABLES)
def test_each_inconsistency_of_receivables_is_a_violation(name: str, subject: str, spoiled: Break) -> None:
    tables = receivables()
    spoiled(tables)
    assert (name, subject) in broken_receivables(tables)


def test_every_invariant_is_shown_to_find_its_fault() -> None:
    broken = (*BROKEN, *BROKEN_RECEIVABLES, *PURCHASES, *TRANSFERS, *IMAGES)
    elsewhere = {invariant.__name__ for invariant in (*RETURNS, *SHIPMENTS, *REPORTS, *EXECUTIONS)}
    shown = {name for name, _, _ in broken}
    assert {invariant.__name__ for invariant in INVARIANTS} == shown | elsewhere


def test_an_order_that_runs_may_be_between_two_truths() -> None:
    tables = shop_rows.rows()
    change("OrdersTable", f"ORDER#{REFUSED}", "ORDER", status="PLACED")(tables)
    change("PaymentsTable", f"ORDER#{REFUSED}", "TENDER#1", state="authorised")(tables)
    assert names(tables, running=frozenset({REFUSED})) == set()


@pytest.mark.parametrize(
    "missing",
    [
        remove("LedgerTable", f"ENTRY#{LOST}#correction", "ENTRY"),
        remove("InventoryTable", LEVEL, f"MOVE#{LOST}#adjustment"),
    ],
    ids=["entry", "movement"],
)
def test_a_correction_of_the_last_minute_may_be_on_its_way(missing: Break) -> None:
    """Moved at 10:00:00.5 and posted at 10:00:02: a minute later either is missed, whichever is there."""
    tables = shop_rows.rows()
    missing(tables)
    corrections = {"correction_is_booked", "correction_entry_has_its_movement"}
    young = snapshot(tables, read_at=datetime(2026, 11, 23, 10, 1, 0, tzinfo=UTC))
    assert corrections.isdisjoint(broken.name for broken in check(young))
    old = snapshot(tables, read_at=datetime(2026, 11, 23, 10, 1, 2, tzinfo=UTC))
    assert not corrections.isdisjoint(broken.name for broken in check(old))


def test_correction_without_cost_needs_no_entry() -> None:
    tables = shop_rows.rows()
    tables["InventoryTable"].append(shop_rows.movement("adj-2", "adjustment", 1, 0))
    assert ("correction_is_booked", "adj-2") not in names(tables)


def left_authorised() -> Tables:
    tables = shop_rows.rows()
    change("PaymentsTable", f"ORDER#{REFUSED}", "TENDER#1", state="authorised")(tables)
    return tables


def test_an_open_case_excuses_the_step_it_names() -> None:
    tables = left_authorised()
    tables["CasesTable"].append(shop_rows.case(REFUSED, "ReversePayment"))
    assert names(tables, running=frozenset({REFUSED})) == set()


def test_an_open_case_does_not_excuse_the_other_compensations() -> None:
    tables = left_authorised()
    tables["CasesTable"].append(shop_rows.case(REFUSED, "ReleaseStock"))
    assert ("authorisation_ends_once", f"{REFUSED} tender 1") in names(tables)


def test_a_parked_order_is_held_to_its_case_though_it_runs() -> None:
    tables = left_authorised()
    tables["CasesTable"].append(shop_rows.case(REFUSED, "ReleaseStock"))
    assert names(tables, running=frozenset({REFUSED})) != set()


@pytest.mark.parametrize(("decision", "excused"), [("done", True), ("retry", False), ("give_up", False)])
def test_decision_of_a_person_excuses_the_step(decision: str, excused: bool) -> None:
    tables = left_authorised()
    tables["CasesTable"].append(
        shop_rows.case(REFUSED, "ReversePayment", status="RESOLVED", decision=decision)
    )
    assert (names(tables) == set()) is excused


@pytest.mark.parametrize(
    ("status", "decision", "reported"), [("OPEN", None, False), ("RESOLVED", "done", True)]
)
@pytest.mark.parametrize(
    ("step", "table", "key"),
    [
        ("CreditInvoice", "BillingTable", (f"CREDIT#{CANCELLED}", "CREDIT")),
        ("ReverseJournal", "LedgerTable", (f"ENTRY#{CANCELLED}#cancel", "ENTRY")),
    ],
)
def test_document_only_the_system_can_make_is_reported_when_its_case_was_done_by_hand(
    status: str, decision: str | None, reported: bool, step: str, table: str, key: tuple[str, str]
) -> None:
    tables = shop_rows.rows()
    remove(table, *key)(tables)
    tables["CasesTable"].append(shop_rows.case(CANCELLED, step, status=status, decision=decision))
    assert (("cancelled_order_left_nothing", CANCELLED) in names(tables)) is reported


def test_step_done_by_hand_excuses_no_other_step() -> None:
    tables = shop_rows.rows()
    remove("LedgerTable", f"ENTRY#{SALE}#sale", "ENTRY")(tables)
    tables["CasesTable"].append(shop_rows.case(SALE, "IssueInvoice", status="RESOLVED", decision="done"))
    assert ("paid_order_is_complete", SALE) in names(tables)


@pytest.mark.parametrize(
    ("table", "malformed"),
    [
        ("OrdersTable", {"document": "not JSON"}),
        ("LedgerTable", {"lines": "[{}]"}),
        ("PaymentsTable", {"amount": "many"}),
        ("InventoryTable", {"on_hand": "x"}),
    ],
)
def test_malformed_row_is_named_and_the_other_invariants_are_checked(
    table: str, malformed: dict[str, Any]
) -> None:
    tables = shop_rows.rows()
    tables[table][0] = dict(tables[table][0]) | malformed
    change("BillingTable", "SERIES#INV", "COUNTER", last=3)(tables)
    violations = check(shop_rows.snapshot(tables))
    named = [violation.subject for violation in violations if "cannot be checked" in violation.message]
    assert named
    assert all(f"{table} {tables[table][0]['pk']} {tables[table][0]['sk']}" in rows for rows in named)
    assert all(len(rows.split(", ")) <= 2 for rows in named)
    assert "invoice_numbers_are_contiguous" in {violation.name for violation in violations}
