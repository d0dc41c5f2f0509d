"""Messages that SQS rejects."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.ministack.sqs.message_checks import check_ids, check_message, check_size


@pytest.mark.parametrize(
    ("delay", "attributes"),
    [
        (None, {}),
        (0, {}),
        ("900", {}),
        (None, {"a": {"DataType": "String", "StringValue": "x"}}),
        (None, {"a": {"DataType": "Number.int", "StringValue": "-1.5e3"}}),
        (None, {"a": {"DataType": "Binary", "BinaryValue": "eA=="}}),
        (None, {f"a{n}": {"DataType": "String", "StringValue": "x"} for n in range(10)}),
    ],
)
def test_valid_message_is_accepted(delay: Any, attributes: dict[str, Any]) -> None:
    assert check_message(delay, attributes) is None


@pytest.mark.parametrize(
    ("delay", "attributes", "message"),
    [
        (
            901,
            {},
            "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
        ),
        (
            "-1",
            {},
            "Value -1 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
        ),
        (
            None,
            {"a": {"DataType": "Text", "StringValue": "x"}},
            "The type of message (user) attribute 'a' is invalid. You must use only the following supported type "
            "prefixes: Binary, Number, String.",
        ),
        (
            None,
            {"a": {"DataType": "Number", "StringValue": "x"}},
            "Can't cast the value of message (user) attribute 'a' to a number.",
        ),
        (
            None,
            {"a": {"DataType": "String.t", "StringValue": ""}},
            "Message (user) attribute 'a' must contain a non-empty value of type 'String'.",
        ),
        (
            None,
            {f"a{n}": {"DataType": "String", "StringValue": "x"} for n in range(11)},
            "Number of message attributes [11] exceeds the allowed maximum [10].",
        ),
    ],
)
def test_invalid_message_is_rejected(delay: Any, attributes: dict[str, Any], message: str) -> None:
    assert check_message(delay, attributes) == ("InvalidParameterValue", message)


STANDARD = {"is_fifo": False, "attributes": {"MaximumMessageSize": "1024"}}
FIFO = {"is_fifo": True, "attributes": {"MaximumMessageSize": "1024"}}
BY_CONTENT = {"is_fifo": True, "attributes": {"ContentBasedDeduplication": "true"}}


@pytest.mark.parametrize(
    ("message", "queue"),
    [
        ({}, STANDARD),
        ({"MessageGroupId": "tenant-1"}, STANDARD),
        ({"MessageGroupId": "g", "MessageDeduplicationId": "!" * 128}, FIFO),
        ({"MessageGroupId": "g"}, BY_CONTENT),
    ],
)
def test_ids_of_the_queue_are_accepted(message: dict[str, str], queue: dict[str, Any]) -> None:
    assert check_ids(message, queue) is None


_CHARACTERS = "can only include alphanumeric and punctuation characters. 1 to 128 in length."


@pytest.mark.parametrize(
    ("message", "queue", "code", "text"),
    [
        ({}, FIFO, "MissingParameter", "The request must contain the parameter MessageGroupId."),
        (
            {"MessageGroupId": "g"},
            FIFO,
            "InvalidParameterValue",
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
            "explicitly",
        ),
        *(
            (
                {"MessageGroupId": group},
                STANDARD,
                "InvalidParameterValue",
                f"Value {group} for parameter MessageGroupId is invalid. Reason: MessageGroupId {_CHARACTERS}",
            )
            for group in ("", "a b", "a" * 129)
        ),
        (
            {"MessageGroupId": "g", "MessageDeduplicationId": ""},
            FIFO,
            "InvalidParameterValue",
            "Value  for parameter MessageDeduplicationId is invalid. Reason: MessageDeduplicationId "
            + _CHARACTERS,
        ),
        (
            {"MessageDeduplicationId": "d"},
            STANDARD,
            "InvalidParameterValue",
            "Value d for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that is "
            "not valid for this queue type.",
        ),
    ],
)
def test_ids_that_the_queue_cannot_have_are_rejected(
    message: dict[str, str], queue: dict[str, Any], code: str, text: str
) -> None:
    assert check_ids(message, queue) == (code, text)


def test_size_of_a_message_includes_its_attributes() -> None:
    attributes = {
        "ab": {"DataType": "String", "StringValue": "xyz"},
        "c": {"DataType": "Binary", "BinaryValue": "eHk="},
    }
    message = {"MessageBody": "é" * 500, "MessageAttributes": attributes}  # 1000 + (2 + 6 + 3) + (1 + 6 + 2)
    assert check_size(message, STANDARD, "No") is None
    assert check_size(message | {"MessageBody": "é" * 502 + "x"}, STANDARD, "No") == (
        "InvalidParameterValue",
        "No. Reason: Message must be shorter than 1024 bytes.",
    )
