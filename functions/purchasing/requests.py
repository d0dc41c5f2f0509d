"""Bodies of requests about a purchase order, by people and by suppliers."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from tillflow.fields import BusinessId, Day, Identifier

from purchasing.models import DeliveryNote


class AcknowledgementBody(BaseModel):
    """promised_on: the day of delivery; supplier_id: the supplier that accepts, by default the one that is asked."""

    model_config = ConfigDict(frozen=True)

    promised_on: Day
    supplier_id: Identifier | None = None


class RefusalBody(BaseModel):
    """note: the reason; supplier_id: the supplier that refuses, by default the one that is asked."""

    model_config = ConfigDict(frozen=True)

    note: Annotated[str, Field(min_length=1, max_length=200)]
    supplier_id: Identifier | None = None


class Acknowledgement(BaseModel):
    """accepted: False refuses the order; promised_on: the day of delivery of an accepted one."""

    model_config = ConfigDict(frozen=True)

    purchase_order_id: Annotated[str, Field(min_length=1, max_length=80)]
    accepted: StrictBool
    promised_on: Day | None = None
    note: Annotated[str, Field(max_length=200)] = ""


class DeliveryNoteBody(BaseModel):
    """The delivery note of an order."""

    model_config = ConfigDict(frozen=True)

    purchase_order_id: BusinessId
    note: DeliveryNote


class CancelPurchaseBody(BaseModel):
    """Why the order is cancelled."""

    model_config = ConfigDict(frozen=True)

    reason: Annotated[str, Field(min_length=1, max_length=200)]
