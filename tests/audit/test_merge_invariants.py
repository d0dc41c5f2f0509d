"""Invariants of merged customers hold over a complete merge, and name what is broken when one row is."""

import pytest
from tillflow.merges import merge_rows

from tests.support import shop_rows
from tests.support.breaks import Break, Tables, add, change, names, remove

BALANCE = {"pk": "CREDIT#cus-2", "sk": "BALANCE#EUR", "balance": 1}
ACCOUNT = {
    "pk": "ACCOUNT#cus-2",
    "sk": "ACCOUNT#EUR",
    "credit_limit": 1,
    "available": 1,
    "reserved": 0,
    "owed": 0,
}
UNSETTLED = {**ACCOUNT, "pk": "ACCOUNT#cus-20", "credit_limit": 5, "available": 5}
TABLES = ("CustomersTable", "PaymentsTable", "OrdersTable", "BillingTable")
BROKEN_MERGES: list[tuple[str, str, Break]] = [
    *(("merge_is_complete", "mrg-1", remove(table, "MERGED#cus-2", "INTO")) for table in TABLES),
    *(("merge_is_complete", "mrg-1", remove(table, "MERGED#cus-1", "FROM#cus-2")) for table in TABLES),
    ("merge_is_complete", "mrg-1", remove("CustomersTable", "MERGE#mrg-1", "MERGE")),
    (
        "merge_is_complete",
        "mrg-1",
        change("CustomersTable", "CUSTOMER#cus-2", "CUSTOMER", merged_into="cus-3"),
    ),
    ("merge_is_complete", "mrg-1", change("BillingTable", "MERGED#cus-2", "INTO", survivor_id="cus-3")),
    ("merged_customer_has_nothing", "cus-2", add("PaymentsTable", BALANCE)),
    ("merged_customer_has_nothing", "cus-2", add("PaymentsTable", ACCOUNT)),
]


def merged() -> Tables:
    """Return a shop with a customer that was merged, and one whose id begins as that of the merged one."""
    tables = shop_rows.rows()
    merge = {"merge_id": "mrg-1", "customer_id": "cus-2", "survivor_id": "cus-1"}
    tables["CustomersTable"] = [
        {"pk": "MERGE#mrg-1", "sk": "MERGE", **merge},
        {
            "pk": "CUSTOMER#cus-2",
            "sk": "CUSTOMER",
            "customer_id": "cus-2",
            "merged_into": "cus-1",
            "merge_id": "mrg-1",
        },
    ]
    for table in TABLES:
        tables.setdefault(table, []).extend(dict(row) for row in merge_rows("cus-2", "cus-1", "mrg-1"))
    tables["PaymentsTable"].append(dict(UNSETTLED))
    return tables


def test_complete_merge_has_no_violation() -> None:
    assert names(merged()) == set()


@pytest.mark.parametrize(("name", "subject", "spoiled"), BROKEN_MERGES)
def test_broken_merge_is_named(name: str, subject: str, spoiled: Break) -> None:
    tables = merged()
    spoiled(tables)
    assert (name, subject) in names(tables)


def test_merge_in_progress_is_not_complete_yet() -> None:
    tables = merged()
    for table in ("OrdersTable", "BillingTable"):
        remove(table, "MERGED#cus-2", "INTO")(tables)
        remove(table, "MERGED#cus-1", "FROM#cus-2")(tables)
    assert names(tables, running=frozenset({"mrg-1"})) == set()
    assert ("merge_is_complete", "mrg-1") in names(tables)
