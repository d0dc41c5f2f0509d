"""The invariants of returns hold over a shop in order, and each names what is broken when one row is."""

import json
from typing import Any

import pytest

from audit import Snapshot, check
from audit.returns import RETURNS
from tests.support import return_rows, shop_rows
from tests.support.breaks import Break, Tables, add, change, remove
from tests.support.return_rows import REFUSED, RETURNED, SALE

ORDER, RETURN, REFUND = (f"ORDER#{SALE}", "ORDER"), (f"RETURN#{RETURNED}", "RETURN"), f"RETURN#{RETURNED}"
NOTE = (f"CREDIT#{SALE}", f"CREDIT#{RETURNED}")
ENTRY = (f"ENTRY#{SALE}#return#{RETURNED}", "ENTRY")
UNRECEIPTED = "ret-3"
FAILED = {
    "pk": "EVENT#evt_1",
    "sk": "EVENT",
    "event_id": "evt_1",
    "case_id": f"{RETURNED}#return_refund_failed#1",
}
MOVE = (return_rows.LEVEL, f"MOVE#{RETURNED}#return")


def claims(amount: int | None = None, **line: int) -> str:
    """Return the claims of the order, with the first line changed."""
    first = {"line_no": 1, "quantity": 1, "tax": 20, "total": 120} | line
    second = {"line_no": 2, "quantity": 1, "tax": 20, "total": 120}
    refunded = {} if amount is None else {"refund": "original", "value": amount, "amount": amount}
    return json.dumps([{"return_id": RETURNED, "lines": [first, second], **refunded}])


def sold_in_francs(tables: Tables) -> None:
    """Make the sale one in CHF that was paid in cash, and returned for 2.41."""
    [order] = [row for row in tables["OrdersTable"] if (row["pk"], row["sk"]) == ORDER]
    order |= {"currency": "CHF", "returns": claims(amount=241)}
    order["document"] = json.dumps(
        json.loads(order["document"]) | {"tenders": [{"type": "cash", "amount": 360}]}
    )
    [returned] = [row for row in tables["OrdersTable"] if row["pk"] == RETURN[0]]
    claimed = json.loads(returned["document"])
    returned["document"] = json.dumps(claimed | {"totals": claimed["totals"] | {"total": 241}})


def parts(state: str, amount: int = 240) -> str:
    return json.dumps([{"tender_no": 1, "type": "card", "amount": amount, "state": state}])


def unreceipted(refunded_as: str = "store_credit", **changes: Any) -> Break:
    """Return the change that adds a completed return without an order, and its refund."""
    request = {"customer_id": "cus-ada", "override": {"manager": "mia", "note": "a gift"}, **changes}
    row = return_rows.returned(UNRECEIPTED, "COMPLETED") | {
        "total": 120,
        "request": json.dumps(request),
        "document": json.dumps({"lines": [], "taxes": [], "totals": {"net": 100, "tax": 20}}),
    }
    del row["order_id"]
    part = {"tender_no": 0, "type": refunded_as, "amount": 120, "state": "refunded"}
    refund = {
        "pk": f"RETURN#{UNRECEIPTED}",
        "sk": "REFUND",
        "return_id": UNRECEIPTED,
        "parts": json.dumps([part]),
    }

    def add_both(tables: Tables) -> None:
        add("OrdersTable", row)(tables)
        add("PaymentsTable", refund)(tables)

    return add_both


IN_FRANCS = json.dumps({"currency": "CHF", "amount": 240})


