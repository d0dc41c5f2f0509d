"""Stock and transfers over HTTP."""

import os
from functools import cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from tillflow.api import Api, Call, PageQuery, PeriodQuery, Reply, accepted
from tillflow.aws import client
from tillflow.fields import Identifier
from tillflow.parsing import parse
from tillflow.references import Filter, FindUnknown, Kind, check_filters, invoked

from inventory.errors import UnknownLevel
from inventory.models import (
    Adjust,
    Correction,
    Count,
    LevelNeed,
    Location,
    Movement,
    SetReorderPoint,
    StockLevel,
)
from inventory.operations import CorrectionOperations, StockOperations
from inventory.transfers.models import Arrival, OpenTransfer, Status, Transfer, TransferSummary
from inventory.transfers.operations import TransferOperations

api = Api("inventory")
handle = api.handle


class LevelQuery(PageQuery):
    """location, sku: only the levels of these."""

    location: Identifier | None = None
    sku: Identifier | None = None


class LevelPage(BaseModel):
    """A page of levels by location and SKU; next_cursor is null on the last page."""

    levels: list[StockLevel]
    next_cursor: str | None


class MovementQuery(PeriodQuery):
    """The level whose movements are listed."""

    location: Identifier
    sku: Identifier


class MovementPage(BaseModel):
    """A page of movements, the newest first; next_cursor is null on the last page."""

    movements: list[Movement]
    next_cursor: str | None


class TransferQuery(PageQuery):
    """status, location: only transfers of this status, from or to this location."""

    status: Status | None = None
    location: Identifier | None = None


class TransferPage(BaseModel):
    """A page of transfers, the newest first; next_cursor is null on the last page."""

    transfers: list[TransferSummary]
    next_cursor: str | None


class StartedTransfer(BaseModel):
    """A transfer whose goods are being reserved."""

    transfer_id: str
    execution_arn: str


class LossBody(BaseModel):
    """arrival_id: the idempotency key of the loss."""

    model_config = ConfigDict(frozen=True)

    arrival_id: Identifier


