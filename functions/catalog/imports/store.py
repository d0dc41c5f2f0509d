"""Imports in the catalog table.

IMPORT#<import id>  IMPORT          the file, its number of rows and why it is rejected; the counts once it is complete
IMPORT#<import id>  BATCH#<row>     the rows of a batch and what became of each: its idempotency marker
IMPORT#<import id>  ROW#<row>       the verdict on a row that wrote a product, in the transaction of the product
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from tillflow.errors import StoreContention, check_same
from tillflow.store import (
    Action,
    AlreadyApplied,
    Item,
    key,
    put_from_status,
    put_new,
    query_rows,
    read_row,
    read_rows,
    transact,
    write,
)
from tillflow.times import iso_utc

from catalog.errors import UnknownImport
from catalog.imports.file import stored_barcode
from catalog.imports.models import (
    AppliedBatch,
    CheckedImport,
    ClosedImport,
    ImportBatch,
    ImportRow,
    RowProblem,
    RowResult,
    Verdict,
)
from catalog.imports.rules import Evaluated, Known
from catalog.rows import (
    RATES,
    WINDOWS,
    barcode_key,
    category_key,
    product_key,
    read_category,
    read_layouts,
    read_product,
    read_tax_classes,
)
from catalog.store import CatalogStore
from catalog.tax_rates import in_use

LIFETIME = timedelta(days=90)
"""How long the rows of an import are kept: an execution can be redriven within 14 days."""
VERDICTS: tuple[Verdict, ...] = ("created", "updated", "unchanged", "refused")


class ImportStore:
    """Imports in one table. client: a DynamoDB client; table: the catalog's."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._catalog = CatalogStore(client, table)

    def open(
        self, checked: CheckedImport, etag: str, problems: Sequence[RowProblem], now: datetime
    ) -> CheckedImport:
        """Write an import; return the first response. IdempotencyConflict for another file or mode."""
        row = {
            "pk": _pk(checked["import_id"]),
            "sk": "IMPORT",
            **checked,
            "etag": etag,
            "problems": list(problems),
            "opened_at": iso_utc(now),
        }
        try:
            write(self._client, self._put_new(row), f"opening import {checked['import_id']}")
        except AlreadyApplied as applied:
            sent = {"etag": etag, "dry_run": checked["dry_run"]}
            stored = {name: applied.result[name] for name in sent}
            check_same(f"import {checked['import_id']}", stored, sent)
            return _checked(applied.result)
        return checked

    def read(self, import_id: str) -> Item:
        """Return the row of an import; UnknownImport."""
        row = read_row(self._client, self._table, _pk(import_id), "IMPORT")
        if not row:
            raise UnknownImport(import_id)
        return row

    def batch(self, request: ImportBatch, digest: str) -> AppliedBatch | None:
        """Return the response of a batch that was applied; None if it was not. IdempotencyConflict."""
        row = read_row(self._client, self._table, _pk(request.import_id), _batch_key(request))
        return _response(request, digest, row) if row else None

    def written(self, request: ImportBatch) -> dict[int, RowResult]:
        """Return what became of the rows of a batch that wrote a product before, by number."""
        keys = [(_pk(request.import_id), _row_key(row.row)) for row in request.rows]
        rows = read_rows(self._client, self._table, keys)
        return {row["row"]: _result(row) for row in rows.values()}

    def known(self, rows: Sequence[ImportRow]) -> Known:
        """Return what rows refer to, consistently read."""
        cells = [{name: cell.strip() for name, cell in row.cells.items()} for row in rows]
        products = {product_key(one["sku"]) for one in cells if one.get("sku")}
        categories = {category_key(one["category"]) for one in cells if one.get("category")}
        barcodes = {stored_barcode(one["barcode"]) for one in cells if one.get("barcode")}
        places = [RATES, WINDOWS, *products, *categories, *map(barcode_key, barcodes)]
        stored = read_rows(self._client, self._table, [place for place in places if _is_key(place)])
        owners = {
            barcode: stored[barcode_key(barcode)]["sku"]
            for barcode in barcodes
            if barcode_key(barcode) in stored
        }
        return Known(
            products={
                row["sku"]: (read_product(row), row["version"])
                for place in products
                if (row := stored.get(place))
            },
            tax_classes=frozenset(in_use(read_tax_classes(stored.get(RATES, {})))),
            categories={row["sk"]: read_category(row) for place in categories if (row := stored.get(place))},
            owners=owners,
            layouts=read_layouts(stored.get(WINDOWS, {})),
        )

    def write(self, import_id: str, row: ImportRow, evaluated: Evaluated, now: datetime) -> RowResult:
        """Write the product of a row and the row's marker; return the first result.

        StoreContention if the product has changed, InvalidProduct if what it refers to has.
        """
        assert evaluated.product is not None
        result: RowResult = {
            "row": row.row,
            "sku": evaluated.product.sku,
            "verdict": evaluated.verdict,
            "problems": [],
        }
        marker = {"pk": _pk(import_id), "sk": _row_key(row.row), **result, "expires_at": _expiry(now)}
        try:
            self._catalog.replace_product(
                evaluated.product, evaluated.before, evaluated.version, self._put_new(marker)
            )
        except AlreadyApplied as applied:
            return _result(applied.result)
        return result

    def write_batch(
        self,
        request: ImportBatch,
        digest: str,
        results: Sequence[RowResult],
        now: datetime,
        *,
        dry_run: bool,
    ) -> AppliedBatch:
        """Store what became of the rows of a batch; return the first response.

        StoreContention if another delivery has written a row meanwhile that is unchanged or refused in the results.
        """
        row = {
            "pk": _pk(request.import_id),
            "sk": _batch_key(request),
            "digest": digest,
            "results": list(results),
            "expires_at": _expiry(now),
        }
        what = f"batch {request.rows[0].row} of import {request.import_id}"
        not_written = [one for one in results if one["verdict"] in ("unchanged", "refused") and not dry_run]
        checks = [self._check_not_written(request.import_id, one["row"], what) for one in not_written]
        try:
            transact(self._client, [self._put_new(row), *checks], what)
        except AlreadyApplied as applied:
            row = applied.result
        return _response(request, digest, row)

    def _check_not_written(self, import_id: str, row: int, what: str) -> Action:
        request = {
            "TableName": self._table,
            "Key": key(_pk(import_id), _row_key(row)),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        return Action("ConditionCheck", request, lambda _: StoreContention(what))

    def results(self, import_id: str) -> Iterator[RowResult]:
        """Return what became of each row, in the order of the file."""
        for row in query_rows(self._client, self._table, _pk(import_id), "BATCH#"):
            yield from row["results"]

    def close(
        self, import_id: str, counts: Mapping[str, int], problems: Sequence[RowProblem], now: datetime
    ) -> ClosedImport:
        """Complete an import; return the first counts."""
        row = self.read(import_id)
        row |= {**counts, "status": "COMPLETE", "problems": list(problems), "completed_at": iso_utc(now)}
        complete = put_from_status(self._table, row, "OPEN", AlreadyApplied)
        try:
            write(self._client, complete, f"completing import {import_id}")
        except AlreadyApplied as applied:
            row = applied.result
        return closed(row)

    def _put_new(self, row: Item) -> Action:
        return put_new(self._table, row, AlreadyApplied)


def closed(row: Item) -> ClosedImport:
    """Return the counts of the row of an import that is complete."""
    return {
        "import_id": row["import_id"],
        "dry_run": row["dry_run"],
        "rows": row["rows"],
        "created": row["created"],
        "updated": row["updated"],
        "unchanged": row["unchanged"],
        "refused": row["refused"],
    }


def _checked(row: Item) -> CheckedImport:
    """Return the first response about a file; an import that is complete was open."""
    return {
        "import_id": row["import_id"],
        "dry_run": row["dry_run"],
        "status": "REJECTED" if row["status"] == "REJECTED" else "OPEN",
        "key": row["key"],
        "version_id": row["version_id"],
        "rows": row["rows"],
    }


def _result(row: Item) -> RowResult:
    fields = {name: row[name] for name in ("row", "sku", "verdict", "problems")}
    return cast("RowResult", fields)


def _response(request: ImportBatch, digest: str, row: Item) -> AppliedBatch:
    first = request.rows[0].row
    check_same(f"batch {first} of import {request.import_id}", {"digest": row["digest"]}, {"digest": digest})
    return {"import_id": request.import_id, "rows": len(row["results"])}


def _is_key(place: tuple[str, str]) -> bool:
    """Return whether DynamoDB takes a key: a cell of any length may have been meant as one."""
    pk, sk = place
    return len(pk.encode()) <= 2048 and 0 < len(sk.encode()) <= 1024


def _expiry(now: datetime) -> int:
    return int((now + LIFETIME).timestamp())


def _pk(import_id: str) -> str:
    return f"IMPORT#{import_id}"


def _row_key(row: int) -> str:
    return f"ROW#{row:06}"


def _batch_key(request: ImportBatch) -> str:
    return f"BATCH#{request.rows[0].row:06}"
