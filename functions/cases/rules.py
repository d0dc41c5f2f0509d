"""The decisions of a case."""

from collections.abc import Mapping
from typing import Any, Final, cast

from tillflow.callbacks import NO_WORKFLOW

from cases.errors import CaseAlreadyResolved, InvalidDecision, UnknownCase
from cases.models import Decision, Resolution

DECISIONS: Final[Mapping[str, str]] = {
    "retry": "the workflow tries the step again",
    "done": "a person did it by hand; the workflow continues",
    "give_up": "it stays undone, for the reason in the note; the workflow ends",
}
_NOTE_REQUIRED = ("done", "give_up")


def check_decision(decision: str, note: str) -> None:
    """Raise InvalidDecision unless the decision is known, with a note where it needs one."""
    if decision not in DECISIONS:
        raise InvalidDecision("decision", decision, f"one of {', '.join(DECISIONS)}")
    if decision in _NOTE_REQUIRED and not note.strip():
        raise InvalidDecision("note", note, f"what was done and why, for decision {decision}")


def check_resolvable(case_id: str, case: Mapping[str, Any], decision: str, note: str) -> None:
    """Raise UnknownCase, CaseAlreadyResolved, or InvalidDecision for a retry when no workflow waits to do it.

    The same decision may be repeated, with the same note or without one: its callback may not have reached the
    workflow the first time.
    """
    if not case:
        raise UnknownCase(case_id)
    if case["status"] == "RESOLVED" and (case["decision"] != decision or note not in ("", case["note"])):
        raise CaseAlreadyResolved(case_id, case["decision"], case["note"], case["resolved_at"])
    if decision == "retry" and case.get("task_token") == NO_WORKFLOW:
        raise InvalidDecision("decision", decision, "done or give_up: no workflow waits for this case")


def resolution(decision: str, note: str) -> Resolution:
    """Return the output of the workflow's wait."""
    return {"decision": cast(Decision, decision), "note": note}
