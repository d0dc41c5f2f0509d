"""The images over HTTP: lists, details, quarantine, and the form of an upload."""

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import images.api
import pytest
from images.operations import ImageOperations
from images.store import ImageStore
from tillflow.aws import client
from tillflow.store import marshal

from tests.support.api_functions import forget_operations
from tests.support.full_shop import IMAGE, REJECTED, put_images
from tests.support.http_api import HttpApi, http_api
from till.shop import MUG
from verification.harness.fixture import seed_stock, workflow_fixture


@pytest.fixture(scope="module")
def api() -> Iterator[HttpApi]:
    with workflow_fixture() as fixture, http_api(fixture) as built:
        put_images()
        seed_stock({MUG: 1})
        yield built


def test_list_has_each_image_once_with_its_state(api: HttpApi) -> None:
    images = api.get("/images").body["images"]
    assert {image["key"]: image["status"] for image in images} == {IMAGE: "READY", REJECTED: "REJECTED"}


def test_pages_of_the_list_have_each_image_once(api: HttpApi) -> None:
    keys, cursor = [], ""
    while cursor is not None:
        page = api.get("/images", query={"limit": "1", "cursor": cursor}).body
        keys += [image["key"] for image in page["images"]]
        cursor = page["next_cursor"]
    assert sorted(keys) == sorted([IMAGE, REJECTED])


def test_list_of_a_product_has_what_the_product_shows(api: HttpApi) -> None:
    assert [image["key"] for image in api.get("/images", query={"sku": "MUG"}).body["images"]] == [IMAGE]
    assert api.get("/images", query={"sku": MUG}).body == {"images": [], "next_cursor": None}
    unknown = api.get("/images", query={"sku": "NONE"})
    assert (unknown.status, unknown.body["title"]) == (400, "UnknownReferences")


def test_quarantine_has_the_rejected_image_with_its_reason(api: HttpApi) -> None:
    (image,) = api.get("/images/quarantine", group="manager").body["images"]
    assert (image["key"], image["reason"]) == (REJECTED, "broken")
    assert image["sentence"] == "the jpeg file cannot be decoded"


def test_details_have_a_url_for_each_thumbnail(api: HttpApi) -> None:
    image = api.get("/images/details", query={"key": IMAGE}).body
    assert [output["key"] for output in image["outputs"]] == ["t/1280.webp"]
    assert "t/1280.webp" in image["outputs"][0]["url"]
    assert (image["format"], image["displayed_size"]) == ("jpeg", [64, 48])


class WithoutDistribution(images.api._Deployment):
    """The resources of the function in a shop whose thumbnails are not behind CloudFront."""

    def output(self, logical_id: str) -> str:
        return {"ThumbnailsDomain": "", "ThumbnailsBucket": "thumbnails"}.get(logical_id, logical_id)


def test_url_of_a_thumbnail_without_distribution_is_signed_for_every_region(
    api: HttpApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A URL of signature version 2, or of the global endpoint, is refused outside us-east-1."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    forget_operations([images.api])
    row = {"outputs": [{"key": "t/128.webp", "size": 128, "type": "image/webp"}]}
    url = urlsplit(ImageOperations(WithoutDistribution()).thumbnail_url(row, 128))
    forget_operations([images.api])
    assert url.netloc == "thumbnails.s3.eu-central-1.amazonaws.com"
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in url.query


def test_unknown_key_is_a_404(api: HttpApi) -> None:
    response = api.get("/images/details", query={"key": "products/none.jpg"})
    assert (response.status, response.body["title"]) == (404, "UnknownImage")


@pytest.mark.parametrize("cursor", ["x", json.dumps(["IMAGE#", 1])])
def test_forged_cursor_is_refused(api: HttpApi, cursor: str) -> None:
    assert api.get("/images", query={"cursor": cursor}).status == 400


def test_form_uploads_one_key_of_one_type(api: HttpApi) -> None:
    response = api.post(
        "/images/uploads", {"sku": MUG, "name": "side.png", "content_type": "image/png"}, group="manager"
    )
    assert response.status == 201
    assert response.body["key"] == response.body["fields"]["key"] == f"products/{MUG}/side.png"
    assert response.body["fields"]["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "a/b.png"),
        ("name", "${filename}"),
        ("name", "side ${filename}.png"),
        ("content_type", "text/html"),
        ("sku", ""),
    ],
)
def test_upload_of_another_key_or_type_is_refused(api: HttpApi, field: str, value: str) -> None:
    body = {"sku": "MUG", "name": "a.png", "content_type": "image/png"} | {field: value}
    response = api.post("/images/uploads", body)
    assert (response.status, response.body["problems"][0]["field"]) == (400, field)


def test_page_of_the_table_does_not_end_before_its_images(api: HttpApi) -> None:
    for number in range(30):
        deleted = {"pk": f"IMAGE#d{number}", "sk": "IMAGE", "key": f"d{number}", "status": "DELETED"}
        client("dynamodb").put_item(TableName="ImagesTable", Item=marshal(deleted))
    store, keys, after = ImageStore(client("dynamodb"), "ImagesTable"), [], ""
    while after is not None:
        page = store.list_page(2, after)
        keys += [row["key"] for row in page.rows]
        after = page.after
    assert sorted(keys) == sorted([IMAGE, REJECTED])
