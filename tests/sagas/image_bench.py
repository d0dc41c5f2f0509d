"""A bench for the image workflows: moto's S3 behind the shipped handlers and a real decoding process."""

import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from PIL import Image
from tillflow.aws import client
from tillflow.store import unmarshal

from tests.sagas.harness import Bench
from tests.sagas.template import Template
from tests.sagas.world import World, data_services

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

    def link(self, key: str = KEY) -> dict[str, Any]:
        return self.row("ImagesTable", f"PRODUCT#{key.split('/')[1]}", f"IMAGE#{key}")

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

    def broken_rules(self) -> list[str]:
        """Thumbnails no row names, rows whose thumbnails or object are missing, links that lie."""
        wrong = []
        scanned = client("dynamodb").scan(TableName="ImagesTable", ConsistentRead=True)["Items"]
        items = [unmarshal(item) for item in scanned]
        rows = {item["key"]: item for item in items if item["sk"] == "IMAGE"}
        named = {output["key"] for row in rows.values() for output in row["outputs"]}
        wrong += [f"orphan thumbnail {key}" for key in sorted(self.thumbnails() - named)]
        wrong += [f"missing thumbnail {key}" for key in sorted(named - self.thumbnails())]
        for key, row in rows.items():
            wrong += self._of_row(key, row)
        for item in items:
            if item["pk"].startswith("PRODUCT#"):
                row = rows.get(item["key"], {})
                if row.get("status") != "READY" or row["outputs"] != item["outputs"]:
                    wrong.append(f"link to {item['key']} without its image")
        return wrong

    def _of_row(self, key: str, row: dict[str, Any]) -> Iterator[str]:
        try:
            newest = self.s3.head_object(Bucket="ImagesBucket", Key=key)["VersionId"]
        except self.s3.exceptions.ClientError:
            newest = None
        if row["status"] == "DELETED":
            if newest is not None or row["outputs"]:
                yield f"{key} is a tombstone with something under it"
            return
        if row["version_id"] != newest:
            yield f"{key} tells of {row['version_id']}, the object is {newest}"
        if (row["status"] == "READY") != (len(row["outputs"]) == 6):
            yield f"{key} is {row['status']} with {len(row['outputs'])} thumbnails"
        if (row["status"] == "READY") != bool(self.link(key)):
            yield f"{key} is {row['status']}, its product says otherwise"


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
