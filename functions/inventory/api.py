"""Stock and transfers over HTTP."""

import os
from functools import cache
from itertools import islice
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from tillflow.api import Api, Call, Reply
from tillflow.aws import client

from inventory.models import Adjust, Correction, Count
from inventory.operations import StockOperations
from inventory.transfers.models import Arrival, Transfer
from inventory.transfers.operations import TransferOperations

api = Api("inventory")
handle = api.handle

Text = Annotated[str, Field(min_length=1, max_length=128)]


class LevelQuery(BaseModel):
    """location: only its levels."""

    model_config = ConfigDict(frozen=True)

    location: Text | None = None


class MovementQuery(BaseModel):
    """The level whose movements are listed, and how many."""

    model_config = ConfigDict(frozen=True)

    location: Text
    sku: Text
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class TransferQuery(BaseModel):
    """status, location: only transfers of this status, from or to this location."""

    model_config = ConfigDict(frozen=True)

    status: Annotated[str, Field(max_length=32)] = ""
    location: Annotated[str, Field(max_length=128)] = ""


class CancelTransferBody(BaseModel):
    """Why the goods stay."""

    model_config = ConfigDict(frozen=True)

    reason: Annotated[str, Field(min_length=1, max_length=200)]


@cache
def _stock() -> StockOperations:
    return StockOperations(client("dynamodb"), os.environ["TABLE_NAME"])


@cache
def _transfers() -> TransferOperations:
    return TransferOperations(client("dynamodb"), client("stepfunctions"), os.environ["TABLE_NAME"])


@api.route("GET /stock", "read", query=LevelQuery, response=list[dict[str, Any]])
def list_levels(call: Call) -> list[dict[str, Any]]:
    """List stock levels by location and SKU: on hand, reserved, available, on order."""
    return [_public(level) for level in _stock().list_levels(call.query.location)]


@api.route("GET /stock/movements", "manage", query=MovementQuery, response=list[dict[str, Any]])
def list_movements(call: Call) -> list[dict[str, Any]]:
    """List the movements of a SKU at a location, the newest first."""
    movements = _stock().list_movements(call.query.location, call.query.sku)
    return [_public(movement) for movement in islice(movements, call.query.limit)]


@api.route("POST /stock/adjustments", "manage", body=Adjust, response=Correction, statuses=(201,))
def adjust_stock(call: Call) -> Reply:
    """Add or take units of a SKU, once per adjustment id."""
    return Reply(_stock().adjust(call.body), 201)


@api.route("POST /stock/counts", "manage", body=Count, response=Correction, statuses=(201,))
def count_stock(call: Call) -> Reply:
    """Set on hand to the counted units, once per count id."""
    return Reply(_stock().count(call.body), 201)


@api.route("GET /transfers", "manage", query=TransferQuery, response=list[Transfer])
def list_transfers(call: Call) -> list[Transfer]:
    """List transfers, of a status or location if given."""
    return [_without_token(one) for one in _transfers().list_all(call.query.status, call.query.location)]


@api.route("GET /transfers/{transfer_id}", "manage", response=Transfer)
def get_transfer(call: Call) -> Transfer:
    """Return a transfer with what left, arrived and was lost."""
    return _without_token(_transfers().get(call.path["transfer_id"]))


@api.route("POST /transfers/{transfer_id}/ship", "manage", response=Transfer)
def ship_transfer(call: Call) -> Transfer:
    """Record that the goods left their source."""
    return _without_token(_transfers().ship(call.path["transfer_id"]))


@api.route(
    "POST /transfers/{transfer_id}/arrivals", "manage", body=Arrival, response=Transfer, statuses=(201,)
)
def receive_transfer(call: Call) -> Reply:
    """Record an arrival, once per arrival id."""
    return Reply(_without_token(_transfers().receive(call.path["transfer_id"], call.body)), 201)


@api.route("POST /transfers/{transfer_id}/cancel", "manage", body=CancelTransferBody, response=Transfer)
def cancel_transfer(call: Call) -> Transfer:
    """Cancel a transfer whose goods have not left."""
    return _without_token(_transfers().cancel(call.path["transfer_id"], call.body.reason))


def _public(row: dict[str, Any]) -> dict[str, Any]:
    """A row without its keys, which are the table's own."""
    return {name: value for name, value in row.items() if name not in ("pk", "sk", "reorder_part")}


def _without_token(transfer: Transfer) -> Transfer:
    """A transfer without its task token, which is for its workflow alone."""
    return transfer.model_copy(update={"task_token": None})
