"""The functions of a transfer, one per step of it."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.errors import InvalidTransfer
from tillflow.handling import handler
from tillflow.parsing import parse

from inventory.transfers import rules
from inventory.transfers.models import AwaitTransfer, CancelTransfer, OpenTransfer, Transfer, TransferRef
from inventory.transfers.store import TransfersStore

store = TransfersStore(client("dynamodb"), os.environ["TABLE_NAME"])


@handler
def open_transfer(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{transfer_id, source, destination, currency, lines: [{sku, quantity}], reason?}`` to the same, a line
    per SKU."""
    transfer = store.open(parse(OpenTransfer, event, InvalidTransfer))
    return {
        "source": transfer.source,
        "destination": transfer.destination,
        "currency": transfer.currency,
        "lines": [{"sku": line.sku, "quantity": line.quantity} for line in transfer.lines],
    }


@handler
def await_transfer(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{transfer_id, waiting_for, asked, task_token}``; keeps the token, or raises PendingWork."""
    waiting = parse(AwaitTransfer, event)
    store.change(waiting.transfer_id, lambda transfer: rules.awaiting(transfer, waiting))
    return {"transfer_id": waiting.transfer_id}


@handler
def ship_transfer(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{transfer_id}`` to ``{transfer_id, step, loss}``; TransferCancelled when the goods do not leave."""
    return _told(store.ship(parse(TransferRef, event).transfer_id))


@handler
def book_arrival(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{transfer_id}`` to ``{transfer_id, step, loss}``: books every arrival that is there to book."""
    return _told(store.book(parse(TransferRef, event).transfer_id))


@handler
def close_transfer(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{transfer_id}`` to ``{transfer_id, step, loss}``: all that left came or is lost."""
    return _told(store.close(parse(TransferRef, event).transfer_id))


@handler
def cancel_transfer(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{transfer_id, reason}`` to ``{transfer_id, status}``; the last compensation."""
    request = parse(CancelTransfer, event)
    store.cancel(request.transfer_id, request.reason)
    return {"transfer_id": request.transfer_id, "status": "CANCELLED"}


def _told(transfer: Transfer) -> dict[str, Any]:
    """What the workflow is to do next, and what the goods lost so far cost, in minor units."""
    return {
        "transfer_id": transfer.transfer_id,
        "step": rules.next_step(transfer),
        "loss": rules.loss(transfer),
    }
