"""What an invariant excuses: steps that run, and steps that a person has taken over."""

from datetime import UTC, datetime
from typing import Any

import pytest

from audit import check
from tests.support import shop_rows
from tests.support.breaks import Break, Tables, change, names, remove
from tests.support.shop_rows import CANCELLED, LEVEL, LOST, REFUSED, SALE, snapshot


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
def test_a_correction_may_be_on_its_way_for_the_time_of_delivery(missing: Break) -> None:
    """Moved at 10:00:00.5 and posted at 10:00:02: six minutes later either is missed, whichever is there."""
    tables = shop_rows.rows()
    missing(tables)
    corrections = {"correction_is_booked", "correction_entry_has_its_movement"}
    young = snapshot(tables, read_at=datetime(2026, 11, 23, 10, 6, 0, tzinfo=UTC))
    assert corrections.isdisjoint(broken.name for broken in check(young))
    old = snapshot(tables, read_at=datetime(2026, 11, 23, 10, 6, 2, tzinfo=UTC))
    assert not corrections.isdisjoint(broken.name for broken in check(old))


def test_credit_may_be_on_its_way_for_the_time_of_delivery() -> None:
    """Granted at 10:00:00: six minutes later its journal entry is missed."""
    tables = shop_rows.rows()
    remove("LedgerTable", "ENTRY#crd-1#credit", "ENTRY")(tables)
    young = snapshot(tables, read_at=datetime(2026, 11, 23, 10, 5, 59, tzinfo=UTC))
    assert "credit_is_booked" not in {broken.name for broken in check(young)}
    old = snapshot(tables, read_at=datetime(2026, 11, 23, 10, 6, 0, tzinfo=UTC))
    assert "credit_is_booked" in {broken.name for broken in check(old)}


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
    ("status", "decision", "reported"), [("OPEN", None, False), ("RESOLVED", "done", True)]
)
@pytest.mark.parametrize(
    ("order", "step", "name"),
    [
        (SALE, "CommitStock", "paid_order_is_complete"),
        (REFUSED, "ReleaseStock", "rejected_order_left_nothing"),
        (CANCELLED, "RestockGoods", "cancelled_order_left_nothing"),
    ],
)
def test_open_reservation_is_reported_when_its_case_was_done_by_hand(
    status: str, decision: str | None, reported: bool, order: str, step: str, name: str
) -> None:
    tables = shop_rows.rows()
    tables["InventoryTable"].append(dict(shop_rows.reservation(order, 1, "OPEN")) | {"sk": "RESERVATION#1"})
    tables["CasesTable"].append(shop_rows.case(order, step, status=status, decision=decision))
    assert ((name, order) in names(tables)) is reported


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