BROKEN: list[tuple[str, str, Break]] = [
    ("return_ends", RETURNED, change("OrdersTable", *RETURN, status="CLAIMED")),
    ("returned_units_are_sold_at_most", SALE, change("OrdersTable", *ORDER, returns=claims(quantity=3))),
    ("claims_have_the_amounts_of_returns", SALE, change("OrdersTable", *ORDER, returns=claims(amount=239))),
    ("claims_have_the_amounts_of_returns", SALE, sold_in_francs),
    ("returned_units_are_sold_at_most", SALE, change("OrdersTable", *ORDER, returns=claims(total=241))),
    ("claims_are_those_of_returns", RETURNED, change("OrdersTable", *ORDER, returns="[]")),
    ("claims_are_those_of_returns", RETURNED, change("OrdersTable", *ORDER, returns=claims(tax=19))),
    ("claims_are_those_of_returns", RETURNED, change("OrdersTable", *RETURN, status="RELEASED")),
    ("claims_are_those_of_returns", RETURNED, remove("OrdersTable", *RETURN)),
    (
        "refunds_and_pending_are_captured_at_most",
        f"{SALE} tender 1",
        change("PaymentsTable", f"ORDER#{SALE}", "TENDER#1", pending=120),
    ),
    (
        "refunds_and_pending_are_captured_at_most",
        f"{SALE} tender 1",
        change("PaymentsTable", f"ORDER#{SALE}", "TENDER#1", refunded=361),
    ),
    (
        "refunds_of_an_order_are_captured_at_most",
        SALE,
        change("PaymentsTable", f"ORDER#{SALE}", "TENDER#1", without_tender=121),
    ),
    *(
        (
            "refunds_in_cash_are_coins",
            RETURNED,
            change("PaymentsTable", REFUND, "REFUND", rounding=0, request=IN_FRANCS, parts=pieces),
        )
        for pieces in (parts("refunded", 241).replace("card", "cash"), parts("refunded", 245))
    ),
    (
        "completed_return_is_complete",
        RETURNED,
        change("PaymentsTable", REFUND, "REFUND", parts=parts("planned")),
    ),
    ("completed_return_is_complete", RETURNED, remove("BillingTable", *NOTE)),
    ("completed_return_is_complete", RETURNED, change("BillingTable", *NOTE, document='{"taxes": []}')),
    ("completed_return_is_complete", RETURNED, change("BillingTable", *NOTE, receivable=240)),
    ("completed_return_is_complete", RETURNED, remove("LedgerTable", *ENTRY)),
    ("completed_return_is_complete", RETURNED, remove("InventoryTable", *MOVE)),
    ("return_entry_is_what_was_returned", RETURNED, change("LedgerTable", *ENTRY, lines="[]")),
    ("return_entry_is_what_was_returned", RETURNED, change("InventoryTable", *MOVE, cost=41)),
    (
        "returned_goods_have_the_cost_of_their_sale",
        SALE,
        change("InventoryTable", f"ORDER#{SALE}", "RESERVATION#store-1#MUG", returned=4),
    ),
    (
        "returned_goods_have_the_cost_of_their_sale",
        SALE,
        change("InventoryTable", f"ORDER#{SALE}", "RESERVATION#store-1#MUG", returned=3),
    ),
    (
        "credit_notes_of_returns_are_what_was_credited",
        SALE,
        change("BillingTable", f"INVOICE#{SALE}", "INVOICE", credited=120),
    ),
    (
        "credit_notes_of_returns_are_what_was_credited",
        RETURNED,
        change("OrdersTable", *RETURN, status="RELEASED"),
    ),
    ("released_return_left_nothing", RETURNED, change("OrdersTable", *RETURN, status="RELEASED")),
    (
        "released_return_left_nothing",
        REFUSED,
        add("InventoryTable", shop_rows.movement(REFUSED, "return", 1, 40)),
    ),
    (
        "outstanding_is_total_less_payments",
        SALE,
        change("BillingTable", f"INVOICE#{SALE}", "INVOICE", credited=120),
    ),
    (
        "exchange_is_paid_once",
        SALE,
        change("PaymentsTable", f"ORDER#{SALE}", "TENDER#1", type="exchange"),
    ),
    ("provider_event_has_its_case", "evt_1", add("PaymentsTable", FAILED)),
    ("return_without_receipt_is_allowed_and_credited", UNRECEIPTED, unreceipted(override=None)),
    ("return_without_receipt_is_allowed_and_credited", UNRECEIPTED, unreceipted(customer_id=None)),
    ("return_without_receipt_is_allowed_and_credited", UNRECEIPTED, unreceipted("cash")),
    ("completed_return_is_complete", UNRECEIPTED, unreceipted()),
    ("paid_order_is_complete", SALE, change("PaymentsTable", f"ORDER#{SALE}", "TENDER#1", refunded=200)),
]


def names(tables: Tables, **more: Any) -> set[tuple[str, str]]:
    return {(violation.name, violation.subject) for violation in check(Snapshot(tables, **more))}


def test_a_return_in_order_breaks_nothing() -> None:
    assert check(Snapshot(return_rows.rows())) == []


@pytest.mark.parametrize(
    ("name", "subject", "spoil"), BROKEN, ids=[f"{b[0]}-{n}" for n, b in enumerate(BROKEN)]
)
def test_one_broken_row_of_a_return_is_named(name: str, subject: str, spoil: Break) -> None:
    tables = return_rows.rows()
    spoil(tables)
    assert (name, subject) in names(tables)


def test_every_invariant_of_returns_is_shown_to_find_its_fault() -> None:
    assert {invariant.__name__ for invariant in RETURNS} <= {name for name, _, _ in BROKEN}


def test_claimed_return_that_runs_is_between_two_states() -> None:
    tables = return_rows.rows()
    change("OrdersTable", *RETURN, status="CLAIMED")(tables)
    remove("LedgerTable", *ENTRY)(tables)
    assert check(Snapshot(tables, frozenset({RETURNED}))) == []
