"""S3 failures as the workflow's errors: transient ones are retried, a missing version is superseded."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.client import Config
from botocore.exceptions import ClientError
from botocore.session import get_session
from botocore.stub import ANY, Stubber
from images.objects import ImageObjects
from tillflow.aws import s3_client
from tillflow.errors import ImageSuperseded, StoreUnavailable

IMAGE = {
    "key": "products/MUG/a.png", "image_id": "f0", "version_id": "v1", "etag": "e1", "bytes": 3,
    "reason": "empty", "sentence": "the file has no bytes", "outputs": [],
}  # fmt: skip


@pytest.fixture
def s3() -> Any:
    return get_session().create_client(
        "s3",
        region_name="eu-west-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 1}),
    )


def objects(s3: Any) -> ImageObjects:
    return ImageObjects(s3, "originals", "thumbnails", "quarantine")


CALLS: dict[str, Callable[[ImageObjects, Path], Any]] = {
    "head_object": lambda objects, folder: objects.find_current(IMAGE["key"]),
    "get_object": lambda objects, folder: objects.download(IMAGE, folder / "original"),
    "put_object": lambda objects, folder: objects.upload(
        [{"file": "128.webp", "key": "f0/128.webp", "type": "image/webp"}], folder
    ),
    "copy_object": lambda objects, folder: objects.copy_to_quarantine(IMAGE),
    "list_objects_v2": lambda objects, folder: objects.remove_leftovers("f0", {}),
}


@pytest.mark.parametrize(
    ("code", "status"), [("SlowDown", 503), ("InternalError", 500), ("RequestTimeout", 400), ("503", 503)]
)
@pytest.mark.parametrize("operation", CALLS)
def test_transient_failure_raises_store_unavailable(
    s3: Any, tmp_path: Path, operation: str, code: str, status: int
) -> None:
    (tmp_path / "128.webp").write_bytes(b"x")
    with Stubber(s3) as stub:
        stub.add_client_error(operation, code, http_status_code=status)
        with pytest.raises(StoreUnavailable, match=code):
            CALLS[operation](objects(s3), tmp_path)


@pytest.mark.parametrize("operation", CALLS)
def test_permanent_failure_is_raised_unchanged(s3: Any, tmp_path: Path, operation: str) -> None:
    (tmp_path / "128.webp").write_bytes(b"x")
    with Stubber(s3) as stub:
        stub.add_client_error(operation, "AccessDenied", http_status_code=403)
        with pytest.raises(ClientError, match="AccessDenied"):
            CALLS[operation](objects(s3), tmp_path)


@pytest.mark.parametrize("code", ["NoSuchKey", "NoSuchVersion", "PreconditionFailed"])
@pytest.mark.parametrize("operation", ["get_object", "copy_object"])
def test_missing_version_raises_image_superseded(s3: Any, tmp_path: Path, operation: str, code: str) -> None:
    with Stubber(s3) as stub:
        stub.add_client_error(operation, code, http_status_code=404)
        with pytest.raises(ImageSuperseded):
            CALLS[operation](objects(s3), tmp_path)


def test_deleted_object_has_no_current_version(s3: Any) -> None:
    with Stubber(s3) as stub:
        stub.add_client_error("head_object", "404", http_status_code=404)
        assert objects(s3).find_current(IMAGE["key"]) is None


def test_failed_deletion_raises_store_unavailable(s3: Any) -> None:
    listed = {"Contents": [{"Key": "f0/s01.a1/x"}], "IsTruncated": False}
    refused = {"Errors": [{"Key": "f0/s01.a1/x", "Code": "InternalError"}]}
    with Stubber(s3) as stub:
        stub.add_response("list_objects_v2", listed)
        stub.add_response("delete_objects", refused, {"Bucket": "thumbnails", "Delete": ANY})
        with pytest.raises(StoreUnavailable, match="deleting 1 thumbnails: InternalError"):
            objects(s3).remove_leftovers("f0", {"sequencer": "9", "outputs": []})


def test_interrupted_download_raises_store_unavailable(s3: Any, tmp_path: Path) -> None:
    from botocore.response import StreamingBody

    with Stubber(s3) as stub:
        stub.add_response("get_object", {"Body": StreamingBody(io.BytesIO(b"half"), 8)})
        with pytest.raises(StoreUnavailable):
            objects(s3).download(IMAGE, tmp_path / "original")


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "originals.s3.us-east-1.amazonaws.com"),
        ("eu-central-1", "originals.s3.eu-central-1.amazonaws.com"),
        ("cn-north-1", "originals.s3.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_upload_form_names_the_regional_endpoint(
    monkeypatch: pytest.MonkeyPatch, region: str, host: str
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    form = objects(s3_client()).sign_upload("products/A/b.jpg", "image/jpeg")
    assert form["url"] == f"https://{host}/"
