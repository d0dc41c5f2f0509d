"""Invariants of the catalog: each is broken by one change of a row."""

from datetime import UTC, datetime

import pytest

from audit import check
from tests.support.breaks import Break, Tables, add, change, names, remove
from tests.support.shop_rows import Row, snapshot

LAYOUT = {"prefix": "21", "content": "weight", "item_digits": 5, "check_digit": False, "currency": None}
CHEESE = "2112345000008"


COUNTS = {"created": 1, "updated": 0, "unchanged": 0, "refused": 1}
IMPORT = {"import_id": "imp-1", "status": "COMPLETE", "dry_run": False, "rows": 2, **COUNTS}


def result(row: int, sku: str, verdict: str = "created") -> Row:
    return {"row": row, "sku": sku, "verdict": verdict}


def product(sku: str, barcode: str | None, category: str, tax_class: str = "food") -> Row:
    changed_at = "2026-11-23T10:00:00Z"
    row = {
        "sku": sku,
        "barcode": barcode,
        "category": category,
        "changed_at": changed_at,
        "tax_class": tax_class,
    }
    return {"pk": f"PRODUCT#{sku}", "sk": "PRODUCT", **row}


def shop() -> Tables:
    return {
        "CatalogTable": [
            product("CHEESE", CHEESE, "dairy"),
            product("MUG", None, "", "ware"),
            {**product("CHEESE", CHEESE, "dairy"), "pk": "PRODUCTS", "sk": "CHEESE"},
            {"pk": "PRODUCTS", "sk": "MUG"},
            {"pk": f"BARCODE#{CHEESE}", "sk": "BARCODE", "sku": "CHEESE"},
            {"pk": "CATEGORY#dairy", "sk": "CHEESE"},
            {"pk": "RETURNS", "sk": "WINDOWS", "layouts": [LAYOUT]},
            {"pk": "TAXES", "sk": "RATES", "rate:food": "0.07", "rate:ware": "0.19"},
            {"pk": "IMPORT#imp-1", "sk": "IMPORT", **IMPORT},
            {
                "pk": "IMPORT#imp-1",
                "sk": "BATCH#000002",
                "results": [result(2, "MUG"), result(3, "X", "refused")],
            },
            {"pk": "IMPORT#imp-1", "sk": "ROW#000002", **result(2, "MUG")},
        ]
    }


BROKEN: list[tuple[Break, str, str]] = [
    (
        change("CatalogTable", "PRODUCT#MUG", "PRODUCT", tax_class="luxury"),
        "product_on_sale_has_a_tax_class",
        "MUG",
    ),
    (
        change("CatalogTable", "TAXES", "RATES", **{"retired:food": True}),
        "product_on_sale_has_a_tax_class",
        "CHEESE",
    ),
    (
        remove("CatalogTable", f"BARCODE#{CHEESE}", "BARCODE"),
        "barcode_is_of_its_product",
        "CHEESE",
    ),
    (
        add("CatalogTable", {"pk": "BARCODE#4006381333931", "sk": "BARCODE", "sku": "MUG"}),
        "barcode_is_of_its_product",
        "MUG",
    ),
    (
        change("CatalogTable", "RETURNS", "WINDOWS", layouts=[LAYOUT | {"item_digits": 4}]),
        "barcode_is_not_read_as_a_label",
        "CHEESE",
    ),
    (remove("CatalogTable", "PRODUCTS", "MUG"), "list_has_each_product", "MUG"),
    (change("CatalogTable", "PRODUCTS", "CHEESE", name="Another"), "list_has_each_product", "CHEESE"),
    (
        add("CatalogTable", {"pk": "CATEGORY#books", "sk": "MUG"}),
        "category_lists_its_products",
        "MUG",
    ),
    *(
        (broken, "import_applies_each_row_once", "imp-1")
        for broken in (
            change("CatalogTable", "IMPORT#imp-1", "IMPORT", created=2),
            change("CatalogTable", "IMPORT#imp-1", "IMPORT", rows=3),
            change("CatalogTable", "IMPORT#imp-1", "IMPORT", dry_run=True),
            change("CatalogTable", "IMPORT#imp-1", "ROW#000002", sku="GONE"),
            remove("CatalogTable", "IMPORT#imp-1", "ROW#000002"),
        )
    ),
    (
        add("CatalogTable", {"pk": "CATEGORY#books", "sk": "CHEESE"}),
        "category_lists_its_products",
        "CHEESE",
    ),
]


@pytest.mark.parametrize(("break_it", "name", "subject"), BROKEN)
def test_broken_invariant_is_named(break_it: Break, name: str, subject: str) -> None:
    tables = shop()
    assert names(tables) == set()
    break_it(tables)
    assert names(tables) == {(name, subject)}


def test_product_that_changes_while_the_tables_are_read_is_left_out() -> None:
    tables = shop()
    remove("CatalogTable", f"BARCODE#{CHEESE}", "BARCODE")(tables)
    read_at = datetime(2026, 11, 23, 10, 0, 30, tzinfo=UTC)
    assert check(snapshot(tables, read_at=read_at)) == []
