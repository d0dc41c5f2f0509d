"""Pictures as an operator sees them: rows, thumbnails, uploads, and what is parked."""

import io
import json
import mimetypes
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
from PIL import Image
from tillflow.store import Item, unmarshal

from till import dead_letters
from till.errors import OperatorError
from till.stack import Stack

_AT_ONCE = 8
_MOST_PARKED = 10_000
_POLL_SECONDS = 0.25
_TYPES = {".webp": "image/webp", ".avif": "image/avif", ".heic": "image/heic", ".heif": "image/heic"}


def find_image(stack: Stack, name: str) -> Item:
    """The row of an object by its key. OperatorError when nothing is known of it."""
    row = stack.row("ImagesTable", f"IMAGE#{name}", "IMAGE")
    if not row or row["status"] == "DELETED":
        raise OperatorError(f"There is no image {name}.", "`till image list` names every image.")
    return row


def of_product(stack: Stack, sku: str) -> list[Item]:
    """The pictures of a product that are ready, by key: what a page of it shows."""
    query = {
        "TableName": stack.output("ImagesTable"),
        "KeyConditionExpression": "pk = :product AND begins_with(sk, :image)",
        "ExpressionAttributeValues": {":product": {"S": f"PRODUCT#{sku}"}, ":image": {"S": "IMAGE#"}},
    }
    return [
        {name: value for name, value in link.items() if name not in ("pk", "sk")}
        for link in _pages(stack, "query", query)
    ]


def of_products(stack: Stack, skus: Iterable[str]) -> list[list[Item]]:
    """The pictures of each of several products, asked for side by side."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda sku: of_product(stack, sku), skus))


def every_image(stack: Stack, most: int) -> list[Item]:
    """Up to `most` images that have not been deleted, in no order."""
    scan = {
        "TableName": stack.output("ImagesTable"),
        "FilterExpression": "sk = :image AND #status <> :deleted",
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": {":image": {"S": "IMAGE"}, ":deleted": {"S": "DELETED"}},
    }
    found = []
    for row in _pages(stack, "scan", scan):
        found.append(row)
        if len(found) == most:
            break
    return found


def quarantined(stack: Stack) -> list[Item]:
    """The refused images, the newest first."""
    query = {
        "TableName": stack.output("ImagesTable"),
        "IndexName": "quarantine",
        "KeyConditionExpression": "quarantine = :rejected",
        "ExpressionAttributeValues": {":rejected": {"S": "REJECTED"}},
        "ScanIndexForward": False,
    }
    return list(_pages(stack, "query", query))


def thumbnail(stack: Stack, row: Item, size: int) -> Image.Image:
    """A thumbnail of the row, decoded."""
    output = next(o for o in row["outputs"] if o["size"] == size and o["type"] == "image/webp")
    answer = stack.client("s3").get_object(Bucket=stack.output("ThumbnailsBucket"), Key=output["key"])
    return Image.open(io.BytesIO(answer["Body"].read()))


def with_urls(stack: Stack, row: Item) -> Item:
    """The row, its thumbnails with the URL each is served under."""
    domain = stack.output("ThumbnailsDomain")
    return {**row, "outputs": [{**o, "url": f"https://{domain}/{o['key']}"} for o in row["outputs"]]}


@dataclass(frozen=True, slots=True)
class Uploaded:
    """An object as S3 took it; version_id is "" from a bucket without versions."""

    key: str
    etag: str
    version_id: str


def add(stack: Stack, sku: str, file: Path, name: str) -> Uploaded:
    """Upload a file as a picture of a product, by a form the stack signs for it."""
    kind = _TYPES.get(file.suffix.lower()) or mimetypes.guess_type(file)[0] or "application/octet-stream"
    form = _invoke(stack, "SignUploadFunction", {"sku": sku, "name": name, "content_type": kind})
    answer = urllib3.request(
        "POST", form["url"], fields={**form["fields"], "file": (name, file.read_bytes(), kind)}
    )
    if answer.status >= 300:
        raise OperatorError(
            f"S3 did not take {file}: {answer.status} {_error_of(answer.data)}.",
            "A picture may have 1 byte to 50 MiB.",
        )
    return Uploaded(
        form["key"], answer.headers.get("ETag", "").strip('"'), answer.headers.get("x-amz-version-id", "")
    )


def wait_for(stack: Stack, uploaded: Uploaded, seconds: float) -> Item | None:
    """The row once it tells of the upload, or of a later one; None when it does not in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        row = stack.row("ImagesTable", f"IMAGE#{uploaded.key}", "IMAGE")
        if row.get("version_id") == uploaded.version_id and row.get("etag") == uploaded.etag:
            return row
        time.sleep(_POLL_SECONDS)
    return None


def underway(stack: Stack) -> frozenset[str]:
    """The keys whose event is being handled, or waits in the dead-letter queue."""
    states = stack.client("stepfunctions")
    pages = states.get_paginator("list_executions").paginate(
        stateMachineArn=stack.output("ImageIngest"), statusFilter="RUNNING"
    )
    arns = [execution["executionArn"] for page in pages for execution in page["executions"]]
    running = [json.loads(states.describe_execution(executionArn=arn)["input"]) for arn in arns]
    queue = dead_letters.find(stack, "Image")
    parked = [parked_event(message) for message in dead_letters.peek(stack, queue, _MOST_PARKED)]
    return frozenset(event["detail"]["object"]["key"] for event in (*running, *parked))


def parked_event(message: dict[str, Any]) -> dict[str, Any]:
    """The event of S3 that a dead letter is about.

    The workflow parks it with what went wrong; EventBridge parks it bare, or as the input of an execution that was
    cut short.
    """
    body: dict[str, Any] = json.loads(message["Body"])
    event: dict[str, Any] = json.loads(body["input"]) if "input" in body else body.get("event", body)
    return event


def redrive(stack: Stack) -> Iterator[tuple[str, str]]:
    """Start the ingest of every parked event again: (key, execution ARN) of each.

    A message goes when its execution has started; one that is interrupted here is redriven again.
    """
    queue, sqs = stack.output("ImageDeadLetterQueue"), stack.client("sqs")
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            event = {**parked_event(message), "redriven": True}
            started = stack.client("stepfunctions").start_execution(
                stateMachineArn=stack.output("ImageIngest"),
                name=f"redrive-{message['MessageId']}",
                input=json.dumps(event),
            )
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            yield event["detail"]["object"]["key"], started["executionArn"]


def _pages(stack: Stack, operation: str, request: dict[str, Any]) -> Iterator[Item]:
    for page in stack.client("dynamodb").get_paginator(operation).paginate(**request):
        yield from map(unmarshal, page["Items"])


def _invoke(stack: Stack, function: str, event: dict[str, Any]) -> dict[str, Any]:
    answer = stack.client("lambda").invoke(FunctionName=stack.output(function), Payload=json.dumps(event))
    payload: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise OperatorError(
            payload.get("errorMessage", "The upload was not signed."), "Correct it and try again."
        )
    return payload


def _error_of(body: bytes) -> str:
    text = body.decode(errors="replace")
    return text.partition("<Code>")[2].partition("</Code>")[0] or text[:100]
