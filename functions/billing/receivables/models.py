"""Requests and responses about receivables, and what is stored of them. Amounts are integer minor units."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypedDict

from pydantic import Field, ValidationInfo, field_validator
from tillflow.fields import Amount, BusinessId, Identifier, Record
from tillflow.money import Currency, checked_coins

MAX_INVOICES = 40
"""Invoices that one payment pays: they are written in one transaction."""


class ReceivePayment(Record):
    """A request to record a customer's payment, once per payment id.

    It pays the invoices of `orders`, or the oldest ones; what is left becomes credit of the customer.
    """

    payment_id: BusinessId
    customer_id: Identifier
    currency: Currency
    method: Literal["cash", "bank_transfer"]
    amount: Annotated[Amount, Field(gt=0)]
    orders: Annotated[tuple[BusinessId, ...], Field(max_length=MAX_INVOICES)] = ()

    @field_validator("amount")
    @classmethod
    def cash_is_in_coins(cls, amount: int, others: ValidationInfo) -> int:
        return checked_coins(amount, others.data, "method")


class Allocation(TypedDict):
    """The part of a payment that an invoice gets; negative if the invoice was overpaid and pays others."""

    order_id: str
    invoice_number: str
    amount: int


class ReceivedPayment(TypedDict):
    """A recorded payment: amount = allocated + overpayment."""

    payment_id: str
    customer_id: str
    currency: str
    amount: int
    method: Literal["cash", "bank_transfer"]
    allocated: int
    overpayment: int
    allocations: list[Allocation]


@dataclass(frozen=True, slots=True)
class OpenItem:
    """What is outstanding on an invoice; negative if it was paid and then credited."""

    order_id: str
    customer_id: str
    currency: str
    invoice_number: str
    issued_at: str
    due_on: str
    outstanding: int


@dataclass(frozen=True, slots=True)
class Ageing:
    """What a customer owes in a currency, by days overdue."""

    customer_id: str
    currency: str
    amounts: Mapping[str, int]
    total: int
