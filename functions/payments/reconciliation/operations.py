"""What people ask of the reconciliation. The HTTP API, and by it the command line, calls these methods."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tillflow.executions import Started, start_once
from tillflow.listing import Page
from tillflow.parsing import parse
from tillflow.times import utc_now

from payments.reconciliation import rules
from payments.reconciliation.models import OpenReconciliation, Reconciliation, ReconciliationReport, RunRef
from payments.reconciliation.store import ReconciliationStore


class ReconciliationOperations:
    """Reconciliations. states: a Step Functions client; machine: the ARN of the workflow; now: the clock."""

    def __init__(
        self,
        dynamodb: Any,
        states: Any,
        table: str,
        machine: str,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = ReconciliationStore(dynamodb, table)
        self._states = states
        self._machine = machine
        self._now = now

    def start(self, day: str, run_id: str = "") -> Started:
        """Start the reconciliation of a day, once per run id, which is the day by default.

        InvalidRequest, IdempotencyConflict.
        """
        sent = {"run_id": run_id or day, "day": day}
        request = parse(OpenReconciliation, sent)
        rules.check_settled(request.day, self._now())
        subject = f"reconciliation {request.run_id}"
        return start_once(self._states, self._machine, request.run_id, sent, subject)

    def list_runs(self, limit: int = 50, after: str = "") -> Page[Reconciliation]:
        """Return a page of the runs, the newest first."""
        return self._store.list_runs(limit, after)

    def report(self, run_id: str) -> ReconciliationReport:
        """Return a run with its differences; UnknownReconciliation, InvalidRequest."""
        return self._store.report(parse(RunRef, {"run_id": run_id}).run_id)
