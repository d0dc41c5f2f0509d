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
        ([VALID] * 11, "less than or equal to 10"),
        ([VALID | {"Detail": json.dumps({"text": "x" * 262_144})}], "over the limit"),
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
