"""Operations on printed documents. The command line and the HTTP API call them."""

from collections.abc import Callable, Mapping
from typing import Any

from tillflow.parsing import parse
from tillflow.store import read_row
from tillflow.times import iso_utc, utc_now

from billing.documents import rules
from billing.documents.mails import Mails, checked_address
from billing.documents.models import (
    MEDIA_TYPES,
    Buyer,
    DocumentLink,
    FindBuyer,
    Form,
    MailDocument,
    MailedDocument,
    Printed,
    Seller,
    StoredDocument,
)
from billing.documents.receipt import receipt
from billing.documents.store import DocumentsStore
from billing.errors import InvalidMail, InvalidSeller, SellerNotSet, UnknownDocument
from billing.rows import invoice_key, read_credit_note, read_invoice

_URL_SECONDS = 300


class DocumentOperations:
    """Documents as they are printed. dynamodb, s3: clients; find_buyer: returns a customer of an invoice.

    A document is rendered when it is first asked for, stored, and never rendered again.
    """

    def __init__(self, dynamodb: Any, s3: Any, table: str, bucket: str, find_buyer: FindBuyer) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._find_buyer = find_buyer
        self._store = DocumentsStore(dynamodb, s3, table, bucket)

    def seller(self) -> tuple[Seller, int]:
        """Return the shop as it is printed on documents, and its version; SellerNotSet."""
        seller, version = self._store.seller()
        if seller is None:
            raise SellerNotSet
        return seller, version

    def put_seller(self, request: Mapping[str, Any], version: int | None = None) -> tuple[Seller, int]:
        """Set the shop as it is printed on documents from now on; return it and its version.

        InvalidSeller; RecordChanged if it is not at `version`, None for any.
        """
        seller = parse(Seller, request, InvalidSeller)
        return seller, self._store.put_seller(seller, version)

    def link(self, number: str, form: Form) -> DocumentLink:
        """Return the invoice or credit note with a number, and an address to download it from.

        UnknownDocument, SellerNotSet.
        """
        stored = self._stored(number, form, lambda: self._store.row_of(number))
        link = {name: value for name, value in stored.items() if name != "key"}
        address = {"url": self._store.url(stored, _URL_SECONDS), "expires_in": _URL_SECONDS}
        return DocumentLink.model_validate({**link, **address, "media_type": MEDIA_TYPES[form]})

    def read(self, number: str, form: Form) -> bytes:
        """Return the bytes of the invoice or credit note with a number.

        UnknownDocument, SellerNotSet, DocumentAltered if they do not have the stored hash.
        """
        return self._store.read(self._stored(number, form, lambda: self._store.row_of(number)))

    def receipt(self, order_id: str) -> str:
        """Return the receipt of a paid order as text for 80 mm. UnknownDocument, SellerNotSet, DocumentAltered."""
        pk, sk = invoice_key(order_id)
        row = read_row(self._dynamodb, self._table, pk, sk)
        number = row.get("invoice_number")
        if number is None:
            raise UnknownDocument(order_id)
        stored = self._stored(number, "text", lambda: {"pk": pk, "sk": sk})
        return self._store.read(stored).decode()

    def mail(self, request: Mapping[str, Any], mails: Mails) -> MailedDocument:
        """Mail an invoice or credit note to `to`, or to its customer; once per mail id.

        MailNotConfigured, InvalidMail, UnknownDocument, SellerNotSet, IdempotencyConflict,
        SenderNotVerified, MailRefused.
        """
        mails.check_configured()
        recipient = request.get("to")
        to = checked_address(recipient) if recipient is not None else None
        mail = parse(
            MailDocument, {name: value for name, value in request.items() if name != "to"}, InvalidMail
        )
        place = self._store.row_of(mail.number)
        if not place:
            raise UnknownDocument(mail.number)
        row = read_row(self._dynamodb, self._table, place["pk"], place["sk"])
        address = to or self._address_of(row)
        title = "Invoice" if row["sk"] == "INVOICE" else "Credit note"
        subject = f"{title} {mail.number} of {self.seller()[0].name}"
        return mails.send(mail, to, address, subject, lambda: self.read(mail.number, mail.form))

    def _address_of(self, row: Mapping[str, Any]) -> str:
        """Return the address of the customer of a document; InvalidMail if there is none."""
        if row["sk"] != "INVOICE":
            row = read_row(
                self._dynamodb, self._table, *invoice_key(read_credit_note(dict(row)).credit_note_id)
            )
        buyer = self._buyer(row.get("customer_id"))
        if buyer is None or buyer.email is None:
            raise InvalidMail("to", None, "an email address: the document's customer has none")
        return checked_address(buyer.email)

    def _stored(self, number: str, form: Form, find: Callable[[], Mapping[str, Any]]) -> StoredDocument:
        if stored := self._store.find(number, form):
            return stored
        place = find()
        if not place:
            raise UnknownDocument(number)
        printed = self._printed(read_row(self._dynamodb, self._table, place["pk"], place["sk"]))
        return self._store.add(number, form, _render(printed, form), iso_utc(utc_now()))

    def _printed(self, row: dict[str, Any]) -> Printed:
        seller, _ = self.seller()
        if row["sk"] == "INVOICE":
            invoice = read_invoice(row)
            return rules.printed_invoice(invoice, seller, self._buyer(invoice.customer_id))
        note = read_credit_note(row)
        # A return without a receipt credits no invoice.
        credited = read_row(self._dynamodb, self._table, *invoice_key(note.credit_note_id))
        return rules.printed_credit_note(note, seller, self._buyer(credited.get("customer_id")))

    def _buyer(self, customer_id: str | None) -> Buyer | None:
        return self._find_buyer(customer_id) if customer_id else None


def _render(printed: Printed, form: Form) -> bytes:
    if form == "text":
        return receipt(printed).encode()
    # Imported when a PDF is first rendered: the library takes longer to import than any other request takes.
    from billing.documents import pdf

    return pdf.page(printed) if form == "pdf" else pdf.roll(printed)
