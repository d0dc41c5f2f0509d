"""S3: checks of requests for objects and of multipart uploads that MiniStack does not make, with S3's messages.

Sources: the Amazon S3 API reference (PutObject, CopyObject, GetObject, CompleteMultipartUpload, "Error responses"), the
S3 User Guide ("Authenticating requests: using query parameters"), and S3's responses in public tests.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import unquote
from xml.etree import ElementTree

from ministack.services import s3

type Query = Mapping[str, Any]
type Headers = Mapping[str, str]
type Response = tuple[int, dict[str, str], bytes]

_MAX_KEY_BYTES = 1024
_MAX_METADATA_BYTES = 2048
_MIN_PART_BYTES = 5 << 20
_MAX_KEYS = 2**31 - 1
_METADATA = "x-amz-meta-"
_CHECKSUM = "x-amz-checksum-"
# The algorithms, with the bytes of a value of each.
_CHECKSUM_BYTES = {"crc32": 4, "crc32c": 4, "crc64nvme": 8, "sha1": 20, "sha256": 32}
_SIGNATURE_4 = tuple(
    f"X-Amz-{name}" for name in ("Algorithm", "Credential", "Signature", "Date", "SignedHeaders", "Expires")
)
_SIGNATURE_2 = ("AWSAccessKeyId", "Signature", "Expires")
_PART_NOT_FOUND = (
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified "
    "entity tag may not match the part's entity tag."
)
# S3's words where MiniStack has others.
_MESSAGES = {
    "NoSuchUpload": "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
    "aborted or completed.",
    "InvalidDigest": "The Content-MD5 you specified was invalid.",
    "InvalidPart": _PART_NOT_FOUND,
}
# What makes a copy of an object onto itself a change.
_CHANGES = (
    "x-amz-storage-class",
    "x-amz-server-side-encryption",
    "x-amz-website-redirect-location",
    _CHECKSUM,
)


class Problem(NamedTuple):
    """An error of S3, with the elements that it has besides code and message."""

    code: str
    message: str
    status: int = 400
    details: Mapping[str, str] = {}


def install_object_checks() -> None:
    """Check requests before MiniStack handles them."""
    handle_request, complete, upload_part = s3.handle_request, s3._complete_multipart_upload, s3._upload_part
    error = s3._error

    async def checked_request(
        method: str, path: str, headers: Headers, body: bytes, query: Query, *rest: Any, **named: Any
    ) -> Response:
        bucket, key = s3._parse_bucket_key(path, headers)
        problem = signature_problem(headers, query) or request_problem(method, bucket, key, headers, query)
        if problem is not None:
            return _refused(problem, bucket, key)
        response: Response = await handle_request(method, path, headers, body, query, *rest, **named)
        return response

    def checked_complete(
        bucket: str, key: str, body: bytes, query: Query, headers: Headers | None = None
    ) -> Response:
        upload = s3._multipart_uploads.get(s3._qp(query, "uploadId"))
        problem = None if upload is None else completion_problem(body, upload["parts"])
        if problem is not None:
            return _refused(problem, bucket, key)
        response: Response = complete(bucket, key, body, query, headers)
        return response

    def checked_part(bucket: str, key: str, body: bytes, query: Query, headers: Headers) -> Response:
        upload = s3._multipart_uploads.get(s3._qp(query, "uploadId")) or {}
        problem = part_problem(headers, upload.get("checksum_algorithm"))
        if problem is not None:
            return _refused(problem, bucket, key)
        response: Response = upload_part(bucket, key, body, query, headers)
        return response

    def error_of_s3(code: str, message: str, *rest: Any, **named: Any) -> Response:
        response: Response = error(code, _MESSAGES.get(code, message), *rest, **named)
        return response

    s3.handle_request, s3._error = checked_request, error_of_s3
    s3._complete_multipart_upload, s3._upload_part = checked_complete, checked_part


def signature_problem(headers: Headers, query: Query) -> Problem | None:
    """Return the error of a presigned URL that lacks a parameter; None if it has all, or is none."""
    if "authorization" in headers:
        return None
    if any(name in query for name in _SIGNATURE_4) and not all(name in query for name in _SIGNATURE_4):
        listed = f"{', '.join(_SIGNATURE_4[:-1])}, and {_SIGNATURE_4[-1]}"
        message = f"Query-string authentication version 4 requires the {listed} parameters."
        return Problem("AuthorizationQueryParametersError", message)
    if any(name in query for name in _SIGNATURE_2[:2]) and not all(name in query for name in _SIGNATURE_2):
        message = "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        return Problem("AccessDenied", message, 403)
    return None


def request_problem(method: str, bucket: str, key: str, headers: Headers, query: Query) -> Problem | None:
    """Return the error of a request for an object; None if there is none."""
    if not key:
        return _list_problem(query) if method == "GET" else None
    size = len(key.encode())
    if size > _MAX_KEY_BYTES:
        details = {"Size": str(size), "MaxSizeAllowed": str(_MAX_KEY_BYTES)}
        return Problem("KeyTooLongError", "Your key is too long", details=details)
    if method == "GET":
        if "partNumber" in query and "range" in headers:
            return Problem(
                "InvalidRequest", "Cannot specify both Range header and partNumber query parameter"
            )
        return None
    if method not in ("PUT", "POST"):
        return None
    if headers.get("if-none-match", "*") != "*":
        message = "A header you provided implies functionality that is not implemented"
        return Problem("NotImplemented", message, 501, {"Header": "If-None-Match"})
    return (
        _metadata_problem(headers)
        or (checksum_problem(headers) if method == "PUT" else _algorithm_problem(headers, query))
        or _copy_problem(bucket, key, headers, query)
    )


def _list_problem(query: Query) -> Problem | None:
    limit = s3._qp(query, "max-keys", "0")
    if not (limit.isdecimal() and int(limit) <= _MAX_KEYS):
        message = f"Argument maxKeys must be an integer between 0 and {_MAX_KEYS}"
        return Problem(
            "InvalidArgument", message, details={"ArgumentName": "maxKeys", "ArgumentValue": limit}
        )
    if "continuation-token" in query and not s3._qp(query, "continuation-token", ""):
        details = {"ArgumentName": "continuation-token"}
        return Problem("InvalidArgument", "The continuation token provided is incorrect", details=details)
    return None


def checksum_problem(headers: Headers) -> Problem | None:
    """Return the error of the checksum in a request's headers; None if it can be one, or there is none."""
    algorithms = [name for name in _CHECKSUM_BYTES if _CHECKSUM + name in headers]
    if len(algorithms) > 1:
        message = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        return Problem("InvalidRequest", message)
    for algorithm in algorithms:
        header = _CHECKSUM + algorithm
        try:
            size = len(base64.b64decode(headers[header], validate=True))
        except binascii.Error:
            size = 0
        if size != _CHECKSUM_BYTES[algorithm]:
            return Problem("InvalidRequest", f"Value for {header} header is invalid.")
    return None


