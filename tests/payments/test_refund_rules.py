"""Which tender of a sale gets how much of a refund."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from payments.models import Tender, TenderType
from payments.refunds import rules
from payments.refunds.models import Exchange, Refund, RefundPayment
from tillflow.errors import InvalidRequest

TYPES: tuple[TenderType, ...] = ("card", "cash", "store_credit")


def tender(number: int, kind: TenderType, captured: int, refunded: int = 0, pending: int = 0) -> Tender:
    return Tender(
        order_id="ord-1",
        tender_no=number,
        type=kind,
        amount=captured,
        currency="EUR",
        state="captured",
        provider="sandbox",
        captured=captured,
        refunded=refunded,
        pending=pending,
    )


def request(amount: int, customer: str | None = None) -> RefundPayment:
    return RefundPayment(
        return_id="ret-1",
        order_id="ord-1",
        currency="EUR",
        amount=amount,
        refund="original",
        customer_id=customer,
    )


def paid(refund: Refund) -> list[tuple[int, str, int]]:
    return [(part["tender_no"], part["type"], part["amount"]) for part in rules.shown(refund)]


def test_cards_come_first_then_cash_then_store_credit() -> None:
    tenders = [tender(1, "store_credit", 10), tender(2, "cash", 10), tender(3, "card", 10)]
    assert paid(rules.opened(request(25), tenders)) == [
        (1, "store_credit", 5),
        (2, "cash", 10),
        (3, "card", 10),
    ]


def test_refunds_in_progress_and_before_are_not_paid_again() -> None:
    tenders = [tender(1, "card", 30, refunded=10, pending=15), tender(2, "cash", 10)]
    assert paid(rules.opened(request(12), tenders)) == [(1, "card", 5), (2, "cash", 7)]


def test_refund_above_what_was_paid_is_refused() -> None:
    refund = rules.opened(request(11), [tender(1, "card", 10)])
    assert (refund.state, refund.parts) == ("REFUSED", ())
    assert refund.reason == "0.11 EUR is more than the 0.10 EUR that the tenders paid and did not get back"


def test_refund_over_more_tenders_than_a_transaction_holds_is_refused() -> None:
    tenders = [tender(number, "card", 1) for number in range(1, 101)]
    assert rules.opened(request(98), tenders).state == "OPEN"
    assert rules.opened(request(99), tenders).state == "REFUSED"


def test_exchange_pays_what_its_sale_captured_of_it() -> None:
    exchanged = request(12).model_copy(update={"exchange": Exchange(order_id="ord-2", amount=10)})
    rules.check_exchange(exchanged, [tender(1, "exchange", 10), tender(2, "card", 30)])
    for sale in ([], [tender(1, "card", 10)], [tender(1, "exchange", 9)], [tender(1, "exchange", 11)]):
        with pytest.raises(InvalidRequest, match=r"exchange\.amount"):
            rules.check_exchange(exchanged, sale)


@pytest.mark.parametrize(
    ("amount", "received", "parts"),
    [
        (30, 0, [(2, "on_account", 30)]),
        (50, 0, [(1, "card", 10), (2, "on_account", 40)]),
        (30, 25, [(1, "card", 15), (2, "on_account", 15)]),
        (50, 25, [(1, "card", 20), (2, "on_account", 15), (0, "store_credit", 15)]),
        (30, 40, [(1, "card", 20), (0, "store_credit", 10)]),
    ],
)
def test_what_is_owed_comes_first_and_what_was_received_becomes_credit(
    amount: int, received: int, parts: list[tuple[int, str, int]]
) -> None:
    tenders = [tender(1, "card", 20), tender(2, "on_account", 40)]
    asked = request(amount, "cus-ada").model_copy(update={"received": received})
    assert paid(rules.opened(asked, tenders)) == parts


def test_more_than_was_paid_and_received_is_refused() -> None:
    tenders = [tender(1, "card", 20, refunded=20), tender(2, "on_account", 40)]
    asked = request(41, "cus-ada").model_copy(update={"received": 5})
    assert rules.opened(asked, tenders).state == "REFUSED"
    assert rules.opened(asked.model_copy(update={"amount": 40}), tenders).state == "OPEN"


@given(
    st.lists(st.tuples(st.sampled_from(TYPES), st.integers(1, 50)), min_size=1, max_size=6),
    st.data(),
    st.sampled_from((None, "cus-ada")),
)
def test_refund_whose_cards_refuse_in_any_order_is_paid_whole_or_not_at_all(
    sale: list[tuple[TenderType, int]], data: st.DataObject, customer: str | None
) -> None:
    tenders = [tender(number, kind, amount) for number, (kind, amount) in enumerate(sale, start=1)]
    amount = data.draw(st.integers(0, sum(amount for _, amount in sale)))
    refund = rules.opened(request(amount, customer), tenders)
    while refund.state == "OPEN" and (part := rules.next_part(refund)):
        pending = rules.pending_by_tender(refund)
        seen = [
            tender(one.tender_no, one.type, one.captured, pending=pending.get(one.tender_no, 0))
            for one in tenders
        ]
        if part.type == "card" and data.draw(st.booleans()):
            refund = rules.after_refusal(refund, part, "too old", seen)
        else:
            refund = rules.after_refund(refund, part)
    parts = paid(refund)
    assert refund.state in ("REFUNDED", "REFUSED")
    assert sum(part[2] for part in parts) == (amount if refund.state == "REFUNDED" else 0)
    for number, _, part_amount in parts:
        assert number == 0 or part_amount <= tenders[number - 1].captured


@pytest.mark.parametrize("refund", ["original", "store_credit"])
def test_refund_in_another_currency_than_the_order_was_paid_in_is_refused(refund: str) -> None:
    sent = request(10, "cus-1").model_copy(update={"currency": "JPY", "refund": refund})
    with pytest.raises(InvalidRequest, match="currency is 'JPY'; expected EUR"):
        rules.opened(sent, [tender(1, "card", 10)])
