"""Requests and responses of the catalog, and a product as it is stored. Amounts are integer minor units."""

from decimal import Decimal
from typing import Annotated, Literal, NotRequired, Self, TypedDict

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt, model_validator
from tillflow.barcodes import checked_digits
from tillflow.decimals import Percent, Rate
from tillflow.fields import VISIBLE_LINE, Amount, Quantity, Record, Timestamp, UnitAmount
from tillflow.money import Currency
from tillflow.order_request import MAX_LINES, Code
from tillflow.tax import TaxSum

MAX_VALUED_LINES = 100
"""Lines of a return without a receipt: the prices of each product are a query of their own."""
MAX_PRICE_CHANGES = 20


def _valid_barcode(barcode: str) -> str:
    """Return a barcode as it is stored: a UPC-A as the EAN-13 that it is, with a leading zero."""
    if len(barcode) not in (8, 12, 13) or not barcode.isascii() or not barcode.isdigit():
        raise ValueError("a barcode: EAN-13, EAN-8 or UPC-A, 13, 8 or 12 digits")
    return checked_digits(barcode).zfill(13) if len(barcode) == 12 else checked_digits(barcode)


Barcode = Annotated[str, AfterValidator(_valid_barcode)]


def without_zeros(number: Decimal) -> Decimal:
    """Return a number without zeros at the end of its decimals."""
    return Decimal(f"{number.normalize():f}")


CategoryCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")]
CategoryField = Annotated[str, Field(max_length=60, pattern=r"^\P{Cc}*$")]
"""The category of a product, "" for none: any text in the rows of earlier releases, which had no categories."""


class PriceChange(Record):
    """Prices by currency from a time on; other currencies keep theirs."""

    valid_from: Timestamp
    prices: Annotated[dict[Currency, UnitAmount], Field(min_length=1, max_length=50)]


class Product(Record):
    """A product. `prices` are per unit in minor units by currency; `tax_included` states what they contain.

    price_changes: prices that replace them from a time on, in its order; retired: the product is not sold any more.
    """

    sku: Code
    name: Annotated[str, Field(min_length=1, max_length=120, pattern=VISIBLE_LINE)]
    description: Annotated[str, Field(max_length=2000, pattern=r"^(\P{Cc}|\n)*$")] = ""
    barcode: Barcode | None = None
    prices: Annotated[dict[Currency, UnitAmount], Field(min_length=1, max_length=50)]
    price_changes: Annotated[tuple[PriceChange, ...], Field(max_length=MAX_PRICE_CHANGES)] = ()
    retired: StrictBool = False
    tax_class: Code
    tax_included: StrictBool = True
    category: CategoryField = ""
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


class BarcodeLayout(Record):
    """How the barcodes of a prefix are laid out, which have a price or weight in them. See labels.py.

    item_digits: those of the item, after the prefix; check_digit: whether that of the price or weight follows, which
    has the digits that are left of ten; currency: of a price, in its minor units. A weight is in grams.
    """

    prefix: Annotated[str, Field(pattern=r"^2[0-9]$")]
    content: Literal["price", "weight"]
    item_digits: Annotated[StrictInt, Field(ge=4, le=6)]
    check_digit: StrictBool = False
    currency: Currency | None = None

    @model_validator(mode="after")
    def price_has_a_currency(self) -> Self:
        if self.content == "price" and self.currency is None:
            raise ValueError("a currency with the content price")
        if self.content == "weight" and self.currency is not None:
            raise ValueError("no currency with the content weight")
        return self

    @model_validator(mode="after")
    def check_digit_is_of_four_or_five(self) -> Self:
        if self.check_digit and 9 - self.item_digits not in (4, 5):
            raise ValueError("4 or 5 item_digits with a check digit, which is of 5 or 4 digits")
        return self


class BarcodeLayouts(Record):
    """The layouts of barcodes that have a price or weight in them, at most one of a prefix."""

    layouts: Annotated[tuple[BarcodeLayout, ...], Field(max_length=10)]

    @model_validator(mode="after")
    def prefixes_differ(self) -> Self:
        if len({layout.prefix for layout in self.layouts}) != len(self.layouts):
            raise ValueError("one layout of a prefix")
        return self


class Label(BaseModel):
    """What the barcode of a label has in it: minor units of a price, or grams. unit_prices: of one unit with it."""

    content: Literal["price", "weight"]
    value: int
    unit_prices: dict[str, int]


class TaxClass(Record):
    """A tax class and its rate, 0.20 for 20 %."""

    name: Code
    rate: Rate


class TaxPercent(Record):
    """A rate of a tax class in percent. valid_from: the time from which it holds; null for now."""

    percent: Annotated[Percent, AfterValidator(without_zeros)]
    valid_from: Timestamp | None = None


class TaxClassPercent(TaxPercent):
    """A tax class and a rate of it in percent."""

    tax_class: Code


class RateChange(BaseModel):
    """The rate of a tax class from a time on, in percent."""

    valid_from: Timestamp
    percent: Percent


class TaxClassRates(BaseModel):
    """A tax class. percent: its rate now; changes: those to come; retired: no product that is sold has it."""

    tax_class: str
    percent: Percent
    changes: tuple[RateChange, ...] = ()
    retired: bool = False


class TaxClassRef(Record):
    """The name of a tax class that is looked up."""

    tax_class: Code


class Category(Record):
    """A category of products. category: its code, which never changes; retired: no further product gets it."""

    category: CategoryCode
    name: Annotated[str, Field(min_length=1, max_length=120, pattern=VISIBLE_LINE)]
    retired: StrictBool = False


class CategoryRef(Record):
    """The code of a category that is looked up."""

    category: CategoryCode


class ReturnWindow(Record):
    """Days after its payment in which a product of a category can be returned; "" for any other category."""

    category: CategoryField = ""
    days: Annotated[StrictInt, Field(ge=0, le=3_650)]


class PriceDays(Record):
    """Days whose lowest price values a return without a receipt."""

    days: Annotated[StrictInt, Field(ge=0, le=3_650)]


type SellerRole = Literal["cashier", "manager"]


class DiscountLimit(Record):
    """The most that a role may take off an order, and off each line by itself.

    percent: of the price before discounts; amounts: all discounts of an order in minor units by currency. Both hold.
    """

    percent: Percent = Decimal(100)
    amounts: Annotated[dict[Currency, Amount], Field(max_length=50)] = Field(default_factory=dict)


class DiscountLimits(Record):
    """What a cashier may give, and a manager by an approval. A manager may give what a cashier may."""

    cashier: DiscountLimit = DiscountLimit()
    manager: DiscountLimit = DiscountLimit()


class RoleRef(Record):
    """The role of a discount limit."""

    role: SellerRole


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

    barcode: that of the label with the unit's price or weight, if it has one; category: the product's when it is sold,
    if any; return_days: the return window of the category, if one is set.
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
    barcode: NotRequired[str]
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


class ApprovedBy(TypedDict):
    """The manager who approved the discounts of an order, and why."""

    manager: str
    note: str


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
    approval: NotRequired[ApprovedBy]


class Quote(PricedOrder):
    """The prices of an order, and whether its discounts need a manager's approval or are above what one may give."""

    discount_approval: Literal["none", "manager", "refused"]
