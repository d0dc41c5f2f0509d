"""Suppliers with their prices, and what is reported of them.

Amounts are integer minor units, quantities whole units.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator
from tillflow.decimals import Rate
from tillflow.errors import InvalidRequest
from tillflow.fields import Identifier, Quantity, Record, UnitAmount
from tillflow.money import Currency
from tillflow.outbound import check_url

SECRET_NAME = re.compile(r"[A-Za-z0-9-]{1,128}/suppliers/[A-Za-z0-9/_+=.@-]{1,256}")
"""<stack>/suppliers/<name>: the functions of a stack may read no other secrets."""

TaxRate = Annotated[Rate, Field(lt=1)]


class Terms(Record):
    """Payment terms: net days after the invoice date, or after the end of its month.

    At most 180 days: the order's workflow, which waits for the due date, ends after a year.
    """

    days: Annotated[StrictInt, Field(ge=0, le=180)] = 30
    end_of_month: StrictBool = False


class Channel(Record):
    """How orders are sent to the supplier.

    webhook: a signed POST to `address`; `secret` is the name of its key in Secrets Manager. mail: to `address`.
    manual: an employee passes the order on.
    """

    type: Literal["webhook", "mail", "manual"] = "manual"
    address: Annotated[str, Field(max_length=1024)] = ""
    secret: Annotated[str, Field(max_length=256)] = ""

    @model_validator(mode="after")
    def check_address(self) -> Self:
        if self.type == "webhook":
            try:
                check_url(self.address)
            except InvalidRequest as invalid:
                raise ValueError(f"{invalid.problems[0].expected} as the address of a webhook") from None
        if self.type == "webhook" and not self.secret:
            raise ValueError("the name of a secret for a webhook")
        if self.type == "webhook" and not SECRET_NAME.fullmatch(self.secret):
            raise ValueError("a secret called <stack>/suppliers/<name>")
        if self.type == "mail" and "@" not in self.address:
            raise ValueError("a mail address for channel type mail")
        return self


class ResponseTimeouts(Record):
    """Seconds a supplier has to acknowledge an order, and between the heartbeats until then."""

    answer_seconds: Annotated[StrictInt, Field(ge=2, le=7_776_000)] = 259_200
    heartbeat_seconds: Annotated[StrictInt, Field(ge=1)] = 86_400

    @model_validator(mode="after")
    def check_order(self) -> Self:
        if self.heartbeat_seconds >= self.answer_seconds:
            raise ValueError("heartbeat_seconds below answer_seconds")
        return self


class Supplier(Record):
    """A supplier. `account` is the bank's token of the account to pay, never an account number.

    over_receipt_percent: how much more than ordered is accepted.
    """

    supplier_id: Identifier
    name: Annotated[str, Field(min_length=1, max_length=200)]
    currency: Currency
    lead_time_days: Annotated[StrictInt, Field(ge=0, le=365)] = 7
    terms: Terms = Terms()
    tax_rate: TaxRate = Decimal(0)
    over_receipt_percent: Annotated[StrictInt, Field(ge=0, le=100)] = 0
    account: Annotated[str, Field(min_length=1, max_length=128)]
    channel: Channel = Channel()
    timeouts: ResponseTimeouts = ResponseTimeouts()


class Price(Record):
    """A supplier's price of one unit of a SKU, for orders of at least `minimum_quantity` units."""

    sku: Identifier
    unit_cost: UnitAmount
    minimum_quantity: Quantity = 1


class PriceList(Record):
    """Prices of a supplier."""

    prices: Annotated[tuple[Price, ...], Field(max_length=1000)] = ()


class SupplierAccount(Record):
    """A supplier with its version and its totals: open orders, and what is owed to it."""

    supplier: Supplier
    version: int
    open_orders: int
    owed: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a statement: an invoice adds `amount`, a payment subtracts it; `balance` is what is owed then."""

    on: date
    kind: str
    reference: str
    purchase_order_id: str
    amount: int
    balance: int


@dataclass(frozen=True, slots=True)
class Performance:
    """Performance over the acknowledged orders.

    on_time: orders received completely by the promised day; item_days_late: units times the days each was late,
    missing units counted until today; accepted and rejected: units.
    """

    orders: int
    on_time: int
    item_days_late: int
    accepted: int
    rejected: int
    refused_or_silent: int


@dataclass(frozen=True, slots=True)
class SupplierReport:
    """A supplier with its price list and its delivery performance."""

    account: SupplierAccount
    prices: list[Price]
    performance: Performance
