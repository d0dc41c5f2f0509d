"""Purchase documents, the requests of the purchasing functions and their responses.

Amounts are integer minor units, quantities whole units.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, NotRequired, Self, TypedDict

from pydantic import AwareDatetime, Field, StrictInt, model_validator
from tillflow.discounts import ExactDecimal
from tillflow.fields import Amount, BusinessId, Identifier, Quantity, Record, Request, Units
from tillflow.money import Currency

SECRETS = "tillflow/suppliers/"


class Terms(Record):
    """Payment terms: net days after the invoice date, or after the end of its month."""

    days: Annotated[StrictInt, Field(ge=0, le=365)] = 30
    end_of_month: bool = False


class Channel(Record):
    """How orders are sent to the supplier.

    webhook: a signed POST to `address`; `secret` is the name of its key in Secrets Manager. mail: to `address`.
    manual: an employee passes the order on.
    """

    type: Literal["webhook", "mail", "manual"] = "manual"
    address: str = ""
    secret: str = ""

    @model_validator(mode="after")
    def check_address(self) -> Self:
        if self.type == "webhook" and not (self.address.startswith("https://") and self.secret):
            raise ValueError("an https:// address and the name of a secret for a webhook")
        if self.type == "webhook" and not self.secret.startswith(SECRETS):
            raise ValueError(f"a secret whose name starts with {SECRETS}")
        if self.type == "mail" and "@" not in self.address:
            raise ValueError("a mail address for channel type mail")
        return self


class ResponseTimeouts(Record):
    """Seconds a supplier has to acknowledge an order, and between the heartbeats until then."""

    answer_seconds: Annotated[StrictInt, Field(ge=2, le=31_536_000)] = 259_200
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
    tax_rate: Annotated[ExactDecimal, Field(ge=0, lt=1)] = Decimal(0)
    over_receipt_percent: Annotated[StrictInt, Field(ge=0, le=100)] = 0
    account: Annotated[str, Field(min_length=1, max_length=128)]
    channel: Channel = Channel()
    timeouts: ResponseTimeouts = ResponseTimeouts()


class Price(Record):
    """A supplier's price of one unit of a SKU, for orders of at least `minimum_quantity` units."""

    sku: Identifier
    unit_cost: Amount
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
    unit_cost: Amount


class Candidate(Request):
    supplier_id: Identifier


class OpenOrder(Request):
    """The input of a PurchaseOrder execution. `suppliers` are asked in this order."""

    purchase_order_id: BusinessId
    location: Identifier
    currency: Currency
    lines: Annotated[tuple[RequestedLine, ...], Field(min_length=1, max_length=1000)]
    suppliers: Annotated[tuple[Candidate, ...], Field(min_length=1, max_length=20)]
    reason: str = ""
    needs: tuple[str, ...] = ()
    execution: str = ""

    @model_validator(mode="after")
    def check_one_line_per_sku(self) -> Self:
        if len({line.sku for line in self.lines}) != len(self.lines):
            raise ValueError("one line per SKU")
        return self


class OrderRef(Request):
    purchase_order_id: BusinessId


type Awaited = Literal["acknowledgement", "goods"]


class Await(OrderRef):
    """A workflow that waits, and the task token that completes its wait."""

    waiting_for: Awaited
    task_token: Annotated[str, Field(min_length=1)]


class GiveUp(OrderRef):
    """The supplier of this attempt, counted from 1, refused the order or did not respond."""

    attempt: Quantity
    cause: str = ""


class BookReceipt(OrderRef):
    receipt_id: BusinessId


class Cancel(OrderRef):
    reason: str = ""


class MatchInvoice(OrderRef):
    """accept: a person has checked the differences and accepts the invoice."""

    accept: bool = False


class Line(Record):
    """A line of a purchase order with the units received; `rejected` ones of them were sent back."""

    sku: Identifier
    quantity: Quantity
    unit_cost: Amount
    received: Units = 0
    rejected: Units = 0

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
    received_at: AwareDatetime
    lines: Annotated[tuple[ReceivedLine, ...], Field(min_length=1)]
    booked: bool = False


class InvoicedLine(Record):
    sku: Identifier
    quantity: Quantity
    unit_price: Amount


class Invoice(Record):
    """A supplier's invoice: total = lines - discount + tax. `due_on` is set by the match."""

    number: Identifier
    invoiced_on: date
    lines: Annotated[tuple[InvoicedLine, ...], Field(min_length=1)]
    discount: Amount = 0
    tax: Amount = 0
    total: Amount
    due_on: date | None = None

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
    promised_on: date | None = None
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
    """The document of a purchase order: everything that the rules read and change."""

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
    receipts: tuple[Receipt, ...] = ()
    closed_short: bool = False
    cancel_reason: str | None = None
    invoice: Invoice | None = None
    payment: Payment | None = None
    over_receipt_percent: Annotated[StrictInt, Field(ge=0)] = 0
    waiting_for: Awaited | None = None
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


type Step = Literal["send", "await_acknowledgement", "receive", "await_goods", "match", "cancel"]


class OrderedUnits(TypedDict):
    sku: str
    quantity: int


class OpenedPurchase(TypedDict):
    purchase_order_id: str
    location: str
    currency: str
    lines: list[OrderedUnits]


class TimeoutSeconds(TypedDict):
    answer_seconds: int
    heartbeat_seconds: int


class SentPurchase(TypedDict):
    """attempt: how many suppliers the order was sent to, this one included."""

    purchase_order_id: str
    supplier_id: str
    attempt: int
    timeouts: TimeoutSeconds


class PurchaseRef(TypedDict):
    purchase_order_id: str


class PurchaseStatus(TypedDict):
    purchase_order_id: str
    status: str


class GoodsLine(TypedDict):
    sku: str
    quantity: int
    unit_cost: int


class PendingReceipt(TypedDict):
    """A receipt that stock and ledger do not have: its accepted lines and their value in minor units."""

    receipt_id: str
    entry_id: str
    lines: list[GoodsLine]
    value: int


class NextStep(TypedDict):
    """The step that the workflow runs next, and its input.

    entries: ids of every journal entry the order may have, the last first; receipts: its stock receipts.
    """

    purchase_order_id: str
    step: Step
    reason: str
    entries: list[str]
    receipts: list[str]
    receipt: PendingReceipt | None


class MatchedInvoice(TypedDict):
    """A matched invoice. goods: the value of the accepted units at the order's prices."""

    purchase_order_id: str
    number: str
    goods: int
    net: int
    tax: int
    total: int
    due_at: str


class SupplierPayment(TypedDict):
    purchase_order_id: str
    state: str
    amount: int
    reference: str


class ResolvedPayment(TypedDict):
    purchase_order_id: str
    outcome: Literal["paid", "not_paid"]
    amount: NotRequired[int]
    reference: NotRequired[str]


class WithdrawnPurchase(TypedDict):
    purchase_order_id: str
    withdrawn_from: str | None
