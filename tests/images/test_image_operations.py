"""Operations of the images service: events in the dead-letter queue."""

import json
from typing import Any

import pytest
from images.operations import ImageOperations, dead_letter_event, event_key

EVENT = {"detail": {"object": {"key": "a"}}}


@pytest.mark.parametrize(
    "body",
    [EVENT, {"event": EVENT, "failure": {"Error": "X"}}, {"status": "ABORTED", "input": json.dumps(EVENT)}],
    ids=["from EventBridge", "from the workflow", "from an aborted execution"],
)
def test_event_is_read_from_each_kind_of_dead_letter(body: dict[str, Any]) -> None:
    event = dead_letter_event({"Body": json.dumps(body)})
    assert (event, event_key(event)) == (EVENT, "a")


@pytest.mark.parametrize(
    "body",
    [
        *("", "no JSON", "[]", "7", '{"input": "x"}', '{"event": 1}', '{"detail": []}'),
        pytest.param("[" * 100_000, id="deep"),
    ],
)
def test_message_without_an_event_has_no_key(body: str) -> None:
    assert event_key(dead_letter_event({"Body": body})) is None


class Service:
    """Step Functions and SQS with executions of these inputs, and an empty queue."""

    def __init__(self, inputs: list[str]) -> None:
        self.inputs = inputs

    def client(self, _: str) -> "Service":
        return self

    def output(self, logical_id: str) -> str:
        return logical_id

    def get_paginator(self, _: str) -> "Service":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"executions": [{"executionArn": str(number)} for number in range(len(self.inputs))]}]

    def describe_execution(self, executionArn: str) -> dict[str, str]:
        return {"input": self.inputs[int(executionArn)]}

    def receive_message(self, **_: Any) -> dict[str, Any]:
        return {}


def test_execution_that_was_started_with_another_input_is_passed_over() -> None:
    inputs = ["[]", "7", "null", '{"detail": 1}', "[" * 5_000 + "]" * 5_000, json.dumps(EVENT)]
    assert ImageOperations(Service(inputs)).pending_keys() == frozenset({"a"})
