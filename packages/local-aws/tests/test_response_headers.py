"""Headers that AWS does not send."""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
from ministack import app

from local_aws.ministack.response_headers import install_response_headers, unsent_headers, with_request_id

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
        ("/", {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}, CORS | S3),
        ("/bucket/key", {"content-type": "application/x-www-form-urlencoded"}, CORS),
        ("/bucket/key", {}, CORS),
        ("/bucket/key", {"origin": "https://shop.example"}, set()),
    ],
)
def test_headers_of_browsers_and_of_s3_are_sent_to_them_alone(
    path: str, headers: dict[str, str], unsent: set[str]
) -> None:
    assert set(unsent_headers(path, headers)) == unsent


def test_date_of_a_response_is_that_of_its_second(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("formatdate", "_dispatch_service_request"):
        monkeypatch.setattr(app, name, getattr(app, name))
    install_response_headers()
    for second in (1_790_000_000, 1_790_000_000.9, 1_790_000_001):
        monkeypatch.setattr(time, "time", lambda second=second: second)
        date = app.formatdate(usegmt=True)
        assert parsedate_to_datetime(date) == datetime.fromtimestamp(int(second), UTC)
        assert date.endswith(" GMT")


def test_document_of_a_response_has_the_request_id_of_its_headers() -> None:
    inner = "1051df75-aaa3-4855-91f6-28159dbc97ab"
    document = b"<R><RequestId>%s</RequestId><Text>%s</Text></R>" % (inner.encode(), inner.encode())
    outer = "b56dd656-d1ca-445f-8893-81fe12092f96"
    assert with_request_id(document, {"x-amzn-requestid": outer}) == document.replace(
        inner.encode(), outer.encode(), 1
    )
    assert with_request_id(document, {}) == document
