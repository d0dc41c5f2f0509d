"""Lambda handlers of the images service: the steps of ingest and backfill, and signed uploads."""

import os
from typing import Any

from tillflow.aws import client, s3_client
from tillflow.handling import handler
from tillflow.parsing import parse

from images.decoding.pool import DecoderPool
from images.documents import (
    Announcement,
    Discarded,
    ImageDocument,
    Quarantined,
    StaleObjects,
    Tidied,
)
from images.ingest import Ingest
from images.models import (
    DiscardRequest,
    ImageRequest,
    KeyRequest,
    ListingRequest,
    QuarantineRequest,
    RenderRequest,
)
from images.objects import ImageObjects
from images.store import ImageStore

objects = ImageObjects(
    s3_client(),
    originals=os.environ["IMAGES_BUCKET"],
    thumbnails=os.environ.get("THUMBNAILS_BUCKET", ""),
    quarantine=os.environ.get("QUARANTINE_BUCKET", ""),
)
ingest = Ingest(ImageStore(client("dynamodb"), os.environ["TABLE_NAME"]), objects, DecoderPool())


@handler
def render_image(event: dict[str, Any], context: Any) -> ImageDocument:
    """Render the object of an event; see `Ingest.render`."""
    request = parse(RenderRequest, event)
    return ingest.render(request.change, request.execution)


@handler
def quarantine_original(event: dict[str, Any], context: Any) -> Quarantined:
    """Copy a rejected original and the reason to the quarantine bucket."""
    return ingest.quarantine(parse(QuarantineRequest, event).image)


@handler
def settle_image(event: dict[str, Any], context: Any) -> Announcement:
    """Write an attempt's outcome to the image's row. The pivot."""
    return ingest.settle(parse(ImageRequest, event).image)


@handler
def tidy_outputs(event: dict[str, Any], context: Any) -> Tidied:
    """Remove thumbnails of former versions."""
    return ingest.tidy(parse(KeyRequest, event).business_id)


@handler
def discard_outputs(event: dict[str, Any], context: Any) -> Discarded:
    """Undo an attempt; see `Ingest.discard`."""
    request = parse(DiscardRequest, event)
    return ingest.discard(request.business_id, request.execution)


@handler
def find_stale(event: dict[str, Any], context: Any) -> StaleObjects:
    """Find the stale ones of listed objects."""
    return ingest.find_stale(parse(ListingRequest, event).objects)
