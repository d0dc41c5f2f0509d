"""Formatted numbers, and payments that equal the total."""

from typing import Any

import pytest
from billing.models import IssueInvoice
from billing.rules import invoice_number, payments_of
from tillflow.errors import InvalidRequest, TendersDoNotMatchTotal
from tillflow.parsing import parse

INVOICE = {"total": 3149, "currency": "EUR"}


def tenders(*amounts: int, state: str = "captured") -> list[dict[str, Any]]:
    return [
        {"tender_no": n, "type": "card", "amount": amount, "state": state, "token": "tok_visa"}
        for n, amount in enumerate(amounts, start=1)
    ]


def issue(sent: list[dict[str, Any]]) -> IssueInvoice:
    return parse(IssueInvoice, {"order_id": "ord-1", "tenders": sent})


@pytest.mark.parametrize(
    ("number", "printed"), [(1, "INV-000001"), (999_999, "INV-999999"), (1_000_000, "INV-1000000")]
)
def test_invoice_number_has_its_series(number: int, printed: str) -> None:
    assert invoice_number("INV", number) == printed


def test_payments_are_the_tenders_without_tokens() -> None:
    assert payments_of(INVOICE, issue(tenders(1000, 2149)).tenders) == [
        {"tender_no": 1, "type": "card", "amount": 1000},
        {"tender_no": 2, "type": "card", "amount": 2149},
    ]


@pytest.mark.parametrize("amounts", [(3148,), (3150,), (), (1000, 2150)])
def test_payments_other_than_the_total_are_refused(amounts: tuple[int, ...]) -> None:
    with pytest.raises(TendersDoNotMatchTotal, match=r"expected the total, 31.49 EUR"):
        payments_of(INVOICE, issue(tenders(*amounts)).tenders)


def test_authorised_tender_is_refused_as_payment() -> None:
    with pytest.raises(InvalidRequest, match=r"tenders\[0\].state is 'authorised'; expected 'captured'"):
        issue(tenders(3149, state="authorised"))
