"""Entries of units found or lost, at their cost."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger.accounts import CHART
from ledger.models import Entry
from ledger.rules import check_balanced, correction_entry
from tillflow.events import StockCorrected
from tillflow.fields import MAX_AMOUNT, MAX_STOCK


def booked(**changes: Any) -> Entry | None:
    told = {
        "event_id": "adj-1#corrected",
        "business_id": "adj-1",
        "location": "store-1",
        "sku": "TEA",
        "quantity": -2,
        "cost": 960,
        "currency": "EUR",
        "reason": "dropped",
    }
    return correction_entry(StockCorrected.model_validate(told | changes))


@pytest.mark.parametrize(
    ("quantity", "debited", "credited"),
    [(-2, "Inventory losses", "Inventory"), (2, "Inventory", "Inventory overage")],
)
def test_entries_of_a_loss_and_a_gain_equal_those_computed_by_hand(
    quantity: int, debited: str, credited: str
) -> None:
    entry = booked(quantity=quantity)
    assert entry
    assert (entry.entry_id, entry.business_id, entry.kind) == ("adj-1#correction", "adj-1", "correction")
    assert (entry.currency, entry.reference) == ("EUR", "dropped")
    assert [(line.name, line.debit, line.credit) for line in entry.lines] == [
        (debited, 960, 0),
        (credited, 0, 960),
    ]


def test_correction_without_cost_has_no_entry() -> None:
    assert booked(cost=0) is None


@given(quantity=st.integers(-MAX_STOCK, MAX_STOCK).filter(bool), cost=st.integers(1, MAX_AMOUNT))
def test_correction_balances_at_its_cost(quantity: int, cost: int) -> None:
    entry = booked(quantity=quantity, cost=cost)
    assert entry
    check_balanced(entry)
    assert entry.debits == cost
    assert all(CHART[line.account].name == line.name for line in entry.lines)
