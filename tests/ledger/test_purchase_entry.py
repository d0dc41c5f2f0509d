"""The entries of a purchase order."""

import pytest
from ledger.models import PostPurchase
from ledger.rules import purchase_entry
from tillflow.parsing import parse

INVENTORY, VARIANCE = "1200", "5100"


@pytest.mark.parametrize(
    ("received_cost", "value", "lines"),
    [
        (1000, 505, {INVENTORY: 495, VARIANCE: -495}),
        (1000, 1200, {INVENTORY: -200, VARIANCE: 200}),
        (1000, 1000, {}),
    ],
)
def test_goods_returned_at_another_value_post_the_difference_to_the_price_variance(
    received_cost: int, value: int, lines: dict[str, int]
) -> None:
    request = {
        "entry_id": "po-1#return",
        "purchase_order_id": "po-1",
        "kind": "goods_returned",
        "currency": "EUR",
        "goods": received_cost,
        "returned": value,
    }
    entry = purchase_entry(parse(PostPurchase, request))
    assert {line.account: line.debit - line.credit for line in entry.lines} == lines
