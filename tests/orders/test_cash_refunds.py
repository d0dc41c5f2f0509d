"""Refunds in cash are amounts that coins make up, and add up to what was paid."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from orders.models import Order
from orders.returns.models import ReturnOrder
from orders.returns.rules import claim_of, claimed_return, without
from tillflow.money import CASH_INCREMENT, divide_half_up

from tests.orders.test_return_rules import NOW, sold_at

COIN = CASH_INCREMENT["CHF"]
KINDS = ("card", "cash", "gift_card", "store_credit")


def swiss_sale(totals: list[int], *tenders: tuple[str, int]) -> Order:
    """A sale in CHF of one unit a line. The last tender is in cash, and pays the rest in coins."""
    due = sum(totals) - sum(amount for _, amount in tenders)
    cash = divide_half_up(due, COIN) * COIN
    order = sold_at(totals, cash - due)
    paid = [{"type": kind, "amount": amount} for kind, amount in (*tenders, ("cash", cash))]
    document = (order.document or {}) | {"tenders": paid}
    return order.model_copy(update={"currency": "CHF", "document": document})


def give_back(order: Order, number: int, **more: Any) -> tuple[Order, int]:
    """Return one unit of a line: the order with the claim, and the amount of the refund."""
    line = {"line_no": number, "sku": "MUG", "quantity": 1}
    sent = {"return_id": f"ret-{number}", "order_id": "ord-1", "currency": "CHF", "lines": [line], **more}
    request = ReturnOrder.model_validate(sent)
    claimed = claimed_return(request, order, NOW)
    totals = claimed["totals"]
    assert totals["total"] == totals["net"] + totals["tax"] + totals["rounding"] >= 0
    claims = (*(order.returns or ()), claim_of(request, claimed, order))
    return order.model_copy(update={"returns": claims}), totals["total"]


@pytest.mark.parametrize(
    ("totals", "refunds"),
    [([497, 500], [495, 500]), ([498, 498, 498], [500, 495, 500]), ([2, 2, 2], [0, 5, 0]), ([498], [500])],
)
def test_refunds_of_a_cash_sale_are_rounded_together(totals: list[int], refunds: list[int]) -> None:
    order, amounts = swiss_sale(totals), []
    for number in range(1, len(totals) + 1):
        order, amount = give_back(order, number)
        amounts.append(amount)
    assert amounts == refunds


def test_card_is_refunded_to_the_cent_and_the_cash_after_it_in_coins() -> None:
    order = swiss_sale([497, 497, 506], ("card", 500))
    order, first = give_back(order, 1)
    order, second = give_back(order, 2)
    assert (first, second) == (497, 498), "3 to the card, 4.95 in cash"
    assert give_back(order, 3)[1] == 505


def test_store_credit_and_the_value_of_an_exchange_are_not_rounded() -> None:
    order = swiss_sale([497, 498, 1005])
    order, credit = give_back(order, 1, refund="store_credit", customer_id="cus-1")
    order, exchange = give_back(order, 2, for_exchange=True)
    assert (credit, exchange) == (497, 498)
    assert give_back(order, 3)[1] == 1005


def test_refund_after_store_credit_is_rounded_down_where_up_would_exceed_what_was_paid() -> None:
    order = swiss_sale([502, 498])
    order, _ = give_back(order, 1, refund="store_credit", customer_id="cus-1")
    assert give_back(order, 2)[1] == 495


def test_last_refund_with_the_rounding_of_the_sale_does_not_exceed_what_was_paid() -> None:
    """8 were paid with 10. The last unit brings the 2 along; its value is as much in coins as without them."""
    order = swiss_sale([3, 3, 2])
    order, credit = give_back(order, 3, refund="store_credit", customer_id="cus-1")
    order, first = give_back(order, 1)
    assert (credit, first) == (2, 5)
    assert give_back(order, 2)[1] == 0, "5 would make 12"


def test_claims_of_earlier_releases_were_not_rounded() -> None:
    order, _ = give_back(swiss_sale([498, 498]), 1)
    [claim] = order.returns or ()
    old = claim.model_copy(update={"value": None, "amount": None})
    assert give_back(order.model_copy(update={"returns": (old,)}), 2)[1] == 497


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8), st.data())
def test_refunds_in_any_order_are_coins_and_never_exceed_what_was_paid(
    totals: list[int], data: st.DataObject
) -> None:
    kinds = data.draw(st.lists(st.sampled_from(KINDS), max_size=2, unique=True))
    tenders, rest = [], sum(totals)
    for kind in kinds:
        amount = data.draw(st.integers(0, rest))
        amount -= amount % COIN if kind == "cash" else 0
        tenders.append((kind, amount))
        rest -= amount
    order = swiss_sale(totals, *tenders)
    document = order.document or {}
    paid = sum(totals) + document["totals"]["rounding"]
    refunded = credited = 0
    for number in data.draw(st.permutations(range(1, len(totals) + 1))):
        as_credit = data.draw(st.booleans())
        more = {"refund": "store_credit", "customer_id": "cus-1"} if as_credit else {}
        after, amount = give_back(order, number, **more)
        if data.draw(st.integers(0, 4)) == 0:
            assert without(after.returns or (), f"ret-{number}") == (order.returns or ())
            after, amount = give_back(order, number, **more)
        order = after
        refunded, credited = refunded + amount * (not as_credit), credited + amount * as_credit
        if not as_credit and {one["type"] for one in document["tenders"]} == {"cash"}:
            assert amount % COIN == 0
        assert refunded + credited <= paid
    if not credited:
        assert refunded == paid
