"""A DynamoDB client: requests and responses in DynamoDB's JSON, with the methods and errors of botocore's client.

It has no models, so it is imported and called in a fraction of the time: docs/decisions/dynamodb-client.md. The
formats are AWS's: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hmac
import json
import os
import select
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from random import SystemRandom
from threading import local
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4
from zlib import crc32

from botocore.exceptions import ClientError, HTTPClientError

from tillflow.aws_errors import can_pass
from tillflow.times import utc_now

# Timeouts nest: two attempts of a client end within the Lambda's 10 s, and that within the state's 15 s.
CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 1, 3, 2

_MAX_PAUSE_SECONDS = 0.1
_PAGED = ("query", "scan")
_OPERATIONS = {
    "batch_get_item": "BatchGetItem",
    "batch_write_item": "BatchWriteItem",
    "delete_item": "DeleteItem",
    "get_item": "GetItem",
    "put_item": "PutItem",
    "query": "Query",
    "scan": "Scan",
    "transact_get_items": "TransactGetItems",
    "transact_write_items": "TransactWriteItems",
    "update_item": "UpdateItem",
}
_random = SystemRandom()


class DynamoDB:
    """A method for each operation takes a request and returns the response; threads may share a client.

    Raises botocore's ClientError for an error of DynamoDB, HTTPClientError if no response came. What can pass is tried
    again once. Endpoint, region and credentials come from the environment of a Lambda function.
    """

    def __init__(self) -> None:
        self._region = os.environ.get("AWS_REGION") or os.environ["AWS_DEFAULT_REGION"]
        domain = "amazonaws.com.cn" if self._region.startswith("cn-") else "amazonaws.com"
        endpoint = os.environ.get("AWS_ENDPOINT_URL") or f"https://dynamodb.{self._region}.{domain}"
        self._endpoint = urlsplit(endpoint)
        self._threads = local()

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        if method not in _OPERATIONS:
            raise AttributeError(f"the DynamoDB client has no method {method}")
        return lambda **request: self._make_api_call(_OPERATIONS[method], request)

    def get_paginator(self, method: str) -> "Paginator":
        """Return what yields the pages of a query or scan."""
        if method not in _PAGED:
            raise ValueError(f"method must be one of {', '.join(_PAGED)}; got {method!r}")
        return Paginator(getattr(self, method))

    def _make_api_call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send a request, up to ATTEMPTS times. The name is that of botocore's method: tests replace both."""
        if operation == "TransactWriteItems":
            # The same in every attempt: DynamoDB applies the transaction once.
            request = {"ClientRequestToken": str(uuid4()), **request}
        body = json.dumps(request).encode()
        for _ in range(ATTEMPTS - 1):
            try:
                return self._send(operation, body)
            except (ClientError, HTTPClientError) as error:
                if not can_pass(error):
                    raise
            time.sleep(_random.uniform(0, _MAX_PAUSE_SECONDS))
        return self._send(operation, body)

    def _send(self, operation: str, body: bytes) -> dict[str, Any]:
        headers = signed_headers(self._endpoint.netloc, self._region, operation, body, utc_now())
        connection = self._connection()
        try:
            connection.request("POST", "/", body, headers)
            response = connection.getresponse()
            content = response.read()
            checksum = response.headers.get("x-amz-crc32")
            if checksum is not None and int(checksum) != crc32(content):
                raise HTTPException("the response does not have its checksum")
        except (OSError, HTTPException) as error:
            connection.close()
            raise HTTPClientError(error=error) from None
        if response.status == 200:
            parsed: dict[str, Any] = json.loads(content)
            return parsed
        raise _error(operation, response.status, response.headers.get("x-amzn-requestid", ""), content)

    def _connection(self) -> HTTPConnection:
        """Return the connection of this thread: the earlier one unless its other end was closed meanwhile."""
        connection: HTTPConnection | None = getattr(self._threads, "connection", None)
        if connection is None or connection.sock is None or _is_readable(connection.sock.fileno()):
            connection = self._threads.connection = self._connect()
        return connection

    def _connect(self) -> HTTPConnection:
        kind = HTTPSConnection if self._endpoint.scheme == "https" else HTTPConnection
        connection = kind(self._endpoint.netloc, timeout=CONNECT_SECONDS)
        try:
            connection.connect()
        except OSError as error:
            raise HTTPClientError(error=error) from None
        connection.sock.settimeout(READ_SECONDS)
        return connection


class Paginator:
    """The pages of a query or scan."""

    def __init__(self, call: Callable[..., dict[str, Any]]) -> None:
        self._call = call

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        """Yield the response of each page."""
        while True:
            page = self._call(**request)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def signed_headers(host: str, region: str, operation: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers of a request, with its signature by the credentials of the environment."""
    time_stamp = f"{now:%Y%m%dT%H%M%SZ}"
    # In the order of their names, as they are signed.
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "host": host,
        "x-amz-date": time_stamp,
        "x-amz-security-token": os.environ.get("AWS_SESSION_TOKEN", ""),
        "x-amz-target": f"DynamoDB_20120810.{operation}",
    }
    if not headers["x-amz-security-token"]:
        del headers["x-amz-security-token"]
    names = ";".join(headers)
    lines = [f"{name}:{value}" for name, value in headers.items()]
    canonical = "\n".join(["POST", "/", "", *lines, "", names, sha256(body).hexdigest()])
    day = time_stamp[:8]
    scope = f"{day}/{region}/dynamodb/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", time_stamp, scope, sha256(canonical.encode()).hexdigest()])
    key = _signing_key(os.environ["AWS_SECRET_ACCESS_KEY"], day, region)
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}"
    authorization = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return headers | {"authorization": authorization}


@lru_cache(maxsize=4)
def _signing_key(secret: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, "dynamodb", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _is_readable(descriptor: int) -> bool:
    """Return whether a socket has data or its end: a connection without a request has neither while it is open."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _error(operation: str, status: int, request_id: str, content: bytes) -> ClientError:
    try:
        body = json.loads(content)
    except ValueError:
        body = {}  # of a proxy, not of DynamoDB
    code = body.pop("__type", str(status)).rpartition("#")[2]
    message = body.pop("message", None) or body.pop("Message", "")
    metadata = {"HTTPStatusCode": status, "RequestId": request_id}
    return ClientError(
        {**body, "Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}, operation
    )
