"""Task-token callbacks: what is sent, and which of Step Functions' refusals mean that the token has expired."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tillflow.callbacks import complete_task, fail_task, send_heartbeat
from tillflow.errors import StoreContention


class States:
    """A Step Functions client that records each request, or refuses it with an error code."""

    def __init__(self, code: str = "") -> None:
        self.code = code
        self.requests: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> None:
            if self.code:
                raise ClientError({"Error": {"Code": self.code, "Message": "no"}}, operation)
            self.requests.append((operation, request))

        return call


def test_each_callback_sends_its_request() -> None:
    states = States()
    assert complete_task(states, "t", {"a": 1})
    assert fail_task(states, "t", StoreContention("x"))
    assert send_heartbeat(states, "t")
    assert [operation for operation, _ in states.requests] == [
        "send_task_success", "send_task_failure", "send_task_heartbeat",
    ]  # fmt: skip
    assert states.requests[0][1] == {"taskToken": "t", "output": '{"a": 1}'}
    assert states.requests[1][1]["error"] == "StoreContention"


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_expired_token_returns_false(code: str) -> None:
    assert not complete_task(States(code), "t", {})
    assert not send_heartbeat(States(code), "t")


def test_other_refusals_are_raised() -> None:
    with pytest.raises(ClientError):
        complete_task(States("AccessDeniedException"), "t", {})
