"""`till dlq`: list, show and redrive messages."""

import json
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from till.main import app
from till.stack import Stack


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        stack = Stack("tillflow", None, botocore.session.get_session())
        sqs = stack.client("sqs")
        vars(stack)["outputs"] = {
            name: sqs.create_queue(QueueName=name)["QueueUrl"]
            for name in ("DemandQueue", "DemandDeadLetterQueue", "ImageDeadLetterQueue")
        }
        monkeypatch.setattr("till.commands.dlq.find_stack", lambda: stack)
        yield stack


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["dlq", *arguments])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def send(stack: Stack, queue: str, *bodies: str) -> None:
    for body in bodies:
        stack.client("sqs").send_message(
            QueueUrl=stack.output(queue),
            MessageBody=body,
            MessageAttributes={"why": {"DataType": "String", "StringValue": "poison"}},
        )


def received(stack: Stack, queue: str) -> list[dict[str, Any]]:
    response = stack.client("sqs").receive_message(
        QueueUrl=stack.output(queue), MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return response.get("Messages", [])


def test_each_queue_is_listed_with_its_messages(stack: Stack) -> None:
    send(stack, "DemandDeadLetterQueue", "a", "b")
    listed = json.loads(run("list", "--json"))
    assert [(q["name"], q["messages"]) for q in listed] == [("Demand", 2), ("Image", 0)]


def test_shown_message_stays_and_can_be_redriven_at_once(stack: Stack) -> None:
    send(stack, "DemandDeadLetterQueue", '{"order_id": "ord-1"}')
    assert '{"order_id": "ord-1"}' in run("show", "demand")
    assert run("show", "Image").strip() == "No messages."
    assert "1 redriven." in run("redrive", "Demand")


def test_redrive_moves_all_messages_unchanged(stack: Stack) -> None:
    bodies = [f"sale {number}" for number in range(23)]
    send(stack, "DemandDeadLetterQueue", *bodies)
    assert "23 redriven." in run("redrive", "Demand")
    back = [message for _ in range(3) for message in received(stack, "DemandQueue")]
    assert sorted(message["Body"] for message in back) == sorted(bodies)
    assert back[0]["MessageAttributes"]["why"]["StringValue"] == "poison"
    assert run("redrive", "Demand").strip() == "No messages."


def test_redrive_ends_when_messages_fail_again(stack: Stack) -> None:
    """The source queue is the dead-letter queue, as if each message failed again at once."""
    send(stack, "DemandDeadLetterQueue", "poison")
    vars(stack)["outputs"]["DemandQueue"] = stack.output("DemandDeadLetterQueue")
    assert "1 redriven." in run("redrive", "Demand")
    assert json.loads(run("list", "--json"))[0]["messages"] == 1


def test_unknown_queue_and_queue_without_source_are_errors_with_advice(stack: Stack) -> None:
    assert "Choose one of: Demand, Image." in run("show", "Demnad", code=2)
    assert "till image redrive" in run("redrive", "Image", code=2)
