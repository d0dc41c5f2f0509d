"""The journal entry of a customer's payment of invoices."""

from typing import Any

import pytest
from ledger.errors import JournalUnbalanced
from ledger.models import CustomerPayment
from ledger.rules import payment_entry


def payment(**amounts: Any) -> CustomerPayment:
    request = {"payment_id": "pay-1", "currency": "EUR", "method": "cash", "overpayment": 0}
    return CustomerPayment.model_validate(request | amounts)


@pytest.mark.parametrize(
    ("amounts", "lines"),
    [
        ({"amount": 50, "allocated": 50}, [("1010", 50, 0), ("1100", 0, 50)]),
        (
            {"amount": 50, "allocated": 30, "overpayment": 20, "method": "bank_transfer"},
            [("1030", 50, 0), ("1100", 0, 30), ("2100", 0, 20)],
        ),
        # Credits of invoices that were paid before exceed what the payment pays.
        (
            {"amount": 50, "allocated": -10, "overpayment": 60},
            [("1010", 50, 0), ("1100", 10, 0), ("2100", 0, 60)],
        ),
    ],
)
def test_payment_is_posted_against_receivables_and_credit(
    amounts: dict[str, Any], lines: list[tuple[str, int, int]]
) -> None:
    entry = payment_entry(payment(**amounts))
    assert entry.entry_id == "pay-1#payment_received"
    assert [(line.account, line.debit, line.credit) for line in entry.lines] == lines


def test_parts_that_are_not_the_amount_are_refused() -> None:
    with pytest.raises(JournalUnbalanced):
        payment_entry(payment(amount=50, allocated=49))
