"""The journal entry of credit that was granted, or that expired."""

import pytest
from ledger.rules import check_balanced, credit_entry
from tillflow.events import CreditChanged


@pytest.mark.parametrize(
    ("holder", "kind", "debited", "credited"),
    [
        ("customer", "goodwill", "5300", "2100"),
        ("customer", "cash", "1010", "2100"),
        ("customer", "bank_transfer", "1030", "2100"),
        ("customer", "expiry", "2100", "4200"),
        ("gift_card", "cash", "1010", "2110"),
        ("gift_card", "expiry", "2110", "4200"),
    ],
)
def test_credit_is_a_debt_against_its_cost_or_payment(
    holder: str, kind: str, debited: str, credited: str
) -> None:
    changed = {"event_id": "crd-1#credit", "entry_id": "crd-1", "holder": holder, "kind": kind}
    entry = credit_entry(
        CreditChanged.model_validate({**changed, "amount": 30, "currency": "EUR", "reason": "late"})
    )
    check_balanced(entry)
    assert entry.entry_id == "crd-1#credit"
    assert [(line.account, line.debit, line.credit) for line in entry.lines] == [
        (debited, 30, 0),
        (credited, 0, 30),
    ]
