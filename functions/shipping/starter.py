"""The consumer of the shipping queue: it starts a delivery's workflow for each paid order that is shipped."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.executions import start_execution
from tillflow.fields import Request
from tillflow.handling import handler
from tillflow.parsing import parse
from tillflow.queue import BatchResponse, process_batch

from shipping.models import OrderRef


class Envelope(Request):
    """The EventBridge envelope of a paid order."""

    detail: OrderRef


@handler
def start_shipment(event: dict[str, Any], context: Any) -> BatchResponse:
    """Start the workflow of each order of a queue's batch, once; return the failed messages."""
    return process_batch(event, _start)


def _start(event: dict[str, Any]) -> None:
    order_id = parse(Envelope, event).detail.order_id
    machine = os.environ["SHIPMENT_ARN"]
    start_execution(client("stepfunctions"), machine, order_id, {"order_id": order_id})
