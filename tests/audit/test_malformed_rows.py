"""An audit reads any content of the tables, and names what it cannot check."""

import json
from decimal import Decimal
from typing import Any

import pytest

from audit import check
from audit.reader import scan_table
from audit.snapshot import Snapshot
from tests.audit.test_merge_invariants import merged
from tests.audit.test_receivable_invariants import receivables
from tests.support import purchase_rows, return_rows, shop_rows, transfer_rows
from tests.support.shop_rows import Row, snapshot

SHOPS = {
    "sales": shop_rows.rows,
    "returns": return_rows.rows,
    "purchases": purchase_rows.rows,
    "transfers": transfer_rows.rows,
    "receivables": receivables,
    "merges": merged,
}
ABSENT = object()
WRONG = (
    *(ABSENT, None, "", "x", "2026-13-99", 7, -1, Decimal("1.5"), Decimal("1E+100"), True, b"\0"),
    *([], {}, ["x"], {"x": "y"}, "{}", "[1]", '["x"]', '{"x": 1}', "[" * 100_000),
)


def spoiled(row: Row, name: str, value: Any) -> Row:
    rest = {other: one for other, one in row.items() if other != name}
    return rest if value is ABSENT else rest | {name: value}


@pytest.mark.parametrize("shop", SHOPS)
def test_any_value_of_a_field_is_reported_as_text(shop: str) -> None:
    tables, kinds = SHOPS[shop](), set[tuple[str, ...]]()
    for table, rows in tables.items():
        for position, row in enumerate(rows):
            kind = (table, row["pk"].partition("#")[0], row["sk"].partition("#")[0], *sorted(row))
            if kind in kinds:
                continue
            kinds.add(kind)
            for name in row.keys() - {"pk", "sk"}:
                for value in WRONG:
                    changed = [*rows[:position], spoiled(row, name, value), *rows[position + 1 :]]
                    for violation in check(Snapshot({**tables, table: changed})):
                        assert isinstance(violation.subject, str)
                        if violation.message.startswith("cannot be checked"):
                            assert row["pk"] in violation.subject, (table, name, value, violation)


def test_customers_that_are_merged_in_a_circle_are_named() -> None:
    tables = receivables()
    for customer, survivor in (("cus-1", "cus-2"), ("cus-2", "cus-1")):
        row = {"pk": f"MERGED#{customer}", "sk": "INTO", "customer_id": customer, "survivor_id": survivor}
        tables["PaymentsTable"].append(row | {"merge_id": "mrg-1"})
    messages = [violation.message for violation in check(snapshot(tables))]
    assert "cannot be checked: ValueError: customers are merged in a circle: cus-1, cus-2" in messages


def test_number_that_is_not_whole_is_read_and_named() -> None:
    nested = {"M": {"costs": {"L": [{"N": "2"}, {"N": "2.25"}, {"S": "x"}, {"NULL": True}]}}}
    item = {"pk": {"S": "LEVEL#a"}, "sk": {"S": "MOVE#1"}, "cost": {"N": "1.5"}, "n": {"N": "1E+2"}}

    class Tables:
        def scan(self, **_: Any) -> Any:
            return {"Items": [{**item, "lines": nested}]}

    (row,) = scan_table(Tables(), "InventoryTable")
    costs = [2, Decimal("2.25"), "x", None]
    assert row == {
        "pk": "LEVEL#a",
        "sk": "MOVE#1",
        "cost": Decimal("1.5"),
        "n": 100,
        "lines": {"costs": costs},
    }
    found = check(Snapshot({"InventoryTable": [row]}))
    assert [(one.subject, one.message) for one in found if one.name == "stored_numbers_are_whole"] == [
        ("InventoryTable LEVEL#a MOVE#1", "cost is 1.5; expected a whole number"),
        ("InventoryTable LEVEL#a MOVE#1", "lines is 2.25; expected a whole number"),
    ]
    json.dumps([one.message for one in found])
