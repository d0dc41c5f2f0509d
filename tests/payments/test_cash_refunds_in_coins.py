"""What a refund pays in cash can be paid in coins, and all refunds of an order stay within what was captured."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from payments.models import Tender, TenderType
from payments.refunds import rules
from payments.refunds.cash import refundable, rounding_of
from payments.refunds.models import Exchange, Refund, RefundPayment
from tillflow.money import CASH_INCREMENT

Sale = list[tuple[TenderType, int]]
COIN = CASH_INCREMENT["CHF"]


def tenders_of(sale: Sale, currency: str = "CHF") -> list[Tender]:
    return [
        Tender(
            order_id="ord-1",
            tender_no=number,
            type=kind,
            amount=amount,
            currency=currency,
            state="captured",
            provider="sandbox",
            captured=amount,
        )
        for number, (kind, amount) in enumerate(sale, start=1)
    ]


def request(
    amount: int, exchanged: int | None = None, customer: str | None = None, currency: str = "CHF"
) -> RefundPayment:
    return RefundPayment(
        return_id="ret-1",
        order_id="ord-1",
        currency=currency,
        amount=amount,
        refund="original",
        customer_id=customer,
        exchange=None if exchanged is None else Exchange(order_id="ord-2", amount=exchanged),
    )


def paid(refund: Refund) -> list[tuple[int, str, int]]:
    return [(part["tender_no"], part["type"], part["amount"]) for part in rules.shown(refund)]


def with_pending(tenders: list[Tender], before: Refund | None, after: Refund | None) -> list[Tender]:
    """Return the tenders as the store writes them with a refund."""
    states = (rules.pending_by_tender, rules.refunded_by_tender)
    (pending, refunded), (pending_before, refunded_before) = (
        [state(one) for state in states] for one in (after, before)
    )
    without = rules.given_without_tender(after) - rules.given_without_tender(before)
    return [
        replace(
            one,
            pending=one.pending + pending.get(one.tender_no, 0) - pending_before.get(one.tender_no, 0),
            refunded=one.refunded + refunded.get(one.tender_no, 0) - refunded_before.get(one.tender_no, 0),
            without_tender=one.without_tender + (without if one.tender_no == 1 else 0),
        )
        for one in tenders
    ]


@pytest.mark.parametrize(
    ("value", "exchanged", "parts", "rounding"),
    [
        (498, 300, [(1, "cash", 200), (0, "exchange", 300)], 2),
        (497, 300, [(1, "cash", 195), (0, "exchange", 300)], -2),
        (302, 300, [(0, "exchange", 300)], -2),
        (303, 300, [(1, "cash", 5), (0, "exchange", 300)], 2),
        (500, 300, [(1, "cash", 200), (0, "exchange", 300)], 0),
    ],
)
def test_rest_of_an_exchange_is_paid_in_coins(
    value: int, exchanged: int, parts: list[tuple[int, str, int]], rounding: int
) -> None:
    refund = rules.opened(request(value, exchanged), tenders_of([("cash", 1000)]))
    assert (paid(refund), rounding_of(refund)) == (parts, rounding)


@pytest.mark.parametrize(
    ("currency", "cash"),
    [("CHF", 200), ("EUR", 198), ("CZK", 200), ("HUF", 0), ("SEK", 200), ("JPY", 198), ("KWD", 198)],
)
def test_cash_unit_is_that_of_the_currency(currency: str, cash: int) -> None:
    refund = rules.opened(
        request(498, 300, currency=currency), tenders_of([("cash", 10_000)], currency=currency)
    )
    assert sum(amount for _, kind, amount in paid(refund) if kind == "cash") == cash


def test_rest_is_rounded_down_where_the_cash_that_was_paid_is_all_refunded() -> None:
    tenders = tenders_of([("cash", 200), ("gift_card", 300)])
    tenders[0] = replace(tenders[0], captured=199)
    refund = rules.opened(request(499, 300), tenders)
    assert paid(refund) == [(1, "cash", 195), (0, "exchange", 300)]


def test_cash_in_place_of_a_card_is_paid_in_coins() -> None:
    tenders = tenders_of([("card", 498), ("cash", 500)])
    opened = rules.opened(request(598), tenders)
    assert paid(opened) == [(1, "card", 498), (2, "cash", 100)]
    after = rules.after_refusal(opened, opened.parts[0], "too old", with_pending(tenders, None, opened))
    assert after.state == "REFUSED", "0.98 more than the cash tender paid"
    opened = rules.opened(request(499), tenders)
    assert paid(opened) == [(1, "card", 498)], "a part of 0.01 in cash is rounded to nothing"
    after = rules.after_refusal(opened, opened.parts[0], "too old", with_pending(tenders, None, opened))
    assert (paid(after), rounding_of(after)) == ([(2, "cash", 500)], 1)


def test_cash_without_a_tender_is_paid_in_coins() -> None:
    tenders = tenders_of([("card", 498)])
    opened = rules.opened(request(498, 300), tenders)
    after = rules.after_refusal(opened, opened.parts[1], "too old", with_pending(tenders, None, opened))
    assert paid(after) == [(0, "exchange", 300), (0, "cash", 195)], "2.00 would exceed the 4.98 paid"
    opened = rules.opened(request(398, 200), tenders)
    after = rules.after_refusal(opened, opened.parts[1], "too old", with_pending(tenders, None, opened))
    assert paid(after) == [(0, "exchange", 200), (0, "cash", 200)]


def test_refund_that_ends_with_nothing_to_pay_is_complete() -> None:
    tenders = tenders_of([("card", 302)])
    opened = rules.opened(request(302, 300), tenders)
    after = rules.after_refusal(opened, opened.parts[1], "too old", with_pending(tenders, None, opened))
    assert (after.state, paid(after)) == ("REFUNDED", [(0, "exchange", 300)])


def test_refund_after_others_were_rounded_up_is_what_is_left() -> None:
    tenders = [replace(one, refunded=500, without_tender=202) for one in tenders_of([("cash", 1000)])]
    assert paid(rules.opened(request(300), tenders)) == [(1, "cash", 295)]


@given(st.data())
def test_refunds_in_any_order_are_coins_and_at_most_what_was_captured(data: st.DataObject) -> None:
    kinds: tuple[TenderType, ...] = ("card", "cash", "gift_card", "store_credit")
    tenders = tenders_of(
        data.draw(st.lists(st.tuples(st.sampled_from(kinds), st.integers(1, 60)), min_size=1, max_size=4))
    )
    tenders = [replace(one, captured=one.captured * COIN) if one.type == "cash" else one for one in tenders]
    tenders += [replace(tenders[0], type="exchange", tender_no=9, captured=data.draw(st.integers(0, 40)))]
    values = captured = sum(one.captured for one in tenders)
    added = 0
    while values and data.draw(st.booleans()):
        value = data.draw(st.integers(0, values))
        # The orders service lets units pay of an exchange what the order's earlier refunds left.
        exchanged = data.draw(st.one_of(st.none(), st.integers(0, min(value, refundable(tenders)))))
        customer = data.draw(st.sampled_from((None, "cus-ada")))
        asked = request(value, exchanged, customer)
        refund = rules.opened(asked, tenders)
        tenders = with_pending(tenders, None, refund)
        while refund.state == "OPEN" and (part := rules.next_part(refund)):
            if part.type == "card" and data.draw(st.booleans()):
                after = rules.after_refusal(refund, part, "too old", tenders)
            else:
                after = rules.after_refund(refund, part)
            tenders, refund = with_pending(tenders, refund, after), after
        assert refund.state in ("REFUNDED", "REFUSED")
        if refund.state == "REFUNDED":
            values -= value
            assert -COIN < rounding_of(refund) + added < COIN + added, "what rounding added may be taken off"
            added = max(added + rounding_of(refund), 0)
            assert all(amount % COIN == 0 for _, kind, amount in paid(refund) if kind == "cash")
        assert all(0 <= one.refunded <= one.captured and one.pending == 0 for one in tenders)
        assert sum(one.refunded + one.without_tender for one in tenders) <= captured
