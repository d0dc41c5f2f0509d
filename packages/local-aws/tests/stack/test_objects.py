"""Objects and uploads as S3 has them, where MiniStack differs."""

from __future__ import annotations

import urllib.error
import urllib.request
import uuid
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from .conftest import Aws

pytestmark = pytest.mark.xdist_group("aws")


@pytest.fixture
def bucket(aws: Aws) -> str:
    name = f"bucket-{uuid.uuid4().hex[:12]}"
    aws.client("s3").create_bucket(Bucket=name)
    return name


def error(call: Any, **parameters: Any) -> dict[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    described: dict[str, str] = refused.value.response["Error"]
    return described


def test_presigned_url_without_its_signature_does_not_return_the_object(aws: Aws, bucket: str) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"secret")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    assert urllib.request.urlopen(url).read() == b"secret"
    unsigned = "&".join(part for part in url.split("&") if "Signature=" not in part)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(unsigned)
    assert b"secret" not in refused.value.read()
    refused.value.close()


def test_key_and_metadata_have_their_largest_size(aws: Aws, bucket: str) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=bucket, Key="k" * 1024, Metadata={"a": "x" * 2047})
    assert error(s3.put_object, Bucket=bucket, Key="k" * 1025) == {
        "Code": "KeyTooLongError",
        "Message": "Your key is too long",
        "Resource": f"/{bucket}/{'k' * 1025}",
        "Size": "1025",
        "MaxSizeAllowed": "1024",
    }
    assert (
        error(s3.put_object, Bucket=bucket, Key="k", Metadata={"a": "x" * 2048})["Code"] == "MetadataTooLarge"
    )


def test_upload_is_completed_with_its_parts_in_order(aws: Aws, bucket: str) -> None:
    s3 = aws.client("s3")
    upload = {"Bucket": bucket, "Key": "k"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    parts = [
        {"PartNumber": number, "ETag": s3.upload_part(**upload, PartNumber=number, Body=text)["ETag"]}
        for number, text in ((1, b"a"), (2, b"b"))
    ]

    def complete(chosen: list[dict[str, Any]]) -> dict[str, str]:
        return error(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": chosen})

    assert complete([])["Message"] == "You must specify at least one part"
    assert complete(parts[::-1])["Code"] == "InvalidPartOrder"
    assert complete(parts)["Code"] == "EntityTooSmall"
    assert complete([{**parts[0], "ETag": "other"}])["Message"].endswith(
        "may not match the part's entity tag."
    )
    one = {"Parts": parts[:1]}
    wrong = error(s3.complete_multipart_upload, **upload, MultipartUpload=one, ChecksumType="FULL_OBJECT")
    assert wrong["Message"].startswith("The upload was created using the null checksum mode.")
    s3.complete_multipart_upload(**upload, MultipartUpload=one)
    s3.complete_multipart_upload(**upload, MultipartUpload=one)
    assert error(s3.list_parts, **upload)["Message"].startswith("The specified upload does not exist.")


def test_copy_of_an_object_onto_itself_needs_a_change(aws: Aws, bucket: str) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=bucket, Key="k")
    copy = {"Bucket": bucket, "Key": "k", "CopySource": f"{bucket}/k"}
    assert error(s3.copy_object, **copy)["Code"] == "InvalidRequest"
    s3.copy_object(**copy, Metadata={"a": "b"}, MetadataDirective="REPLACE")
    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == {"a": "b"}


def test_times_of_objects_are_whole_seconds(aws: Aws) -> None:
    s3, bucket = aws.client("s3"), f"times-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="a", Body=b"a")
    copied = s3.copy_object(Bucket=bucket, Key="b", CopySource=f"{bucket}/a")["CopyObjectResult"]
    times = [entry["LastModified"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    times += [copied["LastModified"], *(each["CreationDate"] for each in s3.list_buckets()["Buckets"])]
    assert {time.microsecond for time in times} == {0}


@pytest.mark.parametrize("key", ["a\1b", "a\nb", "a b+c%20&<d>", "é/\U0001f600", "a\ufffeb"])
def test_any_key_is_listed_with_its_versions(aws: Aws, bucket: str, key: str) -> None:
    s3 = aws.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    s3.delete_object(Bucket=bucket, Key=key)
    listing = s3.list_object_versions(Bucket=bucket, Prefix=key[:1])
    assert [entry["Key"] for entry in listing["Versions"] + listing["DeleteMarkers"]] == [key, key]
    assert listing["Prefix"] == key[:1]
    first = s3.list_object_versions(Bucket=bucket, MaxKeys=1)
    assert first["IsTruncated"] and first["NextKeyMarker"] == key
    version = first["NextVersionIdMarker"]
    assert (
        len(s3.list_object_versions(Bucket=bucket, KeyMarker=key, VersionIdMarker=version)["Versions"]) == 1
    )


@pytest.mark.parametrize("key", ["a\nb", "a b+c%20&<d>", "é/\U0001f600"])
def test_keys_of_uploads_are_encoded_on_request(aws: Aws, bucket: str, key: str) -> None:
    s3 = aws.client("s3")
    s3.create_multipart_upload(Bucket=bucket, Key=key)
    assert [one["Key"] for one in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [key]
    encoded = s3.list_multipart_uploads(Bucket=bucket, EncodingType="url")
    assert encoded["EncodingType"] == "url" and [one["Key"] for one in encoded["Uploads"]] == [
        quote(key, safe="/")
    ]
