"""Checksums of multipart uploads: the type of each, and checksums of whole objects, which MiniStack has not.

Sources: the Amazon S3 API reference (CreateMultipartUpload, CompleteMultipartUpload), and the S3 User Guide, "Checking
object integrity in Amazon S3", "Using full object and composite checksums". The texts are S3's in public tests; there
is none for a type that does not exist, whose text is that of other invalid headers.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any
from xml.etree import ElementTree

from ministack.services import s3

_COMPOSITE, _FULL = "COMPOSITE", "FULL_OBJECT"
# The types that an algorithm has, the default first.
_TYPES = {
    "CRC32": (_COMPOSITE, _FULL),
    "CRC32C": (_COMPOSITE, _FULL),
    "CRC64NVME": (_FULL,),
    "SHA1": (_COMPOSITE,),
    "SHA256": (_COMPOSITE,),
}
_UPLOAD_ID = re.compile(rb"<UploadId>(.*?)</UploadId>")

# The body of the object that is completed, if it has a checksum of the whole.
_whole: ContextVar[bytes | None] = ContextVar("whole_object", default=None)

type Response = tuple[int, dict[str, str], bytes]
type Parts = list[tuple[int, set[str]]]


def install_multipart_checksums() -> None:
    """Keep the type of an upload's checksum, refuse types that an algorithm has not, and compute those of objects."""
    create, complete = s3._create_multipart_upload, s3._complete_multipart_upload
    composite, record_version = s3._composite_checksum, s3._record_object_version

    def create_typed(bucket: str, key: str, headers: dict[str, str]) -> Response:
        problem = type_problem(headers.get("x-amz-checksum-algorithm"), headers.get("x-amz-checksum-type"))
        if problem is not None:
            return _refused(problem, bucket, key)
        response: Response = create(bucket, key, headers)
        status, response_headers, body = response
        match = _UPLOAD_ID.search(body) if status == HTTPStatus.OK else None
        upload = s3._multipart_uploads[match[1].decode()] if match else {}
        if algorithm := upload.get("checksum_algorithm"):
            upload["checksum_type"] = headers.get("x-amz-checksum-type") or _TYPES[algorithm][0]
            response_headers["x-amz-checksum-type"] = upload["checksum_type"]
        return response

    def complete_typed(
        bucket: str, key: str, body: bytes, query: dict[str, Any], headers: dict[str, str] | None = None
    ) -> Response:
        upload_id = s3._qp(query, "uploadId")
        upload = s3._multipart_uploads.get(upload_id) or {}
        parts = _parts(body)
        requested = (headers or {}).get("x-amz-checksum-type")
        if not upload or parts is None or (upload.get("checksum_type") is None and requested is None):
            return complete(bucket, key, body, query, headers)  # type: ignore[no-any-return]
        problem = _completion_problem(upload, parts, requested)
        if problem is not None:
            return _refused(problem, bucket, key)
        if upload["checksum_type"] == _COMPOSITE:
            return complete(bucket, key, body, query, headers)  # type: ignore[no-any-return]
        bodies = [upload["parts"].get(number, {}).get("body", b"") for number, _ in sorted(parts)]
        token = _whole.set(b"".join(bodies))
        try:
            status, response_headers, response = complete(bucket, key, body, query, headers)
        finally:
            _whole.reset(token)
        response = response.replace(_type_member(_COMPOSITE), _type_member(_FULL))
        if status == HTTPStatus.OK:
            s3._completed_multipart_uploads[upload_id]["response"] = status, response_headers, response
        return status, response_headers, response

    def checksum(algorithm: str, parts: list[str]) -> str | None:
        whole = _whole.get()
        value = composite(algorithm, parts) if whole is None else s3._compute_s3_checksum(algorithm, whole)
        return None if value is None else str(value)

    def record_typed_version(bucket: str, key: str, prior: Any, record: dict[str, Any], body: bytes) -> Any:
        if _whole.get() is not None:
            record["checksum_type"] = _FULL
        return record_version(bucket, key, prior, record, body)

    s3._create_multipart_upload, s3._complete_multipart_upload = create_typed, complete_typed
    s3._composite_checksum, s3._record_object_version = checksum, record_typed_version


def type_problem(algorithm: str | None, kind: str | None) -> str | None:
    """Return why an upload cannot have this type of checksum; None if it can."""
    if kind is None:
        return None
    if kind not in (_COMPOSITE, _FULL):
        return "Value for x-amz-checksum-type header is invalid."
    if not algorithm:
        return "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
    if kind in _TYPES.get(algorithm.upper(), (_COMPOSITE, _FULL)):
        return None
    return f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum algorithm."


def _completion_problem(upload: dict[str, Any], parts: Parts, requested: str | None) -> str | None:
    algorithm, kind = str(upload.get("checksum_algorithm")), upload.get("checksum_type")
    if requested is not None and requested != kind:
        return (
            f"The upload was created using the {kind or 'null'} checksum mode. The complete request must use the same"
            " checksum mode."
        )
    without = [number for number, checksums in sorted(parts) if f"Checksum{algorithm}" not in checksums]
    if kind == _COMPOSITE and without:
        return (
            f"The upload was created using a {algorithm.lower()} checksum. The complete request must include the"
            f" checksum for each part. It was missing for part {without[0]} in the request."
        )
    return None


def _parts(body: bytes) -> Parts | None:
    """Return the numbers of the parts in a request, with the members of each; None if it is malformed."""
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - MiniStack parses it as well
        return [
            (int(part.findtext("{*}PartNumber") or ""), {member.tag.rpartition("}")[2] for member in part})
            for part in root.iterfind("{*}Part")
        ]
    except (ElementTree.ParseError, ValueError):
        return None


def _type_member(kind: str) -> bytes:
    return f"<ChecksumType>{kind}</ChecksumType>".encode()


def _refused(problem: str, bucket: str, key: str) -> Response:
    response: Response = s3._error("InvalidRequest", problem, 400, f"/{bucket}/{key}")
    return response
