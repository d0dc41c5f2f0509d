"""The parties of a printed document, its content, and what is stored of it. Amounts are integer minor units."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal, Protocol, TypedDict

from pydantic import BaseModel, ConfigDict, Field
from tillflow.fields import VISIBLE_LINE, BusinessId, Record

type Form = Literal["pdf", "receipt", "text"]
"""pdf: an A4 page; receipt: PDF for a roll of 80 mm; text: the same receipt as plain text."""

MEDIA_TYPES: dict[Form, str] = {
    "pdf": "application/pdf",
    "receipt": "application/pdf",
    "text": "text/plain; charset=utf-8",
}

_Line = Annotated[str, Field(max_length=200, pattern=r"^\P{Cc}*$")]


class Seller(Record):
    """The shop as it is printed on its documents. registration: such as the number in a commercial register."""

    model_config = ConfigDict(str_strip_whitespace=True)

    name: Annotated[str, Field(min_length=1, max_length=120, pattern=VISIBLE_LINE)]
    street: Annotated[str, Field(min_length=1, max_length=200, pattern=VISIBLE_LINE)]
    postal_code: Annotated[str, Field(max_length=16, pattern=r"^[A-Za-z0-9 -]*$")] = ""
    city: Annotated[str, Field(min_length=1, max_length=100, pattern=VISIBLE_LINE)]
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    vat_id: Annotated[str | None, Field(pattern=r"^[A-Z]{2}[A-Z0-9+*]{2,12}$")] = None
    registration: _Line = ""
    email: Annotated[str, Field(max_length=254, pattern=r"^\P{Cc}*$")] = ""
    footer: _Line = ""


class Address(BaseModel):
    """An address of a buyer."""

    street: str
    postal_code: str = ""
    city: str
    country: str


class Buyer(BaseModel):
    """The customer of an invoice, as the customers service returns it."""

    name: str
    billing_address: Address | None = None
    vat_id: str | None = None
    email: str | None = None


class FindBuyer(Protocol):
    """Returns the buyer of a customer id; None if the customer's data was removed."""

    def __call__(self, customer_id: str, /) -> Buyer | None: ...


class StoredDocument(TypedDict):
    """A document that was rendered: where it is stored, and the hash of its bytes."""

    number: str
    form: Form
    key: str
    sha256: str
    size: int
    rendered_at: str


class MailDocument(Record):
    """A request to mail a document as PDF, once per mail id. The address is checked apart: no error repeats it."""

    mail_id: BusinessId
    number: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\P{Cc}+$")]
    form: Literal["pdf", "receipt"] = "pdf"


class MailedDocument(TypedDict):
    """A document that SES has taken for delivery."""

    mail_id: str
    number: str
    form: Form
    sent_at: str


class DocumentLink(BaseModel):
    """A document and the address to download it from, which is valid for `expires_in` seconds."""

    number: str
    form: Form
    media_type: str
    sha256: str
    size: int
    rendered_at: str
    url: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line as it is printed. unit_price is None on a credit note of a part of an invoice."""

    description: str
    sku: str
    quantity: int
    unit_price: str | None
    discount: str | None
    tax_rate: str
    total: str


@dataclass(frozen=True, slots=True)
class Printed:
    """Everything that a document shows, in the order in which it is shown; all texts are safe to print.

    taxes: rate, net and tax; totals: label and amount, the last one in bold; notes: lines below the totals.
    """

    title: str
    number: str
    issued_at: str
    facts: tuple[tuple[str, str], ...]
    seller: tuple[str, ...]
    buyer: tuple[str, ...]
    currency: str
    lines: tuple[PrintedLine, ...]
    taxes: tuple[tuple[str, str, str], ...]
    totals: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]

    @property
    def date(self) -> str:
        """The time of issue to the minute, as it is shown to customers."""
        return datetime.fromisoformat(self.issued_at).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
