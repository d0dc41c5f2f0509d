"""Requests and responses of the ledger, and the entries it posts. Amounts are integer minor units."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal, TypedDict

from pydantic import Field, StrictInt
from tillflow.events import CreditChanged, StockCorrected
from tillflow.fields import MAX_AMOUNT, Amount, BusinessId, Identifier, Request
from tillflow.money import Currency

MAX_TENDERS = 200
MAX_TAXES = 1_000
MAX_ENTRIES = 1_000

EntryId = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^\P{Cc}+$")]
"""The key of an entry: a business id, `#`, and what is posted."""
Reference = Annotated[str, Field(max_length=200, pattern=r"^\P{Cc}*$")]


class Tax(Request):
    """Net and tax of a tax class and rate."""

    tax_class: Annotated[str, Field(min_length=1, max_length=64)]
    rate: Annotated[str, Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,10})?$")]
    net: Amount
    tax: Amount


class SoldTotals(Request):
    """What rounding the amount due in cash has added to net and tax; negative if it was rounded down."""

    rounding: Annotated[StrictInt, Field(ge=-1_000, le=1_000)] = 0


class SoldOrder(Request):
    """The parts of a priced order that are posted."""

    order_id: BusinessId
    currency: Currency
    taxes: Annotated[tuple[Tax, ...], Field(max_length=MAX_TAXES)]
    totals: SoldTotals = SoldTotals()


type TenderType = Literal["cash", "card", "store_credit", "gift_card", "on_account", "exchange"]


class Tender(Request):
    """A captured tender."""

    type: TenderType
    amount: Amount


class PostJournal(Request):
    """A request to post a sale: its order, its tenders, and the cost of its goods."""

    order: SoldOrder
    tenders: Annotated[tuple[Tender, ...], Field(max_length=MAX_TENDERS)]
    cost: Amount
    invoice_number: Reference | None = None


class CustomerPayment(Request):
    """A customer's payment of invoices: amount = allocated + overpayment."""

    payment_id: BusinessId
    currency: Currency
    method: Literal["cash", "bank_transfer"]
    amount: Amount
    allocated: Annotated[StrictInt, Field(ge=-MAX_AMOUNT, le=MAX_AMOUNT)]
    overpayment: Amount


class PostPayment(Request):
    """A request to post a customer's payment."""

    payment: CustomerPayment


class RefundedPart(Request):
    """What a tender of a sale, or a customer's credit, got back."""

    type: TenderType
    amount: Amount


class PostReturn(Request):
    """The return of a part of a sale: its taxes, its refunds, and the cost of its goods.

    rounding: that of the sale, with its last units; restocked: of the goods that are back in stock; written_off: of
    those that are damaged.
    """

    return_id: BusinessId
    currency: Currency
    taxes: Annotated[tuple[Tax, ...], Field(max_length=MAX_TAXES)]
    refunds: Annotated[tuple[RefundedPart, ...], Field(max_length=MAX_TENDERS)]
    rounding: Annotated[StrictInt, Field(ge=-1_000, le=1_000)] = 0
    restocked: Amount
    written_off: Amount
    credit_note_number: Reference | None = None


class ReverseJournal(Request):
    """A request to reverse the sale of an order: a return's part of it, or all of it."""

    order_id: BusinessId
    returned: PostReturn | None = None


class PostUnreceipted(Request):
    """A request to post a return without a receipt, which belongs to no order."""

    order_id: None
    returned: PostReturn


class PostPurchase(Request):
    """A request to post one step of a purchase order.

    goods: the received goods at the order's prices; returned: the value at which they were returned; net, tax: of the
    supplier's invoice; paid: to the supplier.
    """

    entry_id: EntryId
    purchase_order_id: Identifier
    kind: Literal["goods_received", "purchase_invoice", "supplier_payment", "goods_returned"]
    currency: Currency
    goods: Amount = 0
    returned: Amount = 0
    net: Amount = 0
    tax: Amount = 0
    paid: Amount = 0
    reference: Reference | None = None


class PostLoss(Request):
    """A request to post lost goods; `value` is their cost."""

    entry_id: EntryId
    business_id: Identifier
    currency: Currency
    value: Annotated[Amount, Field(gt=0)]


class PostCorrection(Request):
    """An event of inventory as the bus delivers it: units found or lost, in `detail`."""

    detail: StockCorrected


class PostCredit(Request):
    """An event of payments as the bus delivers it: credit granted or expired, in `detail`."""

    detail: CreditChanged


class ReverseEntries(Request):
    """A request to reverse entries of a purchase order, whether they were posted or not."""

    purchase_order_id: Identifier
    entries: Annotated[tuple[EntryId, ...], Field(max_length=MAX_ENTRIES)]


class PostedEntry(TypedDict):
    """An entry that is posted."""

    entry_id: str
    debits: int
    credits: int


class ReversedSale(TypedDict):
    """The entry that reverses a sale; `entry_id` is None if no sale was posted."""

    entry_id: str | None
    debits: int
    credits: int


class ReversedEntries(TypedDict):
    """The ids of the reversing entries that were posted."""

    purchase_order_id: str
    reversed: list[str]


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One line of an entry. Tax lines have their class and rate."""

    account: str
    name: str
    debit: int = 0
    credit: int = 0
    tax_class: str | None = None
    tax_rate: str | None = None

    def as_document(self) -> Mapping[str, Any]:
        """Return the line as it is stored, without empty fields."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal entry; `entry_id` is its permanent key."""

    entry_id: str
    business_id: str
    kind: str
    currency: str
    reference: str | None
    lines: tuple[JournalLine, ...]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Entry":
        """Return the entry of a stored row."""
        lines = tuple(JournalLine(**line) for line in json.loads(row["lines"]))
        fields = {name: row[name] for name in ("entry_id", "business_id", "kind", "currency", "reference")}
        return cls(**fields, lines=lines)

    @property
    def debits(self) -> int:
        return sum(line.debit for line in self.lines)

    @property
    def credits(self) -> int:
        return sum(line.credit for line in self.lines)
