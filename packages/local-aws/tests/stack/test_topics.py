"""SNS rejects invalid requests with its own codes and messages."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Aws

pytestmark = pytest.mark.xdist_group("aws")


@pytest.fixture(scope="module")
def topic(aws: Aws) -> str:
    return str(aws.client("sns").create_topic(Name=f"topic-{uuid.uuid4()}")["TopicArn"])


@pytest.fixture(scope="module")
def fifo_topic(aws: Aws) -> str:
    created = aws.client("sns").create_topic(Name=f"{uuid.uuid4()}.fifo", Attributes={"FifoTopic": "true"})
    return str(created["TopicArn"])


def _refusal(aws: Aws, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        aws.client("sns").publish(**{"Message": "text"} | request)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize(
    ("request_fields", "message"),
    [
        ({"Message": ""}, "Empty message"),
        (
            {"Message": "text", "MessageStructure": "json"},
            "Message Structure - JSON message body failed to parse",
        ),
        (
            {"Message": json.dumps({"sms": "x"}), "MessageStructure": "json"},
            "Message Structure - No default entry in JSON message body",
        ),
        ({"Subject": "x" * 101}, "Subject"),
        ({"Subject": "two\nlines"}, "Subject"),
        (
            {"MessageDeduplicationId": "d"},
            "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid "
            "for this topic type",
        ),
    ],
)
def test_invalid_message_is_an_invalid_parameter(
    aws: Aws, topic: str, request_fields: dict[str, Any], message: str
) -> None:
    assert _refusal(aws, TopicArn=topic, **request_fields) == (
        "InvalidParameter",
        f"Invalid parameter: {message}",
    )


def test_invalid_target_is_an_invalid_parameter(aws: Aws) -> None:
    no_value = "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"
    assert _refusal(aws) == ("InvalidParameter", no_value)
    no_arn = "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"
    assert _refusal(aws, TopicArn="orders") == ("InvalidParameter", no_arn)
    number = "Invalid parameter: PhoneNumber Reason: 0123 is not valid to publish to"
    assert _refusal(aws, PhoneNumber="0123") == ("InvalidParameter", number)


def test_missing_topic_is_not_found(aws: Aws, topic: str) -> None:
    assert _refusal(aws, TopicArn=f"{topic}-none") == ("NotFound", "Topic does not exist")


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ({"DataType": "Float", "StringValue": "1"}, "has an invalid message attribute type"),
        (
            {"DataType": "String"},
            "must contain non-empty message attribute value for message attribute type 'String'",
        ),
        (
            {"DataType": "Number", "StringValue": "one"},
            "Could not cast message attribute 'k' value to number",
        ),
    ],
)
def test_invalid_attribute_is_rejected(aws: Aws, topic: str, attribute: dict[str, Any], message: str) -> None:
    code, text = _refusal(aws, TopicArn=topic, MessageAttributes={"k": attribute})
    assert code == "ParameterValueInvalid"
    assert message in text


def test_fifo_topic_requires_group_and_deduplication(aws: Aws, fifo_topic: str) -> None:
    code, message = _refusal(aws, TopicArn=fifo_topic)
    assert (code, "MessageGroupId parameter is required" in message) == ("InvalidParameter", True)
    code, message = _refusal(aws, TopicArn=fifo_topic, MessageGroupId="g")
    assert (code, "ContentBasedDeduplication enabled" in message) == ("InvalidParameter", True)
    batch = aws.client("sns").publish_batch(
        TopicArn=fifo_topic, PublishBatchRequestEntries=[{"Id": "1", "Message": "m"}]
    )
    assert batch["Failed"][0]["Code"] == "InvalidParameter"


def test_valid_message_is_published(aws: Aws, topic: str) -> None:
    sent = aws.client("sns").publish(
        TopicArn=topic,
        Message=json.dumps({"default": "text"}),
        MessageStructure="json",
        Subject="Order",
        MessageAttributes={
            "n": {"DataType": "Number", "StringValue": "1.5"},
            "raw": {"DataType": "Binary", "BinaryValue": b"x"},
        },
    )
    assert sent["MessageId"]
