"""Batches of an SQS queue: one failed message does not affect the others."""

import json
from collections.abc import Callable
from typing import Annotated, Any, TypedDict

from pydantic import Field

from tillflow.fields import Request
from tillflow.handling import logger
from tillflow.parsing import parse


class Message(Request):
    """A message of a queue, as Lambda delivers it."""

    messageId: Annotated[str, Field(min_length=1, max_length=200)]
    body: str


class Batch(Request):
    """The messages of an invocation."""

    Records: tuple[Message, ...]


class FailedMessage(TypedDict):
    """A message to deliver again."""

    itemIdentifier: str


class BatchResponse(TypedDict):
    """The messages of a batch that failed."""

    batchItemFailures: list[FailedMessage]


def process_batch(event: dict[str, Any], process: Callable[[Any], object]) -> BatchResponse:
    """Call `process` with the JSON body of each message; log the failures and return them for redelivery."""
    return process_messages(event, lambda message: process(json.loads(message.body)))


def process_messages(event: dict[str, Any], process: Callable[[Message], object]) -> BatchResponse:
    """Call `process` with each message; log the failures and return them for redelivery.

    The return value is that of ReportBatchItemFailures:
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    failures: list[FailedMessage] = []
    for message in parse(Batch, event).Records:
        try:
            process(message)
        except Exception as error:
            fields = {"message_id": message.messageId, "error": type(error).__name__}
            logger.exception("message failed", extra=fields)
            failures.append({"itemIdentifier": message.messageId})
    return {"batchItemFailures": failures}
