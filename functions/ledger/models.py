"""What the ledger is asked, and what it posts. Amounts are integer minor units."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from tillflow.events import StockCorrected
from tillflow.money import Currency

type Amount = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Tax(_Part):
    tax_class: str
    rate: str
    net: Amount
    tax: Amount


class SoldOrder(_Part):
    order_id: str
    currency: str
    taxes: tuple[Tax, ...]


class Tender(_Part):
    type: Literal["cash", "card", "store_credit"]
    amount: Amount


class PostJournal(_Part):
    """A sale: what it brought, by which tenders, at what cost."""

    order: SoldOrder
    tenders: tuple[Tender, ...]
    cost: Amount
    invoice_number: str | None = None


class ReverseJournal(_Part):
    """An order whose sale is taken out of the books."""

    order_id: Annotated[str, Field(min_length=1, pattern=r"^[^#]+$")]


class PostPurchase(_Part):
    """What a purchase order brings to the books.

    goods: what received goods cost by the order's prices; net, tax: of the supplier's invoice; paid: to it.
    """

    entry_id: Annotated[str, Field(min_length=1)]
    purchase_order_id: Annotated[str, Field(min_length=1, pattern=r"^[^#]+$")]
    kind: Literal["goods_received", "purchase_invoice", "supplier_payment"]
    currency: Currency
    goods: Amount = 0
    net: Amount = 0
    tax: Amount = 0
    paid: Amount = 0
    reference: str | None = None


class PostLoss(_Part):
    """Goods that are lost, at what they cost: `value` in minor units."""

    entry_id: Annotated[str, Field(min_length=1)]
    business_id: Annotated[str, Field(min_length=1, pattern=r"^[^#]+$")]
    currency: Currency
    value: Annotated[int, Field(gt=0)]


class PostCorrection(_Part):
    """What the bus delivers of inventory: units found or lost, in `detail`."""

    detail: StockCorrected


class ReverseEntries(_Part):
    """Entries taken out of the books, whether they were posted or not."""

    purchase_order_id: Annotated[str, Field(min_length=1, pattern=r"^[^#]+$")]
    entries: tuple[Annotated[str, Field(min_length=1)], ...]


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One side of an entry. Tax lines say their class and rate."""

    account: str
    name: str
    debit: int = 0
    credit: int = 0
    tax_class: str | None = None
    tax_rate: str | None = None

    def as_document(self) -> Mapping[str, Any]:
        """The line as stored: only what it says."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal entry; `entry_id` is its key for ever."""

    entry_id: str
    business_id: str
    kind: str
    currency: str
    reference: str | None
    lines: tuple[JournalLine, ...]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Entry":
        """The entry in a stored row."""
        lines = tuple(JournalLine(**line) for line in json.loads(row["lines"]))
        told = {name: row[name] for name in ("entry_id", "business_id", "kind", "currency", "reference")}
        return cls(**told, lines=lines)

    @property
    def debits(self) -> int:
        return sum(line.debit for line in self.lines)

    @property
    def credits(self) -> int:
        return sum(line.credit for line in self.lines)
