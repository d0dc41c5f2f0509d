"""CountSales: add the order events of a queue to the reports."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.queue import BatchResponse, process_batch

from reports.rules import counted
from reports.store import ReportsStore

store = ReportsStore(client("dynamodb"), os.environ["TABLE_NAME"])


@handler
def count_sales(event: dict[str, Any], context: Any) -> BatchResponse:
    """Count each order event of a queue's batch once; return the failed messages."""
    return process_batch(event, _count)


def _count(envelope: dict[str, Any]) -> None:
    event = counted(envelope)
    if event:
        store.count(event)
