"""Batches of an SQS queue: one failed message does not affect the others."""

import json
from collections.abc import Callable
from typing import Any

from tillflow.handling import logger


def process_batch(event: dict[str, Any], process: Callable[[Any], object]) -> dict[str, Any]:
    """Call `process` with the JSON body of each message; log the failures and return them for redelivery.

    The return value is that of ReportBatchItemFailures:
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    failures = []
    for record in event["Records"]:
        try:
            process(json.loads(record["body"]))
        except Exception as error:
            fields = {"message_id": record["messageId"], "error": type(error).__name__}
            logger.exception("message failed", extra=fields)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
