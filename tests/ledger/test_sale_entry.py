"""The journal entry of a sale, exact to the minor unit."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger.accounts import CHART, TENDER_ACCOUNT
from ledger.errors import JournalUnbalanced
from ledger.models import Entry, JournalLine, PostJournal
from ledger.rules import check_balanced, sale_entry, sale_reversal
from tillflow.errors import InvalidRequest
from tillflow.parsing import parse

SALE: dict[str, Any] = {
    "order": {
        "order_id": "ord-1",
        "currency": "EUR",
        "taxes": [
            {"tax_class": "food", "rate": "0.05", "net": 2077, "tax": 104},
            {"tax_class": "standard", "rate": "0.20", "net": 807, "tax": 161},
        ],
    },
    "tenders": [
        {"type": "cash", "amount": 500},
        {"type": "card", "amount": 1649},
        {"type": "cash", "amount": 500},
        {"type": "store_credit", "amount": 500},
    ],
    "cost": 1740,
    "invoice_number": "INV-000001",
}


def booked(sale: dict[str, Any]) -> Entry:
    return sale_entry(parse(PostJournal, sale))


def test_entry_of_a_sale_equals_one_computed_by_hand() -> None:
    entry = booked(SALE)
    assert (entry.entry_id, entry.kind, entry.business_id) == ("ord-1#sale", "sale", "ord-1")
    assert [(line.name, line.tax_rate, line.debit, line.credit) for line in entry.lines] == [
        ("Cash on hand", None, 1000, 0),
        ("Card clearing", None, 1649, 0),
        ("Store credit", None, 500, 0),
        ("Sales revenue", None, 0, 2884),
        ("Sales tax payable", "0.05", 0, 104),
        ("Sales tax payable", "0.20", 0, 161),
        ("Cost of goods sold", None, 1740, 0),
        ("Inventory", None, 0, 1740),
    ]
    assert entry.debits == entry.credits == 4889


def test_reversal_refers_to_the_sale_and_has_its_lines_exchanged() -> None:
    sale = booked(SALE)
    reversal = sale_reversal(sale)
    assert (reversal.entry_id, reversal.kind, reversal.reference) == ("ord-1#cancel", "cancel", "ord-1#sale")
    assert [(line.name, line.credit, line.debit) for line in reversal.lines] == [
        (line.name, line.debit, line.credit) for line in sale.lines
    ]


@pytest.mark.parametrize(("rounding", "line"), [(-2, (2, 0)), (2, (0, 2))])
def test_rounding_of_cash_has_an_account_of_its_own(rounding: int, line: tuple[int, int]) -> None:
    order = {**SALE["order"], "totals": {"rounding": rounding}}
    tenders = [*SALE["tenders"][:-1], {"type": "store_credit", "amount": 500 + rounding}]
    lines = booked({**SALE, "order": order, "tenders": tenders}).lines
    assert [(one.debit, one.credit) for one in lines if one.name == "Cash rounding"] == [line]


def test_zero_amounts_have_no_lines() -> None:
    sale = {**SALE, "tenders": [], "cost": 0, "order": {**SALE["order"], "taxes": []}}
    assert booked(sale).lines == ()


@pytest.mark.parametrize("off", [-1, 1])
def test_tenders_that_differ_from_the_total_raise_journal_unbalanced(off: int) -> None:
    tenders = [*SALE["tenders"][:-1], {"type": "store_credit", "amount": 500 + off}]
    with pytest.raises(
        JournalUnbalanced, match=f"ord-1#sale is not balanced: debits 48.{89 + off} EUR, credits 48.89 EUR"
    ):
        booked({**SALE, "tenders": tenders})


def test_negative_amount_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="cost is -5; expected a number of at least 0"):
        booked({**SALE, "cost": -5})


def test_unbalanced_entry_of_any_kind_is_refused() -> None:
    lines = (JournalLine("1010", "Cash on hand", debit=2), JournalLine("4000", "Sales revenue", credit=1))
    with pytest.raises(JournalUnbalanced):
        check_balanced(Entry("e", "b", "sale", "EUR", None, lines))


def test_account_codes_are_unique_and_every_tender_has_an_account() -> None:
    assert all(code == account.code for code, account in CHART.items())
    assert set(TENDER_ACCOUNT) == {"cash", "card", "store_credit", "gift_card", "on_account", "exchange"}
    assert set(TENDER_ACCOUNT.values()) <= set(CHART.values())


amounts = st.integers(0, 10**9)


@given(st.lists(st.tuples(amounts, amounts), max_size=6), st.integers(1, 8), amounts)
def test_sale_paid_in_full_balances(parts: list[tuple[int, int]], tenders: int, cost: int) -> None:
    taxes = [
        {"tax_class": f"class-{n}", "rate": "0.20", "net": net, "tax": tax}
        for n, (net, tax) in enumerate(parts)
    ]
    total = sum(net + tax for net, tax in parts)
    share, rest = divmod(total, tenders)
    paid = [{"type": "card", "amount": share} for _ in range(tenders - 1)]
    entry = booked(
        {
            **SALE,
            "order": {**SALE["order"], "taxes": taxes},
            "tenders": [*paid, {"type": "cash", "amount": share + rest}],
            "cost": cost,
        }
    )
    assert entry.debits == entry.credits == total + cost
    assert {line.account for line in entry.lines} <= set(CHART)
    assert all(bool(line.debit) != bool(line.credit) for line in entry.lines)
