"""What people and other systems ask of cases. The command line and an HTTP API call the same methods."""

from collections.abc import Mapping
from typing import Any

from tillflow.callbacks import NO_WORKFLOW, complete_task
from tillflow.listing import Page
from tillflow.parsing import parse

from cases import rules
from cases.models import Case, CaseRef, CaseStatus, Opening
from cases.store import CasesStore


class CaseOperations:
    """Cases. `states` is a Step Functions client."""

    def __init__(self, dynamodb: Any, states: Any, table: str) -> None:
        self._store = CasesStore(dynamodb, table)
        self._states = states

    def list_cases(self, status: CaseStatus = "OPEN", limit: int = 50, after: str = "") -> Page[Case]:
        """Return a page of the cases of a status: the oldest open one first, or the newest resolved one."""
        return self._store.list_cases(status, limit, after)

    def get(self, case_id: str) -> Case:
        """Return the case; UnknownCase."""
        return self._store.get(_checked(case_id))

    def find(self, case_id: str) -> Case | None:
        """Return the case, None if it was never opened."""
        return self._store.find(case_id)

    def record(self, opening: Mapping[str, Any], decision: str, note: str, resolved_by: str) -> None:
        """Record a decision for which no workflow waits, as a resolved case, once. InvalidDecision."""
        self._store.record(parse(Opening, opening), decision, note, resolved_by)

    def resolve(self, case_id: str, decision: str, note: str, resolved_by: str) -> bool:
        """Resolve the case in a person's name; return False if its workflow no longer waits.

        A decision may be repeated, for when its callback did not reach the workflow. InvalidDecision, UnknownCase,
        CaseAlreadyResolved, CaseReopened.
        """
        token = self._store.resolve(_checked(case_id), decision, note, resolved_by)
        if token == NO_WORKFLOW:
            return True
        return complete_task(self._states, token, rules.resolution(decision, note))


def _checked(case_id: str) -> str:
    return parse(CaseRef, {"case_id": case_id}).case_id
