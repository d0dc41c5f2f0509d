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


@pytest.mark.parametrize(
    ("name", "attributes", "message"),
    [
        ("two words", {}, "Topic Name"),
        ("x" * 257, {}, "Topic Name"),
        ("orders.fifo", {}, "Topic Name"),
        ("orders", {"FifoTopic": "true"}, "Fifo Topic names must end with .fifo"),
        ("orders", {"Colour": "red"}, "Attributes Reason: Unknown attribute Colour"),
    ],
)
def test_invalid_topic_is_rejected(aws: Aws, name: str, attributes: dict[str, str], message: str) -> None:
    with pytest.raises(ClientError, match=f"Invalid parameter: {message}"):
        aws.client("sns").create_topic(Name=name, Attributes=attributes)


def test_topic_cannot_be_created_again_with_other_attributes(aws: Aws) -> None:
    sns, name = aws.client("sns"), f"topic-{uuid.uuid4()}"
    arn = sns.create_topic(Name=name, Attributes={"DisplayName": "Orders"})["TopicArn"]
    assert sns.create_topic(Name=name)["TopicArn"] == arn
    with pytest.raises(ClientError, match="Topic already exists with different attributes"):
        sns.create_topic(Name=name, Attributes={"DisplayName": "Returns"})
    with pytest.raises(ClientError, match="Invalid parameter: AttributeName"):
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Colour", AttributeValue="red")


_QUEUE = "arn:aws:sqs:us-east-1:000000000000:work"


@pytest.mark.parametrize(
    ("subscription", "message"),
    [
        ({"Protocol": "carrier"}, "Amazon SNS does not support this protocol string: carrier"),
        ({"Endpoint": "work"}, "SQS endpoint ARN"),
        ({"Endpoint": f"{_QUEUE}.fifo"}, "FIFO SQS Queues can not be subscribed to standard SNS topics"),
        ({"Protocol": "https", "Endpoint": "http://shop"}, "Endpoint must match the specified protocol"),
        ({"Protocol": "email", "Endpoint": "shop"}, "Email address"),
        ({"Attributes": {"Colour": "red"}}, "AttributeName"),
        ({"Attributes": {"RawMessageDelivery": "yes"}}, "Must be true or false"),
        ({"Attributes": {"FilterPolicy": "{bad"}}, "FilterPolicy: failed to parse JSON"),
        ({"Attributes": {"FilterPolicy": '{"kind": "sale"}'}}, '"kind" must be an object or an array'),
        ({"Attributes": {"RedrivePolicy": '{"deadLetterTargetArn": "x"}'}}, "is an invalid arn"),
    ],
)
def test_invalid_subscription_is_rejected(
    aws: Aws, topic: str, subscription: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message) as refused:
        aws.client("sns").subscribe(
            **{"TopicArn": topic, "Protocol": "sqs", "Endpoint": _QUEUE} | subscription
        )
    assert refused.value.response["Error"]["Code"] == "InvalidParameter"


@pytest.mark.parametrize(
    ("identifiers", "code"),
    [
        ([], "EmptyBatchRequest"),
        ([str(number) for number in range(11)], "TooManyEntriesInBatchRequest"),
        (["a", "a"], "BatchEntryIdsNotDistinct"),
        (["a b"], "InvalidBatchEntryId"),
    ],
)
def test_invalid_batch_is_rejected(aws: Aws, topic: str, identifiers: list[str], code: str) -> None:
    entries = [{"Id": identifier, "Message": "m"} for identifier in identifiers]
    with pytest.raises(ClientError) as refused:
        aws.client("sns").publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert refused.value.response["Error"]["Code"] == code


def test_unknown_token_and_no_arn_are_rejected(aws: Aws, topic: str) -> None:
    with pytest.raises(ClientError, match="Invalid parameter: Token"):
        aws.client("sns").confirm_subscription(TopicArn=topic, Token="none")
    with pytest.raises(
        ClientError, match="SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"
    ):
        aws.client("sns").unsubscribe(SubscriptionArn="none")


def test_name_of_an_attribute_has_only_certain_characters(aws: Aws, topic: str) -> None:
    attributes = {"two words": {"DataType": "String", "StringValue": "x"}}
    code, message = _refusal(aws, TopicArn=topic, MessageAttributes=attributes)
    assert (code, "'#x20' was found" in message) == ("ParameterValueInvalid", True)


def test_too_long_message_is_rejected(aws: Aws, topic: str) -> None:
    too_long = ("InvalidParameter", "Invalid parameter: Message too long")
    assert _refusal(aws, TopicArn=topic, Message="x" * 262_145) == too_long


def test_response_has_one_request_id(aws: Aws) -> None:
    created = aws.client("sns").create_topic(Name=f"topic-{uuid.uuid4().hex[:12]}")
    metadata = created["ResponseMetadata"]
    assert metadata["RequestId"] == metadata["HTTPHeaders"]["x-amzn-requestid"]
    assert "x-amz-id-2" not in metadata["HTTPHeaders"]