class LocationBody(BaseModel):
    """The name of a location."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, Field(max_length=120, pattern=r"^\P{Cc}*$")] = ""


class ReorderPointsBody(BaseModel):
    """Reorder points of levels."""

    model_config = ConfigDict(frozen=True)

    levels: Annotated[tuple[SetReorderPoint, ...], Field(max_length=100)]


class CancelTransferBody(BaseModel):
    """Why the goods stay."""

    model_config = ConfigDict(frozen=True)

    reason: Annotated[str, Field(min_length=1, max_length=200)]


@cache
def _stock() -> StockOperations:
    return StockOperations(client("dynamodb"), os.environ["TABLE_NAME"])


@cache
def _corrections() -> CorrectionOperations:
    return CorrectionOperations(client("dynamodb"), os.environ["TABLE_NAME"], _find_unknown_products())


@cache
def _transfers() -> TransferOperations:
    return TransferOperations(
        client("dynamodb"),
        client("stepfunctions"),
        os.environ["TABLE_NAME"],
        os.environ["TRANSFER_ARN"],
        _find_unknown_products(),
    )


def _find_unknown_products() -> FindUnknown:
    return invoked(client("lambda"), os.environ["FIND_UNKNOWN_PRODUCTS_FUNCTION"])


def _find_unknown() -> dict[Kind, FindUnknown]:
    return {"location": _stock().find_unknown_locations, "product": _find_unknown_products()}


def _filters(query: LevelQuery | MovementQuery) -> list[Filter]:
    return [("location", "location", query.location), ("product", "sku", query.sku)]


@api.route("GET /stock", "read", query=LevelQuery, response=LevelPage)
def list_levels(call: Call) -> LevelPage:
    """List stock levels by location and SKU, a page at a time: on hand, reserved, available, on order."""
    query: LevelQuery = call.query
    page = _stock().list_levels(query.limit, call.after, location=query.location, sku=query.sku)
    check_filters(page.rows, _filters(query), _find_unknown())
    return LevelPage(levels=page.rows, next_cursor=call.cursor(page.after))


@api.route("GET /stock/movements", "manage", query=MovementQuery, response=MovementPage)
def list_movements(call: Call) -> MovementPage:
    """List the movements of a SKU at a location, the newest first, a page at a time."""
    query: MovementQuery = call.query
    try:
        page = _stock().list_movements(
            query.location,
            query.sku,
            query.limit,
            call.after,
            period=query.period,
        )
    except UnknownLevel:
        check_filters((), _filters(query), _find_unknown())
        raise
    return MovementPage(movements=page.rows, next_cursor=call.cursor(page.after))


@api.route("POST /stock/adjustments", "manage", body=Adjust, response=Correction, statuses=(201,))
def adjust_stock(call: Call) -> Reply:
    """Add or take units of a SKU, once per adjustment id."""
    return Reply(_corrections().adjust(call.body), 201)


@api.route("POST /stock/counts", "manage", body=Count, response=Correction, statuses=(201,))
def count_stock(call: Call) -> Reply:
    """Set on hand to the counted units, once per count id."""
    return Reply(_corrections().count(call.body), 201)


@api.route("GET /stock/needs", "manage", response=list[LevelNeed])
def list_needs(call: Call) -> list[LevelNeed]:
    """List the levels at or below their reorder point, units on order included."""
    return _stock().needs()


@api.route("PUT /stock/reorder-points", "manage", body=ReorderPointsBody, response=ReorderPointsBody)
def put_reorder_points(call: Call) -> ReorderPointsBody:
    """Set reorder points of levels. None is set if a SKU was never stocked at its location."""
    body: ReorderPointsBody = call.body
    _stock().set_reorder_points(body.levels)
    return body


@api.route("GET /locations", "read", response=list[Location])
def list_locations(call: Call) -> list[Location]:
    """List the locations with stock, by id."""
    return _stock().list_locations()


@api.route("GET /locations/{location}", "read", response=Location)
def get_location(call: Call) -> Reply:
    """Return a location."""
    location, version = _stock().location(call.path["location"])
    return Reply(location, version=version)


@api.route("PUT /locations/{location}", "manage", body=LocationBody, response=Location, versioned=True)
def put_location(call: Call) -> Reply:
    """Create a location, or rename it, at the version in If-Match, or at any."""
    location = parse(Location, {"location": call.path["location"], "name": call.body.name})
    return Reply(location, version=_stock().put_location(location, call.version))


@api.route("POST /transfers", "manage", body=OpenTransfer, response=StartedTransfer, statuses=(202,))
def create_transfer(call: Call) -> Reply:
    """Reserve goods at their source and expect them at their destination, once per transfer id."""
    started, transfer_id = _transfers().create(call.body), call.body.transfer_id
    transfer = StartedTransfer(transfer_id=transfer_id, execution_arn=started.arn)
    return accepted(transfer, f"/api/transfers/{transfer_id}", replayed=started.duplicate)


@api.route("GET /transfers", "manage", query=TransferQuery, response=TransferPage)
def list_transfers(call: Call) -> TransferPage:
    """List transfers, the newest first, a page at a time."""
    query: TransferQuery = call.query
    page = _transfers().list_transfers(query.limit, call.after, status=query.status, location=query.location)
    check_filters(page.rows, [("location", "location", query.location)], _find_unknown())
    return TransferPage(transfers=page.rows, next_cursor=call.cursor(page.after))


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


@api.route("POST /transfers/{transfer_id}/losses", "manage", body=LossBody, response=Transfer)
def lose_rest_of_transfer(call: Call) -> Transfer:
    """Record that the units in transit are lost, once per arrival id."""
    return _without_token(_transfers().lose_rest(call.path["transfer_id"], call.body.arrival_id))


@api.route("POST /transfers/{transfer_id}/cancel", "manage", body=CancelTransferBody, response=Transfer)
def cancel_transfer(call: Call) -> Transfer:
    """Cancel a transfer whose goods have not left."""
    return _without_token(_transfers().cancel(call.path["transfer_id"], call.body.reason))


def _without_token(transfer: Transfer) -> Transfer:
    """A transfer without its task token, which is for its workflow alone."""
    return transfer.model_copy(update={"task_token": None})
