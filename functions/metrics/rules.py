"""What an event of the bus measures. Dimensions have few values: currencies, error names, workflows; never an id."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from tillflow.events import (
    OrderCancelled,
    OrderPaid,
    OrderRejected,
    OrderReturned,
    PaymentsReconciled,
    StockBelowReorderPoint,
)
from tillflow.parsing import parse

from metrics.models import Envelope, ImageSettled

type Unit = Literal["Count", "Milliseconds"]

OTHER = "Other"
_ERROR_NAME = re.compile(r"[A-Z][A-Za-z0-9]*(\.[A-Z][A-Za-z0-9]*)?")
_MAX_NAME = 64


@dataclass(frozen=True, slots=True)
class Measurement:
    """A value of a metric; its dimensions come next to that of the service."""

    metric: str
    value: int = 1
    unit: Unit = "Count"
    dimensions: Mapping[str, str] = field(default_factory=dict)


def measurements(envelope: Mapping[str, Any]) -> list[Measurement]:
    """Return what an EventBridge envelope measures. InvalidRequest.

    An event that is delivered twice is measured twice: metrics show trends, reports and the ledger have the sums.
    """
    parsed = parse(Envelope, envelope)
    model, measure = _MEASURES[parsed.detail_type]
    return list(measure(parse(model, parsed.detail), parsed.time))


def _paid(event: OrderPaid, published_at: datetime) -> Iterator[Measurement]:
    yield Measurement("OrdersPaid")
    yield Measurement("UnitsSold", sum(line.quantity for line in event.lines))
    yield Measurement("Revenue", event.totals.net, dimensions={"currency": event.currency})
    seconds = (published_at - event.placed_at).total_seconds()
    yield Measurement("OrderLatency", max(0, round(1000 * seconds)), "Milliseconds")


def _rejected(event: OrderRejected, published_at: datetime) -> Iterator[Measurement]:
    yield Measurement("OrdersRejected", dimensions={"reason": _reason(event.reason)})
    yield _compensation("OrderCheckout")


def _cancelled(event: OrderCancelled, published_at: datetime) -> Iterator[Measurement]:
    yield Measurement("OrdersCancelled")
    yield _compensation("OrderCancel")


def _returned(event: OrderReturned, published_at: datetime) -> Iterator[Measurement]:
    yield Measurement("OrdersReturned")
    yield Measurement("Refunded", event.total, dimensions={"currency": event.currency})


def _reconciled(event: PaymentsReconciled, published_at: datetime) -> Iterator[Measurement]:
    yield Measurement("PaymentsCompared", event.compared)
    yield Measurement("PaymentsUnsettled", event.unsettled)
    yield Measurement("PaymentDifferences", event.differences)


def _below_reorder_point(event: StockBelowReorderPoint, published_at: datetime) -> Iterator[Measurement]:
    yield Measurement("ReorderPointsCrossed")
    if event.available <= 0:
        yield Measurement("StockOuts")


def _settled(result: str) -> Callable[[ImageSettled, datetime], Iterator[Measurement]]:
    def measure(event: ImageSettled, published_at: datetime) -> Iterator[Measurement]:
        yield Measurement("Images", dimensions={"result": result})
        if result == "rejected":
            yield _compensation("ImageIngest")

    return measure


def _compensation(workflow: str) -> Measurement:
    return Measurement("Compensations", dimensions={"workflow": workflow})


def _reason(text: str) -> str:
    """Return the error's name. A text that is not one would make a metric of its own: it counts as another reason."""
    return text if len(text) <= _MAX_NAME and _ERROR_NAME.fullmatch(text) else OTHER


_MEASURES: dict[str, tuple[type[BaseModel], Callable[..., Iterator[Measurement]]]] = {
    "OrderPaid": (OrderPaid, _paid),
    "OrderRejected": (OrderRejected, _rejected),
    "OrderCancelled": (OrderCancelled, _cancelled),
    "OrderReturned": (OrderReturned, _returned),
    "PaymentsReconciled": (PaymentsReconciled, _reconciled),
    "StockBelowReorderPoint": (StockBelowReorderPoint, _below_reorder_point),
    "ImageReady": (ImageSettled, _settled("ready")),
    "ImageRejected": (ImageSettled, _settled("rejected")),
    "ImageDeleted": (ImageSettled, _settled("deleted")),
}
