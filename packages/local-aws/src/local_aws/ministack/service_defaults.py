"""Details of S3 and Secrets Manager that MiniStack does not have.

Sources: the Amazon S3 API reference (PutObject, CopyObject, ListObjectsV2), the S3 User Guide, "Setting default
server-side encryption behavior" and "Checking object integrity", and the Secrets Manager API reference (CreateSecret,
PutSecretValue).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from html import unescape
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_plus

from ministack.core.responses import error_response_json, json_response
from ministack.services import s3, secretsmanager

_SECRET_NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]+")
_TWO_VALUES = (
    "InvalidParameterException",
    "You can't specify both a binary secret value and a string secret value in the same secret.",
)
_CONTENT_TYPE = {"content-type": "binary/octet-stream"}
_ENCRYPTION = {"x-amz-server-side-encryption": "AES256"}
_FULL = "FULL_OBJECT"
_FRACTION = re.compile(rb"(<(?:LastModified|CreationDate|Initiated)>[^<.]*)\.\d+Z")
_LISTED = re.compile(r"(?<=<Contents>)<Key>(.*?)</Key>.*?</ETag>", re.S)

type Query = dict[str, Any]


def install_service_defaults() -> None:
    """Store objects with S3's content type and encryption, return their checksums and times, check secrets."""
    _install_object_defaults()
    _install_checksums()
    _install_secret_checks()
    # The documents of S3 have times of whole seconds; its events have milliseconds.
    xml_body = s3._xml_body
    s3._xml_body = lambda root: _FRACTION.sub(rb"\1.000Z", xml_body(root))


def _install_object_defaults() -> None:
    build_record, create_upload = s3._build_object_record, s3._create_multipart_upload
    encryption_of_bucket, storage_class = s3._bucket_default_sse_headers, s3._resolve_storage_class

    def build_record_with_type(body: bytes, headers: dict[str, str], *rest: Any, **named: Any) -> Any:
        return build_record(body, _CONTENT_TYPE | headers, *rest, **named)

    def create_upload_with_type(
        bucket: str, key: str, headers: dict[str, str], *rest: Any, **named: Any
    ) -> Any:
        return create_upload(bucket, key, _CONTENT_TYPE | headers, *rest, **named)

    s3._build_object_record = build_record_with_type
    s3._create_multipart_upload = create_upload_with_type
    s3._bucket_default_sse_headers = lambda bucket: encryption_of_bucket(bucket) or _ENCRYPTION
    # A copy has the storage class of its request, by default STANDARD, not that of its source.
    s3._resolve_storage_class = lambda headers, default=None: storage_class(headers)


def _install_checksums() -> None:
    put_object, copy_object = s3._put_object, s3._copy_object
    lists = {name: getattr(s3, name) for name in ("_list_objects_v1", "_list_objects_v2")}

    def put_with_checksum(bucket: str, key: str, body: bytes, headers: dict[str, str]) -> Any:
        status, response_headers, response = put_object(bucket, key, body, headers)
        checksums = _stored_checksums(bucket, key) if status == HTTPStatus.OK else {}
        for algorithm, value in checksums.items():
            response_headers[f"x-amz-checksum-{algorithm.lower()}"] = value
            response_headers["x-amz-checksum-type"] = _FULL
        return status, response_headers, response

    def copy_with_checksum(bucket: str, key: str, headers: dict[str, str]) -> Any:
        status, response_headers, response = copy_object(bucket, key, headers)
        checksums = _stored_checksums(bucket, key) if status == HTTPStatus.OK else {}
        if checksums:
            members = "".join(
                f"<Checksum{name}>{value}</Checksum{name}>" for name, value in checksums.items()
            )
            end = b"</CopyObjectResult>"
            type_member = f"<ChecksumType>{_FULL}</ChecksumType>"
            response = response.replace(end, f"{members}{type_member}".encode() + end)
        return status, response_headers, response

    def with_checksums(operation: str) -> Callable[[str, Query], Any]:
        def list_objects(bucket: str, query: Query) -> Any:
            status, headers, response = lists[operation](bucket, query)
            return (
                status,
                headers,
                _with_algorithms(bucket, response) if status == HTTPStatus.OK else response,
            )

        return list_objects

    s3._put_object, s3._copy_object = put_with_checksum, copy_with_checksum
    for name in lists:
        setattr(s3, name, with_checksums(name))


