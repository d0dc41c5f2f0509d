"""The image buckets and their dead-letter queue: objects, the events that S3 sends, and dead letters."""

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
    """Return a small image of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind, **options)
    return buffer.getvalue()


def make_buckets() -> None:
    """Create the buckets and the queue of the template in the active moto."""
    s3, location = client("s3"), {"LocationConstraint": os.environ["AWS_REGION"]}
    for bucket in BUCKETS:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=location)
    s3.put_bucket_versioning(Bucket=ORIGINALS, VersioningConfiguration={"Status": "Enabled"})
    client("sqs").create_queue(QueueName=QUEUE)
    # In one process the functions share a module, which reads the environment once.
    os.environ.update(THUMBNAILS_BUCKET="ThumbnailsBucket", QUARANTINE_BUCKET="QuarantineBucket")


def put(body: bytes, key: str) -> dict[str, Any]:
    """Upload an object; return the event that S3 sends."""
    response = client("s3").put_object(Bucket=ORIGINALS, Key=key, Body=body)
    properties = {"size": len(body), "etag": response["ETag"].strip('"'), "version-id": response["VersionId"]}
    return _event("Object Created", {"reason": "PutObject"}, key, properties)


def delete(key: str) -> dict[str, Any]:
    """Put a delete marker on an object; return the event that S3 sends."""
    version = client("s3").delete_object(Bucket=ORIGINALS, Key=key)["VersionId"]
    kind = {"reason": "DeleteObject", "deletion-type": "Delete Marker Created"}
    return _event("Object Deleted", kind, key, {"version-id": version})


def delete_version(version: str, key: str) -> dict[str, Any]:
    """Delete a version or a delete marker permanently; return the event that S3 sends."""
    client("s3").delete_object(Bucket=ORIGINALS, Key=key, VersionId=version)
    kind = {"reason": "DeleteObject", "deletion-type": "Permanently Deleted"}
    return _event("Object Deleted", kind, key, {"version-id": version})


def _event(name: str, reason: dict[str, str], key: str, properties: dict[str, Any]) -> dict[str, Any]:
    properties = {"key": key, "sequencer": f"{next(_sequencers):X}", **properties}
    detail = {"version": "0", "bucket": {"name": ORIGINALS}, "object": properties, **reason}
    return {"version": "0", "source": "aws.s3", "detail-type": name, "detail": detail}


def dead_letters() -> list[dict[str, Any]]:
    """Return the messages of the dead-letter queue: {event, execution, failure, uncompensated, receipt}."""
    sqs = client("sqs")
    response = sqs.receive_message(QueueUrl=_queue(), MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [
        {**json.loads(message["Body"]), "receipt": message["ReceiptHandle"]}
        for message in response.get("Messages", [])
    ]


def remove_dead_letter(message: dict[str, Any]) -> None:
    """Delete a message from the dead-letter queue."""
    client("sqs").delete_message(QueueUrl=_queue(), ReceiptHandle=message["receipt"])


def _queue() -> str:
    return str(client("sqs").get_queue_url(QueueName=QUEUE)["QueueUrl"])


def announced(entries: list[Any]) -> list[tuple[str, str, str]]:
    """Return (detail-type, key, version) of each distinct announcement, in order."""
    distinct: dict[str, tuple[str, str, str]] = {}
    for entry in entries:
        detail = entry["Detail"] if isinstance(entry["Detail"], dict) else json.loads(entry["Detail"])
        distinct.setdefault(detail["id"], (entry["DetailType"], detail["key"], detail["version_id"]))
    return list(distinct.values())


def at_rest() -> Pictures:
    """Read the buckets; no event is in delivery."""
    pictures = read_pictures(client("s3"), lambda bucket: bucket)
    return Pictures(pictures.originals, pictures.thumbnails)
