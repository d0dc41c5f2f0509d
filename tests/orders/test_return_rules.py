"""Shares of a sale that returns get, whatever their order and size."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from orders.errors import OrderNotReturnable, ReturnWindowClosed, UnitsNotReturnable
from orders.models import Order
from orders.returns.models import ReturnOrder
from orders.returns.rules import check_returnable, claim_of, claimed_return, without

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def sold(quantity: int, total: int, tax: int, **more: Any) -> Order:
    line = {
        "line_no": 1,
        "sku": "MUG",
        "description": "Mug",
        "quantity": quantity,
        "tax_class": "standard",
        "tax_rate": "0.20",
        "net": total - tax,
        "tax": tax,
        "total": total,
    }
    document = {
        "location": "store-1",
        "register": "till-1",
        "placed_at": "2026-11-23T10:00:00Z",
        "customer_id": None,
        "lines": [line | more],
    }
    return Order(
        order_id="ord-1",
        status="PAID",
        execution="arn",
        currency="EUR",
        paid_at="2026-11-23T10:00:00Z",
        document=document,
    )


def with_totals(order: Order, **totals: int) -> Order:
    return order.model_copy(update={"document": {**(order.document or {}), "totals": totals}})


def request(return_id: str, quantity: int) -> ReturnOrder:
    return ReturnOrder.model_validate(
        {
            "return_id": return_id,
            "order_id": "ord-1",
            "currency": "EUR",
            "lines": [{"line_no": 1, "sku": "MUG", "quantity": quantity}],
        }
    )


@given(st.data(), st.integers(1, 40), st.integers(0, 10**15 - 1))
def test_returns_of_all_units_equal_the_sale_whatever_was_released_between(
    data: st.DataObject, quantity: int, total: int
) -> None:
    tax = data.draw(st.integers(0, total))
    order, left, number = sold(quantity, total, tax), quantity, 0
    while left:
        number += 1
        units = data.draw(st.integers(1, left))
        sent = request(f"ret-{number}", units)
        claimed = claimed_return(sent, order, NOW)
        assert 0 <= claimed["totals"]["tax"] <= claimed["totals"]["total"]
        kept = order.model_copy(update={"returns": (*(order.returns or ()), claim_of(sent, claimed, order))})
        if data.draw(st.booleans()) or number > 20:
            order, left = kept, left - units
        else:
            assert without(kept.returns or (), f"ret-{number}") == (order.returns or ())
    lines = [line for claim in order.returns or () for line in claim.lines]
    assert sum(line.total for line in lines) == total
    assert sum(line.tax for line in lines) == tax
    with pytest.raises(UnitsNotReturnable, match="1 unit requested, 0 can be returned"):
        claimed_return(request("ret-last", 1), order, NOW)


@pytest.mark.parametrize(("days", "open_"), [(0, False), (1, True)])
def test_window_of_a_line_is_that_of_its_sale(days: int, open_: bool) -> None:
    order = sold(1, 120, 20, return_days=days)
    if open_:
        assert claimed_return(request("ret-1", 1), order, NOW)["totals"]["total"] == 120
    else:
        with pytest.raises(ReturnWindowClosed, match="could be returned for 0 days"):
            claimed_return(request("ret-1", 1), order, NOW)


def test_rounding_of_a_cash_sale_comes_back_with_its_last_units() -> None:
    order = with_totals(sold(2, 252, 42), rounding=-2)
    sent = request("ret-1", 1)
    first = claimed_return(sent, order, NOW)
    order = order.model_copy(update={"returns": (claim_of(sent, first, order),)})
    last = claimed_return(request("ret-2", 1), order, NOW)
    assert (first["totals"]["rounding"], first["totals"]["total"]) == (0, 126)
    assert (last["totals"]["rounding"], last["totals"]["total"]) == (-2, 124)


def test_order_on_account_cannot_be_exchanged() -> None:
    order = sold(1, 120, 20)
    order = order.model_copy(
        update={"document": {**(order.document or {}), "tenders": [{"type": "on_account"}]}}
    )
    check_returnable(order)
    assert claimed_return(request("ret-1", 1), order, NOW)["on_account"]
    with pytest.raises(OrderNotReturnable, match="sold on account"):
        check_returnable(order, for_exchange=True)


def sold_at(totals: list[int], rounding: int) -> Order:
    """An order of one unit a line, whose amount due in cash was rounded."""
    order = sold(1, totals[0], 0)
    document = order.document or {}
    lines = [
        document["lines"][0] | {"line_no": number, "net": total, "total": total}
        for number, total in enumerate(totals, start=1)
    ]
    return with_totals(order.model_copy(update={"document": document | {"lines": lines}}), rounding=rounding)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=6), st.integers(-6, 6), st.data())
def test_refunds_of_a_rounded_cash_sale_never_exceed_what_was_paid(
    totals: list[int], rounding: int, data: st.DataObject
) -> None:
    """A sale of 10.02 and a free item was paid with 10.00: the first item's refund is 10.00, not 10.02."""
    paid = max(sum(totals) + rounding, 0)
    order, refunded = sold_at(totals, paid - sum(totals)), 0
    for number in data.draw(st.permutations(range(1, len(totals) + 1))):
        line = {"line_no": number, "sku": "MUG", "quantity": 1}
        one = request(f"ret-{number}", 1).model_dump(by_alias=True) | {"lines": [line]}
        sent = ReturnOrder.model_validate(one)
        claimed = claimed_return(sent, order, NOW)
        amount = claimed["totals"]["total"]
        assert amount == claimed["totals"]["net"] + claimed["totals"]["tax"] + claimed["totals"]["rounding"]
        refunded += amount
        assert amount >= 0
        assert refunded <= paid
        order = order.model_copy(update={"returns": (*(order.returns or ()), claim_of(sent, claimed, order))})
    assert refunded == paid


@pytest.mark.parametrize(("refund", "expected"), [("original", None), ("store_credit", "cus-1")])
def test_customer_of_a_request_is_that_of_store_credit_alone(refund: str, expected: str | None) -> None:
    """A customer is checked only for store credit, and credit must not go to one that was not."""
    sent = request("ret-1", 1).model_dump(by_alias=True) | {"refund": refund, "customer_id": "cus-1"}
    assert claimed_return(ReturnOrder.model_validate(sent), sold(1, 120, 20), NOW)["customer_id"] == expected
