"""PutEvents validates its entries."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Aws

pytestmark = pytest.mark.xdist_group("aws")

VALID: dict[str, Any] = {"Source": "shop", "DetailType": "Order", "Detail": '{"n": 1}'}


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in VALID.items() if key != name}


@pytest.mark.parametrize(
    ("entry", "code", "message"),
    [
        (_without("Source"), "InvalidArgument", "Parameter Source is not valid."),
        (_without("DetailType"), "InvalidArgument", "Parameter DetailType is not valid."),
        (_without("Detail"), "InvalidArgument", "Parameter Detail is not valid."),
        (VALID | {"Detail": "text"}, "MalformedDetail", "Detail is malformed."),
        (VALID | {"Detail": "[1]"}, "MalformedDetail", "Detail is malformed."),
        (VALID | {"Detail": "null"}, "MalformedDetail", "Detail is malformed."),
        (VALID | {"DetailType": "x" * 129}, "InvalidArgument", "Parameter DetailType is not valid."),
        (VALID | {"Source": "aws.shop"}, "NotAuthorizedForSourceException", "Not authorized for the source."),
    ],
)
def test_invalid_entry_fails_and_others_are_processed(
    aws: Aws, entry: dict[str, Any], code: str, message: str
) -> None:
    response = aws.client("events").put_events(Entries=[VALID, entry, VALID])
    assert response["FailedEntryCount"] == 1
    first, failed, last = response["Entries"]
    assert first["EventId"] != last["EventId"]
    assert failed["ErrorCode"] == code
    assert failed["ErrorMessage"].startswith(message)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([VALID] * 11, r"Value '\[PutEventsRequestEntry\(time=null, source=shop, .*less than or equal to 10"),
        (
            [VALID | {"EventBusName": "two words"}],
            "Value 'two words' at 'entries.1.member.eventBusName' failed",
        ),
        ([VALID | {"Detail": json.dumps({"text": "x" * 1_048_576})}], "over the limit"),
    ],
)
def test_too_large_request_is_rejected(aws: Aws, entries: list[Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        aws.client("events").put_events(Entries=entries)


def test_event_reaches_a_function_and_is_retried_as_an_asynchronous_invocation(aws: Aws) -> None:
    url, _ = aws.queue()
    source = (
        "import boto3, json\nsqs = boto3.client('sqs')\ndef handler(event, context):\n"
        f"    sqs.send_message(QueueUrl={url.rpartition('/')[2]!r}, MessageBody=json.dumps(event['detail']))\n"
    )
    name = aws.function(source, role=aws.role({"Action": "sqs:*", "Resource": "*"}), Timeout=20)
    arn = aws.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    events, rule = aws.client("events"), f"rule-{uuid.uuid4().hex[:8]}"
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "one", "Arn": arn}])
    events.put_events(Entries=[VALID | {"Source": rule}])
    assert aws.messages(url, 1) == [{"n": 1}]


def test_event_has_the_time_of_its_entry(aws: Aws) -> None:
    url, queue = aws.queue()
    events, rule = aws.client("events"), f"rule-{uuid.uuid4().hex[:8]}"
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "one", "Arn": queue}])
    events.put_events(Entries=[VALID | {"Source": rule, "Time": 1_700_000_000}])
    [event] = aws.messages(url, 1)
    assert event["time"] == "2023-11-14T22:13:20Z"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({}, "EventPattern or ScheduleExpression must be specified"),
        ({"ScheduleExpression": "rate(1 minutes)"}, "Parameter ScheduleExpression is not valid"),
        ({"ScheduleExpression": "rate(5 minute)"}, "Parameter ScheduleExpression is not valid"),
        ({"ScheduleExpression": "rate(0 minutes)"}, "Parameter ScheduleExpression is not valid"),
        ({"EventPattern": '{"source": "shop"}'}, '"source" must be an object or an array'),
        ({"EventPattern": '{"source": ["shop"]}', "State": "ON"}, "Value 'ON' at 'state' failed"),
    ],
)
def test_invalid_rule_is_rejected(aws: Aws, rule: dict[str, str], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        aws.client("events").put_rule(Name="invalid", **rule)


def test_missing_rule_is_named_with_its_bus(aws: Aws) -> None:
    events, queue = aws.client("events"), "arn:aws:sqs:us-east-1:000000000000:work"
    with pytest.raises(ClientError, match="Rule none does not exist on EventBus default"):
        events.put_targets(Rule="none", Targets=[{"Id": "one", "Arn": queue}])
    with pytest.raises(ClientError, match="SqsParameters must be specified for target: one"):
        events.put_targets(Rule="none", Targets=[{"Id": "one", "Arn": f"{queue}.fifo"}])


def test_rule_has_at_most_five_targets_and_is_deleted_without_them(aws: Aws) -> None:
    events, queue = aws.client("events"), "arn:aws:sqs:us-east-1:000000000000:work"
    events.put_rule(Name="five", EventPattern='{"source": ["none"]}')
    targets = [{"Id": str(number), "Arn": queue} for number in range(6)]
    events.put_targets(Rule="five", Targets=targets[:5])
    events.put_targets(Rule="five", Targets=targets[:5])
    with pytest.raises(ClientError, match="The requested resource exceeds the maximum number allowed"):
        events.put_targets(Rule="five", Targets=targets[5:])
    with pytest.raises(ClientError, match="Rule can't be deleted since it has targets"):
        events.delete_rule(Name="five")
    events.remove_targets(Rule="five", Ids=[target["Id"] for target in targets[:5]])
    events.delete_rule(Name="five")
    with pytest.raises(ClientError, match="Rule five does not exist"):
        events.describe_rule(Name="five")
