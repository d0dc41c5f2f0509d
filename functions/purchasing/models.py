"""Purchase documents, suppliers, and the requests of the purchasing functions.

Amounts are integer minor units, quantities whole units.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StrictInt, model_validator
from tillflow.decimals import Rate
from tillflow.errors import InvalidRequest
from tillflow.fields import (
    Amount,
    BusinessId,
    Day,
    Identifier,
    Quantity,
    Reason,
    Record,
    Request,
    StockUnits,
    Timestamp,
    UnitAmount,
    Units,
    check_total,
)
from tillflow.money import Currency
from tillflow.outbound import check_url

SECRET_NAME = re.compile(r"[A-Za-z0-9-]{1,128}/suppliers/[A-Za-z0-9/_+=.@-]{1,256}")
"""<stack>/suppliers/<name>: the functions of a stack may read no other secrets."""
MAX_LINES = 1000
MAX_INVOICE_LINES = 2000
MAX_NUMBER_BYTES = 512

TaxRate = Annotated[Rate, Field(lt=1)]
TaskToken = Annotated[str, Field(min_length=1, max_length=2048)]


def _check_number(number: str) -> str:
    normalised = normalise_number(number)
    if not normalised or not normalised.isprintable():
        raise ValueError("printable characters")
    if len(normalised.encode()) > MAX_NUMBER_BYTES:
        raise ValueError(f"a number of at most {MAX_NUMBER_BYTES} bytes")
    return number


def normalise_number(number: str) -> str:
    """Return an invoice number as it is compared: NFKC, case folded, with single spaces and none at the ends."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", number).casefold())
    return " ".join(folded.split())


InvoiceNumber = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_check_number)]


class Terms(Record):
    """Payment terms: net days after the invoice date, or after the end of its month.

    At most 180 days: the order's workflow, which waits for the due date, ends after a year.
    """

    days: Annotated[StrictInt, Field(ge=0, le=180)] = 30
    end_of_month: bool = False


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


class SupplierAccount(Record):
    """A supplier with its version and its totals: open orders, and what is owed to it."""

    supplier: Supplier
    version: int
    open_orders: int
    owed: int


class RequestedLine(Request):
    sku: Identifier
    quantity: Quantity
    unit_cost: UnitAmount


class Candidate(Request):
    supplier_id: Identifier


class NewPurchase(Request):
    """What is ordered. `suppliers` are asked in this order."""

    purchase_order_id: BusinessId
    location: Identifier
    currency: Currency
    lines: Annotated[tuple[RequestedLine, ...], Field(min_length=1, max_length=MAX_LINES)]
    suppliers: Annotated[tuple[Candidate, ...], Field(min_length=1, max_length=20)]
    reason: Reason = ""


class OpenOrder(NewPurchase):
    """The input of a PurchaseOrder execution.

    approved_total: the total up to which the order is approved; by default that of its lines, or the approval limit.
    """

    needs: Annotated[tuple[Annotated[str, Field(max_length=300)], ...], Field(max_length=MAX_LINES)] = ()
    execution: Annotated[str, Field(max_length=2048)] = ""
    approved_total: Amount | None = None

    @model_validator(mode="after")
    def check_lines(self) -> Self:
        if len({line.sku for line in self.lines}) != len(self.lines):
            raise ValueError("one line per SKU")
        check_total(sum(line.quantity * line.unit_cost for line in self.lines))
        return self


class OrderRef(Request):
    purchase_order_id: BusinessId


class SendOrder(OrderRef):
    """approval: how many approvals persons have given; a new one is for the total that the order waits with."""

    approval: Annotated[StrictInt, Field(ge=0, le=1000)] = 0


class QuoteOrder(Request):
    """Lines to be priced for the first of `suppliers`; other_total: of the orders split from the same one."""

    currency: Currency
    lines: Annotated[tuple[RequestedLine, ...], Field(min_length=1, max_length=MAX_LINES)]
    suppliers: Annotated[tuple[Candidate, ...], Field(min_length=1, max_length=20)]
    other_total: Amount = 0


type Awaited = Literal["acknowledgement", "goods"]


class Await(OrderRef):
    """A workflow that waits, and the task token that completes its wait.

    waiting_since is the time and the retry count of the wait, as text that sorts by time.
    """

    waiting_for: Awaited
    waiting_since: Annotated[str, Field(min_length=1, max_length=64)]
    task_token: TaskToken


class GiveUp(OrderRef):
    """The supplier of this attempt, counted from 1, refused the order or did not respond."""

    attempt: Annotated[StrictInt, Field(ge=1, le=20)]
    cause: str = ""


class BookReceipt(OrderRef):
    receipt_id: BusinessId


class Cancel(OrderRef):
    reason: Annotated[str, Field(max_length=200)] = ""


class MatchInvoice(OrderRef):
    """accept: a person has checked the differences and accepts the invoice."""

    accept: bool = False


class Line(Record):
    """A line of a purchase order with the units received; `rejected` ones of them were sent back.

    unit_cost is that of the supplier the order is sent to; requested_cost is that of the request, for a supplier
    without a price.
    """

    sku: Identifier
    quantity: Quantity
    unit_cost: UnitAmount
    requested_cost: UnitAmount = Field(default_factory=lambda line: line["unit_cost"])
    received: StockUnits = 0
    rejected: StockUnits = 0

    @property
    def accepted(self) -> int:
        return self.received - self.rejected

    @property
    def missing(self) -> int:
        """Units that are still to be received."""
        return max(self.quantity - self.accepted, 0)


