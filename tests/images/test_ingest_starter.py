"""The consumer of the image queue: one execution for each event, and waiting until it has ended."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from images.starter import IngestStarter
from tillflow.queue import Message

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:ingest:live"
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:ingest"
EVENT = {"id": "e-1", "detail-type": "Object Created", "detail": {"object": {"key": "products/A/b.jpg"}}}


class States:
    """A Step Functions client whose executions end after a number of descriptions."""

    def __init__(self, running: int = 0) -> None:
        self.started: dict[str, Any] = {}
        self.running = running

    def start_execution(self, stateMachineArn: str, name: str, input: str) -> dict[str, str]:
        if name in self.started:
            raise ClientError({"Error": {"Code": "ExecutionAlreadyExists"}}, "StartExecution")
        self.started[name] = json.loads(input)
        return {"executionArn": f"{EXECUTION}:{name}"}

    def describe_execution(self, executionArn: str) -> dict[str, str]:
        self.running -= 1
        return {"status": "RUNNING" if self.running >= 0 else "SUCCEEDED"}


def message(body: Any, name: str = "m-1") -> Message:
    return Message(messageId=name, body=json.dumps(body))


def test_event_delivered_twice_starts_one_execution() -> None:
    states = States()
    starter = IngestStarter(states, MACHINE)
    assert starter.start(message(EVENT)) == starter.start(message(EVENT, "m-2")) == f"{EXECUTION}:event-e-1"
    assert states.started == {"event-e-1": EVENT}


@pytest.mark.parametrize(
    "body", [{"event": EVENT, "failure": {}}, {"status": "ABORTED", "input": json.dumps(EVENT)}]
)
def test_message_from_the_dead_letter_queue_starts_a_redrive(body: dict[str, Any]) -> None:
    states = States()
    IngestStarter(states, MACHINE).start(message(body))
    assert states.started == {"message-m-1": {**EVENT, "redriven": True}}


def test_starter_waits_until_the_execution_has_ended_with_longer_pauses() -> None:
    pauses: list[float] = []
    IngestStarter(States(running=5), MACHINE, pauses.append).wait("arn", lambda: 120_000)
    assert pauses == [0.5, 1.0, 2.0, 4.0, 4.0]


def test_starter_returns_before_its_timeout() -> None:
    pauses: list[float] = []
    remaining = iter([30_000, 20_000, 11_000])
    IngestStarter(States(running=99), MACHINE, pauses.append).wait("arn", lambda: next(remaining))
    assert pauses == [0.5, 1.0]


def test_message_without_json_fails_and_is_redelivered() -> None:
    with pytest.raises(ValueError):
        IngestStarter(States(), MACHINE).start(Message(messageId="m", body="no JSON"))
