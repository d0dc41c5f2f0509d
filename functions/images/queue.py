"""The consumer of the image queue.

The queue's event source mapping limits how many of these functions run, and so how many ingests run at the same time.
It is apart from the other handlers: it needs no decoder and no bucket.
"""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler, logger

from images.documents import BatchResponse
from images.starter import IngestStarter

starter = IngestStarter(client("stepfunctions"), os.environ["INGEST_ARN"])


@handler
def start_ingest(event: dict[str, Any], context: Any) -> BatchResponse:
    """Start the ingest of each queued event and wait until it has ended."""
    failures = []
    for record in event["Records"]:
        try:
            arn = starter.start(record)
            starter.wait(arn, context.get_remaining_time_in_millis)
        except Exception as error:
            fields = {"message_id": record["messageId"], "error": type(error).__name__}
            logger.exception("ingest not started", extra=fields)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
