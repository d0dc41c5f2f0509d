"""What the catalog is asked and what it keeps. Amounts are integer minor units."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from tillflow.discounts import Discount, ExactDecimal
from tillflow.money import EXPONENT


def _known_currency(code: str) -> str:
    if code not in EXPONENT:
        raise ValueError("an ISO 4217 currency code such as EUR")
    return code


def _valid_ean13(barcode: str) -> str:
    if len(barcode) != 13 or not barcode.isascii() or not barcode.isdigit():
        raise ValueError("an EAN-13 barcode: 13 digits")
    digits = [int(digit) for digit in barcode]
    check = -(sum(digits[0:12:2]) + 3 * sum(digits[1:12:2])) % 10
    if digits[12] != check:
        raise ValueError(f"an EAN-13 barcode whose check digit is {check}")
    return barcode


# Ids become parts of keys and of an execution's name, so they keep to what both allow.
type Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
type Currency = Annotated[str, AfterValidator(_known_currency)]
type Ean13 = Annotated[str, AfterValidator(_valid_ean13)]
# Starts with a letter, so a card number never passes for a provider's token.
type Token = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{2,254}$")]
type Quantity = Annotated[int, Field(gt=0, le=1_000_000, strict=True)]


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OrderLine(_Request):
    sku: Annotated[str, Field(min_length=1, max_length=64)]
    quantity: Quantity
    discount: Discount | None = None


class Tender(_Request):
    """A way to pay; without `amount` it takes what the others leave."""

    type: Literal["card", "cash", "store_credit"]
    token: Token | None = None
    amount: Annotated[int | None, Field(gt=0, strict=True)] = None

    @model_validator(mode="after")
    def _token_for_a_card(self) -> Self:
        if self.type == "card" and self.token is None:
            raise ValueError("a token with a card tender")
        if self.type != "card" and self.token is not None:
            raise ValueError(f"no token with a {self.type} tender")
        return self


class Order(_Request):
    """A sale as the till sends it; the workflow adds its execution's name."""

    order_id: Identifier
    execution_name: str | None = None
    location: Identifier
    till: Identifier = Field(alias="register")
    currency: Currency
    customer_id: Identifier | None = None
    fulfilment: Literal["carry_out", "ship"] = "carry_out"
    placed_at: AwareDatetime
    lines: Annotated[tuple[OrderLine, ...], Field(min_length=1)]
    discounts: tuple[Discount, ...] = ()
    tenders: tuple[Tender, ...]

    @model_validator(mode="after")
    def _is_its_execution(self) -> Self:
        # Every effect is keyed by the order id: two executions must not share one.
        if self.execution_name not in (None, self.order_id):
            raise ValueError(f"order_id {self.order_id} as the name of the execution")
        return self

    @model_validator(mode="after")
    def _tenders_fit_together(self) -> Self:
        if sum(tender.amount is None for tender in self.tenders) > 1:
            raise ValueError("at most one tender without an amount")
        if self.customer_id is None and any(tender.type == "store_credit" for tender in self.tenders):
            raise ValueError("a customer_id with a store_credit tender")
        return self


class Product(BaseModel):
    """A product. `prices` is per unit in minor units by currency; `tax_included` says what they contain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: Identifier
    name: Annotated[str, Field(min_length=1, max_length=120)]
    description: Annotated[str, Field(max_length=2000)] = ""
    barcode: Ean13 | None = None
    prices: Annotated[dict[Currency, Annotated[int, Field(ge=0, strict=True)]], Field(min_length=1)]
    tax_class: Identifier
    tax_included: bool = True
    category: Annotated[str, Field(max_length=60)] = ""
    image: Annotated[str | None, Field(max_length=1024)] = None


class TaxClass(BaseModel):
    """A tax class and its rate, 0.20 for 20 %."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Identifier
    rate: Annotated[ExactDecimal, Field(ge=0, le=1)]
