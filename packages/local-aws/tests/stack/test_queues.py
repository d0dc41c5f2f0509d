"""Queues and their messages as SQS has them, where MiniStack differs."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Aws, eventually

pytestmark = pytest.mark.xdist_group("aws")

NO_HANDLE = 'The input receipt handle "x" is not a valid receipt handle.'
UNAVAILABLE = "Message does not exist or is not available for visibility timeout change."


def error(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    described = refused.value.response["Error"]
    return f"{described['Code']}: {described['Message']}"


def name(suffix: str = "") -> str:
    return f"queue-{uuid.uuid4().hex[:12]}{suffix}"


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"FifoQueue": "false"}, "Unknown Attribute FifoQueue."),
        ({"ContentBasedDeduplication": "false"}, "Unknown Attribute ContentBasedDeduplication."),
        (
            {"DeduplicationScope": "queue"},
            "You can specify the DeduplicationScope only when FifoQueue is set to true.",
        ),
        ({"QueueArn": "x"}, "Unknown Attribute QueueArn."),
        ({"Colour": "red"}, "Unknown Attribute Colour."),
    ],
)
def test_attribute_that_a_queue_cannot_have_is_rejected(
    aws: Aws, attributes: dict[str, str], message: str
) -> None:
    sqs = aws.client("sqs")
    assert (
        error(sqs.create_queue, QueueName=name(), Attributes=attributes) == f"InvalidAttributeName: {message}"
    )
    url, _ = aws.queue()
    assert error(sqs.set_queue_attributes, QueueUrl=url, Attributes=attributes).endswith(message)


def test_type_of_a_queue_cannot_be_changed(aws: Aws) -> None:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName=name(".fifo"), Attributes={"FifoQueue": "true"})["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"FifoQueue": "true"})
    assert error(sqs.set_queue_attributes, QueueUrl=url, Attributes={"FifoQueue": "false"}) == (
        "InvalidAttributeValue: Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not "
        "supported."
    )
    assert error(sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["Colour"]).endswith(
        "Attribute Colour."
    )


@pytest.mark.parametrize("invalid", ["a b", "x" * 81, "x" * 76 + ".fifo", "a.b"])
def test_invalid_name_is_rejected(aws: Aws, invalid: str) -> None:
    assert "1 to 80 in length" in error(aws.client("sqs").create_queue, QueueName=invalid)


@pytest.mark.parametrize(
    ("parameter", "value", "most"),
    [("WaitTimeSeconds", 21, 20), ("WaitTimeSeconds", -1, 20), ("VisibilityTimeout", 43_201, 43_200)],
)
def test_number_out_of_its_range_is_rejected(aws: Aws, parameter: str, value: int, most: int) -> None:
    url, _ = aws.queue()
    assert error(aws.client("sqs").receive_message, QueueUrl=url, **{parameter: value}) == (
        f"InvalidParameterValue: Value {value} for parameter {parameter} is invalid. Reason: Must be >= 0 and "
        f"<= {most}, if provided."
    )


def test_message_may_be_deleted_again_and_not_be_hidden_again(aws: Aws) -> None:
    sqs, (url, _) = aws.client("sqs"), aws.queue()
    sqs.send_message(QueueUrl=url, MessageBody="x")
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    for _ in range(2):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    hidden = error(sqs.change_message_visibility, QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=1)
    assert hidden == (
        f"InvalidParameterValue: Value {handle} for parameter ReceiptHandle is invalid. Reason: {UNAVAILABLE}"
    )
    assert (
        error(sqs.delete_message, QueueUrl=url, ReceiptHandle="x") == f"ReceiptHandleIsInvalid: {NO_HANDLE}"
    )
    entries = [{"Id": "gone", "ReceiptHandle": handle}, {"Id": "no", "ReceiptHandle": "x"}]
    deleted = sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    assert deleted["Successful"] == [{"Id": "gone"}]
    failure = {"Id": "no", "SenderFault": True, "Code": "ReceiptHandleIsInvalid", "Message": NO_HANDLE}
    assert deleted["Failed"] == [failure]
    entries = [entry | {"VisibilityTimeout": 1} for entry in entries]
    unchanged = sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)["Failed"]
    assert [failed["Code"] for failed in unchanged] == ["InvalidParameterValue", "ReceiptHandleIsInvalid"]


def test_receipt_handle_of_a_fifo_queue_expires_with_the_visibility_timeout(aws: Aws) -> None:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName=name(".fifo"), Attributes={"FifoQueue": "true"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x", MessageGroupId="g", MessageDeduplicationId="d")
    handle = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"][0]["ReceiptHandle"]
    assert error(sqs.delete_message, QueueUrl=url, ReceiptHandle=handle).endswith(
        "The receipt handle has expired."
    )


def test_batch_is_rejected_as_a_whole_for_what_every_entry_must_have(aws: Aws) -> None:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName=name(".fifo"), Attributes={"FifoQueue": "true"})["QueueUrl"]
    valid = {"Id": "a", "MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
    for missing in ("MessageGroupId", "MessageDeduplicationId"):
        entry = {key: value for key, value in valid.items() if key != missing} | {"Id": "b"}
        refused = error(sqs.send_message_batch, QueueUrl=url, Entries=[valid, entry])
        assert refused.startswith("InvalidParameterValue: The ")
    many = [valid | {"Id": str(number)} for number in range(11)]
    assert error(sqs.send_message_batch, QueueUrl=url, Entries=many) == (
        "AWS.SimpleQueueService.TooManyEntriesInBatchRequest: Maximum number of entries per request are 10. You have "
        "sent 11."
    )
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_large_message_of_a_batch_fails_alone(aws: Aws) -> None:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName=name(), Attributes={"MaximumMessageSize": "1024"})["QueueUrl"]
    entries = [{"Id": "a", "MessageBody": "x" * 1025}, {"Id": "b", "MessageBody": "x" * 1024}]
    sent = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert [entry["Id"] for entry in sent["Successful"]] == ["b"]
    assert sent["Failed"][0]["Message"] == (
        "One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes."
    )


def test_second_purge_within_a_minute_is_rejected(aws: Aws) -> None:
    sqs, (url, _) = aws.client("sqs"), aws.queue()
    sqs.send_message(QueueUrl=url, MessageBody="x")
    sqs.purge_queue(QueueUrl=url)
    assert eventually(lambda: "Messages" not in sqs.receive_message(QueueUrl=url))
    assert error(sqs.purge_queue, QueueUrl=url) == (
        "AWS.SimpleQueueService.PurgeQueueInProgress: Only one PurgeQueue operation on "
        f"{url.rpartition('/')[2]} is allowed every 60 seconds."
    )
