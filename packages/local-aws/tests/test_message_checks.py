"""Messages that SQS rejects."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.ministack.message_checks import check_message


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
    assert check_message(delay, attributes) == message