def part_problem(headers: Headers, algorithm: str | None) -> Problem | None:
    """Return the error of a part whose checksum is not of the upload's algorithm; None if it is."""
    actual = next((name for name in _CHECKSUM_BYTES if _CHECKSUM + name in headers), None)
    if algorithm is None or actual in (None, algorithm.lower()):
        return None
    expected = f"expected checksum Type: {algorithm.lower()}, actual checksum Type: {actual}"
    return Problem("InvalidRequest", f"Checksum Type mismatch occurred, {expected}")


def completion_problem(body: bytes, stored: Mapping[int, Mapping[str, Any]]) -> Problem | None:
    """Return the error of a request that completes an upload with these parts; None if it can."""
    try:
        elements = ElementTree.fromstring(body or b"<Empty/>").findall("{*}Part")  # noqa: S314 - MiniStack parses it too
        parts = [(int(part.findtext("{*}PartNumber") or ""), part.findtext("{*}ETag")) for part in elements]
    except (ElementTree.ParseError, ValueError):
        return None
    if not parts:
        return Problem("InvalidRequest", "You must specify at least one part")
    if any(number >= following for (number, _), (following, _) in pairwise(parts)):
        message = "The list of parts was not in ascending order. Parts must be ordered by part number."
        return Problem("InvalidPartOrder", message)
    if any(number not in stored for number, _ in parts):
        return Problem("InvalidPart", _PART_NOT_FOUND)
    for element, (number, _) in zip(elements, parts, strict=True):
        for algorithm, value in stored[number].get("checksums", {}).items():
            if element.findtext(f"{{*}}Checksum{algorithm}", value) != value:
                message = (
                    f"The {algorithm.lower()} you specified for part {number} did not match what we received."
                )
                return Problem("BadDigest", message)
    for number, tag in parts[:-1]:
        size = len(stored[number]["body"])
        if size < _MIN_PART_BYTES:
            message = "Your proposed upload is smaller than the minimum allowed size"
            sizes = {"ProposedSize": str(size), "MinSizeAllowed": str(_MIN_PART_BYTES)}
            part = {"PartNumber": str(number), "ETag": (tag or "").strip('"')}
            return Problem("EntityTooSmall", message, details=sizes | part)
    return None


def _metadata_problem(headers: Headers) -> Problem | None:
    metadata = (
        (name.removeprefix(_METADATA), value) for name, value in headers.items() if name.startswith(_METADATA)
    )
    size = sum(len(name.encode()) + len(value.encode()) for name, value in metadata)
    if size <= _MAX_METADATA_BYTES:
        return None
    details = {"Size": str(size), "MaxSizeAllowed": str(_MAX_METADATA_BYTES)}
    return Problem(
        "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size", details=details
    )


def _algorithm_problem(headers: Headers, query: Query) -> Problem | None:
    algorithm = headers.get("x-amz-checksum-algorithm")
    if "uploads" not in query or algorithm is None or algorithm.lower() in _CHECKSUM_BYTES:
        return None
    valid = ", ".join(sorted(name.upper() for name in _CHECKSUM_BYTES))
    message = "Checksum algorithm provided is unsupported. Please try again with any of the valid types:"
    return Problem("InvalidRequest", f"{message} [{valid}]")


def _copy_problem(bucket: str, key: str, headers: Headers, query: Query) -> Problem | None:
    source = headers.get("x-amz-copy-source")
    if source is None or "partNumber" in query or unquote(source).lstrip("/") != f"{bucket}/{key}":
        return None
    if headers.get("x-amz-metadata-directive", "COPY") != "COPY" or any(
        name.startswith(_CHANGES) for name in headers
    ):
        return None
    return Problem(
        "InvalidRequest",
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's "
        "metadata, storage class, website redirect location or encryption attributes.",
    )


def _refused(problem: Problem, bucket: str, key: str) -> Response:
    response: Response = s3._error(
        problem.code, problem.message, problem.status, f"/{bucket}/{key}", dict(problem.details)
    )
    return response
