"""Requests that S3 rejects."""

from __future__ import annotations

import base64

import pytest

from local_aws.ministack.s3.object_checks import (
    Problem,
    checksum_problem,
    completion_problem,
    part_problem,
    request_problem,
    signature_problem,
)

_CRC32 = base64.b64encode(bytes(4)).decode()
_SIGNED = ("Algorithm", "Credential", "Signature", "Date", "SignedHeaders", "Expires")
PRESIGNED = {f"X-Amz-{name}": "x" for name in _SIGNED}
PRESIGNED_2 = dict.fromkeys(("AWSAccessKeyId", "Signature", "Expires"), "x")


@pytest.mark.parametrize(
    "query", [{}, PRESIGNED, PRESIGNED_2, {"Expires": "x"}, {"X-Amz-Security-Token": "x"}]
)
def test_presigned_url_with_all_parameters_is_accepted(query: dict[str, str]) -> None:
    assert signature_problem({}, query) is None


@pytest.mark.parametrize("missing", PRESIGNED)
def test_presigned_url_without_a_parameter_is_rejected(missing: str) -> None:
    query = {name: value for name, value in PRESIGNED.items() if name != missing}
    problem = signature_problem({}, query)
    assert problem is not None
    assert (problem.code, problem.status) == ("AuthorizationQueryParametersError", 400)
    assert problem.message == (
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
        "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
    )
    assert signature_problem({"authorization": "AWS4-HMAC-SHA256 …"}, query) is None


@pytest.mark.parametrize("missing", PRESIGNED_2)
def test_presigned_url_of_version_2_without_a_parameter_is_rejected(missing: str) -> None:
    query = {name: value for name, value in PRESIGNED_2.items() if name != missing}
    problem = signature_problem({}, query)
    assert problem is not None
    assert (problem.code, problem.status) == ("AccessDenied", 403)


@pytest.mark.parametrize(
    ("method", "key", "headers", "query"),
    [
        ("PUT", "k" * 1024, {"x-amz-meta-a": "x" * 2047, "if-none-match": "*"}, {}),
        ("PUT", "k", {"if-match": "tag", "x-amz-checksum-crc32": _CRC32}, {}),
        ("PUT", "k", {"x-amz-copy-source": "/b/other"}, {}),
        ("PUT", "k", {"x-amz-copy-source": "b/k", "x-amz-metadata-directive": "REPLACE"}, {}),
        ("PUT", "k", {"x-amz-copy-source": "b/k", "x-amz-storage-class": "STANDARD_IA"}, {}),
        ("PUT", "k", {"x-amz-copy-source": "b/k?versionId=1"}, {}),
        ("PUT", "k", {"x-amz-copy-source": "b/k"}, {"partNumber": "1"}),
        ("POST", "k", {"x-amz-checksum-algorithm": "sha256"}, {"uploads": ""}),
        ("GET", "k", {"range": "bytes=0-1"}, {}),
        ("GET", "k", {"if-none-match": "tag"}, {"partNumber": "1"}),
        ("GET", "", {}, {"max-keys": "0", "continuation-token": "x"}),
    ],
)
def test_valid_request_is_accepted(
    method: str, key: str, headers: dict[str, str], query: dict[str, str]
) -> None:
    assert request_problem(method, "b", key, headers, query) is None


@pytest.mark.parametrize(
    ("method", "key", "headers", "query", "code", "status"),
    [
        ("GET", "é" * 513, {}, {}, "KeyTooLongError", 400),
        ("PUT", "k", {"x-amz-meta-a": "x" * 2000, "x-amz-meta-b": "x" * 47}, {}, "MetadataTooLarge", 400),
        ("PUT", "k", {"if-none-match": "tag"}, {}, "NotImplemented", 501),
        ("POST", "k", {"if-none-match": "tag"}, {"uploadId": "u"}, "NotImplemented", 501),
        ("GET", "k", {"range": "bytes=0-1"}, {"partNumber": "1"}, "InvalidRequest", 400),
        ("PUT", "a k", {"x-amz-copy-source": "/b/a%20k"}, {}, "InvalidRequest", 400),
        ("POST", "k", {"x-amz-checksum-algorithm": "MD5"}, {"uploads": ""}, "InvalidRequest", 400),
        ("GET", "", {}, {"max-keys": "-1"}, "InvalidArgument", 400),
        ("GET", "", {}, {"max-keys": str(2**31)}, "InvalidArgument", 400),
        ("GET", "", {}, {"continuation-token": ""}, "InvalidArgument", 400),
    ],
)
def test_invalid_request_is_rejected(
    method: str, key: str, headers: dict[str, str], query: dict[str, str], code: str, status: int
) -> None:
    problem = request_problem(method, "b", key, headers, query)
    assert problem is not None
    assert (problem.code, problem.status) == (code, status)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"x-amz-checksum-crc32": "test"}, "Value for x-amz-checksum-crc32 header is invalid."),
        ({"x-amz-checksum-sha256": _CRC32}, "Value for x-amz-checksum-sha256 header is invalid."),
        (
            {"x-amz-checksum-crc32": _CRC32, "x-amz-checksum-crc32c": _CRC32},
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        ),
    ],
)
def test_invalid_checksum_is_rejected(headers: dict[str, str], message: str) -> None:
    assert checksum_problem(headers) == Problem("InvalidRequest", message)


def test_part_has_the_checksum_of_its_upload() -> None:
    headers = {"x-amz-checksum-crc32": _CRC32}
    assert part_problem(headers, None) is None
    assert part_problem(headers, "CRC32") is None
    assert part_problem({}, "SHA256") is None
    assert part_problem(headers, "SHA256") == Problem(
        "InvalidRequest",
        "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32",
    )


LARGE, SMALL = b"x" * (5 << 20), b"y"
STORED = {
    1: {"body": LARGE, "checksums": {"SHA256": "right"}},
    2: {"body": SMALL, "checksums": {}},
    3: {"body": SMALL, "checksums": {}},
}


def body(*parts: tuple[int, str]) -> bytes:
    elements = "".join(f"<Part><PartNumber>{number}</PartNumber>{more}</Part>" for number, more in parts)
    return f"<CompleteMultipartUpload>{elements}</CompleteMultipartUpload>".encode()


@pytest.mark.parametrize(
    "parts", [[(1, "")], [(2, "")], [(1, ""), (3, "")], [(1, "<ChecksumSHA256>right</ChecksumSHA256>")]]
)
def test_upload_of_large_parts_in_order_can_be_completed(parts: list[tuple[int, str]]) -> None:
    assert completion_problem(body(*parts), STORED) is None


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([], "InvalidRequest"),
        ([(3, ""), (1, "")], "InvalidPartOrder"),
        ([(1, ""), (1, "")], "InvalidPartOrder"),
        ([(4, "")], "InvalidPart"),
        ([(2, ""), (3, "")], "EntityTooSmall"),
        ([(1, "<ChecksumSHA256>wrong</ChecksumSHA256>")], "BadDigest"),
    ],
)
def test_upload_cannot_be_completed(parts: list[tuple[int, str]], code: str) -> None:
    problem = completion_problem(body(*parts), STORED)
    assert problem is not None
    assert problem.code == code
    assert code != "EntityTooSmall" or problem.details["PartNumber"] == "2"


def test_request_without_parts_is_rejected() -> None:
    assert completion_problem(b"", STORED) == Problem("InvalidRequest", "You must specify at least one part")
