"""Import of products: the shape of a file, its rows, batches that are delivered twice, and the result file."""

import csv
import io
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from catalog.errors import ImportNotOpen, UnknownImport
from catalog.imports.file import MAX_PROBLEMS, check_file
from catalog.imports.models import MAX_BYTES, MAX_ROWS, ImportBatch, StartImport
from catalog.imports.objects import Uploaded
from catalog.imports.rules import evaluate
from catalog.imports.running import Imports
from catalog.imports.store import ImportStore
from catalog.models import BarcodeLayout, BarcodeLayouts, Category, Product, TaxClass
from catalog.operations import CatalogOperations
from tillflow.errors import IdempotencyConflict, RecordChanged
from tillflow.times import iso_utc

from tests.support.interposed import Interposed

NOW = datetime(2026, 11, 29, 10, tzinfo=UTC)
HEADER = "sku,name,barcode,category,tax_class,price:EUR"
TEA = "TEA,Earl Grey,4006381333931,tea,food,4.50"


class Files:
    """The files of imports in memory, each with one version."""

    def __init__(self) -> None:
        self.uploads: dict[str, bytes] = {}
        self.results: dict[str, bytes] = {}

    def head(self, import_id: str) -> Uploaded:
        if import_id not in self.uploads:
            raise UnknownImport(import_id)
        body = self.uploads[import_id]
        return Uploaded("v1", str(hash(body)), len(body))

    def read(self, import_id: str, version_id: str) -> bytes:
        assert version_id == "v1"
        return self.uploads[import_id]

    def write_result(self, import_id: str, body: bytes) -> None:
        self.results[import_id] = body


