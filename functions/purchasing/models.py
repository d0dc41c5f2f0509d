"""What purchasing is asked and keeps. Amounts are integer minor units, quantities whole units."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictInt, model_validator
from tillflow.discounts import ExactDecimal
from tillflow.fields import Amount, BusinessId, Identifier, Quantity, Record, Units
from tillflow.money import Currency

SECRETS = "tillflow/suppliers/"


class Terms(Record):
    """When an invoice is due: so many days after its date, from the end of that month if so agreed."""

    days: Annotated[StrictInt, Field(ge=0, le=365)] = 30
    end_of_month: bool = False


class Channel(Record):
    """How the supplier hears of orders: a signed webhook (secret: its name in Secrets Manager), mail, or a
    person at the desk who passes them on."""

    type: Literal["webhook", "mail", "desk"] = "desk"
    address: str = ""
    secret: str = ""

    @model_validator(mode="after")
    def reachable(self) -> "Channel":
        if self.type == "webhook" and not (self.address.startswith("https://") and self.secret):
            raise ValueError("an https:// address and the name of a secret for a webhook")
        if self.type == "webhook" and not self.secret.startswith(SECRETS):
            raise ValueError(f"a secret named {SECRETS}…, which alone may be read")
        if self.type == "mail" and "@" not in self.address:
            raise ValueError("an address for mail")
        return self


class Patience(Record):
    """How long a supplier may take to answer, and to say at least that it will, in seconds."""

    answer_seconds: Annotated[StrictInt, Field(ge=2, le=31_536_000)] = 259_200
    sign_of_life_seconds: Annotated[StrictInt, Field(ge=1)] = 86_400

    @model_validator(mode="after")
    def sign_comes_first(self) -> "Patience":
        if self.sign_of_life_seconds >= self.answer_seconds:
            raise ValueError("sign_of_life_seconds below answer_seconds")
        return self


class Supplier(Record):
    """Whom goods are bought from. `account` is a token of the bank's for where to pay; never an account number.

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
    patience: Patience = Patience()


class Price(Record):
    """What a supplier asks for a unit of a SKU, from `minimum_quantity` units on."""

    sku: Identifier
    unit_cost: Amount
    minimum_quantity: Quantity = 1


class RequestedLine(BaseModel):
    model_config = ConfigDict(frozen=True)

    sku: Identifier
    quantity: Quantity
    unit_cost: Amount


class Candidate(BaseModel):
    model_config = ConfigDict(frozen=True)

    supplier_id: Identifier


class OpenOrder(BaseModel):
    """A purchase order as its execution is started with: suppliers ranked, the best first."""

    model_config = ConfigDict(frozen=True)

    purchase_order_id: BusinessId
    location: Identifier
    currency: Currency
    lines: Annotated[tuple[RequestedLine, ...], Field(min_length=1, max_length=1000)]
    suppliers: Annotated[tuple[Candidate, ...], Field(min_length=1, max_length=20)]
    reason: str = ""
    needs: tuple[str, ...] = ()
    execution: str = ""

    @model_validator(mode="after")
    def one_line_a_sku(self) -> "OpenOrder":
        if len({line.sku for line in self.lines}) != len(self.lines):
            raise ValueError("lines with a SKU of their own each")
        return self


class OrderRef(BaseModel):
    model_config = ConfigDict(frozen=True)

    purchase_order_id: BusinessId


class Await(OrderRef):
    """What the workflow waits for, and the token that wakes it."""

    waiting_for: Literal["acknowledgement", "goods"]
    task_token: Annotated[str, Field(min_length=1)]


class GiveUp(OrderRef):
    """The `attempt`th supplier did not take the order: refused it, or stayed silent."""

    attempt: Quantity
    cause: str = ""


class Cancel(OrderRef):
    reason: str = ""


class MatchInvoice(OrderRef):
    """accept: a person has looked at the difference and takes the invoice as it is."""

    accept: bool = False


class Line(Record):
    """A line of a purchase order and what came of it; `rejected` units of those received were sent back."""

    sku: Identifier
    quantity: Quantity
    unit_cost: Amount
    received: Units = 0
    rejected: Units = 0

    @property
    def accepted(self) -> int:
        return self.received - self.rejected


class ReceivedLine(Record):
    sku: Identifier
    quantity: Quantity
    rejected: Units = 0

    @model_validator(mode="after")
    def rejects_what_came(self) -> "ReceivedLine":
        if self.rejected > self.quantity:
            raise ValueError("at most as many rejected as came")
        return self


class Receipt(Record):
    """Goods that came; `booked` once stock and ledger have them."""

    receipt_id: BusinessId
    received_at: AwareDatetime
    lines: Annotated[tuple[ReceivedLine, ...], Field(min_length=1)]
    booked: bool = False


class InvoicedLine(Record):
    sku: Identifier
    quantity: Quantity
    unit_price: Amount


class Invoice(Record):
    """A supplier's invoice: total = lines - discount + tax. `due_on` and `accepted` are ours."""

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
    """One supplier asked: SENT, then ACKNOWLEDGED, or REFUSED, SILENT, WITHDRAWN."""

    supplier_id: Identifier
    sent_at: AwareDatetime
    state: Literal["SENT", "ACKNOWLEDGED", "REFUSED", "SILENT", "WITHDRAWN"] = "SENT"
    promised_on: date | None = None
    note: str = ""


class Payment(Record):
    """What is paid for the invoice; PAYING is an intent, the bank may or may not have done it."""

    amount: Amount
    account: str
    state: Literal["PAYING", "PAID", "REFUSED"] = "PAYING"
    reference: str = ""
    paid_at: AwareDatetime | None = None


type Status = Literal["OPEN", "SENT", "ACKNOWLEDGED", "MATCHED", "PAID", "CLOSED", "CANCELLED"]


class Purchase(Record):
    """A purchase order and all that became of it; the one document the rules change."""

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
    waiting_for: Literal["acknowledgement", "goods"] | None = None
    task_token: str | None = None
    ended_at: AwareDatetime | None = None

    @property
    def attempt(self) -> Attempt | None:
        """The supplier asked last, if that one still may deliver."""
        last = self.attempts[-1] if self.attempts else None
        return last if last and last.state in ("SENT", "ACKNOWLEDGED") else None

    @property
    def supplier_id(self) -> str | None:
        return self.attempts[-1].supplier_id if self.attempts else None
