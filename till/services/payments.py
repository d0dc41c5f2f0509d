"""Reconciliations, by the API function of payments."""

from payments.reconciliation.models import Reconciliation, ReconciliationReport
from tillflow.executions import Started
from tillflow.listing import Page

from till.services.client import Service
from till.stack import Stack


class Reconciliations:
    """Comparisons of the payment providers' books with ours."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, "PaymentsApiFunction")

    def start(self, day: str, run_id: str) -> Started:
        """Start the reconciliation of a day, once per run id. InvalidRequest, IdempotencyConflict."""
        body = {"run_id": run_id, "day": day}
        return self._service.call("POST /reconciliations", "manage", body=body).started

    def list_runs(self, limit: int = 50, after: str = "") -> Page[Reconciliation]:
        """Return a page of the reconciliations, the newest first."""
        route = "GET /reconciliations"
        return self._service.pages(route, "manage", "reconciliations", Reconciliation, limit, after)

    def report(self, run_id: str) -> ReconciliationReport:
        """Return a reconciliation with its differences; UnknownReconciliation."""
        route = "GET /reconciliations/{run_id}"
        return self._service.call(route, "manage", path={"run_id": run_id}).read(ReconciliationReport)
