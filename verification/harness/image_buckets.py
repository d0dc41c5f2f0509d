"""The image buckets and their dead-letter queue: pictures, the events S3 sends of them, and what is parked."""

import io
import json
import os
from itertools import count
from typing import Any

from PIL import Image
from tillflow.aws import client

from audit.reader import read_pictures
from audit.snapshot import Pictures

ORIGINALS = "ImagesBucket"
BUCKETS = (ORIGINALS, "ThumbnailsBucket", "QuarantineBucket", "BackfillReportsBucket")
QUEUE = "ImageDeadLetterQueue"

_sequencers = count(0x617F08299329D189)


def picture(
    colour: str = "red", size: tuple[int, int] = (200, 100), kind: str = "PNG", **options: Any
) -> bytes:
    """A small picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind, **options)
    return buffer.getvalue()


def make_buckets() -> None:
    """The buckets and the queue of the template, in the moto of the moment."""
    s3, here = client("s3"), {"LocationConstraint": os.environ["AWS_REGION"]}
    for bucket in BUCKETS:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=here)
    s3.put_bucket_versioning(Bucket=ORIGINALS, VersioningConfiguration={"Status": "Enabled"})
    client("sqs").create_queue(QueueName=QUEUE)
    # The functions are one module here, which reads its environment once: let it find all buckets.
    os.environ.update(THUMBNAILS_BUCKET="ThumbnailsBucket", QUARANTINE_BUCKET="QuarantineBucket")


def put(body: bytes, key: str) -> dict[str, Any]:
    """Upload an object; the event S3 sends of it."""
    answer = client("s3").put_object(Bucket=ORIGINALS, Key=key, Body=body)
    thing = {"size": len(body), "etag": answer["ETag"].strip('"'), "version-id": answer["VersionId"]}
    return _event("Object Created", {"reason": "PutObject"}, key, thing)


def delete(key: str) -> dict[str, Any]:
    """Put a delete marker on an object; the event S3 sends of it."""
    version = client("s3").delete_object(Bucket=ORIGINALS, Key=key)["VersionId"]
    kind = {"reason": "DeleteObject", "deletion-type": "Delete Marker Created"}
    return _event("Object Deleted", kind, key, {"version-id": version})


def delete_version(version: str, key: str) -> dict[str, Any]:
    """Delete a version, or a delete marker, for good; the event S3 sends of it."""
    client("s3").delete_object(Bucket=ORIGINALS, Key=key, VersionId=version)
    kind = {"reason": "DeleteObject", "deletion-type": "Permanently Deleted"}
    return _event("Object Deleted", kind, key, {"version-id": version})


def _event(name: str, more: dict[str, str], key: str, thing: dict[str, Any]) -> dict[str, Any]:
    thing = {"key": key, "sequencer": f"{next(_sequencers):X}", **thing}
    detail = {"version": "0", "bucket": {"name": ORIGINALS}, "object": thing, **more}
    return {"version": "0", "source": "aws.s3", "detail-type": name, "detail": detail}


def parked() -> list[dict[str, Any]]:
    """What waits in the dead-letter queue: {event, execution, failure, uncompensated, receipt}."""
    sqs = client("sqs")
    answer = sqs.receive_message(QueueUrl=_queue(), MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [
        {**json.loads(message["Body"]), "receipt": message["ReceiptHandle"]}
        for message in answer.get("Messages", [])
    ]


def taken(message: dict[str, Any]) -> None:
    """Take a parked event off the queue."""
    client("sqs").delete_message(QueueUrl=_queue(), ReceiptHandle=message["receipt"])


def _queue() -> str:
    return str(client("sqs").get_queue_url(QueueName=QUEUE)["QueueUrl"])


def announced(entries: list[Any]) -> list[tuple[str, str, str]]:
    """(detail-type, key, version) of each distinct announcement, in order."""
    distinct: dict[str, tuple[str, str, str]] = {}
    for entry in entries:
        detail = entry["Detail"] if isinstance(entry["Detail"], dict) else json.loads(entry["Detail"])
        distinct.setdefault(detail["id"], (entry["DetailType"], detail["key"], detail["version_id"]))
    return list(distinct.values())


def at_rest() -> Pictures:
    """The buckets as they are; no event is on its way."""
    pictures = read_pictures(client("s3"), lambda bucket: bucket)
    return Pictures(pictures.originals, pictures.thumbnails)
