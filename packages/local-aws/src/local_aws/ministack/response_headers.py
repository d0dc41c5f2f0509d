"""Headers of responses: those that AWS sends.

MiniStack adds the headers of CORS and those of S3 to the response of each service, which each client parses. AWS sends
the first to browsers, which name their origin, and the second for S3 alone: Amazon S3 API Reference, "Common response
headers".
"""

from __future__ import annotations

import functools
import re
import time
from email.utils import formatdate
from typing import Any

from ministack import app

type Response = tuple[int, dict[str, str], Any]

_CORS = (
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Expose-Headers",
)
_S3 = ("x-amz-request-id", "x-amz-id-2")
_FORM = "application/x-www-form-urlencoded"
_REQUEST_ID = re.compile(rb"(?<=<RequestId>)[0-9a-f-]{36}(?=</RequestId>)")
_LAMBDA_PATH = "/2015-03-31/functions"


def install_response_headers() -> None:
    """Remove the headers of other services from responses, and write the date once a second."""
    dispatch = app._dispatch_service_request

    async def dispatch_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any], request_id: str
    ) -> Response:
        response: Response = await dispatch(method, path, headers, body, query, request_id)
        for name in unsent_headers(path, headers):
            response[1].pop(name, None)
        if _is_query(path, headers) and isinstance(response[2], bytes):
            return response[0], response[1], with_request_id(response[2], response[1])
        return response

    app._dispatch_service_request = dispatch_request
    app.formatdate = lambda **_: _http_date(int(time.time()))


@functools.lru_cache(1)
def _http_date(second: int) -> str:
    return formatdate(second, usegmt=True)


def unsent_headers(path: str, headers: dict[str, str]) -> tuple[str, ...]:
    """Return the headers that AWS does not send in response to a request with these headers."""
    # Services with a JSON protocol name their operation in this header; S3 has no such operation.
    named = "x-amz-target" in headers or path.startswith(_LAMBDA_PATH)
    other_than_s3 = named or _is_query(path, headers)
    return (() if "origin" in headers else _CORS) + (_S3 if other_than_s3 else ())


def _is_query(path: str, headers: dict[str, str]) -> bool:
    """Return whether a request is of a query protocol, such as that of IAM, SNS and CloudFormation."""
    return path == "/" and headers.get("content-type", "").startswith(_FORM)


def with_request_id(body: bytes, headers: dict[str, str]) -> bytes:
    """Return a response whose document has the request id of its headers, as on AWS."""
    request_id = headers.get("x-amzn-requestid")
    return body if request_id is None else _REQUEST_ID.sub(request_id.encode(), body)
