"""The images service's functions: one for each step of the ingest and backfill workflows, one for uploads."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler

from images import ingest, rules
from images.store import ImageStore, s3_client
from images.workshop import Workshop

store = ImageStore(
    dynamodb=client("dynamodb"),
    s3=s3_client(),
    table=os.environ["TABLE_NAME"],
    originals=os.environ["IMAGES_BUCKET"],
    thumbnails=os.environ.get("THUMBNAILS_BUCKET", ""),
    quarantine=os.environ.get("QUARANTINE_BUCKET", ""),
)
workshop = Workshop()


@handler
def render_image(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """{change, execution} -> the image document with its outcome; see `ingest.prepare`."""
    return ingest.prepare(store, workshop, event["change"], event["execution"])


@handler
def quarantine_original(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """{image} -> {quarantine_key}: a copy of the refused original, with the reason, that nothing serves."""
    return {"quarantine_key": store.copy_to_quarantine(event["image"])}


@handler
def settle_image(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """{image} -> {detail_type, detail} to announce. The pivot: the row names this attempt's outcome."""
    return ingest.settle(store, event["image"])


@handler
def tidy_outputs(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """{business_id: key} -> {removed}: thumbnails of former versions go."""
    return ingest.tidy(store, event["business_id"])


@handler
def discard_outputs(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """{business_id: key, execution} -> {outcome: discarded | settled, announcement?}; see `ingest.discard`."""
    return ingest.discard(store, event["business_id"], event["execution"])


@handler
def find_stale(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """{objects: [S3 listing entries]} -> {checked, stale: [events for the ingest workflow]}."""
    return ingest.find_stale(store, event["objects"])


@handler
def sign_upload(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """{sku, name, content_type} -> {key, url, fields}: a form good for one upload of 1 byte to 50 MiB."""
    wanted = rules.upload(event["sku"], event["name"], event["content_type"])
    return {"key": wanted["key"], **store.sign_upload(wanted)}