class Shop:
    """A catalog, and imports into it."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self.catalog = CatalogOperations(dynamodb, table)
        self.catalog.create_tax_class(TaxClass(name="food", rate=Decimal("0.05")))
        self.catalog.put_category(Category(category="tea", name="Tea"))
        self.files: Any = Files()
        self.store = ImportStore(dynamodb, table)
        self.imports = Imports(self.store, self.files, lambda: NOW)

    def upload(self, *lines: str, import_id: str = "imp-1") -> None:
        self.files.uploads[import_id] = "\n".join(lines).encode()

    def open(self, *lines: str, import_id: str = "imp-1", dry_run: bool = False) -> Any:
        self.upload(*lines, import_id=import_id)
        return self.imports.check(StartImport(import_id=import_id, dry_run=dry_run))

    def batch(self, import_id: str = "imp-1") -> ImportBatch:
        text = self.files.uploads[import_id].decode()
        rows = [
            {"row": row, "cells": cells} for row, cells in enumerate(csv.DictReader(io.StringIO(text)), 2)
        ]
        return ImportBatch.model_validate({"import_id": import_id, "rows": rows})

    def run(self, *lines: str, import_id: str = "imp-1", dry_run: bool = False) -> Any:
        assert self.open(*lines, import_id=import_id, dry_run=dry_run)["status"] == "OPEN"
        self.imports.apply(self.batch(import_id))
        return self.imports.close(import_id)

    def result(self, import_id: str = "imp-1") -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.files.results[import_id].decode("utf-8-sig"))))


@pytest.fixture
def shop(dynamodb: Any, table: str) -> Shop:
    return Shop(dynamodb, table)


def verdicts(counts: Any) -> tuple[int, int, int, int]:
    return counts["created"], counts["updated"], counts["unchanged"], counts["refused"]


def fields(rows: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    return [(row["row"], row["field"], row["value"]) for row in rows]


def test_new_product_is_created_and_the_same_file_again_changes_nothing(shop: Shop) -> None:
    assert verdicts(shop.run(HEADER, TEA)) == (1, 0, 0, 0)
    product, version = shop.catalog.get("TEA")
    assert (product.name, product.prices, product.barcode) == ("Earl Grey", {"EUR": 450}, "4006381333931")
    assert verdicts(shop.run(HEADER, TEA, import_id="imp-2")) == (0, 0, 1, 0)
    assert shop.catalog.get("TEA") == (product, version)


def test_row_changes_what_the_file_has_columns_for(shop: Shop) -> None:
    shop.run(HEADER, TEA)
    shop.catalog.retire("TEA", True)
    counts = shop.run("sku,price:USD,price:EUR,category", "TEA,5.00,,", import_id="imp-2")
    assert verdicts(counts) == (0, 1, 0, 0)
    product, _ = shop.catalog.get("TEA")
    assert (product.prices, product.category) == ({"EUR": 450, "USD": 500}, "")
    assert (product.name, product.retired) == ("Earl Grey", True)


def test_dry_run_says_what_an_import_would_do_and_changes_nothing(shop: Shop) -> None:
    lines = (HEADER, TEA, "SPICE,Spice,,nope,food,1.00")
    dry = shop.run(*lines, dry_run=True)
    assert verdicts(dry) == (1, 0, 0, 1)
    assert shop.catalog.list_products()[0] == []
    assert verdicts(shop.run(*lines, import_id="imp-2")) == verdicts(dry)
    assert shop.result("imp-1") == shop.result("imp-2")


def test_every_problem_of_every_row_is_in_the_result(shop: Shop) -> None:
    shop.run(HEADER, TEA)
    shop.catalog.put_barcode_layouts(
        BarcodeLayouts(layouts=(BarcodeLayout(prefix="23", content="weight", item_digits=5),))
    )
    counts = shop.run(
        HEADER + ",tax_included,version",
        "bad sku,,123,nope,none,x,maybe,-1",
        "JAM,Jam,4006381333931,tea,food,2.00,true,0",
        "HAM,Ham,2300007003454,,food,2.00,,",
        "TEA,Earl Grey,,tea,food,4.60,,7",
        "NEW,,,,,,,",
        "LOW,Low,,tea,food,-1.00,,",
        import_id="imp-2",
    )
    assert verdicts(counts) == (0, 0, 0, 6)
    rows = shop.result("imp-2")
    assert sorted(fields(rows)) == [
        ("2", "barcode", "123"),
        ("2", "category", "nope"),
        ("2", "name", ""),
        ("2", "price:EUR", "x"),
        ("2", "sku", "bad sku"),
        ("2", "tax_class", "none"),
        ("2", "tax_included", "maybe"),
        ("2", "version", "-1"),
        ("3", "barcode", "4006381333931"),
        ("4", "barcode", "2300007003454"),
        ("5", "version", "7"),
        ("6", "name", ""),
        ("6", "prices", "{}"),
        ("6", "tax_class", ""),
        ("7", "price:EUR", "-1.00"),
    ]
    accepted = {(row["row"], row["field"]): row["accepted"] for row in rows}
    assert accepted["3", "barcode"] == "a barcode no other product has; TEA has it"
    assert accepted["5", "version"] == "1, the version that the product has"
    assert accepted["2", "price:EUR"] == "up to 15 digits such as 12.50"


def test_batch_that_is_delivered_again_returns_its_first_response_and_changes_nothing(shop: Shop) -> None:
    shop.open(HEADER, TEA)
    first = shop.imports.apply(shop.batch())
    shop.catalog.put_product(Product(sku="TEA", name="Changed", prices={"EUR": 1}, tax_class="food"))
    assert shop.imports.apply(shop.batch()) == first
    assert shop.catalog.get("TEA")[0].name == "Changed"


def test_batch_that_was_interrupted_continues_after_the_rows_that_it_wrote(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.open(HEADER, TEA, "JAM,Jam,,,food,2.00")
    store = shop.imports._store
    with monkeypatch.context() as patch:
        patch.setattr(store, "write_batch", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            shop.imports.apply(shop.batch())
    shop.catalog.put_product(Product(sku="TEA", name="Changed", prices={"EUR": 1}, tax_class="food"))
    shop.imports.apply(shop.batch())
    assert verdicts(shop.imports.close("imp-1")) == (2, 0, 0, 0)
    assert shop.catalog.get("TEA")[0].name == "Changed"


def test_row_that_another_delivery_wrote_meanwhile_is_not_written_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other delivery wrote the row and ended before its batch was stored; then the product changed."""
    shop.open(HEADER, TEA)
    store = shop.imports._store
    read = store.written

    def overtaken(request: ImportBatch) -> Any:
        before = read(request)
        with monkeypatch.context() as patch:
            patch.setattr(store, "written", read)
            patch.setattr(store, "write_batch", lambda *_, **__: None)
            shop.imports.apply(request)
        shop.catalog.put_product(Product(sku="TEA", name="Changed", prices={"EUR": 1}, tax_class="food"))
        return before

    monkeypatch.setattr(store, "written", overtaken)
    shop.imports.apply(shop.batch())
    assert verdicts(shop.imports.close("imp-1")) == (1, 0, 0, 0)
    assert shop.catalog.get("TEA")[0].name == "Changed"


