"""Defaults and checks of S3 and Secrets Manager that MiniStack does not have.

Sources: the Amazon S3 API reference (PutObject), the S3 User Guide, "Setting default server-side encryption behavior",
and the Secrets Manager API reference (CreateSecret).
"""

from __future__ import annotations

import re
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import s3, secretsmanager

_SECRET_NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]+")
_CONTENT_TYPE = {"content-type": "binary/octet-stream"}
_ENCRYPTION = {"x-amz-server-side-encryption": "AES256"}


def install_service_defaults() -> None:
    """Store objects with S3's content type and encryption, and check the names of secrets."""
    build_record, create_upload = s3._build_object_record, s3._create_multipart_upload
    encryption_of_bucket, create_secret = s3._bucket_default_sse_headers, secretsmanager._create_secret

    def build_record_with_type(body: bytes, headers: dict[str, str], *rest: Any, **named: Any) -> Any:
        return build_record(body, _CONTENT_TYPE | headers, *rest, **named)

    def create_upload_with_type(
        bucket: str, key: str, headers: dict[str, str], *rest: Any, **named: Any
    ) -> Any:
        return create_upload(bucket, key, _CONTENT_TYPE | headers, *rest, **named)

    def create_named_secret(data: dict[str, Any]) -> Any:
        name = data.get("Name")
        if name and not _SECRET_NAME.fullmatch(name):
            message = (
                "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following:"
                " -/_+=.@!"
            )
            return error_response_json("ValidationException", message, 400)
        return create_secret(data)

    s3._build_object_record = build_record_with_type
    s3._create_multipart_upload = create_upload_with_type
    s3._bucket_default_sse_headers = lambda bucket: encryption_of_bucket(bucket) or _ENCRYPTION
    secretsmanager._create_secret = create_named_secret