class ReceivedLine(Record):
    sku: Identifier
    quantity: Quantity
    rejected: Units = 0

    @model_validator(mode="after")
    def check_rejected(self) -> Self:
        if self.rejected > self.quantity:
            raise ValueError("at most as many units rejected as received")
        return self


class Receipt(Record):
    """A delivery; `booked` once stock and ledger have it."""

    receipt_id: BusinessId
    received_at: Timestamp
    lines: Annotated[tuple[ReceivedLine, ...], Field(min_length=1, max_length=MAX_LINES)]
    booked: bool = False


class SentLine(Record):
    """Units that a supplier says it has sent."""

    sku: Identifier
    quantity: Quantity


class DeliveryNote(Record):
    """What a supplier says it has sent, and when it is to arrive."""

    note_id: BusinessId
    expected_on: Day | None = None
    lines: Annotated[tuple[SentLine, ...], Field(min_length=1, max_length=MAX_LINES)]


class InvoicedLine(Record):
    sku: Identifier
    quantity: Quantity
    unit_price: UnitAmount


class Invoice(Record):
    """A supplier's invoice: total = lines - discount + tax. `due_on` is set by the match."""

    number: InvoiceNumber
    invoiced_on: Day
    lines: Annotated[tuple[InvoicedLine, ...], Field(min_length=1, max_length=MAX_INVOICE_LINES)]
    discount: Amount = 0
    tax: Amount = 0
    total: Amount
    due_on: Day | None = None

    @model_validator(mode="after")
    def check_totals(self) -> Self:
        check_total(self.gross)
        return self

    @property
    def gross(self) -> int:
        return sum(line.quantity * line.unit_price for line in self.lines)

    @property
    def net(self) -> int:
        return self.gross - self.discount


class Attempt(Record):
    """The order as sent to one supplier: SENT, then ACKNOWLEDGED, REFUSED, SILENT or WITHDRAWN."""

    supplier_id: Identifier
    sent_at: AwareDatetime
    state: Literal["SENT", "ACKNOWLEDGED", "REFUSED", "SILENT", "WITHDRAWN"] = "SENT"
    promised_on: Day | None = None
    note: str = ""


class Payment(Record):
    """The payment of the invoice; PAYING is an intent, the bank may or may not have paid."""

    amount: Amount
    account: str
    state: Literal["PAYING", "PAID", "REFUSED"] = "PAYING"
    reference: str = ""
    paid_at: AwareDatetime | None = None


type Status = Literal["OPEN", "SENT", "ACKNOWLEDGED", "MATCHED", "PAID", "CLOSED", "CANCELLED"]


class Purchase(Record):
    """The document of a purchase order: everything that the rules read and change.

    approved_total: the total up to which the order may be sent; pending_total: the one that waits for an approval;
    approvals: how many approvals were applied.
    """

    purchase_order_id: BusinessId
    status: Status
    location: Identifier
    currency: Currency
    lines: tuple[Line, ...]
    suppliers: tuple[Identifier, ...]
    reason: str = ""
    needs: tuple[str, ...] = ()
    execution: str = ""
    opened_at: AwareDatetime
    attempts: tuple[Attempt, ...] = ()
    delivery_notes: tuple[DeliveryNote, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    closed_short: bool = False
    cancel_reason: str | None = None
    invoice: Invoice | None = None
    payment: Payment | None = None
    over_receipt_percent: Annotated[StrictInt, Field(ge=0)] = 0
    approved_total: Amount | None = None
    pending_total: Amount | None = None
    approvals: Annotated[StrictInt, Field(ge=0)] = 0
    waiting_for: Awaited | None = None
    waiting_since: str = ""
    task_token: str | None = None
    ended_at: AwareDatetime | None = None

    @property
    def attempt(self) -> Attempt | None:
        """The last attempt, unless its supplier is out: it refused, did not respond or was withdrawn."""
        last = self.attempts[-1] if self.attempts else None
        return last if last and last.state in ("SENT", "ACKNOWLEDGED") else None

    @property
    def supplier_id(self) -> str | None:
        return self.attempts[-1].supplier_id if self.attempts else None


class PurchaseSummary(BaseModel):
    """A purchase order in a list; ordered, received: units, less those that were sent back; owed: minor units."""

    purchase_order_id: str
    status: Status
    supplier_id: str | None
    location: str
    currency: str
    opened_at: datetime
    ordered: int
    received: int
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


class PurchaseInvoice(BaseModel):
    """The invoice of a purchase order in a list. paid: what was paid of it; owed: what is still owed; minor units."""

    purchase_order_id: str
    supplier_id: str | None
    number: str
    invoiced_on: date
    due_on: date | None
    net: int
    discount: int
    tax: int
    total: int
    paid: int
    owed: int
    currency: str
    paid_at: datetime | None
    reference: str


type Step = Literal["send", "await_acknowledgement", "receive", "await_goods", "match", "cancel"]


class PurchaseView(Purchase):
    """A purchase order with the step that its workflow runs next, null once it has ended.

    differences: of an invoice that is not matched, from the order and what was received of it.
    """

    next_step: Step | None
    differences: list[str]