def test_batch_overtaken_by_another_delivery_keeps_what_that_stored(
    shop: Shop, dynamodb: Any, table: str
) -> None:
    """The row changes nothing until another process changes the product, before the other delivery applies it."""
    shop.run(HEADER, TEA)
    shop.open(HEADER, TEA, import_id="imp-2")

    def other_delivery() -> None:
        shop.catalog.put_product(Product(sku="TEA", name="Changed", prices={"EUR": 1}, tax_class="food"))
        shop.imports.apply(shop.batch("imp-2"))

    client = Interposed(dynamodb)
    client.before("transact_write_items", other_delivery)
    Imports(ImportStore(client, table), shop.files, lambda: NOW).apply(shop.batch("imp-2"))
    assert verdicts(shop.imports.close("imp-2")) == (0, 1, 0, 0)


def test_close_overtaken_by_another_delivery_keeps_the_time_of_that(
    shop: Shop, dynamodb: Any, table: str
) -> None:
    shop.open(HEADER, TEA)
    shop.imports.apply(shop.batch())
    client = Interposed(dynamodb)
    client.before("put_item", lambda: shop.imports.close("imp-1"))
    late = Imports(ImportStore(client, table), shop.files, lambda: NOW + timedelta(days=1))
    assert late.close("imp-1") == shop.imports.close("imp-1")
    assert shop.store.read("imp-1")["completed_at"] == iso_utc(NOW)


def test_batch_with_other_rows_is_a_conflict(shop: Shop) -> None:
    shop.open(HEADER, TEA)
    shop.imports.apply(shop.batch())
    shop.upload(HEADER, TEA.replace("4.50", "5.00"))
    with pytest.raises(IdempotencyConflict, match="batch 2 of import imp-1"):
        shop.imports.apply(shop.batch())


def test_another_file_or_mode_under_the_id_of_an_import_is_a_conflict(shop: Shop) -> None:
    first = shop.open(HEADER, TEA)
    assert shop.imports.check(StartImport(import_id="imp-1")) == first
    with pytest.raises(IdempotencyConflict, match="dry_run"):
        shop.imports.check(StartImport(import_id="imp-1", dry_run=True))
    with pytest.raises(IdempotencyConflict, match="etag"):
        shop.open(HEADER, TEA.replace("4.50", "5.00"))


def test_product_that_changes_while_its_row_is_applied_is_read_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.run(HEADER, TEA)
    shop.open("sku,price:EUR", "TEA,5.00", import_id="imp-2")
    store = shop.imports._store
    known = store.known

    def overtaken(rows: Any) -> Any:
        read = known(rows)
        if shop.catalog.get("TEA")[1] == 1:
            shop.catalog.retire("TEA", True)
        return read

    monkeypatch.setattr(store, "known", overtaken)
    shop.imports.apply(shop.batch("imp-2"))
    product, version = shop.catalog.get("TEA")
    assert (product.prices, product.retired, version) == ({"EUR": 500}, True, 3)


