"""Purchase documents, and the requests of the purchasing functions.

Amounts are integer minor units, quantities whole units.
"""

import re
import unicodedata
from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    Field,
    StrictBool,
    StrictInt,
    field_validator,
    model_validator,
)
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

MAX_LINES = 1000
MAX_INVOICE_LINES = 2000
MAX_NUMBER_BYTES = 512

# Characters that Python calls printable and that are not seen: fillers, joiners and variation selectors.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)

TaskToken = Annotated[str, Field(min_length=1, max_length=2048)]


def _check_number(number: str) -> str:
    normalised = normalise_number(number)
    if not normalised or not normalised.isprintable() or _INVISIBLE.search(normalised):
        raise ValueError("printable characters")
    if len(normalised.encode()) > MAX_NUMBER_BYTES:
        raise ValueError(f"a number of at most {MAX_NUMBER_BYTES} bytes")
    return number


def normalise_number(number: str) -> str:
    """Return an invoice number as it is compared.

    NFKC, case folded, with single spaces and none at the ends; dashes and the minus sign are hyphens.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", number).casefold())
    hyphenated = "".join("-" if _is_dash(character) else character for character in folded)
    return " ".join(hyphenated.split())


def _is_dash(character: str) -> bool:
    return character == "\N{MINUS SIGN}" or unicodedata.category(character) == "Pd"


InvoiceNumber = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_check_number)]


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

    @field_validator("lines")
    @classmethod
    def check_lines(cls, lines: tuple[RequestedLine, ...]) -> tuple[RequestedLine, ...]:
        if len({line.sku for line in lines}) != len(lines):
            raise ValueError("one line per SKU")
        check_total(sum(line.quantity * line.unit_cost for line in lines))
        return lines


class OpenCheckedOrder(OpenOrder):
    """An order whose products the workflow has looked up. unknown_skus: those that do not exist."""

    unknown_skus: tuple[Identifier, ...] = ()


class OrderRef(Request):
    purchase_order_id: BusinessId


class SendOrder(OrderRef):
    """approval: how many approvals persons have given; a new one is for the total that the order waits with."""

    approval: Annotated[StrictInt, Field(ge=0, le=1000)] = 0


class QuoteOrder(Request):
    """Lines to be priced for the first of `suppliers`.

    unit_cost: as planned; other_total: as planned, of the other orders that were split from the same one.
    """

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


type Acceptance = Annotated[StrictInt, Field(ge=0, le=1000)] | StrictBool
"""How many times persons have accepted a disputed invoice. Executions of earlier definitions send True for any."""


class MatchInvoice(OrderRef):
    """accept: how many times persons have accepted a disputed invoice; a new one is of the invoice that is disputed."""

    accept: Acceptance = 0


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
    booked: StrictBool = False


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

    @field_validator("lines")
    @classmethod
    def check_lines(cls, lines: tuple[InvoicedLine, ...]) -> tuple[InvoicedLine, ...]:
        check_total(sum(line.quantity * line.unit_price for line in lines))
        return lines

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
    approvals: how many approvals were applied. disputed: the invoice differs, and a person is asked about it;
    acceptances: how many answers that accept one were applied.
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
    disputed: StrictBool = False
    acceptances: Annotated[StrictInt, Field(ge=0)] = 0
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
type ShownStep = Step | Literal["pay", "close"]
"""A step, or what follows them: the invoice is paid when it is due, then the order is closed."""


class PurchaseView(Purchase):
    """A purchase order with the step that its workflow runs next, null once it has ended.

    differences: of an invoice that is not matched, from the order and what was received of it.
    """

    next_step: ShownStep | None
    differences: list[str]
