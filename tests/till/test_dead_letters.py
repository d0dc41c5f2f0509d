"""`till dlq`: list, show and redrive messages."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
import pytest
from cases.dead_letters.models import MOST_CHARACTERS
from cases.dead_letters.queues import MessageQueues, QueueUrls
from moto import mock_aws
from typer.testing import CliRunner

from tests.support.api_functions import ApiFunctions
from tests.support.tables import create_table
from till.main import app
from till.services.cases import Cases
from till.stack import Stack
from verification.harness.template import Template

LOG_GROUP = "FunctionLogs"


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        stack = Stack("tillflow", None, botocore.session.get_session())
        template, sqs = Template.read(), stack.client("sqs")
        urls = {
            name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in template.of_type("AWS::SQS::Queue")
        }
        create_table(stack.client("dynamodb"), "CasesTable")
        vars(stack)["outputs"] = {"CasesApiFunction": "CasesApiFunction", **urls}
        clients, functions = Stack.client, ApiFunctions(template)
        monkeypatch.setattr(
            Stack, "client", lambda self, name: functions if name == "lambda" else clients(self, name)
        )
        monkeypatch.setattr("till.commands.dlq.find_stack", lambda: stack)
        yield stack


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["dlq", *arguments])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def send(stack: Stack, queue: str, *bodies: str, **attributes: str) -> str:
    """Send messages; return the id of the last."""
    sent = {"why": "poison"} | attributes
    for body in bodies:
        message_id = stack.client("sqs").send_message(
            QueueUrl=stack.output(queue),
            MessageBody=body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in sent.items()
            },
        )["MessageId"]
    return str(message_id)


def failure(stack: Stack, body: Any, **attributes: str) -> dict[str, Any]:
    """Return the failure of one message as `till dlq show` prints it."""
    send(stack, "DemandDeadLetterQueue", body if isinstance(body, str) else json.dumps(body), **attributes)
    (message,) = json.loads(run("show", "Demand", "--json"))
    shown: dict[str, Any] = message["failure"]
    return shown


def log(stack: Stack, *entries: tuple[datetime, dict[str, Any]]) -> None:
    """Write entries to the log of the functions."""
    logs, stream = stack.client("logs"), {"logGroupName": LOG_GROUP, "logStreamName": "one"}
    logs.create_log_group(logGroupName=LOG_GROUP)
    logs.create_log_stream(**stream)
    events = [
        {"timestamp": int(at.timestamp() * 1000), "message": json.dumps(fields)} for at, fields in entries
    ]
    logs.put_log_events(**stream, logEvents=events)


def messages_by_queue() -> dict[str, int]:
    return {queue["name"]: queue["messages"] for queue in json.loads(run("list", "--json"))}


def received(stack: Stack, queue: str) -> list[dict[str, Any]]:
    response = stack.client("sqs").receive_message(
        QueueUrl=stack.output(queue), MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return response.get("Messages", [])


def test_each_queue_is_listed_with_its_messages(stack: Stack) -> None:
    send(stack, "DemandDeadLetterQueue", "a", "b")
    listed = messages_by_queue()
    assert (listed["Demand"], listed["Image"]) == (2, 0)
    queues = Template.read().of_type("AWS::SQS::Queue")
    assert {f"{name}DeadLetterQueue" for name in listed} == {name for name in queues if "DeadLetter" in name}


def test_shown_message_stays_and_can_be_redriven_at_once(stack: Stack) -> None:
    send(stack, "DemandDeadLetterQueue", '{"order_id": "ord-1"}')
    assert '{"order_id": "ord-1"}' in run("show", "demand")
    assert run("show", "Image").strip() == "No messages."
    assert "1 redriven." in run("redrive", "Demand")


def test_redrive_of_one_message_leaves_the_others(stack: Stack) -> None:
    send(stack, "DemandDeadLetterQueue", "stays")
    wanted = send(stack, "DemandDeadLetterQueue", "moves")
    assert "1 redriven." in run("redrive", "Demand", "--message", wanted)
    assert [message["Body"] for message in received(stack, "DemandQueue")] == ["moves"]
    assert [one["body"] for one in json.loads(run("show", "Demand", "--json"))] == ["stays"]
    assert "no visible message" in run("redrive", "Demand", "--message", wanted, code=2)


def test_redrive_moves_all_messages_unchanged(stack: Stack) -> None:
    bodies = [f"sale {number}" for number in range(53)]
    send(stack, "DemandDeadLetterQueue", *bodies)
    assert "53 redriven." in run("redrive", "demand")
    back = [message for _ in range(6) for message in received(stack, "DemandQueue")]
    assert sorted(message["Body"] for message in back) == sorted(bodies)
    assert back[0]["MessageAttributes"]["why"]["StringValue"] == "poison"
    assert run("redrive", "Demand").strip() == "No messages."


def test_redrive_ends_when_messages_fail_again(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The source queue is the dead-letter queue, as if each message failed again at once."""
    send(stack, "DemandDeadLetterQueue", "poison")
    moved = MessageQueues.move_back

    def fail_again(self: MessageQueues, queue: QueueUrls, limit: int) -> Iterator[str]:
        return moved(self, queue.model_copy(update={"source": queue.dead_letters}), limit)

    monkeypatch.setattr(MessageQueues, "move_back", fail_again)
    assert "1 redriven." in run("redrive", "Demand")
    assert messages_by_queue()["Demand"] == 1