def test_expected_version_is_compared_with_the_newest(shop: Shop) -> None:
    shop.run(HEADER, TEA)
    lines = ("sku,price:EUR,version", "TEA,5.00,1")
    assert verdicts(shop.run(*lines, import_id="imp-2")) == (0, 1, 0, 0)
    assert verdicts(shop.run(*lines, import_id="imp-3")) == (0, 0, 1, 0)
    with pytest.raises(RecordChanged):
        shop.catalog.retire("TEA", True, 1)


def test_import_is_not_closed_before_its_rows_are_applied(shop: Shop) -> None:
    shop.open(HEADER, TEA)
    with pytest.raises(ImportNotOpen, match="OPEN with 0 of 1 row"):
        shop.imports.close("imp-1")
    with pytest.raises(UnknownImport):
        shop.imports.close("imp-2")
    with pytest.raises(UnknownImport):
        shop.imports.check(StartImport(import_id="imp-2"))


def test_closed_import_returns_its_first_counts(shop: Shop) -> None:
    counts = shop.run(HEADER, TEA)
    assert shop.imports.close("imp-1") == counts


def test_rejected_file_is_not_applied(shop: Shop) -> None:
    assert shop.open("name,colour", "Tea,green")["status"] == "REJECTED"
    with pytest.raises(ImportNotOpen, match="REJECTED"):
        shop.imports.apply(
            ImportBatch.model_validate({"import_id": "imp-1", "rows": [{"row": 2, "cells": {"sku": "TEA"}}]})
        )


def test_texts_of_the_result_are_not_formulas(shop: Shop) -> None:
    shop.run(HEADER, "=1+1,Tea,@x,,food,4.50")
    assert {(row["sku"], row["value"]) for row in shop.result()} == {("'=1+1", "'=1+1"), ("'=1+1", "'@x")}


@pytest.mark.parametrize("text", ["x" * 5_000, "é" * 2_000, "a#b", "\u2028", "9" * 12, "=1", "\x00"])
def test_any_text_in_any_column_is_refused_or_stored(shop: Shop, text: str) -> None:
    shop.open(HEADER, TEA)
    columns = (
        "sku",
        "name",
        "description",
        "barcode",
        "category",
        "tax_class",
        "tax_included",
        "price:EUR",
        "version",
    )
    rows = [{"row": row, "cells": {"sku": f"S-{row}", column: text}} for row, column in enumerate(columns, 2)]
    shop.imports.apply(ImportBatch.model_validate({"import_id": "imp-1", "rows": rows}))


@pytest.mark.parametrize(
    ("body", "row", "field", "value"),
    [
        (b"", 1, "file", "an empty file"),
        (b"\xff\xfe", 1, "file", "byte 0"),
        (b'sku\n"x', 1, "file", "unexpected end of data"),
        (b"sku,sku\nA,B", 1, "header", "sku"),
        (b"sku,colour\nA,red", 1, "header", "colour"),
        (b"sku,price:XXQ\nA,1", 1, "header", "price:XXQ"),
        (b"name\nTea", 1, "header", "name"),
        (b"sku;name\nA;Tea, green", 1, "header", "columns separated by semicolons"),
        (b'\xef\xbb\xbf"name";"sku"\r\n"Tea";"A"', 1, "header", "columns separated by semicolons"),
        (b"sku\tname\nA\tTea", 1, "header", "columns separated by tabs"),
        (b"sku|name\rA|Tea", 1, "header", "columns separated by vertical bars"),
        (b"name;colour\nTea;red", 1, "header", "name;colour"),
        (b"sku\n", 1, "file", "0 rows"),
        (b"sku,name\nA,Tea\nB", 3, "row", "1 cell"),
        (b"sku,name\nA,Tea\n\nB,Jam", 3, "row", "0 cells"),
        (b"sku,name\nA,Tea,x", 2, "row", "3 cells"),
        (b"sku,name\nA,Tea\nB,Jam\nA ,Tea", 4, "sku", "A"),
        (b"sku,barcode\nA,4006381333931\nB,4006381333931", 3, "barcode", "4006381333931"),
        (b"sku,barcode\nA,036000291452\nB,0036000291452", 3, "barcode", "0036000291452"),
        (b"sku\n" + b"A\n" * (MAX_ROWS + 1), 1, "file", f"{MAX_ROWS + 1:,} rows"),
    ],
)
def test_file_that_cannot_be_read_one_way_is_rejected(body: bytes, row: int, field: str, value: str) -> None:
    first = check_file(body).problems[0]
    assert (first["row"], first["field"], first["value"]) == (row, field, value)


