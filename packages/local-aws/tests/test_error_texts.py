"""Messages of errors in AWS's words."""

import pytest

from local_aws.ministack import error_texts
from local_aws.ministack.error_texts import Wording, reworded


@pytest.mark.parametrize(
    ("wordings", "message", "expected"),
    [
        (
            error_texts._LOGS,
            "The specified log group already exists: /a",
            "The specified log group already exists",
        ),
        (
            error_texts._LOGS,
            "The specified log stream does not exist: a: b",
            "The specified log stream does not exist.",
        ),
        (
            error_texts._LOGS,
            "The specified resource does not exist: a",
            "The specified resource does not exist: a",
        ),
        (error_texts._IAM, "Role shop not found.", "The role with name shop cannot be found."),
        (error_texts._IAM, "Policy arn:a not found.", "Policy arn:a not found."),
        (error_texts._SSM, "Parameter /a/b not found", ""),
        (
            error_texts._SQS,
            "The specified queue does not exist for this wsdl version.",
            "The specified queue does not exist.",
        ),
    ],
)
def test_message_has_the_words_of_aws(wordings: tuple[Wording, ...], message: str, expected: str) -> None:
    assert reworded(message, wordings) == expected
