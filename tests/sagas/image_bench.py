"""A bench for the image workflows: moto's S3 behind the shipped handlers and a real decoding process."""

import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from PIL import Image
from tillflow.aws import client

from tests.sagas.harness import Bench
from tests.sagas.template import Template
from tests.sagas.world import World, data_services
from till.invariants import Snapshot
from till.invariants.reader import read_pictures

BUCKETS = ("ImagesBucket", "ThumbnailsBucket", "QuarantineBucket", "BackfillReportsBucket")
KEY = "products/COF-ESP-1KG/crème & café + 100%.png"


def picture(colour: str = "red", size: tuple[int, int] = (200, 100), kind: str = "PNG") -> bytes:
    """A small picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind)
    return buffer.getvalue()


@dataclass
class ImageBench(Bench):
    """Put and delete objects, deliver their events in any order and number, look at what is left."""

    _executions: Iterator[int] = field(default_factory=lambda: count(1))
    _sequencers: Iterator[int] = field(default_factory=lambda: count(0x617F08299329D189))

    def __post_init__(self) -> None:
        super().__post_init__()
        self.s3 = client("s3")
        self.sqs = client("sqs")

    def put(self, body: bytes, key: str = KEY) -> dict[str, Any]:
        """Upload an object; the event S3 sends of it."""
        answer = self.s3.put_object(Bucket="ImagesBucket", Key=key, Body=body)
        thing = {"size": len(body), "etag": answer["ETag"].strip('"'), "version-id": answer["VersionId"]}
        return self._event("Object Created", {"reason": "PutObject"}, key, thing)

    def delete(self, key: str = KEY) -> dict[str, Any]:
        """Put a delete marker on an object; the event S3 sends of it."""
        version = self.s3.delete_object(Bucket="ImagesBucket", Key=key)["VersionId"]
        kind = {"reason": "DeleteObject", "deletion-type": "Delete Marker Created"}
        return self._event("Object Deleted", kind, key, {"version-id": version})

    def delete_version(self, version: str, key: str = KEY) -> dict[str, Any]:
        """Delete a version, or a delete marker, for good; the event S3 sends of it."""
        self.s3.delete_object(Bucket="ImagesBucket", Key=key, VersionId=version)
        kind = {"reason": "DeleteObject", "deletion-type": "Permanently Deleted"}
        return self._event("Object Deleted", kind, key, {"version-id": version})

    def _event(self, name: str, more: dict[str, str], key: str, thing: dict[str, Any]) -> dict[str, Any]:
        thing = {"key": key, "sequencer": f"{next(self._sequencers):X}", **thing}
        detail = {"version": "0", "bucket": {"name": "ImagesBucket"}, "object": thing, **more}
        return {"version": "0", "source": "aws.s3", "detail-type": name, "detail": detail}

    def start(self, request: Mapping[str, Any], workflow: str) -> str:
        # EventBridge names each execution anew, so a repeated event is a second execution.
        return self.engine.start(self.deploy(workflow), request, f"execution-{next(self._executions)}")

    def thumbnails(self) -> set[str]:
        """The keys of every thumbnail there is."""
        return {
            thing["Key"] for thing in self.s3.list_objects_v2(Bucket="ThumbnailsBucket").get("Contents", [])
        }

    def image(self, key: str = KEY) -> dict[str, Any]:
        """The row of an image; {} when there is none."""
        return self.row("ImagesTable", f"IMAGE#{key}", "IMAGE")

    def parked(self) -> list[dict[str, Any]]:
        """What waits in the dead-letter queue."""
        url = self.sqs.get_queue_url(QueueName="ImageDeadLetterQueue")["QueueUrl"]
        answer = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    def announced(self) -> list[tuple[str, str]]:
        """(detail-type, version) of each distinct announcement, in order."""
        told: dict[str, tuple[str, str]] = {}
        for entry in self.world.events:
            detail = entry["Detail"] if isinstance(entry["Detail"], dict) else json.loads(entry["Detail"])
            told.setdefault(detail["id"], (entry["DetailType"], detail["version_id"]))
        return list(told.values())

    def snapshot(self, *running: str) -> Snapshot:
        """The tables, and the pictures at once: no event is on its way that a test does not say so of."""
        shop = super().snapshot(*running)
        pictures = read_pictures(self.s3, lambda bucket: bucket)
        return replace(shop, pictures=replace(pictures, underway=frozenset(running)))


@contextmanager
def image_bench(workflow: str = "ImageIngest") -> Iterator[ImageBench]:
    """A bench over empty tables and buckets, in a moto of its own."""
    template = Template.read()
    with data_services(template):
        s3, here = client("s3"), {"LocationConstraint": "eu-west-1"}
        for bucket in BUCKETS:
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=here)
        s3.put_bucket_versioning(Bucket="ImagesBucket", VersioningConfiguration={"Status": "Enabled"})
        client("sqs").create_queue(QueueName="ImageDeadLetterQueue")
        # The functions are one module here, which reads its environment once: let it find all buckets.
        os.environ.update(THUMBNAILS_BUCKET="ThumbnailsBucket", QUARANTINE_BUCKET="QuarantineBucket")
        built = ImageBench(template, workflow, World(template))
        try:
            yield built
        finally:
            built.close()