def test_file_of_too_many_bytes_is_rejected_by_its_size(shop: Shop) -> None:
    checked = shop.open("x" * (MAX_BYTES + 1))
    assert (checked["status"], checked["rows"]) == ("REJECTED", 0)
    [problem] = shop.store.read("imp-1")["problems"]
    assert (problem["field"], problem["value"]) == ("file", f"{MAX_BYTES + 1} bytes")


def test_number_of_problems_of_a_file_is_bounded() -> None:
    body = "sku,name\n" + "\n".join(f"S-{number}" for number in range(MAX_PROBLEMS + 10))
    assert len(check_file(body.encode()).problems) == MAX_PROBLEMS


@pytest.mark.parametrize("name", ["", ",name", ",x"])
def test_file_of_a_million_columns_is_rejected_without_comparing_each_with_each(name: str) -> None:
    """Each comparison of all takes hours; the function has seconds."""
    started = time.process_time()
    checked = check_file(b"sku" + (name or ",").encode() * 1_000_000 + b"\n")
    assert len(checked.problems) == MAX_PROBLEMS
    assert time.process_time() - started < 10


def test_mark_of_utf_8_and_lines_in_quotes_are_read() -> None:
    body = '\ufeffsku,description\r\nA,"two\r\nlines"\r\n\r\n'
    assert check_file(body.encode()) == (1, [])


def write_row(shop: Shop) -> None:
    """Write the first row of the batch as another delivery of it does, which has not stored its results yet."""
    row = shop.batch().rows[0]
    shop.store.write("imp-1", row, evaluate(row, shop.store.known([row])), NOW)


def test_row_that_another_delivery_writes_between_two_reads_is_reported_as_written(
    dynamodb: Any, table: str
) -> None:
    shop, client = Shop(dynamodb, table), Interposed(dynamodb)
    shop.open(HEADER, TEA)
    client.before("batch_get_item", lambda: write_row(shop), nth=2)
    imports = Imports(ImportStore(client, table), shop.files, lambda: NOW)
    imports.apply(shop.batch())
    assert verdicts(imports.close("imp-1")) == (1, 0, 0, 0)


def test_row_that_another_delivery_writes_after_it_was_unchanged_is_reported_as_written(
    dynamodb: Any, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The product has changed in between, so that the row writes it."""
    monkeypatch.setattr("tillflow.store.time.sleep", lambda seconds: None)
    shop, client = Shop(dynamodb, table), Interposed(dynamodb)
    jam = Product(sku="JAM", name="Jam", prices={"EUR": 200}, tax_class="food")
    shop.catalog.put_product(jam)
    shop.open(HEADER, "JAM,Jam,,,food,2.00")

    def rename_and_write() -> None:
        shop.catalog.put_product(jam.model_copy(update={"name": "Marmalade"}))
        write_row(shop)

    client.before("transact_write_items", rename_and_write)
    imports = Imports(ImportStore(client, table), shop.files, lambda: NOW)
    imports.apply(shop.batch())
    assert verdicts(imports.close("imp-1")) == (0, 1, 0, 0)
