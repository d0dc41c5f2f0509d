"""What a function does with a batch of messages from its queue: each on its own, so that one cannot lose others."""

import json
from collections.abc import Callable
from typing import Any

from tillflow.handling import logger


def each_body(event: dict[str, Any], do: Callable[[Any], object]) -> dict[str, Any]:
    """Do something with the JSON body of each message; those that failed are logged, named and come again.

    The answer is that of ReportBatchItemFailures:
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    failed = []
    for record in event["Records"]:
        try:
            do(json.loads(record["body"]))
        except Exception as failure:
            told = {"message_id": record["messageId"], "error": type(failure).__name__}
            logger.exception("message not taken", extra=told)
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
