"""Payments reversed before, during and after other calls, with crashes and concurrency."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from payments import rules
from payments.models import Payment
from payments.store import PaymentsStore
from tillflow.errors import (
    CaptureRefused,
    OrderClosed,
    PaymentDeclined,
    PaymentOutcomeUnknown,
    ProviderUnavailable,
    StoreContention,
)

from tests.support.interposed import Died, Interposed, Mortal, TakingTurns
from tests.support.payments_fixture import SANDBOX_TABLE, PaymentsFixture, card, cash, credit
from tests.support.tables import empty


def test_reversal_of_nothing_succeeds_and_closes_the_order(payments: PaymentsFixture) -> None:
    assert payments.service.reverse("ord-1") == {"order_id": "ord-1", "tenders": []}
    with pytest.raises(OrderClosed, match="ord-1 is closed; authorise"):
        payments.authorise(card())
    with pytest.raises(OrderClosed, match="ord-1 is closed; capture"):
        payments.service.capture("ord-1")
    assert payments.card.calls == []


def test_deliveries_after_a_reversal_raise_order_closed(payments: PaymentsFixture) -> None:
    payments.authorise(card())
    payments.service.reverse("ord-1")
    payments.card.calls.clear()
    with pytest.raises(OrderClosed):
        payments.authorise(card())
    with pytest.raises(OrderClosed):
        payments.service.capture("ord-1")
    assert payments.card.calls == []
    payments.check_books()


def test_reversal_during_authorise_leaves_nothing_held(payments: PaymentsFixture) -> None:
    payments.card.plans["authorise"] = [lambda: payments.service.reverse("ord-1")]
    with pytest.raises(OrderClosed):
        payments.authorise(card())
    assert payments.states() == ["voided"]
    payments.check_books()


def test_reversal_during_capture_leaves_nothing_captured(payments: PaymentsFixture) -> None:
    payments.authorise(card())
    payments.card.plans["capture"] = [lambda: payments.service.reverse("ord-1")]
    with pytest.raises(OrderClosed):
        payments.service.capture("ord-1")
    assert payments.states() == ["voided"]
    payments.check_books()


def test_authorisation_with_a_lost_response_is_voided(payments: PaymentsFixture) -> None:
    payments.card.plans["authorise"] = ["after"]
    payments.card.plans["look_up"] = ["down"]
    with pytest.raises(PaymentOutcomeUnknown):
        payments.authorise(card())
    payments.service.reverse("ord-1")
    assert [operation for operation, _ in payments.card.calls[2:]] == ["look_up", "void"]
    payments.check_books()


def test_capture_with_a_lost_response_is_refunded_without_a_void(
    payments: PaymentsFixture,
) -> None:
    payments.authorise(card())
    payments.card.plans["capture"] = ["after"]
    payments.card.plans["look_up"] = ["down"]
    with pytest.raises(PaymentOutcomeUnknown):
        payments.service.capture("ord-1")
    payments.card.calls.clear()
    payments.service.reverse("ord-1")
    assert [operation for operation, _ in payments.card.calls] == ["look_up", "refund"]
    payments.check_books()


def test_tombstone_of_a_reversal_stops_a_capture_in_progress(dynamodb: Any, tables: str) -> None:
    payments = PaymentsFixture(Interposed(dynamodb), tables)
    payments.authorise(card())
    payments.client.before("update_item", lambda: PaymentsStore(dynamodb, tables).close("ord-1"))
    with pytest.raises(OrderClosed):
        payments.service.capture("ord-1")
    assert [operation for operation, _ in payments.card.calls] == ["authorise"]


def test_tombstone_of_a_reversal_stops_the_capture_of_a_later_tender(dynamodb: Any, tables: str) -> None:
    payments = PaymentsFixture(Interposed(dynamodb), tables)
    payments.authorise(cash(), card())
    payments.client.before("transact_write_items", lambda: PaymentsStore(dynamodb, tables).close("ord-1"))
    with pytest.raises(OrderClosed):
        payments.service.capture("ord-1")
    assert payments.states() == ["authorised", "authorised"]


def test_order_closed_before_it_was_opened_has_no_tender(payments: PaymentsFixture) -> None:
    payments.store.close("ord-1")
    assert payments.store.payment("ord-1") == Payment(opened=False, closed=True, tenders=[])
    assert payments.store.find_tender("ord-1", 1) is None


def test_capture_between_look_up_and_void_is_refunded(payments: PaymentsFixture) -> None:
    payments.authorise(card())
    payments.card.plans["capture"] = ["before"]
    with pytest.raises(ProviderUnavailable):
        payments.service.capture("ord-1")
    late = ("ord-1#capture#1", payments.store.tender("ord-1", 1).authorisation, 900, "EUR")
    payments.card.plans["void"] = [lambda: payments.card.provider.capture(*late)]
    assert payments.service.reverse("ord-1")["tenders"][0]["state"] == "refunded"
    payments.check_books()


def test_more_than_authorised_is_not_recorded(payments: PaymentsFixture) -> None:
    payments.authorise(card(900))
    tender = payments.store.begin_capture(payments.store.tender("ord-1", 1))
    with pytest.raises(StoreContention):
        payments.store.record(tender, rules.CAPTURED, captured=901)
    taken = payments.store.record(tender, rules.CAPTURED, captured=900)
    back = payments.store.record(taken, rules.REFUNDING)
    with pytest.raises(StoreContention):
        payments.store.record(back, rules.REFUNDED, refunded=901)
    assert (payments.store.tender("ord-1", 1).captured, payments.store.tender("ord-1", 1).refunded) == (
        900,
        0,
    )


def test_crash_before_any_call_and_redelivery_end_the_same(dynamodb: Any, tables: str) -> None:
    flows: dict[str, list[Callable[[PaymentsFixture], Any]]] = {
        "captured": [hold, take],
        "refunded": [hold, take, give_back],
        "voided": [hold, give_back],
        # Refunded when the capture was applied before the death, voided when not.
        "refunded or voided": [hold, partly_take, give_back],
    }
    deaths = 0
    for ending, flow in flows.items():
        for moment in range(1, 100):
            for table in (tables, SANDBOX_TABLE):
                empty(dynamodb, table)
            PaymentsFixture(dynamodb, tables).grant(10)
            payments = PaymentsFixture(Mortal(dynamodb, moment), tables)
            for step in flow:
                deliver_until_it_lives(payments, step)
            lived, payments.client.dies_before = payments.client.dies_before, None
            assert set(payments.states()) <= set(ending.split(" or ")), (ending, moment)
            assert payments.balance() == (7 if ending == "captured" else 10)
            payments.check_books()
            if lived:
                break
            deaths += 1
        assert lived, f"{ending}: more calls than were tried"
    assert deaths > 50


def hold(payments: PaymentsFixture) -> None:
    payments.authorise(card(9), credit(3))


def take(payments: PaymentsFixture) -> None:
    payments.service.capture("ord-1")


def partly_take(payments: PaymentsFixture) -> None:
    payments.card.plans["capture"] = ["after"]
    payments.card.plans["look_up"] = ["down"]
    with pytest.raises(PaymentOutcomeUnknown):
        payments.service.capture("ord-1")


def give_back(payments: PaymentsFixture) -> None:
    payments.service.reverse("ord-1")


def deliver_until_it_lives(payments: PaymentsFixture, step: Callable[[PaymentsFixture], None]) -> None:
    try:
        step(payments)
    except Died:
        step(payments)


def test_concurrent_captures_and_reversals_leave_nothing_captured(dynamodb: Any, tables: str) -> None:
    payments = PaymentsFixture(TakingTurns(dynamodb), tables)
    payments.grant(30)
    orders = [f"ord-{number}" for number in range(8)]
    for order in orders:
        payments.authorise(card(9), credit(3), order_id=order)

    def take_until_told(order: str) -> None:
        for _ in range(20):
            try:
                payments.service.capture(order)
                return
            except (OrderClosed, CaptureRefused):
                return
            except (StoreContention, ProviderUnavailable):
                continue

    def give_back_until_done(order: str) -> None:
        for _ in range(20):
            try:
                payments.service.reverse(order)
                return
            except (StoreContention, ProviderUnavailable):
                continue

    with ThreadPoolExecutor(16) as tills:
        for order in orders:
            tills.submit(take_until_told, order)
            tills.submit(give_back_until_done, order)
            tills.submit(take_until_told, order)
    for order in orders:
        assert set(payments.states(order)) <= {"voided", "refunded"}
    payments.check_books(*orders)
    assert payments.balance() == 30


def test_concurrent_orders_cannot_spend_store_credit_twice(dynamodb: Any, tables: str) -> None:
    payments = PaymentsFixture(TakingTurns(dynamodb), tables)
    for _ in range(2):
        payments.grant(100)

    def spend(order: str) -> bool:
        try:
            payments.authorise(credit(30), order_id=order)
        except PaymentDeclined:
            return False
        return True

    with ThreadPoolExecutor(8) as tills:
        spent = list(tills.map(spend, [f"ord-{number}" for number in range(8)]))
    assert sum(spent) == 3
    assert payments.balance() == 10
    assert payments.balance(currency="USD") == 0
