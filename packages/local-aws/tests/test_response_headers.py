"""Headers that AWS does not send."""

import pytest

from local_aws.ministack.response_headers import unsent_headers

CORS = {
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Expose-Headers",
}
S3 = {"x-amz-request-id", "x-amz-id-2"}


@pytest.mark.parametrize(
    ("path", "headers", "unsent"),
    [
        ("/", {"x-amz-target": "DynamoDB_20120810.GetItem"}, CORS | S3),
        ("/2015-03-31/functions/echo/invocations", {}, CORS | S3),
        ("/", {"x-amz-target": "DynamoDB_20120810.GetItem", "origin": "https://shop.example"}, S3),
        ("/bucket/key", {}, CORS),
        ("/bucket/key", {"origin": "https://shop.example"}, set()),
    ],
)
def test_headers_of_browsers_and_of_s3_are_sent_to_them_alone(
    path: str, headers: dict[str, str], unsent: set[str]
) -> None:
    assert set(unsent_headers(path, headers)) == unsent
