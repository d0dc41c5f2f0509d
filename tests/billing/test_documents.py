"""Printed documents: content, hostile texts, the same bytes for the same content, and rendered once."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from billing.documents import pdf
from billing.documents.models import Buyer, Seller
from billing.documents.operations import DocumentOperations
from billing.documents.receipt import COLUMNS, columns_of, receipt
from billing.documents.rules import percent, printable, printed_credit_note, printed_invoice
from billing.errors import DocumentAltered, InvalidSeller, SellerNotSet, UnknownDocument
from billing.models import CapturedTender, CreditNote, Invoice
from billing.rows import invoice_key
from billing.store import BillingStore
from tillflow.store import key, marshal

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SELLER = Seller(
    name="Tillflow Coffee",
    street="Torstr. 1",
    postal_code="10119",
    city="Berlin",
    country="DE",
    vat_id="DE123",
)
BUYER = Buyer(
    name="Ada GmbH",
    billing_address={"street": "Weg 2", "postal_code": "1010", "city": "Wien", "country": "AT"},
    vat_id="ATU123",
)
BUCKET = "documents"


def line(number: int = 1, description: str = "Mug", **fields: Any) -> dict[str, Any]:
    return {
        "line_no": number,
        "sku": f"SKU-{number}",
        "description": description,
        "quantity": 2,
        "unit_price": 1250,
        "tax_class": "standard",
        "tax_rate": "0.20",
        "line_discount": 0,
        "order_discount": 0,
        "net": 2083,
        "tax": 417,
        "total": 2500,
        **fields,
    }


def document(*lines: dict[str, Any]) -> dict[str, Any]:
    lines = lines or (line(),)
    return {
        "lines": list(lines),
        "taxes": [{"tax_class": "standard", "rate": "0.20", "net": 2083, "tax": 417}],
        "totals": {"subtotal": 2500, "discount": 0, "net": 2083, "tax": 417, "total": 2500},
    }


def invoice(*lines: dict[str, Any], **fields: Any) -> Invoice:
    return Invoice.model_validate(
        {
            "invoice_id": "ord-1",
            "status": "PAID",
            "execution": "arn",
            "location": "store-1",
            "currency": "EUR",
            "total": 2500,
            "document": document(*lines),
            "number": 1,
            "invoice_number": "INV/store-1-000001",
            "issued_at": "2026-11-23T10:00:00Z",
            "payments": [{"tender_no": 1, "type": "cash", "amount": 2500}],
        }
        | fields
    )


def text_of(*lines: dict[str, Any]) -> str:
    return receipt(printed_invoice(invoice(*lines), SELLER, BUYER))


def test_receipt_shows_parties_lines_tax_and_payment() -> None:
    assert text_of() == (
        "Tillflow Coffee\n"
        "Torstr. 1\n"
        "10119 Berlin, DE\n"
        "VAT DE123\n"
        "------------------------------------------\n"
        "Invoice                 INV/store-1-000001\n"
        "Date                  2026-11-23 10:00 UTC\n"
        "Order                                ord-1\n"
        "Location                           store-1\n"
        "------------------------------------------\n"
        "Ada GmbH\n"
        "Weg 2\n"
        "1010 Wien, AT\n"
        "VAT ATU123\n"
        "------------------------------------------\n"
        "Mug\n"
        "  2 x 12.50  (20 %)                  25.00\n"
        "------------------------------------------\n"
        "Net                                  20.83\n"
        "Tax                                   4.17\n"
        "Total EUR                            25.00\n"
        "Paid: Cash                           25.00\n"
        "------------------------------------------\n"
        "Tax 20 % of 20.83                     4.17\n"
    )


def test_credit_note_names_its_invoice_return_and_reason() -> None:
    parts = {name: value for name, value in document().items() if name in ("lines", "taxes", "totals")}
    note = CreditNote(
        credit_note_id="ord-1",
        return_id="ret-1",
        invoice_number="INV-000001",
        location="store-1",
        register_id="till-1",
        series="CN",
        number=1,
        credit_note_number="CN-000001",
        currency="EUR",
        total=2500,
        reason="wrong size",
        document=parts,
        issued_at="2026-11-24T10:00:00Z",
    )
    printed = printed_credit_note(note, SELLER, None)
    assert printed.title == "Credit note" and printed.number == "CN-000001"
    assert ("Credits invoice", "INV-000001") in printed.facts and ("Return", "ret-1") in printed.facts
    assert "Reason: wrong size" in printed.notes
    assert pdf.page(printed).startswith(b"%PDF")


@pytest.mark.parametrize(
    ("rate", "shown"),
    [("0.20", "20 %"), ("0.055", "5.5 %"), ("0", "0 %"), ("1", "100 %"), ("0.081", "8.1 %")],
)
def test_rate_is_printed_as_a_percentage(rate: str, shown: str) -> None:
    assert percent(rate) == shown


def test_currency_without_decimals_is_printed_without_them() -> None:
    printed = printed_invoice(invoice(currency="JPY"), SELLER, None)
    assert printed.totals[-2] == ("Total JPY", "2500")


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("a\u202e05.2\u202c RUE", "a05.2 RUE"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("line\nbreak\x00\x1b[31m", "line break [31m"),
        ("e\u0301", "é"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_invisible_and_reordering_characters_are_removed(hostile: str, shown: str) -> None:
    assert printable(hostile) == shown


HOSTILE = [
    "W" * 120,
    "Ψωμί, хлеб, chléb, bánh mì",
    "\u05d0\u05d1\u05d2 \u202e123",
    "日本語の商品名がここに入りますとても長い名前です日本語の商品名",
    "<b>bold</b> **markdown** [a](http://x) \\(PDF\\) %EOF",
    "🙂 emoji",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_makes_a_receipt_wider_than_its_roll(hostile: str) -> None:
    widths = {columns_of(row) for row in text_of(line(description=hostile, total=10**14)).splitlines()}
    assert max(widths) == COLUMNS


@pytest.mark.parametrize("render", [pdf.page, pdf.roll])
def test_hostile_texts_render_as_pdf(render: Callable[..., bytes]) -> None:
    lines = [line(number, text, line_discount=100) for number, text in enumerate(HOSTILE, start=1)]
    assert render(printed_invoice(invoice(*lines), SELLER, BUYER)).startswith(b"%PDF")


def test_450_lines_fill_pages_in_order() -> None:
    lines = [line(number, f"Product {number}") for number in range(1, 451)]
    content = pdf.page(printed_invoice(invoice(*lines), SELLER, BUYER))
    assert content.count(b"/Type /Page\n") > 10
    assert len(content) < 500_000


def test_same_content_has_the_same_bytes_in_another_process() -> None:
    program = (
        "import hashlib\nfrom tests.billing.test_documents import *\n"
        "printed = printed_invoice(invoice(line(description='Größe Ω Ж')), SELLER, BUYER)\n"
        "print(hashlib.sha256(pdf.page(printed)).hexdigest(), hashlib.sha256(pdf.roll(printed)).hexdigest())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    printed = printed_invoice(invoice(line(description="Größe Ω Ж")), SELLER, BUYER)
    hashes = [hashlib.sha256(render(printed)).hexdigest() for render in (pdf.page, pdf.roll)]
    assert run.stdout.split() == hashes


@pytest.fixture
def operations(dynamodb: Any, table: str) -> DocumentOperations:
    _s3().create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    draft = {"status": "DRAFT", "execution": "arn", "location": "store-1", "currency": "EUR", "total": 2500}
    row = {**draft, "invoice_id": "ord-1", "document": json.dumps(document())}
    dynamodb.put_item(TableName=table, Item={**key(*invoice_key("ord-1")), **marshal(row)})
    return DocumentOperations(dynamodb, _s3(), table, BUCKET, lambda customer_id: BUYER)


def _s3() -> Any:
    return botocore.session.Session().create_client("s3", region_name="eu-central-1")


def issue(dynamodb: Any, table: str) -> str:
    cash = CapturedTender(tender_no=1, type="cash", amount=2500, state="captured")
    return BillingStore(dynamodb, table).issue("ord-1", [cash], NOW, "cus-ada")["invoice_number"]


def test_document_is_rendered_once(operations: DocumentOperations, dynamodb: Any, table: str) -> None:
    number = issue(dynamodb, table)
    operations.put_seller(SELLER.model_dump())
    first = operations.link(number, "pdf")
    operations.put_seller(SELLER.model_dump() | {"name": "Another shop"})
    second = operations.link(number, "pdf")
    assert (second.sha256, second.rendered_at) == (first.sha256, first.rendered_at)
    assert hashlib.sha256(operations.read(number, "pdf")).hexdigest() == first.sha256
    assert first.url.startswith("https://") and first.size == len(operations.read(number, "pdf"))


def test_concurrent_renderings_end_in_the_first(
    operations: DocumentOperations, dynamodb: Any, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = issue(dynamodb, table)
    operations.put_seller(SELLER.model_dump())
    other = DocumentOperations(dynamodb, _s3(), table, BUCKET, lambda customer_id: None)
    first = operations.link(number, "text")
    # The other one has looked for the document before the first was stored.
    monkeypatch.setattr("billing.documents.store.DocumentsStore.find", lambda *_: None)
    assert other.link(number, "text").sha256 == first.sha256


def test_altered_document_is_refused(operations: DocumentOperations, dynamodb: Any, table: str) -> None:
    issue(dynamodb, table)
    operations.put_seller(SELLER.model_dump())
    operations.receipt("ord-1")
    (stored,) = _s3().list_objects_v2(Bucket=BUCKET)["Contents"]
    _s3().put_object(Bucket=BUCKET, Key=stored["Key"], Body=b"Total EUR 0.00")
    with pytest.raises(DocumentAltered, match="INV/store-1-000001 does not have its stored hash"):
        operations.receipt("ord-1")


def test_credit_note_is_found_by_its_number(
    operations: DocumentOperations, dynamodb: Any, table: str
) -> None:
    issue(dynamodb, table)
    operations.put_seller(SELLER.model_dump())
    number = BillingStore(dynamodb, table).credit("ord-1", "wrong size", NOW)["credit_note_number"]
    text = operations.read(str(number), "text").decode()
    assert "Credit note" in text and "Reason: wrong size" in text and "Ada GmbH" in text


def test_draft_and_unknown_number_have_no_document(operations: DocumentOperations) -> None:
    operations.put_seller(SELLER.model_dump())
    with pytest.raises(UnknownDocument, match="ord-1 has no invoice or credit note"):
        operations.receipt("ord-1")
    with pytest.raises(UnknownDocument, match="INV-404 has no invoice or credit note"):
        operations.link("INV-404", "pdf")


def test_document_needs_a_seller(operations: DocumentOperations, dynamodb: Any, table: str) -> None:
    issue(dynamodb, table)
    with pytest.raises(SellerNotSet):
        operations.receipt("ord-1")
    with pytest.raises(InvalidSeller, match="country"):
        operations.put_seller({"name": "Shop"})


def test_functions_of_a_sale_do_not_import_the_pdf_library() -> None:
    program = (
        "import sys\n"
        "import billing.handlers, billing.api\n"
        "print([name for name in ('fpdf', 'PIL', 'fontpkg_noto_sans') if name in sys.modules])"
    )
    environment = {
        **os.environ,
        "TABLE_NAME": "T",
        "DOCUMENT_SERIES": "shop",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
