"""Deliveries over HTTP, and the webhook by which carriers report."""

import os
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from tillflow.api import Api, Call, PageQuery
from tillflow.api.webhooks import is_signed_with
from tillflow.aws import client
from tillflow.fields import BusinessId, Identifier
from tillflow.parsing import parse
from tillflow.references import check_filters, invoked

from shipping.errors import CarrierNotVerified, InvalidShipment
from shipping.models import (
    MAX_LINES,
    CarrierRef,
    Delivery,
    DeliverySummary,
    Report,
    Reported,
    ShippedLine,
    Status,
)
from shipping.operations import ShippingOperations

api = Api("shipping")
handle = api.handle


class DeliveryQuery(PageQuery):
    """status, location: only deliveries of these."""

    status: Status | None = None
    location: Identifier | None = None


class DeliveryPage(BaseModel):
    """A page of deliveries, the newest first; next_cursor is null on the last page."""

    deliveries: list[DeliverySummary]
    next_cursor: str | None


class CarrierReport(BaseModel):
    """What happened to a shipment, as its carrier reports it."""

    model_config = ConfigDict(frozen=True)

    shipment_id: BusinessId
    status: Reported
    lines: Annotated[tuple[ShippedLine, ...], Field(max_length=MAX_LINES)] = ()
    note: Annotated[str, Field(max_length=200)] = ""


@cache
def _shipping() -> ShippingOperations:
    return ShippingOperations(client("dynamodb"), client("stepfunctions"), os.environ["TABLE_NAME"])


def _verify_carrier(call: Call) -> None:
    """Raise CarrierNotVerified unless the carrier in the path signed the raw body; for an unknown carrier too."""
    carrier = parse(CarrierRef, {"carrier": call.path["carrier"]}, InvalidShipment).carrier
    if not is_signed_with(call, f"{os.environ['CARRIER_SECRETS']}{carrier}"):
        raise CarrierNotVerified


@api.route("GET /deliveries", "read", query=DeliveryQuery, response=DeliveryPage)
def list_deliveries(call: Call) -> DeliveryPage:
    """List deliveries, the newest first, a page at a time."""
    query: DeliveryQuery = call.query
    page = _shipping().list_deliveries(query.limit, call.after, status=query.status, location=query.location)
    find = invoked(client("lambda"), os.environ["FIND_UNKNOWN_LOCATIONS_FUNCTION"])
    check_filters(page.rows, [("location", "location", query.location)], {"location": find})
    return DeliveryPage(deliveries=page.rows, next_cursor=call.cursor(page.after))


@api.route("GET /deliveries/{order_id}", "read", response=Delivery)
def get_delivery(call: Call) -> Delivery:
    """Return the delivery of an order with its shipments."""
    return _without_token(_shipping().get(call.path["order_id"]))


@api.route("POST /shipments/{shipment_id}/reports", "manage", body=Report, response=Delivery)
def report_shipment(call: Call) -> Delivery:
    """Report what happened to a shipment. The same report again changes nothing."""
    return _without_token(_shipping().report(call.path["shipment_id"], call.body))


@api.route(
    "POST /webhooks/carriers/{carrier}/reports",
    "",
    body=CarrierReport,
    response=dict[str, Any],
    verify=_verify_carrier,
)
def report_by_webhook(call: Call) -> dict[str, Any]:
    """Report what happened to a shipment, signed by its carrier."""
    body: CarrierReport = call.body
    event = Report(status=body.status, lines=body.lines, note=body.note)
    delivery = _shipping().report(body.shipment_id, event, call.path["carrier"])
    return {"order_id": delivery.order_id, "status": delivery.status}


def _without_token(delivery: Delivery) -> Delivery:
    """Return a delivery without its task token, which is for its workflow alone."""
    return delivery.model_copy(update={"task_token": None})
