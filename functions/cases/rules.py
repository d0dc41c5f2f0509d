"""How a case may be decided, and what the waiting workflow is told."""

from collections.abc import Mapping
from typing import Any, Final

DECISIONS: Final[Mapping[str, str]] = {
    "retry": "the workflow tries the step again",
    "done": "a person did it by hand; the workflow goes on",
    "give_up": "it stays undone, for the reason in the note; the workflow ends",
}
_NEED_A_NOTE = ("done", "give_up")


class CaseNotResolved(Exception):
    """A decision that cannot be taken."""


def check_decision(decision: str, note: str) -> None:
    """CaseNotResolved unless `decision` is one of DECISIONS, with a note where nobody else will know why."""
    if decision not in DECISIONS:
        raise CaseNotResolved(f"decision is {decision!r}; expected one of {', '.join(DECISIONS)}")
    if decision in _NEED_A_NOTE and not note.strip():
        raise CaseNotResolved(f"note is empty; expected what was done and why, for decision {decision}")


def check_open(case: Mapping[str, Any], decision: str) -> None:
    """CaseNotResolved when the case is unknown or was decided otherwise.

    Deciding the same again is allowed: the workflow may not have heard of it the first time.
    """
    if not case:
        raise CaseNotResolved("there is no such case; expected the id of one that was opened")
    if case["status"] == "RESOLVED" and case["decision"] != decision:
        raise CaseNotResolved(
            f"case {case['case_id']} was resolved as {case['decision']} at {case['resolved_at']}; "
            f"expected an open case"
        )


def resolution(decision: str, note: str) -> dict[str, str]:
    """What the workflow's callback gets."""
    return {"decision": decision, "note": note}
