"""Cases, by the cases service's API function."""

from collections.abc import Mapping
from typing import Any

from cases.errors import UnknownCase
from cases.models import Case, CaseStatus, Opening
from tillflow.listing import Page
from tillflow.parsing import parse

from till.services.client import Service
from till.stack import Stack


class Cases:
    """Decisions that workflows need from a person."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, "CasesApiFunction")

    def list_cases(self, status: CaseStatus = "OPEN", limit: int = 50, after: str = "") -> Page[Case]:
        """Return a page of the cases of a status: the oldest open one first, or the newest resolved one."""
        return self._service.pages("GET /cases", "operate", "cases", Case, limit, after, status=status)

    def get(self, case_id: str) -> Case:
        """Return the case; UnknownCase."""
        return self._service.call("GET /cases/{case_id}", "operate", path={"case_id": case_id}).read(Case)

    def find(self, case_id: str) -> Case | None:
        """Return the case, None if it was never opened."""
        try:
            return self.get(case_id)
        except UnknownCase:
            return None

    def record(self, opening: Mapping[str, Any], decision: str, note: str, resolved_by: str) -> None:
        """Record a decision for which no workflow waits, as a resolved case, once. InvalidDecision."""
        # The service shortens what is too long, after its limit on the size of a body.
        shortened = parse(Opening, opening).model_dump(mode="json")
        body = {"opening": shortened, "decision": decision, "note": note}
        self._service.call("POST /cases", "operate", body=body, by=resolved_by)

    def resolve(self, case_id: str, decision: str, note: str, resolved_by: str) -> bool:
        """Resolve the case in a person's name; return False if its workflow no longer waits.

        A decision may be repeated, for when its callback did not reach the workflow. InvalidDecision, UnknownCase,
        CaseAlreadyResolved, CaseReopened.
        """
        response = self._service.call(
            "POST /cases/{case_id}/decision",
            "operate",
            path={"case_id": case_id},
            body={"decision": decision, "note": note},
            by=resolved_by,
        )
        return bool(response.body["delivered"])
