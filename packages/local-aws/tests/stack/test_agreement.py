"""What the stack says when its engine and its services know different things."""

from __future__ import annotations

from local_aws.agreement import Machine, disagreements
from local_aws.saving import LastSave

ARN = "arn:aws:states:us-east-1:000000000000:stateMachine:checkout"
ROLE = "arn:aws:iam::000000000000:role/checkout"
CLEAN, KILLED = LastSave(1_800_000_000.0, clean=True), LastSave(1_800_000_000.0, clean=False)


def test_nothing_is_said_when_both_agree() -> None:
    assert disagreements([Machine(ARN, ROLE, "shop")], {ARN: "shop"}, {ROLE}, CLEAN, []) == []


def test_a_machine_made_by_hand_is_no_disagreement() -> None:
    assert disagreements([Machine(ARN, ROLE)], {}, {ROLE}, None, []) == []


def test_a_machine_the_engine_lost() -> None:
    [line] = disagreements([], {ARN: "shop"}, set(), CLEAN, [])
    assert line.startswith("State machine checkout is in stack shop but the engine does not know it")


def test_a_machine_whose_stack_is_gone() -> None:
    [line] = disagreements([Machine(ARN, ROLE, "shop")], {}, {ROLE}, CLEAN, [])
    assert (
        line == "The engine keeps state machine checkout of stack shop, which has it no more: deploy again."
    )


def test_a_role_that_is_gone() -> None:
    [line] = disagreements([Machine(ARN, ROLE)], {}, set(), CLEAN, [])
    assert ROLE in line
    assert "its tasks will fail" in line


def test_executions_that_went_on_after_the_last_save_of_a_killed_stack() -> None:
    names = [f"ord-{number}" for number in range(7)]
    [line] = disagreements([], {}, set(), KILLED, names)
    assert line.startswith("The stack was killed: its services are as of 2027-01-15 08:00:00 UTC")
    assert "ord-0, ord-1, ord-2, ord-3, ord-4 and 2 more" in line
    assert disagreements([], {}, set(), CLEAN, names) == []
