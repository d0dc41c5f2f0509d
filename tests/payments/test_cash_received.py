"""What a customer pays in cash for an invoice, for credit or for a gift card is an amount that coins make up."""

from typing import Any

import pytest
from billing.receivables.models import ReceivePayment
from payments.credit.models import GrantCredit, IssueGiftCard
from tillflow.errors import InvalidRequest
from tillflow.gift_cards import new_code
from tillflow.parsing import parse

PAYMENT = {"payment_id": "pay-1", "customer_id": "cus-1"}
GRANT = {"grant_id": "g-1", "customer_id": "cus-1", "reason": "bought"}
KINDS: list[tuple[Any, str, dict[str, str]]] = [
    (ReceivePayment, "method", PAYMENT),
    (GrantCredit, "source", GRANT),
    (IssueGiftCard, "source", {"code": new_code(), "reason": "sold"}),
]


@pytest.mark.parametrize(("model", "means", "fields"), KINDS, ids=["payment", "credit", "gift card"])
def test_cash_is_in_coins_and_a_transfer_to_the_cent(model: Any, means: str, fields: dict[str, str]) -> None:
    def sent(amount: int, currency: str, paid_by: str) -> Any:
        return parse(model, {**fields, "amount": amount, "currency": currency, means: paid_by})

    for amount, currency in ((495, "CHF"), (498, "EUR"), (498, "JPY"), (498, "KWD"), (500, "HUF")):
        assert sent(amount, currency, "cash").amount == amount
    assert sent(498, "CHF", "bank_transfer").amount == 498
    for amount, currency, coin in (
        (496, "CHF", "0.05 CHF"),
        (499, "CHF", "0.05 CHF"),
        (501, "HUF", "5.00 HUF"),
    ):
        with pytest.raises(
            InvalidRequest, match=f"amount is {amount}; expected for cash a multiple of {coin}"
        ):
            sent(amount, currency, "cash")