def test_unknown_queue_and_queue_without_source_are_errors_with_advice(stack: Stack) -> None:
    assert "till dlq list" in run("show", "Demnad", code=2)
    send(stack, "UndeliveredEventsDeadLetterQueue", "{}")
    assert "have no source queue" in run("redrive", "UndeliveredEvents", code=2)
    assert messages_by_queue()["UndeliveredEvents"] == 1


def test_undelivered_event_shows_the_error_of_its_attributes(stack: Stack) -> None:
    shown = failure(stack, "{}", ERROR_CODE="NO_PERMISSIONS", ERROR_MESSAGE="no access", RETRY_ATTEMPTS="2")
    assert (shown["reason"], shown["attempts"]) == ("NO_PERMISSIONS: no access", 3)
    assert shown["failed_at"].endswith("Z")


def test_stream_record_shows_the_condition_of_its_destination(stack: Stack) -> None:
    body = {
        "requestContext": {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 51},
        "responseContext": {"functionError": "Unhandled"},
        "timestamp": "2026-11-23T10:00:00.123Z",
    }
    assert failure(stack, body) == {
        "reason": "RetryAttemptsExhausted: Unhandled",
        "failed_at": "2026-11-23T10:00:00.123Z",
        "attempts": 51,
    }


def test_failed_and_aborted_workflows_show_error_and_cause(stack: Stack) -> None:
    cause = json.dumps({"errorType": "StoreUnavailable", "errorMessage": "try again"})
    shown = failure(stack, {"event": {}, "failure": {"Error": "StoreUnavailable", "Cause": cause}})
    assert shown["reason"] == "StoreUnavailable: try again"
    run("redrive", "Demand")
    aborted = {
        "executionArn": "arn",
        "status": "ABORTED",
        "cause": "stopped by ada",
        "stopDate": 1795428000000,
    }
    assert failure(stack, aborted) == {
        "reason": "ABORTED: stopped by ada",
        "failed_at": "2026-11-23T10:00:00Z",
        "attempts": 1,
    }


def test_failed_message_of_a_queue_shows_the_consumers_log(stack: Stack) -> None:
    message_id, now = send(stack, "DemandDeadLetterQueue", "{}"), datetime.now(UTC)
    entry = {"message": "message failed", "message_id": message_id, "error": "ValueError"}
    log(
        stack,
        (now - timedelta(minutes=2), entry | {"exception": "Traceback\nValueError: first"}),
        (now - timedelta(minutes=1), entry | {"exception": "Traceback\nInvalidRequest: order_id is missing"}),
        (now - timedelta(minutes=1), entry | {"message_id": "another"}),
    )
    shown = run("show", "Demand")
    assert "failed: InvalidRequest: order_id is missing" in shown
    assert f"at: {now - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}, attempts: 2" in shown


def test_message_without_a_reason_says_so(stack: Stack) -> None:
    assert "No reason is stored" in failure(stack, "not JSON")["reason"]
    send(stack, "ImageDeadLetterQueue", "[1]")
    assert "No reason is stored" in run("show", "Image")


def test_dropped_message_is_removed_and_kept_as_a_resolved_case(stack: Stack) -> None:
    kept = send(stack, "DemandDeadLetterQueue", "other")
    message_id = send(stack, "DemandDeadLetterQueue", '{"order_id": "ord-1"}')
    assert "Give a --note" in run("drop", "Demand", message_id, "--note", " ", code=2)
    assert "Dropped" in run("drop", "Demand", message_id, "--note", "a test", "--by", "ada")
    assert [one["message_id"] for one in json.loads(run("show", "Demand", "--json"))] == [kept]
    (case,) = Cases(stack).list_cases("RESOLVED").rows
    assert (case.case_id, case.status, case.decision) == (f"dlq-Demand#{message_id}", "RESOLVED", "give_up")
    assert (case.cause, case.note, case.resolved_by) == ('{"order_id": "ord-1"}', "a test", "ada")


def test_repeated_drop_returns_the_first_result(stack: Stack) -> None:
    message_id = send(stack, "DemandDeadLetterQueue", "{}", ERROR_CODE="NO_PERMISSIONS")
    first = run("drop", "Demand", message_id, "--note", "a test")
    assert run("drop", "demand", message_id, "--note", "a test") == first
    assert "has no visible message" in run("drop", "Demand", message_id, "--note", "another", code=2)


def test_message_stays_if_no_case_can_keep_it(stack: Stack) -> None:
    message_id = send(stack, "DemandDeadLetterQueue", "{}")
    stack.client("dynamodb").delete_table(TableName="CasesTable")
    run("drop", "Demand", message_id, "--note", "a test", code=2)
    assert "1 redriven." in run("redrive", "Demand")


def test_long_body_is_shortened(stack: Stack) -> None:
    send(stack, "DemandDeadLetterQueue", "x" * (MOST_CHARACTERS + 1))
    (message,) = json.loads(run("show", "Demand", "--json"))
    assert (message["body"], message["shortened"]) == ("x" * MOST_CHARACTERS, True)


def test_unknown_message_is_not_dropped(stack: Stack) -> None:
    send(stack, "DemandDeadLetterQueue", "other")
    assert "has no visible message nope" in run("drop", "Demand", "nope", "--note", "x", code=2)
    assert len(json.loads(run("show", "Demand", "--json"))) == 1
