"""Pictures on the deployed template: upload, display, quarantine, deletion, redrive and backfill."""

import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import urllib3
from PIL import Image

from tests.support.deployed_shop import Deployed

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


def picture(path: Path, colour: str = "teal") -> Path:
    Image.new("RGB", (320, 200), colour).save(path)
    return path


def until(seen: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait for the first true value of a condition and return it."""
    deadline = time.monotonic() + seconds
    while not (found := seen()):
        assert time.monotonic() < deadline, f"the condition did not become true within {seconds} s"
        time.sleep(0.1)
    return found


def row(shop: Deployed, key: str) -> dict[str, Any]:
    table = shop.outputs()["ImagesTable"]
    wanted = {"pk": {"S": f"IMAGE#{key}"}, "sk": {"S": "IMAGE"}}
    return shop.client("dynamodb").get_item(TableName=table, Key=wanted).get("Item", {})


def test_picture_is_added_shown_and_deleted(shop: Deployed, tmp_path: Path) -> None:
    file = picture(tmp_path / "crème + café.png")
    assert "320 x 200 png, 6 thumbnails" in shop.till(
        "image", "add", str(file), "--sku", "COF-ESP-1KG", "--wait"
    )
    key = "products/COF-ESP-1KG/crème + café.png"
    shown = json.loads(shop.till("image", "show", key, "--json"))
    assert (shown["status"], shown["sku"]) == ("READY", "COF-ESP-1KG")
    product = json.loads(shop.till("product", "show", "COF-ESP-1KG", "--json"))
    assert key in [image["key"] for image in product["images"]]
    s3, names = shop.client("s3"), shop.outputs()
    head = s3.head_object(Bucket=names["ThumbnailsBucket"], Key=shown["outputs"][0]["key"])
    assert head["CacheControl"] == "public, max-age=31536000, immutable"
    s3.delete_object(Bucket=names["ImagesBucket"], Key=key)
    until(lambda: row(shop, key)["status"] == {"S": "DELETED"})
    folder = f"{shown['image_id']}/"
    until(lambda: not s3.list_objects_v2(Bucket=names["ThumbnailsBucket"], Prefix=folder)["KeyCount"])


def test_thumbnails_are_immutable_and_read_by_signed_urls_only(shop: Deployed, tmp_path: Path) -> None:
    shop.till("image", "add", str(picture(tmp_path / "served.png")), "--sku", "COF-ESP-1KG", "--wait")
    [thumbnail] = [
        output
        for output in json.loads(shop.till("image", "show", "products/COF-ESP-1KG/served.png", "--json"))[
            "outputs"
        ]
        if (output["size"], output["type"]) == (512, "image/webp")
    ]
    response = urllib3.request("GET", thumbnail["url"])
    assert response.status == 200
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Content-Type"] == "image/webp"
    assert len(response.data) == thumbnail["bytes"]
    assert urllib3.request("GET", thumbnail["url"].partition("?")[0]).status == 403


def test_hostile_file_is_quarantined_and_listed(shop: Deployed, tmp_path: Path) -> None:
    file = tmp_path / "logo.png"
    file.write_bytes(b"<svg onload='x()'/>")
    shop.till("image", "add", str(file), "--sku", "COF-ESP-1KG", "--wait", code=1)
    listed = json.loads(shop.till("image", "quarantine", "--json"))
    refused = next(one for one in listed if one["key"] == "products/COF-ESP-1KG/logo.png")
    assert refused["reason"] == "unsupported_format"
    shown = json.loads(shop.till("image", "show", refused["key"], "--json"))
    copy = shop.client("s3").get_object(
        Bucket=shop.outputs()["QuarantineBucket"], Key=shown["quarantine_key"]
    )
    assert copy["Body"].read() == file.read_bytes()


def test_event_in_the_dead_letter_queue_is_redriven(shop: Deployed, tmp_path: Path) -> None:
    names, key = shop.outputs(), "products/TEA-1/parked.png"
    body = picture(tmp_path / "parked.png").read_bytes()
    etag = shop.client("s3").put_object(Bucket=names["ImagesBucket"], Key=key, Body=body)["ETag"]
    first = until(lambda: row(shop, key))
    event = {
        "detail-type": "Object Created",
        "detail": {"object": {"key": key, "etag": etag, "sequencer": "FF"}},
    }
    shop.client("sqs").send_message(QueueUrl=names["ImageDeadLetterQueue"], MessageBody=json.dumps(event))
    assert "1 redriven" in shop.till("image", "redrive")
    assert "The dead-letter queue is empty" in shop.till("image", "redrive")
    assert row(shop, key) == first


def made_by_an_old_recipe(shop: Deployed, file: Path, key: str) -> dict[str, Any]:
    """A picture whose row says so, and is stale; the row as it was."""
    names = shop.outputs()
    shop.client("s3").put_object(Bucket=names["ImagesBucket"], Key=key, Body=picture(file).read_bytes())
    made = until(lambda: row(shop, key))
    shop.client("dynamodb").update_item(
        TableName=names["ImagesTable"],
        Key={name: made[name] for name in ("pk", "sk")},
        UpdateExpression="SET recipe = :old",
        ExpressionAttributeValues={":old": {"N": "0"}},
    )
    return made


def test_backfill_renders_stale_pictures(shop: Deployed, tmp_path: Path) -> None:
    key = "products/TEA-2/old.png"
    made = made_by_an_old_recipe(shop, tmp_path / "old.png", key)
    told = json.loads(shop.till("image", "backfill", "--prefix", "products/TEA-2/", "--wait", "--json"))
    assert [told[what] for what in ("status", "checked", "ingested")] == ["SUCCEEDED", 1, 1]
    assert row(shop, key)["recipe"] == made["recipe"]
    assert row(shop, key)["attempt"] != made["attempt"]
    assert json.loads(shop.till("image", "backfill", "--resume", told["name"], "--wait", "--json")) == told


def test_stopped_ingest_is_finished_by_its_redrive(shop: Deployed, tmp_path: Path) -> None:
    names, states, key = shop.outputs(), shop.client("stepfunctions"), "products/TEA-3/stopped.png"
    made = made_by_an_old_recipe(shop, tmp_path / "stopped.png", key)
    event = {"detail-type": "Image Stale", "detail": {"object": {"key": key, "etag": made["etag"]["S"]}}}
    arn = states.start_execution(stateMachineArn=names["ImageIngest"], input=json.dumps(event))[
        "executionArn"
    ]
    states.stop_execution(executionArn=arn)
    until(lambda: "1 redriven" in shop.till("image", "redrive"))
    until(lambda: row(shop, key)["recipe"] == made["recipe"])


def test_upload_form_accepts_no_other_key_type_or_size(shop: Deployed) -> None:
    upload = json.dumps({"sku": "COF-ESP-1KG", "name": "x.jpg", "content_type": "image/jpeg"})
    request = ("POST", "/images/uploads", "--data", upload, "--user", "manager")
    form = json.loads(shop.till("api", *request))

    def post(body: bytes, **changed: str) -> int:
        fields = {**form["fields"], **changed, "file": ("x.jpg", body, "image/jpeg")}
        return urllib3.request("POST", form["url"], fields=fields).status

    assert post(b"x", key="products/B/y.jpg") == 403
    assert post(b"x", **{"Content-Type": "text/html"}) == 403
    assert post(b"") == 400
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG")
    assert post(buffer.getvalue()) == 204
