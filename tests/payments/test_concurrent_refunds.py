"""Refunds of one order at the same time stay within what was paid for it."""

from typing import Any

import pytest
from payments.refunds.models import Exchange, Refunded, RefundPayment

from tests.support.payments_fixture import PaymentsFixture, card, cash, request


@pytest.fixture
def shop(dynamodb: Any, tables: str) -> PaymentsFixture:
    return PaymentsFixture(dynamodb, tables)


def pay(shop: PaymentsFixture, order_id: str, *tenders: dict[str, Any]) -> None:
    shop.store_cards(*tenders, order_id=order_id)
    shop.service.authorise(
        request(*tenders, order_id=order_id).model_copy(update={"currency": "CHF", "customer_id": None})
    )
    shop.service.capture(order_id)


def exchange(shop: PaymentsFixture, return_id: str, value: int, goods: int) -> Refunded:
    return shop.refunds().refund(
        RefundPayment(
            return_id=return_id,
            order_id="ord-1",
            currency="CHF",
            amount=value,
            refund="original",
            exchange=Exchange(order_id=f"sale-{return_id}", amount=goods),
        )
    )


@pytest.mark.parametrize("late", ["before", "after"])
def test_cash_in_place_of_a_card_is_rounded_within_what_an_exchange_leaves(
    shop: PaymentsFixture, late: str
) -> None:
    """9.98 were paid. An exchange takes 4.00 while the card of another, with 1.00 of goods, refuses 4.98."""
    pay(shop, "ord-1", card(498, "tok_refund_refused"), cash(500))
    for return_id, goods in (("ret-a", 400), ("ret-b", 100)):
        pay(shop, f"sale-{return_id}", {"type": "exchange", "amount": goods})
    calls = shop.card.plans["refund"] if late == "before" else shop.card.after["refund"]
    calls.append(lambda: exchange(shop, "ret-a", 400, 400))
    refunded = exchange(shop, "ret-b", 598, 100)
    assert refunded["refunds"] == [
        {"tender_no": 2, "type": "cash", "amount": 495},
        {"tender_no": 0, "type": "exchange", "amount": 100},
    ]
    tenders = shop.store.payment("ord-1").tenders
    taken = sum(one.refunded + one.pending + one.without_tender for one in tenders)
    assert taken == 995 <= sum(one.captured for one in tenders)
