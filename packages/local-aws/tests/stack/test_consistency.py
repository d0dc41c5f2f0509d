"""Messages about state that only MiniStack or only the engine has."""

from __future__ import annotations

from ministack.core.responses import request_scope
from ministack.services import iam

from local_aws.consistency import StateMachine, inconsistencies
from local_aws.ministack.step_functions.inventory import role_arns

ARN = "arn:aws:states:us-east-1:000000000000:stateMachine:checkout"
ROLE = "arn:aws:iam::000000000000:role/checkout"


def test_equal_state_gives_no_message() -> None:
    assert inconsistencies([StateMachine(ARN, ROLE, "shop")], {ARN: "shop"}, {ROLE}) == []


def test_state_machine_without_stack_gives_no_message() -> None:
    assert inconsistencies([StateMachine(ARN, ROLE)], {}, {ROLE}) == []


def test_state_machine_missing_in_engine_is_reported() -> None:
    [line] = inconsistencies([], {ARN: "shop"}, set())
    assert line.startswith("State machine checkout is in stack shop but missing in the engine")


def test_state_machine_missing_in_stack_is_reported() -> None:
    [line] = inconsistencies([StateMachine(ARN, ROLE, "shop")], {}, {ROLE})
    assert line == "State machine checkout is in the engine but missing in stack shop: deploy it again."


def test_missing_role_is_reported() -> None:
    [line] = inconsistencies([StateMachine(ARN, ROLE)], {}, set())
    assert ROLE in line
    assert "its tasks will fail" in line


def test_roles_of_all_accounts_exist() -> None:
    roles = {f"arn:aws:iam::{account}:role/shop" for account in ("000000000000", "111111111111")}
    for arn in roles:
        with request_scope(arn.split(":")[4], "us-east-1"):
            iam._roles["shop"] = {"Arn": arn}
    try:
        assert roles <= role_arns()
    finally:
        for arn in roles:
            with request_scope(arn.split(":")[4], "us-east-1"):
                del iam._roles["shop"]
