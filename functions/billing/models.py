"""Requests and responses of billing, and its documents as they are stored. Amounts are integer minor units."""

import json
from enum import StrEnum
from typing import Annotated, Any, Literal, TypedDict

from pydantic import BaseModel, BeforeValidator, Field, StrictBool, StrictInt
from tillflow.fields import (
    MAX_AMOUNT,
    Amount,
    BusinessId,
    Identifier,
    Quantity,
    Record,
    Request,
    UnitAmount,
)
from tillflow.money import Currency

MAX_TENDERS = 200
MAX_LINES = 1_000

Reason = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^\P{Cc}*$")]
type InvoiceStatus = Literal["DRAFT", "ISSUED", "PARTIALLY_PAID", "PAID", "VOID"]


class SeriesScope(StrEnum):
    """Which documents share a number series: those of the whole shop, of a location, or of a register."""

    SHOP = "shop"
    LOCATION = "location"
    REGISTER = "register"


def _from_json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


class CapturedTender(Request):
    """A tender as payments returns it once it is captured."""

    tender_no: Annotated[StrictInt, Field(gt=0, le=MAX_TENDERS)]
    type: Literal["card", "cash", "store_credit", "gift_card", "on_account", "exchange"]
    amount: Annotated[StrictInt, Field(gt=0, le=MAX_AMOUNT)]
    state: Literal["captured"]


class CreditedTax(Request):
    """Net and tax of a tax class and rate on a credit note."""

    tax_class: Annotated[str, Field(min_length=1, max_length=64)]
    rate: Annotated[str, Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,10})?$")]
    net: Amount
    tax: Amount


class CreditedLine(Request):
    """A line of a credit note."""

    line_no: Annotated[StrictInt, Field(gt=0, le=MAX_LINES)]
    sku: Identifier
    description: Annotated[str, Field(max_length=120, pattern=r"^\P{Cc}*$")]
    quantity: Quantity
    tax_class: Annotated[str, Field(min_length=1, max_length=64)]
    tax_rate: Annotated[str, Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,10})?$")]
    net: Amount
    tax: Amount
    total: Amount


class CreditedTotals(Request):
    """Sums over the lines of a credit note; total = net + tax + rounding."""

    net: Amount
    tax: Amount
    rounding: Annotated[StrictInt, Field(ge=-1_000, le=1_000)] = 0
    total: Amount


class InvoicedLine(CreditedLine):
    """A line of an invoice, with its discounts and what the catalog has of its product."""

    unit_price: UnitAmount
    tax_included: StrictBool
    subtotal: Amount
    line_discount: Amount
    order_discount: Amount
    barcode: Annotated[str | None, Field(max_length=64)] = None
    category: Annotated[str | None, Field(max_length=64)] = None
    return_days: Annotated[StrictInt | None, Field(ge=0)] = None


class InvoicedTotals(CreditedTotals):
    """Sums over the lines of an invoice; `subtotal` is before discounts."""

    subtotal: Amount
    discount: Amount


class InvoiceDocument(Request):
    """The lines, taxes and totals of an invoice."""

    lines: Annotated[tuple[InvoicedLine, ...], Field(min_length=1, max_length=MAX_LINES)]
    taxes: Annotated[tuple[CreditedTax, ...], Field(max_length=MAX_LINES)]
    totals: InvoicedTotals


class IssueInvoice(Request):
    """A request to give the draft of an order its number; `tenders` paid it, or the customer owes it on account.

    document: what the order has sold. Executions of release 0.1.0 have written it into the draft.
    """

    order_id: BusinessId
    customer_id: Identifier | None = None
    tenders: Annotated[tuple[CapturedTender, ...], Field(max_length=MAX_TENDERS)]
    document: InvoiceDocument | None = None


