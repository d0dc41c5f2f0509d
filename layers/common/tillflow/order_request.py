"""An order as a till sends it and as its workflow gets it. Amounts are integer minor units.

Both have the same fields and rules. They differ in their tenders: a till sends the token of a card, and the workflow
gets a reference, since tokens are kept out of executions.
"""

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from tillflow.barcodes import checked_digits
from tillflow.discounts import Discount
from tillflow.fields import (
    CODE,
    VISIBLE_LINE,
    Amount,
    Note,
    ProviderToken,
    Quantity,
    Record,
    Timestamp,
)
from tillflow.gift_cards import GiftCardCode
from tillflow.money import Currency
from tillflow.times import utc_now

MAX_LINES = 1_000
MAX_DISCOUNTS = 20
MAX_TENDERS = 200
CLOCKS_DIFFER = timedelta(minutes=5)
"""How far ahead of the shop's clock that of a till may be."""


def _not_in_the_future(moment: datetime) -> datetime:
    if moment > utc_now() + CLOCKS_DIFFER:
        raise ValueError(f"a time at most {CLOCKS_DIFFER.seconds // 60} minutes ahead of the shop's clock")
    return moment


# An order's id names its executions, so that it has only the characters of an execution's name.
OrderId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
Code = Annotated[str, Field(pattern=CODE)]
LabelBarcode = Annotated[str, Field(pattern=r"^2[0-9]{12}$"), AfterValidator(checked_digits)]
AddressText = Annotated[str, Field(min_length=1, max_length=100, pattern=VISIBLE_LINE)]
CardReference = Annotated[str, Field(pattern=r"^card_[0-9]{1,4}$")]
PlacedAt = Annotated[Timestamp, AfterValidator(_not_in_the_future)]
TenderAmount = Annotated[Amount, Field(gt=0)] | None


class OrderLine(Record):
    """A product and a quantity, as scanned. barcode: that of a label which has the price or weight of each unit."""

    sku: Code
    quantity: Quantity
    barcode: LabelBarcode | None = None
    discount: Discount | None = None


class CustomerTender(Record):
    """A way to pay, as a till sends it. Without an `amount` it pays the remainder.

    token: that of the provider for a card; code: the code of a gift card.
    """

    type: Literal["card", "cash", "store_credit", "gift_card", "on_account"]
    token: ProviderToken | None = None
    code: GiftCardCode | None = None
    amount: TenderAmount = None

    @model_validator(mode="after")
    def card_has_a_token(self) -> Self:
        if self.type == "card" and (self.token is None or self.code is not None):
            raise ValueError("a token and no code with a card tender")
        if self.type == "gift_card" and (self.token is None) == (self.code is None):
            raise ValueError("a code with a gift_card tender")
        if self.type not in ("card", "gift_card") and (self.token, self.code) != (None, None):
            raise ValueError(f"no token and no code with a {self.type} tender")
        return self


class Tender(Record):
    """A way to pay, as the workflow gets it. Without an `amount` it pays the remainder.

    An exchange pays the total up to `at_most`, the value of the units that `return_id` returns.
    """

    type: Literal["card", "cash", "store_credit", "gift_card", "on_account", "exchange"]
    card: CardReference | None = None
    amount: TenderAmount = None

    at_most: Amount | None = None
    return_id: OrderId | None = None

    @model_validator(mode="after")
    def exchange_has_a_return(self) -> Self:
        of_exchange = (self.at_most is not None, self.return_id is not None, self.amount is None)
        if self.type == "exchange" and not all(of_exchange):
            raise ValueError("at_most and return_id, and no amount, with an exchange tender")
        if self.type != "exchange" and any(of_exchange[:2]):
            raise ValueError(f"no at_most and return_id with a {self.type} tender")
        return self

    @model_validator(mode="after")
    def card_has_a_reference(self) -> Self:
        if self.type in ("card", "gift_card") and self.card is None:
            raise ValueError(f"a card's reference with a {self.type} tender")
        if self.type not in ("card", "gift_card") and self.card is not None:
            raise ValueError(f"no card with a {self.type} tender")
        return self


class Delivery(Record):
    """Who receives an order that is shipped, and by which carrier and service.

    carrier: `sandbox`, or one that the shop has configured; country: ISO 3166, two letters.
    """

    name: AddressText
    street: AddressText
    postal_code: Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[A-Za-z0-9][A-Za-z0-9 -]*$")]
    city: AddressText
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    carrier: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")] = "sandbox"
    service: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")] = "standard"


class Approval(Record):
    """A manager's approval of an order's discounts, which are above what a cashier may give."""

    manager: Annotated[str, Field(min_length=1, max_length=128, pattern=VISIBLE_LINE)]
    note: Note


class _OrderFields[AnyTender: (CustomerTender, Tender)](Record):
    """The fields and rules of an order, whatever its tenders are."""

    order_id: OrderId
    location: Code
    till: Code = Field(alias="register")
    currency: Currency
    customer_id: Code | None = None
    fulfilment: Literal["carry_out", "ship"] = "carry_out"
    delivery: Delivery | None = None
    placed_at: PlacedAt
    lines: Annotated[tuple[OrderLine, ...], Field(min_length=1, max_length=MAX_LINES)]
    discounts: Annotated[tuple[Discount, ...], Field(max_length=MAX_DISCOUNTS)] = ()
    tenders: Annotated[tuple[AnyTender, ...], Field(max_length=MAX_TENDERS)]

    @model_validator(mode="after")
    def shipped_order_has_an_address(self) -> Self:
        if self.fulfilment == "ship" and self.delivery is None:
            raise ValueError("a delivery address with fulfilment ship")
        if self.fulfilment != "ship" and self.delivery is not None:
            raise ValueError("no delivery address with fulfilment carry_out")
        return self

    @model_validator(mode="after")
    def tenders_fit_together(self) -> Self:
        exchanges = sum(tender.type == "exchange" for tender in self.tenders)
        if exchanges > 1:
            raise ValueError("at most one exchange tender")
        if sum(tender.amount is None for tender in self.tenders) > 1 + exchanges:
            raise ValueError("at most one tender without an amount")
        for tender in self.tenders:
            if self.customer_id is None and tender.type in ("store_credit", "on_account"):
                raise ValueError(f"a customer_id with a {tender.type} tender")
        return self


class PlaceOrder(_OrderFields[CustomerTender]):
    """A request to sell an order. The client makes `order_id`, which is the idempotency key.

    approval_note: a manager's reason for discounts above what a cashier may give.
    """

    approval_note: Note | None = None


class Order(_OrderFields[Tender]):
    """An order as the first step of its checkout gets it; the workflow adds the name and the start of its execution.

    Executions of definitions that were deployed before started_at was added send none.
    """

    approval: Approval | None = None
    execution_name: str | None = None
    started_at: Timestamp | None = None

    @model_validator(mode="after")
    def order_names_its_execution(self) -> Self:
        # Every effect is keyed by the order id: two executions must not share one.
        if self.execution_name not in (None, self.order_id):
            raise ValueError(f"order_id {self.order_id} as the name of the execution")
        return self
