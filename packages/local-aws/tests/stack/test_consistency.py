"""Messages about state that only MiniStack or only the engine has."""

from __future__ import annotations

from local_aws.consistency import StateMachine, inconsistencies
from local_aws.snapshots import LastSave

ARN = "arn:aws:states:us-east-1:000000000000:stateMachine:checkout"
ROLE = "arn:aws:iam::000000000000:role/checkout"
CLEAN, KILLED = LastSave(1_800_000_000.0, clean=True), LastSave(1_800_000_000.0, clean=False)


def test_equal_state_gives_no_message() -> None:
    assert inconsistencies([StateMachine(ARN, ROLE, "shop")], {ARN: "shop"}, {ROLE}, CLEAN, []) == []


def test_state_machine_without_stack_gives_no_message() -> None:
    assert inconsistencies([StateMachine(ARN, ROLE)], {}, {ROLE}, None, []) == []


def test_state_machine_missing_in_engine_is_reported() -> None:
    [line] = inconsistencies([], {ARN: "shop"}, set(), CLEAN, [])
    assert line.startswith("State machine checkout is in stack shop but missing in the engine")


def test_state_machine_missing_in_stack_is_reported() -> None:
    [line] = inconsistencies([StateMachine(ARN, ROLE, "shop")], {}, {ROLE}, CLEAN, [])
    assert line == "State machine checkout is in the engine but missing in stack shop: deploy it again."


def test_missing_role_is_reported() -> None:
    [line] = inconsistencies([StateMachine(ARN, ROLE)], {}, set(), CLEAN, [])
    assert ROLE in line
    assert "its tasks will fail" in line


def test_executions_after_the_last_save_of_a_killed_stack_are_reported() -> None:
    names = [f"ord-{number}" for number in range(7)]
    [line] = inconsistencies([], {}, set(), KILLED, names)
    assert line.startswith("The stack was killed: its services have the state of 2027-01-15 08:00:00 UTC")
    assert "ord-0, ord-1, ord-2, ord-3, ord-4 and 2 more" in line
    assert inconsistencies([], {}, set(), CLEAN, names) == []
