"""What the payment functions are asked, and a tender as they keep it. Amounts are integer minor units."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, StrictInt, model_validator
from tillflow.fields import Amount, Identifier, Request
from tillflow.money import Currency


class TenderRequest(Request):
    """One way of paying part of an order; token stands for a card and is only for one."""

    tender_no: Annotated[StrictInt, Field(gt=0)]
    type: Literal["card", "cash", "store_credit"]
    amount: Amount
    token: Annotated[str, Field(min_length=1, max_length=255)] | None = None

    @model_validator(mode="after")
    def card_has_a_token(self) -> "TenderRequest":
        if (self.type == "card") != (self.token is not None):
            raise ValueError("a token for a card, and none for another type")
        return self


class Authorise(Request):
    order_id: Identifier
    currency: Currency
    customer_id: Identifier | None = None
    tenders: tuple[TenderRequest, ...]

    @model_validator(mode="after")
    def numbers_are_unique(self) -> "Authorise":
        if len({tender.tender_no for tender in self.tenders}) != len(self.tenders):
            raise ValueError("tenders with a tender_no of their own each")
        return self


class OrderRef(Request):
    order_id: Identifier


@dataclass(frozen=True, slots=True)
class Tender:
    """A tender and what became of it: 0 <= refunded <= captured <= amount.

    `state` is one of rules.py's; `authorisation` is the provider's reference, "" while there is none.
    """

    order_id: str
    tender_no: int
    type: str
    amount: int
    currency: str
    state: str
    token: str | None = None
    customer_id: str | None = None
    authorisation: str = ""
    captured: int = 0
    refunded: int = 0
    reason: str = ""

    def public(self, state: str | None = None) -> dict[str, Any]:
        """What an answer says of the tender; `state` when the answer is older than the row."""
        return {
            "tender_no": self.tender_no,
            "type": self.type,
            "amount": self.amount,
            "state": state or self.state,
        }


@dataclass(frozen=True, slots=True)
class Payment:
    """An order's tenders by number; `opened` once authorise came, `closed` once it was reversed."""

    opened: bool
    closed: bool
    tenders: list[Tender]
