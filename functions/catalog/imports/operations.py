"""What people ask of imports. The HTTP API, and by it the command line, calls these methods."""

from typing import Any

from tillflow.executions import Started, check_same_input, restart_execution
from tillflow.parsing import parse

from catalog.imports.models import ImportRef, ImportReport, SignedImport, StartImport
from catalog.imports.objects import ImportObjects
from catalog.imports.store import ImportStore

_SHOWN = ("import_id", "dry_run", "rows", "created", "updated", "unchanged", "refused", "problems")


class ImportOperations:
    """Imports of products. states: a Step Functions client; machine: the ARN of the workflow."""

    def __init__(self, store: ImportStore, objects: ImportObjects, states: Any, machine: str) -> None:
        self._store = store
        self._objects = objects
        self._states = states
        self._machine = machine

    def sign_upload(self, import_id: str) -> SignedImport:
        """Return a form that uploads the file of an import. InvalidRequest."""
        checked = parse(ImportRef, {"import_id": import_id}).import_id
        form = self._objects.sign_upload(checked)
        return SignedImport(import_id=checked, url=form["url"], fields=form["fields"])

    def start(self, request: StartImport) -> Started:
        """Start an import; one that failed continues, since the rows that it applied are found.

        UnknownImport without a file, IdempotencyConflict for another mode.
        """
        self._objects.head(request.import_id)
        sent = request.model_dump()
        started = restart_execution(self._states, self._machine, request.import_id, sent)
        if started.duplicate:
            check_same_input(self._states, started.arn, sent, f"import {request.import_id}")
        return started

    def report(self, import_id: str) -> ImportReport:
        """Return an import with its first problems; UnknownImport, InvalidRequest."""
        row = self._store.read(parse(ImportRef, {"import_id": import_id}).import_id)
        is_complete = row["status"] == "COMPLETE"
        shown = {name: row[name] for name in _SHOWN if name in row}
        return ImportReport(
            status="RUNNING" if row["status"] == "OPEN" else row["status"],
            result_url=self._objects.result_url(import_id) if is_complete else None,
            **shown,
        )