class CreditedReturn(Request):
    """The part of an invoice that a return credits: its lines, taxes and totals.

    location, register, currency: where it came back; a credit note without an invoice needs them. receivable: how much
    less the customer owes of an invoice on account.
    """

    return_id: BusinessId
    location: Identifier | None = None
    till: Identifier | None = Field(default=None, alias="register")
    currency: Currency | None = None
    lines: Annotated[tuple[CreditedLine, ...], Field(min_length=1, max_length=MAX_LINES)]
    taxes: Annotated[tuple[CreditedTax, ...], Field(max_length=MAX_LINES)]
    totals: CreditedTotals
    receivable: Amount = 0


class CreditInvoice(Request):
    """A request to credit the invoice of an order: a return's part of it, or all of it.

    The reason is printed on the credit note.
    """

    order_id: BusinessId
    reason: Reason = "cancelled"
    credited: CreditedReturn | None = None


class CreditedWithoutReceipt(CreditedReturn):
    """What a return without a receipt credits, and where."""

    location: Identifier
    till: Identifier = Field(alias="register")
    currency: Currency


class CreditWithoutReceipt(Request):
    """A request to credit a return without a receipt: its credit note belongs to no invoice."""

    order_id: None
    reason: Reason = "returned"
    credited: CreditedWithoutReceipt


class IssuedInvoice(TypedDict):
    """The number of an issued invoice."""

    order_id: str
    invoice_number: str
    series: str
    number: int


class CreditedInvoice(TypedDict):
    """The number of the credit note; None if the invoice was never issued. order_id: None without a receipt."""

    order_id: str | None
    credit_note_number: str | None


class RecordedPayment(TypedDict):
    """A payment of an invoice."""

    tender_no: int
    type: str
    amount: int


class InvoiceSummary(BaseModel):
    """An issued invoice in a list. invoice_id is the id of its order."""

    invoice_id: str
    status: InvoiceStatus
    location: str | None = None
    series: str
    number: int
    invoice_number: str
    issued_at: str
    currency: str
    total: int
    paid: int = 0
    outstanding: int | None = None
    due_on: str | None = None
    customer_id: str | None = None
    credited: int = 0
    credit_note_number: str | None = None


class CreditNoteSummary(BaseModel):
    """A credit note in a list. credit_note_id is the id of its order."""

    credit_note_id: str
    invoice_number: str
    series: str
    number: int
    credit_note_number: str
    issued_at: str
    currency: str
    total: int
    reason: str


class Invoice(Record):
    """An invoice as it is stored: the attributes of its row, less the key.

    `paid` is what tenders and later payments have paid; of an invoice sold on account, `on_account` is the amount of
    that tender and `outstanding` what is still owed. `document` has the lines, taxes and totals of the order, once the
    invoice is issued.
    """

    invoice_id: str
    status: InvoiceStatus
    execution: str
    location: str | None = None
    register_id: str | None = None
    series: str | None = None
    currency: str | None = None
    total: int | None = None
    document: Annotated[dict[str, Any] | None, BeforeValidator(_from_json)] = None
    number: int | None = None
    invoice_number: str | None = None
    issued_at: str | None = None
    paid: int | None = None
    payments: list[RecordedPayment] | None = None
    customer_id: str | None = None
    on_account: int | None = None
    outstanding: int | None = None
    due_on: str | None = None
    credited: int | None = None
    credit_note_number: str | None = None


class CreditNote(Record):
    """A credit note as it is stored: the attributes of its row, less the key.

    credit_note_id: the order whose invoice it credits; return_id: the return it belongs to, None for a cancel. That of
    a return without a receipt has the return's id as both, and no invoice_number. receivable: how much less the
    customer owes; 0 for a cancel, which credits what was on account.
    """

    credit_note_id: str
    return_id: str | None = None
    invoice_number: str | None = None
    location: str | None
    register_id: str | None
    series: str
    number: int
    credit_note_number: str
    currency: str
    total: int
    receivable: int = 0
    reason: str
    document: Annotated[dict[str, Any], BeforeValidator(_from_json)]
    issued_at: str
