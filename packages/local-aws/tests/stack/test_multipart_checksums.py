"""Checksums of multipart uploads on the local stack: composite ones, and those of whole objects."""

from __future__ import annotations

import base64
import hashlib
import zlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Aws

pytestmark = pytest.mark.xdist_group("aws")

_PARTS = (b"a" * (5 << 20), b"the end")
_DIGESTS = b"".join(hashlib.sha256(part).digest() for part in _PARTS)
_SHA256_OF_PARTS = base64.b64encode(hashlib.sha256(_DIGESTS).digest()).decode() + "-2"
_CRC32 = base64.b64encode(zlib.crc32(b"".join(_PARTS)).to_bytes(4)).decode()


@pytest.fixture
def s3(aws: Aws) -> Any:
    client = aws.client("s3")
    client.create_bucket(Bucket="parts")
    return client


def _upload(s3: Any, key: str, **options: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Upload the parts; return how to complete the upload, and its parts with their checksums."""
    created = s3.create_multipart_upload(Bucket="parts", Key=key, **options)
    upload = {"Bucket": "parts", "Key": key, "UploadId": created["UploadId"]}
    algorithm = {"ChecksumAlgorithm": options["ChecksumAlgorithm"]}
    parts = []
    for number, body in enumerate(_PARTS, 1):
        stored = s3.upload_part(**upload, PartNumber=number, Body=body, **algorithm)
        checksums = {name: value for name, value in stored.items() if name.startswith("Checksum")}
        parts.append({"PartNumber": number, "ETag": stored["ETag"], **checksums})
    return upload, parts


def _bare(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Parts": [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in parts]}


def test_full_object_checksum_is_that_of_the_whole_object(s3: Any) -> None:
    upload, parts = _upload(s3, "full", ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    with pytest.raises(ClientError, match="BadDigest"):
        s3.complete_multipart_upload(**upload, MultipartUpload=_bare(parts), ChecksumCRC32="AAAAAA==")
    completed = s3.complete_multipart_upload(**upload, MultipartUpload=_bare(parts), ChecksumCRC32=_CRC32)
    repeated = s3.complete_multipart_upload(**upload, MultipartUpload=_bare(parts))
    head = s3.head_object(Bucket="parts", Key="full", ChecksumMode="ENABLED")
    for response in (completed, repeated, head):
        assert (response["ChecksumCRC32"], response["ChecksumType"]) == (_CRC32, "FULL_OBJECT")


def test_composite_checksum_needs_that_of_each_part(s3: Any) -> None:
    upload, parts = _upload(s3, "composite", ChecksumAlgorithm="SHA256")
    with pytest.raises(ClientError, match=r"created using a sha256 checksum.*missing for part 1"):
        s3.complete_multipart_upload(**upload, MultipartUpload=_bare(parts))
    with pytest.raises(ClientError, match="must use the same checksum mode"):
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, ChecksumType="FULL_OBJECT")
    completed = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert (completed["ChecksumSHA256"], completed["ChecksumType"]) == (_SHA256_OF_PARTS, "COMPOSITE")
    listed = {each["Key"]: each for each in s3.list_objects_v2(Bucket="parts")["Contents"]}
    assert listed["composite"]["ChecksumType"] == "COMPOSITE"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ChecksumAlgorithm": "SHA256", "ChecksumType": "FULL_OBJECT"}, "FULL_OBJECT .* sha256"),
        ({"ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "COMPOSITE"}, "COMPOSITE .* crc64nvme"),
        ({"ChecksumType": "COMPOSITE"}, "only be used with the x-amz-checksum-algorithm"),
        ({"ChecksumAlgorithm": "CRC32", "ChecksumType": "HALF"}, "x-amz-checksum-type header is invalid"),
    ],
)
def test_type_that_an_algorithm_has_not_is_refused(s3: Any, options: dict[str, str], message: str) -> None:
    with pytest.raises(ClientError, match=f"InvalidRequest.*{message}"):
        s3.create_multipart_upload(Bucket="parts", Key="refused", **options)


def test_crc64nvme_is_of_the_whole_object(s3: Any) -> None:
    created = s3.create_multipart_upload(Bucket="parts", Key="crc64", ChecksumAlgorithm="CRC64NVME")
    assert created["ChecksumType"] == "FULL_OBJECT"
