"""The events that are measured, and the function's response."""

from typing import Any, Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field
from tillflow.fields import Request, Timestamp


class Envelope(Request):
    """The EventBridge envelope of an event. time: when it was published."""

    detail_type: Literal[
        "OrderPaid",
        "OrderRejected",
        "OrderCancelled",
        "OrderReturned",
        "PaymentsReconciled",
        "StockBelowReorderPoint",
        "ImageReady",
        "ImageRejected",
        "ImageDeleted",
    ] = Field(alias="detail-type")
    time: Timestamp
    detail: dict[str, Any]


class ImageSettled(BaseModel):
    """ImageReady, ImageRejected or ImageDeleted; nothing of it is measured but that it happened."""

    model_config = ConfigDict(frozen=True)


class Recorded(TypedDict):
    """How many measurements were written."""

    measurements: int
