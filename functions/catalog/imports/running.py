"""The steps of an import: check the file, apply a batch of its rows, complete it."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from tillflow.errors import InvalidRequest, StoreContention
from tillflow.plurals import counted
from tillflow.store import retry_on_conflict
from tillflow.times import utc_now

from catalog.errors import ImportNotOpen, InvalidProduct
from catalog.imports.file import check_file, problem, too_large
from catalog.imports.models import (
    MAX_BYTES,
    SHOWN_PROBLEMS,
    AppliedBatch,
    CheckedImport,
    ClosedImport,
    ImportBatch,
    ImportRow,
    RowResult,
    StartImport,
)
from catalog.imports.objects import ImportObjects, upload_key
from catalog.imports.results import result_file
from catalog.imports.rules import Known, evaluate
from catalog.imports.store import VERDICTS, ImportStore, closed

_MAX_ROW_PROBLEMS = 20


class Imports:
    """Imports of products. now: the clock."""

    def __init__(
        self,
        store: ImportStore,
        objects: ImportObjects,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._objects = objects
        self._now = now

    def check(self, request: StartImport) -> CheckedImport:
        """Read the uploaded file and record the import, REJECTED if it cannot be read one way.

        UnknownImport, IdempotencyConflict.
        """
        uploaded = self._objects.head(request.import_id)
        if uploaded.size > MAX_BYTES:
            rows, problems = too_large(uploaded.size)
        else:
            rows, problems = check_file(self._objects.read(request.import_id, uploaded.version_id))
        checked: CheckedImport = {
            "import_id": request.import_id,
            "dry_run": request.dry_run,
            "status": "REJECTED" if problems else "OPEN",
            "key": upload_key(request.import_id),
            "version_id": uploaded.version_id,
            "rows": rows,
        }
        return self._store.open(checked, uploaded.etag, problems, self._now())

    def apply(self, request: ImportBatch) -> AppliedBatch:
        """Apply the rows of a batch, each once; in a dry run say what each would do.

        UnknownImport, ImportNotOpen, IdempotencyConflict.
        """
        return retry_on_conflict(lambda: self._apply(request))

    def _apply(self, request: ImportBatch) -> AppliedBatch:
        digest = _digest(request)
        row = self._store.read(request.import_id)
        if applied := self._store.batch(request, digest):
            return applied
        if row["status"] != "OPEN":
            raise ImportNotOpen(request.import_id, row["status"])
        known = self._store.known(request.rows)
        # Read after the products: a row that another delivery has written to them has its marker by then.
        written = self._store.written(request)
        results = [
            written.get(one.row) or self._apply_row(request.import_id, one, known, dry_run=row["dry_run"])
            for one in request.rows
        ]
        return self._store.write_batch(request, digest, results, self._now(), dry_run=row["dry_run"])

    def close(self, import_id: str) -> ClosedImport:
        """Write the result file and complete the import; a second delivery returns the first counts.

        UnknownImport, ImportNotOpen if a row was not applied.
        """
        row = self._store.read(import_id)
        if row["status"] == "COMPLETE":
            return closed(row)
        results = list(self._store.results(import_id))
        if row["status"] != "OPEN" or len(results) != row["rows"]:
            raise ImportNotOpen(
                import_id, f"{row['status']} with {len(results)} of {counted(row['rows'], 'row')}"
            )
        self._objects.write_result(import_id, result_file(results))
        verdicts = Counter(result["verdict"] for result in results)
        counts: dict[str, int] = {verdict: verdicts[verdict] for verdict in VERDICTS}
        problems = [one for result in results for one in result["problems"]]
        return self._store.close(import_id, counts, problems[:SHOWN_PROBLEMS], self._now())

    def _apply_row(self, import_id: str, row: ImportRow, known: Known, *, dry_run: bool) -> RowResult:
        state = [known]

        def attempt() -> RowResult:
            evaluated = evaluate(row, state[-1])
            if dry_run or evaluated.verdict in ("unchanged", "refused"):
                return {
                    "row": row.row,
                    "sku": row.cells.get("sku", "").strip()[:64],
                    "verdict": evaluated.verdict,
                    "problems": evaluated.problems[:_MAX_ROW_PROBLEMS],
                }
            try:
                return self._store.write(import_id, row, evaluated, self._now())
            except StoreContention:
                # The product, or what it refers to, has changed since it was read.
                state.append(self._store.known([row]))
                raise

        try:
            return retry_on_conflict(attempt)
        except InvalidProduct as error:
            return _refused(row, error)


def _refused(row: ImportRow, error: InvalidRequest) -> RowResult:
    """Return the result of a row whose category, tax class or barcode changed while it was applied."""
    sku = row.cells.get("sku", "").strip()
    problems = [problem(row.row, sku, one.field, one.value, one.expected) for one in error.problems]
    return {"row": row.row, "sku": sku[:64], "verdict": "refused", "problems": problems}


def _digest(request: ImportBatch) -> str:
    rows = [row.model_dump() for row in request.rows]
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()
