"""Files of imports in S3: what was uploaded, and the results."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from catalog.errors import UnknownImport
from catalog.imports.models import MAX_BYTES

SECONDS = 300
"""How long the addresses of an upload and of a result are valid."""
_MISSING = {"404", "NoSuchKey", "NoSuchVersion", "NotFound"}
_TYPE = "text/csv"


class Uploaded(NamedTuple):
    """An uploaded file as S3 stored it."""

    version_id: str
    etag: str
    size: int


@dataclass(frozen=True, slots=True)
class ImportObjects:
    """The bucket of imports. s3: a client."""

    s3: Any
    bucket: str

    def head(self, import_id: str) -> Uploaded:
        """Return the newest file of an import; UnknownImport."""
        with _missing_named(import_id):
            head = self.s3.head_object(Bucket=self.bucket, Key=upload_key(import_id))
        return Uploaded(head["VersionId"], head["ETag"].strip('"'), head["ContentLength"])

    def read(self, import_id: str, version_id: str) -> bytes:
        """Return a version of the file of an import."""
        with _missing_named(import_id):
            response = self.s3.get_object(Bucket=self.bucket, Key=upload_key(import_id), VersionId=version_id)
        body: bytes = response["Body"].read()
        return body

    def write_result(self, import_id: str, body: bytes) -> None:
        """Store the result of an import; the same again changes nothing that is read."""
        self.s3.put_object(
            Bucket=self.bucket,
            Key=_result_key(import_id),
            Body=body,
            ContentType=f"{_TYPE}; charset=utf-8",
        )

    def result_url(self, import_id: str) -> str:
        """Return the address of the result, valid for some minutes."""
        place = {"Bucket": self.bucket, "Key": _result_key(import_id)}
        url: str = self.s3.generate_presigned_url("get_object", Params=place, ExpiresIn=SECONDS)
        return url

    def sign_upload(self, import_id: str) -> dict[str, Any]:
        """Return a form {"url", "fields"} that uploads the file of an import, for some minutes."""
        form: dict[str, Any] = self.s3.generate_presigned_post(
            self.bucket,
            upload_key(import_id),
            Fields={"Content-Type": _TYPE},
            Conditions=[{"Content-Type": _TYPE}, ["content-length-range", 1, MAX_BYTES]],
            ExpiresIn=SECONDS,
        )
        return form


def upload_key(import_id: str) -> str:
    """Return the key of the file of an import."""
    return f"imports/{import_id}.csv"


def _result_key(import_id: str) -> str:
    return f"results/{import_id}.csv"


@contextmanager
def _missing_named(import_id: str) -> Iterator[None]:
    """Raise UnknownImport for a file that does not exist."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            raise UnknownImport(import_id) from None
        raise
