"""Requests and responses of the payment functions, and a tender as it is stored. Amounts are integer minor units."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self, TypedDict

from pydantic import BaseModel, Field, StrictInt, model_validator
from tillflow.fields import Amount, BusinessId, Identifier, ProviderToken, Request
from tillflow.money import Currency

MAX_TENDERS = 200
"""Tenders of one order."""

type TenderType = Literal["card", "cash", "store_credit", "gift_card", "on_account", "exchange"]
OF_CUSTOMER = ("store_credit", "on_account")
WITH_CARD = ("card", "gift_card")
TenderNumber = Annotated[StrictInt, Field(gt=0, le=MAX_TENDERS)]
CardReference = Annotated[str, Field(pattern=r"^card_[0-9]{1,4}$")]


class CardToken(Request):
    """The provider's token of a card, and the reference that the order has in its place."""

    card: CardReference
    token: ProviderToken


class StoreCards(Request):
    """A request to store the tokens of an order's cards."""

    order_id: BusinessId
    cards: Annotated[tuple[CardToken, ...], Field(max_length=MAX_TENDERS)]


class StoredCards(TypedDict):
    """The references of an order's cards."""

    order_id: str
    cards: list[str]


class TenderRequest(Request):
    """One way of paying part of an order. `card` is the reference of a stored card or gift card."""

    tender_no: TenderNumber
    type: TenderType
    amount: Amount
    card: CardReference | None = None

    @model_validator(mode="after")
    def card_has_a_reference(self) -> Self:
        if (self.type in WITH_CARD) != (self.card is not None):
            raise ValueError("a card's reference for a card or a gift card, and none for another type")
        return self


class Authorise(Request):
    """A request to authorise every tender of an order. Executions of release 0.1.0 send no location.

    asked: the workflow waits for a cardholder to confirm a tender; it is not part of what is requested.
    """

    order_id: BusinessId
    currency: Currency
    location: Identifier | None = None
    customer_id: Identifier | None = None
    tenders: Annotated[tuple[TenderRequest, ...], Field(max_length=MAX_TENDERS)]
    asked: bool = Field(default=False, exclude=True)

    @model_validator(mode="after")
    def numbers_are_unique(self) -> Self:
        if len({tender.tender_no for tender in self.tenders}) != len(self.tenders):
            raise ValueError("tenders with a tender_no of their own each")
        return self


class OrderRef(Request):
    """A request about the payment of an order."""

    order_id: BusinessId


class PublicTender(TypedDict):
    """A tender as a response shows it."""

    tender_no: int
    type: TenderType
    amount: int
    state: str


class ListedTender(BaseModel):
    """A tender in a list."""

    order_id: str
    tender_no: int
    type: TenderType
    state: str
    currency: str
    amount: int
    captured: int
    refunded: int
    customer_id: str | None = None
    reason: str = ""
    opened_at: str


class Tenders(TypedDict):
    """The tenders of an order."""

    order_id: str
    tenders: list[PublicTender]


class Captured(TypedDict):
    """The tenders of a captured order, and the sum captured."""

    order_id: str
    captured: int
    tenders: list[PublicTender]


class ResolvedCapture(TypedDict):
    """The outcome of an order's capture: `captured` when every tender was."""

    order_id: str
    outcome: Literal["captured", "not_captured"]
    captured: int
    tenders: list[PublicTender]


class PreventedCapture(TypedDict):
    """Whether a capture was prevented; `begun` when one had begun, and may still end."""

    order_id: str
    capture: Literal["prevented", "begun"]


@dataclass(frozen=True, slots=True)
class Tender:
    """A tender as it is stored: 0 <= refunded + pending <= captured <= amount.

    `state` is one of rules.py's; `provider` the one that was configured when the tender was opened. `authorisation` is
    the provider's reference, "" while there is none; after `expires_at` it cannot be captured ("": it does not expire).
    `pending` is what refunds of returns in progress will pay back; `without_tender` of the first tender is what returns
    refund without one of the order: as credit, by an exchange, or in cash in place of a card; `refunds` of it counts
    the writes of refunds that took a part of the payment. `action_url` is where the cardholder confirms the payment,
    while the authorisation waits for it; it is a secret of the cardholder.
    """

    order_id: str
    tender_no: int
    type: TenderType
    amount: int
    currency: str
    state: str
    provider: str
    card: str | None = None
    customer_id: str | None = None
    authorisation: str = ""
    expires_at: str = ""
    captured: int = 0
    refunded: int = 0
    pending: int = 0
    without_tender: int = 0
    refunds: Annotated[int, Field(exclude=True)] = 0
    reason: str = ""
    action_url: str = ""

    def public(self, state: str | None = None) -> PublicTender:
        """Return the tender as a response shows it; `state` if the response is older than the row."""
        return {
            "tender_no": self.tender_no,
            "type": self.type,
            "amount": self.amount,
            "state": state or self.state,
        }


@dataclass(frozen=True, slots=True)
class TenderChange:
    """A state of a tender that its provider has reported, and the fields that change with it."""

    state: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Payment:
    """The tenders of an order by number; `opened` by the first authorise, `closed` by a reversal."""

    opened: bool
    closed: bool
    tenders: list[Tender]
