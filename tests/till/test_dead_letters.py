"""`till dlq`: what waits is shown and stays; what is redriven is where it came from, once."""

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
    answer = stack.client("sqs").receive_message(
        QueueUrl=stack.output(queue), MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return answer.get("Messages", [])


def test_each_queue_is_listed_with_what_waits(stack: Stack) -> None:
    send(stack, "DemandDeadLetterQueue", "a", "b")
    listed = json.loads(run("list", "--json"))
    assert [(q["name"], q["waiting"]) for q in listed] == [("Demand", 2), ("Image", 0)]


def test_what_is_shown_stays_and_can_be_redriven_at_once(stack: Stack) -> None:
    send(stack, "DemandDeadLetterQueue", '{"order_id": "ord-1"}')
    assert '{"order_id": "ord-1"}' in run("show", "demand")
    assert run("show", "Image").strip() == "Nothing waits."
    assert "1 redriven." in run("redrive", "Demand")


def test_a_redrive_sends_all_of_it_back_as_it_was(stack: Stack) -> None:
    bodies = [f"sale {number}" for number in range(23)]
    send(stack, "DemandDeadLetterQueue", *bodies)
    assert "23 redriven." in run("redrive", "Demand")
    back = [message for _ in range(3) for message in received(stack, "DemandQueue")]
    assert sorted(message["Body"] for message in back) == sorted(bodies)
    assert back[0]["MessageAttributes"]["why"]["StringValue"] == "poison"
    assert run("redrive", "Demand").strip() == "Nothing waits."


def test_what_fails_again_meanwhile_is_left_for_the_next_time(stack: Stack) -> None:
    """The consumer gives every message up again at once: one redrive must still end."""
    send(stack, "DemandDeadLetterQueue", "poison")
    vars(stack)["outputs"]["DemandQueue"] = stack.output("DemandDeadLetterQueue")
    assert "1 redriven." in run("redrive", "Demand")
    assert json.loads(run("list", "--json"))[0]["waiting"] == 1


def test_an_unknown_queue_and_one_without_a_home_say_what_to_do(stack: Stack) -> None:
    assert "Choose of: Demand, Image." in run("show", "Demnad", code=2)
    assert "till image redrive" in run("redrive", "Image", code=2)
