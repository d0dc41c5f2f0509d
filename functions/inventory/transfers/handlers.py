"""The functions of a transfer, one per step."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse
from tillflow.references import check_references

from inventory.errors import InvalidTransfer
from inventory.locations import Locations
from inventory.transfers import rules
from inventory.transfers.models import (
    AwaitTransfer,
    CancelTransfer,
    NextStep,
    OpenCheckedTransfer,
    OpenedTransfer,
    Transfer,
    TransferRef,
    TransferStatus,
    WaitingTransfer,
)
from inventory.transfers.store import TransferStore

_dynamodb, _table = client("dynamodb"), os.environ["TABLE_NAME"]
store = TransferStore(_dynamodb, _table)
locations = Locations(_dynamodb, _table)


@handler
def open_transfer(event: dict[str, Any], context: Any) -> OpenedTransfer:
    """Create the transfer ``{transfer_id, source, destination, currency, lines: [{sku, quantity}], reason?}``.

    unknown_skus: those of the lines that no product has. UnknownReferences; IdempotencyConflict when the id has another
    transfer.
    """
    request = parse(OpenCheckedTransfer, event, InvalidTransfer)
    check_references(
        rules.references(request),
        {"location": locations.find_unknown, "product": lambda _: request.unknown_skus},
    )
    transfer = store.open(request)
    return {
        "source": transfer.source,
        "destination": transfer.destination,
        "currency": transfer.currency,
        "lines": [{"sku": line.sku, "quantity": line.quantity} for line in transfer.lines],
    }


@handler
def await_transfer(event: dict[str, Any], context: Any) -> WaitingTransfer:
    """Store the token of ``{transfer_id, waiting_for, waiting_since, task_token}``; raise PendingWork."""
    request = parse(AwaitTransfer, event)
    store.change(request.transfer_id, lambda transfer: rules.wait_for(transfer, request))
    return {"transfer_id": request.transfer_id}


@handler
def ship_transfer(event: dict[str, Any], context: Any) -> NextStep:
    """Take the goods of ``{transfer_id}`` off the source's stock; TransferCancelled when they do not leave."""
    return _next_step(store.ship(parse(TransferRef, event).transfer_id))


@handler
def book_arrival(event: dict[str, Any], context: Any) -> NextStep:
    """Put the arrivals of ``{transfer_id}`` on the destination's stock."""
    return _next_step(store.book(parse(TransferRef, event).transfer_id))


@handler
def close_transfer(event: dict[str, Any], context: Any) -> NextStep:
    """Close ``{transfer_id}``: all units were received or lost."""
    return _next_step(store.close(parse(TransferRef, event).transfer_id))


@handler
def cancel_transfer(event: dict[str, Any], context: Any) -> TransferStatus:
    """End ``{transfer_id, reason}`` as cancelled; the last compensation."""
    request = parse(CancelTransfer, event)
    store.cancel(request.transfer_id, request.reason)
    return {"transfer_id": request.transfer_id, "status": "CANCELLED"}


def _next_step(transfer: Transfer) -> NextStep:
    return {
        "transfer_id": transfer.transfer_id,
        "step": rules.next_step(transfer),
        "loss": rules.loss(transfer),
    }
