"""CheckImport, ImportRows and CloseImport, the steps of the workflow."""

import os
from typing import Any

from tillflow.aws import client, s3_client
from tillflow.handling import handler
from tillflow.parsing import parse

from catalog.imports.models import (
    AppliedBatch,
    CheckedImport,
    ClosedImport,
    ImportBatch,
    ImportRef,
    StartImport,
)
from catalog.imports.objects import ImportObjects
from catalog.imports.running import Imports
from catalog.imports.store import ImportStore

imports = Imports(
    ImportStore(client("dynamodb"), os.environ["TABLE_NAME"]),
    ImportObjects(s3_client(), os.environ["IMPORTS_BUCKET"]),
)


@handler
def check_import(event: dict[str, Any], context: object) -> CheckedImport:
    """Read the file of ``{import_id, dry_run}`` and record the import."""
    return imports.check(parse(StartImport, event))


@handler
def import_rows(event: dict[str, Any], context: object) -> AppliedBatch:
    """Apply the rows of ``{import_id, rows}``."""
    return imports.apply(parse(ImportBatch, event))


@handler
def close_import(event: dict[str, Any], context: object) -> ClosedImport:
    """Write the result file of ``{import_id}`` and complete the import."""
    return imports.close(parse(ImportRef, event).import_id)