def _stored_checksums(bucket: str, key: str) -> dict[str, str]:
    record = ((s3._buckets.get(bucket) or {}).get("objects") or {}).get(key) or {}
    checksums: dict[str, str] = record.get("checksums") or {}
    return checksums


def _with_algorithms(bucket: str, response: bytes) -> bytes:
    """Add the algorithms of checksums to the objects of a list."""

    def member(match: re.Match[str]) -> str:
        key = unquote_plus(match[1]) if is_encoded else unescape(match[1])
        checksums = _stored_checksums(bucket, key)
        if not checksums:
            return match[0]
        algorithms = "".join(f"<ChecksumAlgorithm>{name}</ChecksumAlgorithm>" for name in checksums)
        kind = s3._buckets[bucket]["objects"][key].get("checksum_type") or _FULL
        return f"{match[0]}{algorithms}<ChecksumType>{kind}</ChecksumType>"

    text = response.decode()
    is_encoded = "<EncodingType>" in text
    return _LISTED.sub(member, text).encode()


def _install_secret_checks() -> None:
    create_secret, put_value = secretsmanager._create_secret, secretsmanager._put_secret_value

    def create_checked_secret(data: dict[str, Any]) -> Any:
        if (problem := _secret_problem(data)) is not None:
            return error_response_json(*problem, 400)
        status, headers, body = create_secret(data)
        if status == HTTPStatus.OK and not {"SecretString", "SecretBinary"} & data.keys():
            # Without a value the secret has no version.
            secretsmanager._secrets[data["Name"]]["Versions"].clear()
            document = json.loads(body)
            del document["VersionId"]
            body = json.dumps(document).encode()
        return status, headers, body

    def put_checked_value(data: dict[str, Any]) -> Any:
        secret = secretsmanager._resolve(data.get("SecretId"))[1] or {}
        version = secret.get("Versions", {}).get(data.get("ClientRequestToken"))
        problem = _value_problem(data) or _version_problem(data, secret, version)
        if problem is not None:
            return error_response_json(*problem, 400)
        if version is None or secret.get("DeletedDate"):
            return put_value(data)
        # The same request again: it changes nothing, though a later version may be the current one.
        identity = {name: secret[name] for name in ("ARN", "Name")}
        stored = {"VersionId": data["ClientRequestToken"], "VersionStages": list(version["Stages"])}
        return json_response(identity | stored)

    secretsmanager._create_secret, secretsmanager._put_secret_value = create_checked_secret, put_checked_value


def _secret_problem(data: dict[str, Any]) -> tuple[str, str] | None:
    """Return the code and the message for a secret that cannot be created."""
    name = data.get("Name")
    if name and not _SECRET_NAME.fullmatch(name):
        return (
            "ValidationException",
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
        )
    if len(_values(data)) > 1:
        return _TWO_VALUES
    if name and (secretsmanager._secrets.get(name) or {}).get("DeletedDate"):
        return (
            "InvalidRequestException",
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
        )
    return None


def _value_problem(data: dict[str, Any]) -> tuple[str, str] | None:
    """Return the code and the message for a version that has not exactly one value."""
    match len(_values(data)):
        case 0:
            return "InvalidRequestException", "You must provide either SecretString or SecretBinary."
        case 1:
            return None
        case _:
            return _TWO_VALUES


def _version_problem(data: dict[str, Any], secret: Any, version: Any) -> tuple[str, str] | None:
    """Return the code and the message for a token of a version that has another value."""
    if version is None or _values(data) == _values(version):
        return None
    used = "because that value is already in use for a version of secret"
    return (
        "ResourceExistsException",
        f"You can't use ClientRequestToken {data['ClientRequestToken']} {used} {secret['ARN']}.",
    )


def _values(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: data[name] for name in ("SecretString", "SecretBinary") if data.get(name) is not None}
