"""Open and close a run of the reconciliation."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse

from payments.composition import configured_books
from payments.reconciliation.models import ClosedRun, OpenedRun, OpenReconciliation, RunRef
from payments.reconciliation.service import Reconciliations
from payments.reconciliation.store import ReconciliationStore

_dynamodb = client("dynamodb")
reconciliations = Reconciliations(
    ReconciliationStore(_dynamodb, os.environ["TABLE_NAME"]), configured_books(_dynamodb).names
)


@handler
def open_reconciliation(event: dict[str, Any], context: object) -> OpenedRun:
    """Validate and open the run of ``{run_id, day}``."""
    return reconciliations.open(parse(OpenReconciliation, event))


@handler
def close_reconciliation(event: dict[str, Any], context: object) -> ClosedRun:
    """Sum up the run of ``{run_id}``."""
    return reconciliations.close(parse(RunRef, event).run_id)
