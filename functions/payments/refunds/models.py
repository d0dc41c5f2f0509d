"""Requests and responses of refunds, and a refund as it is stored. Amounts are integer minor units."""

from dataclasses import dataclass
from typing import Annotated, Literal, Self, TypedDict

from pydantic import Field, StrictInt, model_validator
from tillflow.fields import Amount, BusinessId, Identifier, Record, Request
from tillflow.money import Currency

from payments.models import TenderType

NO_TENDER = 0
"""The tender number of what goes to none of the order's tenders."""

type PartState = Literal["planned", "refunded"]
type RefundState = Literal["OPEN", "REFUNDED", "REFUSED"]


class Exchange(Request):
    """The sale that a return pays in an exchange, and how much of it."""

    order_id: BusinessId
    amount: Amount


class RefundPayment(Request):
    """A request to refund the amount of a return. refund: to the tenders of the sale, or to a customer as credit.

    order_id: None for a return without a receipt, which becomes credit. exchange: what a new sale has taken already.
    received: what payments of the customer have paid of the tenders on account.
    """

    return_id: BusinessId
    order_id: BusinessId | None
    currency: Currency
    amount: Amount
    refund: Literal["original", "store_credit"]
    customer_id: Identifier | None = None
    exchange: Exchange | None = None
    received: Amount = 0

    @model_validator(mode="after")
    def exchange_is_part_of_it(self) -> Self:
        if self.exchange and (self.exchange.amount > self.amount or self.refund != "original"):
            raise ValueError("an exchange of at most the amount, and refund original")
        return self

    @model_validator(mode="after")
    def credit_without_an_order(self) -> Self:
        if self.order_id is None and (self.refund != "store_credit" or self.customer_id is None):
            raise ValueError("store_credit and a customer_id when order_id is null")
        return self


class Part(Record):
    """What a tender gets back. Credit that is not that of a tender has the tender number 0, and so has cash."""

    tender_no: Annotated[StrictInt, Field(ge=0)]
    type: TenderType
    amount: Amount
    state: PartState = "planned"


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund as it is stored: OPEN until every part is refunded; REFUSED when none can be."""

    return_id: str
    state: RefundState
    version: int
    request: RefundPayment
    parts: tuple[Part, ...] = ()
    reason: str = ""


class RefundedPart(TypedDict):
    """A part of a refund as a response shows it."""

    tender_no: int
    type: TenderType
    amount: int


class Refunded(TypedDict):
    """A complete refund. rounding: what it has refunded above the amount, because cash was rounded; or below it."""

    return_id: str
    refunds: list[RefundedPart]
    rounding: int
