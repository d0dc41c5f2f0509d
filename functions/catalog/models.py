"""Requests and responses of the catalog, and a product as it is stored. Amounts are integer minor units."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, NotRequired, Self, TypedDict

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt, model_validator
from tillflow.decimals import Rate
from tillflow.discounts import Discount
from tillflow.fields import MAX_AMOUNT, Amount, Quantity, Record, Timestamp, UnitAmount
from tillflow.money import Currency
from tillflow.tax import TaxSum

MAX_LINES = 1_000
MAX_VALUED_LINES = 100
"""Lines of a return without a receipt: the prices of each product are a query of their own."""
MAX_DISCOUNTS = 20
MAX_TENDERS = 200
MAX_PRICE_CHANGES = 20
LATEST = timedelta(days=366)
"""How far in the future an order may be dated: clocks differ, but not by more than this."""


def _valid_barcode(barcode: str) -> str:
    """Return a barcode as it is stored: a UPC-A as the EAN-13 that it is, with a leading zero."""
    if len(barcode) not in (8, 12, 13) or not barcode.isascii() or not barcode.isdigit():
        raise ValueError("a barcode: EAN-13, EAN-8 or UPC-A, 13, 8 or 12 digits")
    digits = [int(digit) for digit in reversed(barcode[:-1])]
    check = -(3 * sum(digits[0::2]) + sum(digits[1::2])) % 10
    if int(barcode[-1]) != check:
        raise ValueError(f"a barcode whose check digit is {check}")
    return barcode.zfill(13) if len(barcode) == 12 else barcode


def _not_in_the_future(moment: datetime) -> datetime:
    if moment > datetime.now(UTC) + LATEST:
        raise ValueError(f"a time at most {LATEST.days} days ahead")
    return moment


# An order's id names its executions, so that it has only the characters of an execution's name.
OrderId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""The id of a product, location, register, customer or tax class: a part of keys."""
AddressText = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\p{Cc}]*\S[^\p{Cc}]*$")]
Barcode = Annotated[str, AfterValidator(_valid_barcode)]
CardReference = Annotated[str, Field(pattern=r"^card_[0-9]{1,4}$")]
PlacedAt = Annotated[Timestamp, AfterValidator(_not_in_the_future)]


class OrderLine(Record):
    """A product and a quantity, as scanned."""

    sku: Code
    quantity: Quantity
    discount: Discount | None = None


class Tender(Record):
    """A way to pay. Without an `amount` it pays the remainder.

    An exchange pays the total up to `at_most`, the value of the units that `return_id` returns.
    """

    type: Literal["card", "cash", "store_credit", "gift_card", "on_account", "exchange"]
    card: CardReference | None = None
    amount: Annotated[StrictInt | None, Field(gt=0, le=MAX_AMOUNT)] = None

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


class Order(Record):
    """An order as the till sends it; the workflow adds the name of its execution."""

    order_id: OrderId
    execution_name: str | None = None
    location: Code
    till: Code = Field(alias="register")
    currency: Currency
    customer_id: Code | None = None
    fulfilment: Literal["carry_out", "ship"] = "carry_out"
    delivery: Delivery | None = None
    placed_at: PlacedAt
    lines: Annotated[tuple[OrderLine, ...], Field(min_length=1, max_length=MAX_LINES)]
    discounts: Annotated[tuple[Discount, ...], Field(max_length=MAX_DISCOUNTS)] = ()
    tenders: Annotated[tuple[Tender, ...], Field(max_length=MAX_TENDERS)]

    @model_validator(mode="after")
    def order_names_its_execution(self) -> Self:
        # Every effect is keyed by the order id: two executions must not share one.
        if self.execution_name not in (None, self.order_id):
            raise ValueError(f"order_id {self.order_id} as the name of the execution")
        return self

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


class PriceChange(Record):
    """Prices by currency from a time on; other currencies keep theirs."""

    valid_from: Timestamp
    prices: Annotated[dict[Currency, UnitAmount], Field(min_length=1, max_length=50)]


