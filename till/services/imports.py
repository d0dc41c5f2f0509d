"""Imports of products, by the catalog's API function."""

from pathlib import Path

from catalog.imports.models import ImportReport, SignedImport
from tillflow.executions import Started

from till.services.client import Service
from till.services.upload import upload
from till.stack import Stack


class Imports:
    """Imports of products from CSV files."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, "CatalogApiFunction")

    def start(self, import_id: str, file: Path, dry_run: bool) -> Started:
        """Upload a file and start its import, once per id. InvalidRequest, IdempotencyConflict."""
        body: dict[str, object] = {"import_id": import_id}
        form = self._service.call("POST /product-imports/uploads", "manage", body=body).read(SignedImport)
        upload(form.url, form.fields, file, "text/csv", "A file may have 1 byte to 10 MiB.")
        body["dry_run"] = dry_run
        return self._service.call("POST /product-imports", "manage", body=body).started

    def report(self, import_id: str) -> ImportReport:
        """Return an import with its first problems; UnknownImport."""
        route = "GET /product-imports/{import_id}"
        return self._service.call(route, "manage", path={"import_id": import_id}).read(ImportReport)
