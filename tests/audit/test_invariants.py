"""Each invariant holds over a shop in order and names what is broken when one row is."""

import json

import pytest

from audit import INVARIANTS, check
from audit.catalog import CATALOG
from audit.executions import EXECUTIONS
from audit.reports import REPORTS
from audit.returns import RETURNS
from audit.shipments import SHIPMENTS
from tests.audit.test_image_invariants import IMAGES
from tests.audit.test_merge_invariants import BROKEN_MERGES
from tests.audit.test_purchase_invariants import PURCHASES, TRANSFERS
from tests.audit.test_receivable_invariants import BROKEN_RECEIVABLES
from tests.support import shop_rows
from tests.support.breaks import Break, Tables, add, change, names, remove
from tests.support.shop_rows import CANCELLED, FOUND, LEVEL, LOST, REFUSED, SALE, WALLET, snapshot

BOOKED_AS_SOLD = [{"account": "1200", "debit": 40}, {"account": "4000", "credit": 40}]
RUN = {"pk": "RECONCILIATION#2026-11-22", "sk": "RUN", "run_id": "2026-11-22", "status": "COMPLETE"}
DIFFERENCE = f"{SALE}#reconcile#1#AmountsDiffer"


def reconciled(status: str = "COMPLETE") -> Break:
    """Return the change that adds a reconciliation of the day with a difference, and no case of it."""
    row = {"pk": RUN["pk"], "sk": f"DIFF#{DIFFERENCE}", "case_id": DIFFERENCE, "kind": "AmountsDiffer"}

    def add_both(tables: Tables) -> None:
        add("PaymentsTable", RUN | {"status": status})(tables)
        add("PaymentsTable", row)(tables)

    return add_both


BROKEN: list[tuple[str, str, Break]] = [
    ("manual_entries_are_numbered", "JE", change("LedgerTable", "SERIES#JE", "COUNTER", last=2)),
    (
        "manual_entries_are_numbered",
        "JE",
        change("LedgerTable", "ENTRY#je-1#manual", "ENTRY", number="JE-000003"),
    ),
    (
        "manual_entry_is_listed_and_on_accounts_of_its_own",
        "je-1",
        remove("LedgerTable", "MANUAL", "2026-11-22#JE-000001"),
    ),
    (
        "manual_entry_is_listed_and_on_accounts_of_its_own",
        "je-1",
        remove("LedgerTable", "ENTRY#je-1#manual", "ENTRY"),
    ),
    (
        "manual_entry_is_listed_and_on_accounts_of_its_own",
        "je-1",
        change("LedgerTable", "ENTRY#je-1#manual", "ENTRY", lines=json.dumps(BOOKED_AS_SOLD)),
    ),
    ("difference_has_a_case", DIFFERENCE, reconciled()),
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


def test_consistent_shop_has_no_violation() -> None:
    assert check(snapshot(shop_rows.rows())) == []


@pytest.mark.parametrize(
    ("name", "subject", "spoil"), BROKEN, ids=[f"{b[0]}-{n}" for n, b in enumerate(BROKEN)]
)
def test_each_inconsistent_row_is_a_violation(name: str, subject: str, spoil: Break) -> None:
    tables = shop_rows.rows()
    spoil(tables)
    assert (name, subject) in names(tables)


def test_difference_of_a_run_in_progress_needs_no_case_yet() -> None:
    tables = shop_rows.rows()
    reconciled("RUNNING")(tables)
    assert names(tables) == set()


@pytest.mark.parametrize(("status", "decision"), [("OPEN", None), ("RESOLVED", "done")])
def test_difference_with_a_case_is_named_by_the_case(status: str, decision: str | None) -> None:
    tables = shop_rows.rows()
    reconciled()(tables)
    tables["SandboxProviderTable"].pop(0)
    assert ("provider_agrees", f"{SALE} tender 1") in names(tables)
    case = shop_rows.case(SALE, "ReconcilePayments", status=status, decision=decision)
    tables["CasesTable"] = [case | {"case_id": DIFFERENCE, "execution": ""}]
    assert names(tables) == set()


def test_order_with_the_case_of_a_difference_alone_is_not_excused() -> None:
    """No workflow of the order waits for that case."""
    tables = shop_rows.rows()
    change("OrdersTable", f"ORDER#{SALE}", "ORDER", status="PLACED")(tables)
    tables["CasesTable"] = [shop_rows.case(SALE, "ReconcilePayments") | {"execution": ""}]
    assert ("order_ends", SALE) in names(tables)


def test_every_invariant_is_shown_to_find_its_fault() -> None:
    broken = (*BROKEN, *BROKEN_RECEIVABLES, *BROKEN_MERGES, *PURCHASES, *TRANSFERS, *IMAGES)
    elsewhere = {invariant.__name__ for invariant in (*RETURNS, *SHIPMENTS, *REPORTS, *EXECUTIONS, *CATALOG)}
    shown = {name for name, _, _ in broken} | {"stored_numbers_are_whole"}  # test_malformed_rows
    assert {invariant.__name__ for invariant in INVARIANTS} == shown | elsewhere