class Product(Record):
    """A product. `prices` are per unit in minor units by currency; `tax_included` states what they contain.

    price_changes: prices that replace them from a time on, in its order; retired: the product is not sold any more.
    """

    sku: Code
    name: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^\P{Cc}+$")]
    description: Annotated[str, Field(max_length=2000, pattern=r"^(\P{Cc}|\n)*$")] = ""
    barcode: Barcode | None = None
    prices: Annotated[dict[Currency, UnitAmount], Field(min_length=1, max_length=50)]
    price_changes: Annotated[tuple[PriceChange, ...], Field(max_length=MAX_PRICE_CHANGES)] = ()
    retired: bool = False
    tax_class: Code
    tax_included: bool = True
    category: Annotated[str, Field(max_length=60, pattern=r"^\P{Cc}*$")] = ""
    image: Annotated[str | None, Field(max_length=1024, pattern=r"^\P{Cc}*$")] = None


class ProductQuery(Record):
    """The SKU of a product that is looked up."""

    sku: Code


class SchedulePrice(Record):
    """A request to change a product's price in a currency from a time on."""

    sku: Code
    currency: Currency
    price: UnitAmount
    valid_from: Timestamp


class BarcodeQuery(Record):
    """The barcode of a product that is looked up."""

    barcode: Barcode


class TaxClass(Record):
    """A tax class and its rate, 0.20 for 20 %."""

    name: Code
    rate: Rate


class ReturnWindow(Record):
    """Days after its payment in which a product of a category can be returned; "" for any other category."""

    category: Annotated[str, Field(max_length=60, pattern=r"^\P{Cc}*$")] = ""
    days: Annotated[StrictInt, Field(ge=0, le=3_650)]


class PriceDays(Record):
    """Days whose lowest price values a return without a receipt."""

    days: Annotated[StrictInt, Field(ge=0, le=3_650)]


class UnvaluedLine(BaseModel):
    """Units that come back without a receipt. The claim of the return validates its other fields."""

    model_config = ConfigDict(frozen=True)

    line_no: Annotated[StrictInt, Field(gt=0, le=MAX_LINES)]
    sku: Code
    quantity: Quantity


class ValueReturn(BaseModel):
    """A request to value a return without a receipt. The claim of the return validates its other fields."""

    model_config = ConfigDict(frozen=True)

    currency: Currency
    lines: Annotated[tuple[UnvaluedLine, ...], Field(min_length=1, max_length=MAX_VALUED_LINES)]


class ValuedLine(TypedDict):
    """A line with the value of its units at the lowest price: total = net + tax."""

    line_no: int
    sku: str
    description: str
    quantity: int
    tax_class: str
    tax_rate: str
    net: int
    tax: int
    total: int


class ValuedReturn(TypedDict):
    """The lines of a return without a receipt, with their value."""

    lines: list[ValuedLine]


class PricedLine(TypedDict):
    """A line with its discounts and tax: total = net + tax.

    category: the product's when it is sold, if any; return_days: the return window of the category, if one is set.
    """

    line_no: int
    sku: str
    description: str
    quantity: int
    unit_price: int
    tax_class: str
    tax_rate: str
    tax_included: bool
    subtotal: int
    line_discount: int
    order_discount: int
    net: int
    tax: int
    total: int
    category: NotRequired[str]
    return_days: NotRequired[int]


class PricedTender(TypedDict):
    """A tender with the amount it pays.

    `card` is the reference of a card or gift card; `tendered` and `change` are for cash above the total; `return_id` is
    of an exchange.
    """

    tender_no: int
    type: str
    card: NotRequired[str]
    amount: int
    tendered: NotRequired[int]
    change: NotRequired[int]
    return_id: NotRequired[str]


class Totals(TypedDict):
    """Sums over the lines; `subtotal` is before discounts, total = net + tax + rounding.

    `rounding` is what rounding the amount due in cash has added, if it has.
    """

    subtotal: int
    discount: int
    net: int
    tax: int
    rounding: NotRequired[int]
    total: int


class PricedDelivery(TypedDict):
    """The delivery of an order that is shipped."""

    name: str
    street: str
    postal_code: str
    city: str
    country: str
    carrier: str
    service: str


class PricedOrder(TypedDict):
    """An order with its prices, as the invoice, the journal and a later return use it."""

    order_id: str
    location: str
    register: str
    currency: str
    customer_id: str | None
    fulfilment: str
    delivery: NotRequired[PricedDelivery]
    placed_at: str
    lines: list[PricedLine]
    tenders: list[PricedTender]
    taxes: list[TaxSum]
    totals: Totals
