"""What a person may decide about a case."""

import pytest
from cases import rules
from cases.errors import CaseAlreadyResolved, InvalidDecision, UnknownCase
from cases.models import Opening
from tillflow.callbacks import NO_WORKFLOW
from tillflow.errors import InvalidRequest
from tillflow.parsing import parse

OPEN = {"case_id": "ord-1#compensation", "status": "OPEN"}
RESOLVED = OPEN | {
    "status": "RESOLVED",
    "decision": "retry",
    "note": "",
    "resolved_at": "2026-11-23T10:00:00Z",
}


@pytest.mark.parametrize(
    ("decision", "note"),
    [("retry", ""), ("retry", "try now"), ("done", "by hand"), ("give_up", "written off")],
)
def test_accepted_decisions(decision: str, note: str) -> None:
    rules.check_decision(decision, note)
    assert rules.resolution(decision, note) == {"decision": decision, "note": note}


@pytest.mark.parametrize(
    ("decision", "note", "sentence"),
    [
        ("give_up", "", "note is ''; expected what was done and why"),
        ("done", "  ", "note is '  '"),
        ("ignore", "because", "decision is 'ignore'; expected one of retry, done, give_up"),
    ],
)
def test_decisions_that_cannot(decision: str, note: str, sentence: str) -> None:
    with pytest.raises(InvalidDecision, match=sentence):
        rules.check_decision(decision, note)


def test_an_open_case_may_be_decided_any_way() -> None:
    for decision in rules.DECISIONS:
        rules.check_resolvable(OPEN["case_id"], OPEN, decision, "")


def test_case_for_which_no_workflow_waits_is_not_retried() -> None:
    alone = OPEN | {"task_token": NO_WORKFLOW}
    rules.check_resolvable("c", alone, "done", "paid in cash")
    with pytest.raises(InvalidDecision, match="no workflow waits for this case"):
        rules.check_resolvable("c", alone, "retry", "")


def test_resolved_case_accepts_only_the_same_decision() -> None:
    rules.check_resolvable("c", RESOLVED, "retry", "")
    with pytest.raises(CaseAlreadyResolved, match="resolved as retry at 2026-11-23T10:00:00Z"):
        rules.check_resolvable("c", RESOLVED, "give_up", "")


def test_unknown_case_cannot_be_decided() -> None:
    with pytest.raises(UnknownCase, match="case c does not exist"):
        rules.check_resolvable("c", {}, "retry", "")


def test_a_case_without_a_token_cannot_be_opened() -> None:
    opening = {"case_id": "c", "business_id": "o", "workflow": "w", "side": "forward", "step": "CommitStock"}
    with pytest.raises(InvalidRequest, match="task_token is missing"):
        parse(Opening, opening)
    with pytest.raises(InvalidRequest, match="side is 'backward'"):
        parse(Opening, opening | {"task_token": "t", "side": "backward"})
