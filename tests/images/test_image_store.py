"""What S3 answers, in the words of the workflow: what may pass is retried, what is gone is left to its own event."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.client import Config
from botocore.exceptions import ClientError
from botocore.session import get_session
from botocore.stub import ANY, Stubber
from images.store import ImageStore
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


def store(s3: Any) -> ImageStore:
    return ImageStore(None, s3, "images", "originals", "thumbnails", "quarantine")


CALLS: dict[str, Callable[[ImageStore, Path], Any]] = {
    "head_object": lambda store, folder: store.find_current(IMAGE["key"]),
    "get_object": lambda store, folder: store.download(IMAGE, folder / "original"),
    "put_object": lambda store, folder: store.upload(
        [{"file": "128.webp", "key": "f0/128.webp", "type": "image/webp"}], folder
    ),
    "copy_object": lambda store, folder: store.copy_to_quarantine(IMAGE),
    "list_objects_v2": lambda store, folder: store.remove_leftovers("f0", {}),
}


@pytest.mark.parametrize(
    ("code", "status"), [("SlowDown", 503), ("InternalError", 500), ("RequestTimeout", 400), ("503", 503)]
)
@pytest.mark.parametrize("operation", CALLS)
def test_what_may_pass_is_the_error_that_is_retried(
    s3: Any, tmp_path: Path, operation: str, code: str, status: int
) -> None:
    (tmp_path / "128.webp").write_bytes(b"x")
    with Stubber(s3) as stub:
        stub.add_client_error(operation, code, http_status_code=status)
        with pytest.raises(StoreUnavailable, match=code):
            CALLS[operation](store(s3), tmp_path)


@pytest.mark.parametrize("operation", CALLS)
def test_what_will_not_pass_is_told_as_it_is(s3: Any, tmp_path: Path, operation: str) -> None:
    (tmp_path / "128.webp").write_bytes(b"x")
    with Stubber(s3) as stub:
        stub.add_client_error(operation, "AccessDenied", http_status_code=403)
        with pytest.raises(ClientError, match="AccessDenied"):
            CALLS[operation](store(s3), tmp_path)


@pytest.mark.parametrize("code", ["NoSuchKey", "NoSuchVersion", "PreconditionFailed"])
@pytest.mark.parametrize("operation", ["get_object", "copy_object"])
def test_a_version_that_is_gone_is_superseded(s3: Any, tmp_path: Path, operation: str, code: str) -> None:
    with Stubber(s3) as stub:
        stub.add_client_error(operation, code, http_status_code=404)
        with pytest.raises(ImageSuperseded):
            CALLS[operation](store(s3), tmp_path)


def test_what_is_deleted_has_no_current_version(s3: Any) -> None:
    with Stubber(s3) as stub:
        stub.add_client_error("head_object", "404", http_status_code=404)
        assert store(s3).find_current(IMAGE["key"]) is None


def test_thumbnails_that_could_not_be_deleted_are_tried_again(s3: Any) -> None:
    listed = {"Contents": [{"Key": "f0/s01.a1/x"}], "IsTruncated": False}
    refused = {"Errors": [{"Key": "f0/s01.a1/x", "Code": "InternalError"}]}
    with Stubber(s3) as stub:
        stub.add_response("list_objects_v2", listed)
        stub.add_response("delete_objects", refused, {"Bucket": "thumbnails", "Delete": ANY})
        with pytest.raises(StoreUnavailable, match="deleting 1 thumbnails: InternalError"):
            store(s3).remove_leftovers("f0", {"sequencer": "9", "outputs": []})


def test_a_download_that_breaks_off_is_retried(s3: Any, tmp_path: Path) -> None:
    from botocore.response import StreamingBody

    with Stubber(s3) as stub:
        stub.add_response("get_object", {"Body": StreamingBody(io.BytesIO(b"half"), 8)})
        with pytest.raises(StoreUnavailable):
            store(s3).download(IMAGE, tmp_path / "original")
