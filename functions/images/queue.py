"""The consumer of the image queue.

The queue's event source mapping limits how many of these functions run, and so how many ingests run at the same time.
It is apart from the other handlers: it needs no decoder and no bucket.
"""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.queue import BatchResponse, Message, process_messages

from images.starter import IngestStarter

starter = IngestStarter(client("stepfunctions"), os.environ["INGEST_ARN"])


@handler
def start_ingest(event: dict[str, Any], context: Any) -> BatchResponse:
    """Start the ingest of each queued event and wait until it has ended."""

    def ingest(message: Message) -> None:
        starter.wait(starter.start(message), context.get_remaining_time_in_millis)

    return process_messages(event, ingest)
