"""What people and other systems ask of the images service: look up and redrive."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from tillflow.listing import Page
from tillflow.store import Item

from images.errors import UnknownImage
from images.models import MAX_KEY_BYTES
from images.store import ImageStore

_CONCURRENT_READS = 8
_VISIBILITY_SECONDS = 30
_URL_SECONDS = 3600


class Deployment(Protocol):
    """A deployed stack: AWS clients by service, and the physical names of its resources by logical id."""

    def client(self, service: str) -> Any: ...

    def output(self, logical_id: str) -> str: ...


class ImageOperations:
    """Operations on the images of a deployed stack, with the caller's credentials."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._store = ImageStore(deployment.client("dynamodb"), deployment.output("ImagesTable"))

    def show(self, key: str) -> Item:
        """Return the row of an object, each output with its URL. Raises UnknownImage."""
        row = self._store.find_row(key) if len(key.encode("utf-8", "replace")) <= MAX_KEY_BYTES else {}
        if not row or row["status"] == "DELETED":
            raise UnknownImage(key)
        return {**row, "outputs": [{**output, "url": self._url(output["key"])} for output in row["outputs"]]}

    def list_page(self, limit: int, after: str) -> Page[Item]:
        """Return a page of images that are not deleted, in no order."""
        return self._store.list_page(limit, after)

    def list_quarantine(self, limit: int, after: str) -> Page[Item]:
        """Return a page of the rejected images, the newest first."""
        return self._store.list_quarantine(limit, after)

    def thumbnail_url(self, row: Item, size: int) -> str | None:
        """Return the URL of a WebP thumbnail; None where an image has none of this size."""
        keys = [o["key"] for o in row.get("outputs", ()) if o["size"] == size and o["type"] == "image/webp"]
        return self._url(keys[0]) if keys else None

    def list_of_product(self, sku: str) -> list[Item]:
        """Return the images that a product shows, by key."""
        return self._store.list_of_product(sku)

    def list_of_products(self, skus: list[str]) -> list[list[Item]]:
        """Return the images of each product, read in parallel."""
        with ThreadPoolExecutor(_CONCURRENT_READS) as pool:
            return list(pool.map(self._store.list_of_product, skus))

    def pending_keys(self) -> frozenset[str]:
        """Return the keys whose event is being ingested or waits in the dead-letter queue."""
        states = self._client("stepfunctions")
        pages = states.get_paginator("list_executions").paginate(
            stateMachineArn=self._deployment.output("ImageIngest"), statusFilter="RUNNING"
        )
        arns = [execution["executionArn"] for page in pages for execution in page["executions"]]
        inputs = (states.describe_execution(executionArn=arn)["input"] for arn in arns)
        events = [*map(_object, inputs), *map(dead_letter_event, self._peek())]
        return frozenset(key for event in events if (key := event_key(event)) is not None)

    def has_queued_events(self) -> bool:
        """Return whether events wait in the image queue or are being processed from it."""
        counts = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        response = self._client("sqs").get_queue_attributes(
            QueueUrl=self._deployment.output("ImageQueue"), AttributeNames=list(counts)
        )
        return any(int(response["Attributes"][name]) for name in counts)

    def redrive(self, limit: int) -> Iterator[tuple[str, str]]:
        """Start the ingest of up to `limit` dead-lettered events again; return the key and the execution ARN of each.

        A message is deleted when its execution has started; after an interruption it is redriven again. A message
        that holds no event of an object stays in the queue.
        """
        queue, sqs = self._deployment.output("ImageDeadLetterQueue"), self._client("sqs")
        started_count = 0
        while started_count < limit and (messages := self._receive()):
            for message in messages:
                event = dead_letter_event(message)
                key = event_key(event)
                if key is None:
                    continue
                started = self._client("stepfunctions").start_execution(
                    stateMachineArn=self._deployment.output("ImageIngestAlias"),
                    name=f"redrive-{message['MessageId']}",
                    input=json.dumps({**event, "redriven": True}),
                )
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                started_count += 1
                yield key, started["executionArn"]

    def _url(self, key: str) -> str:
        """Return the URL of a thumbnail: CloudFront's, or one that is signed for an hour."""
        if domain := self._deployment.output("ThumbnailsDomain"):
            return f"https://{domain}/{key}"
        request = {"Bucket": self._deployment.output("ThumbnailsBucket"), "Key": key}
        return str(
            self._client("s3").generate_presigned_url("get_object", Params=request, ExpiresIn=_URL_SECONDS)
        )

    def _peek(self) -> list[dict[str, Any]]:
        """Return every dead-lettered message and make it visible again."""
        queue, messages = self._deployment.output("ImageDeadLetterQueue"), list[dict[str, Any]]()
        while batch := self._receive():
            messages += batch
        for message in messages:
            self._client("sqs").change_message_visibility(
                QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )
        return messages

    def _receive(self) -> list[dict[str, Any]]:
        response = self._client("sqs").receive_message(
            QueueUrl=self._deployment.output("ImageDeadLetterQueue"),
            MaxNumberOfMessages=10,
            VisibilityTimeout=_VISIBILITY_SECONDS,
        )
        messages: list[dict[str, Any]] = response.get("Messages", [])
        return messages

    def _client(self, service: str) -> Any:
        return self._deployment.client(service)


def dead_letter_event(message: dict[str, Any]) -> dict[str, Any]:
    """Return the event in a dead-lettered message; {} when it holds none.

    The workflow writes {"event", …}; EventBridge writes the event itself, or the detail of an execution that was
    aborted, with the event as its input.
    """
    body = _object(message["Body"])
    return _object(body["input"]) if "input" in body else _object(body.get("event", body))


def event_key(event: dict[str, Any]) -> str | None:
    """Return the object key of an event; None when it has none."""
    detail = event.get("detail")
    changed = detail.get("object") if isinstance(detail, dict) else None
    key = changed.get("key") if isinstance(changed, dict) else None
    return key if isinstance(key, str) else None


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}
