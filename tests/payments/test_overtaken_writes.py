"""A write that another delivery or process overtakes keeps what that wrote."""

from datetime import timedelta
from typing import Any

import pytest
from payments.models import Tender
from payments.provider import Charge
from payments.reconciliation.models import ComparedPage, ComparePage
from payments.reconciliation.store import ReconciliationStore
from payments.refunds.models import RefundPayment
from payments.refunds.rules import after_refund, opened
from payments.refunds.store import RefundStore
from tillflow.errors import IdempotencyConflict, StoreContention
from tillflow.store import marshal, read_row
from tillflow.times import iso_utc

from tests.support.interposed import Interposed
from tests.support.payments_fixture import NOW, PaymentsFixture, card

LATER = NOW + timedelta(hours=1)
FIRST = {"stage": "charges", "provider": "sandbox", "after": ""}


@pytest.fixture
def shop(dynamodb: Any, tables: str) -> PaymentsFixture:
    return PaymentsFixture(dynamodb, tables)


def refund_of(amount: int, return_id: str = "ret-1", order_id: str | None = None) -> RefundPayment:
    """Return the refund of a return: one without a receipt is paid as store credit."""
    request = {"return_id": return_id, "order_id": order_id, "currency": "EUR", "amount": amount}
    paid = {"refund": "original"} if order_id else {"refund": "store_credit", "customer_id": "cus-1"}
    return RefundPayment.model_validate({**request, **paid})


def sold(shop: PaymentsFixture, *, captured: bool = True) -> Tender:
    shop.authorise(card())
    if captured:
        shop.service.capture("ord-1")
    return shop.store.tender("ord-1", 1)


def test_refund_overtaken_by_another_under_its_return_is_a_conflict(shop: PaymentsFixture) -> None:
    client = Interposed(shop.client)
    client.before("transact_write_items", lambda: shop.refunds().refund(refund_of(200)))
    overtaken = PaymentsFixture(client, shop.table)
    with pytest.raises(IdempotencyConflict, match="ret-1"):
        overtaken.refunds().refund(refund_of(300))
    stored = RefundStore(shop.client, shop.table).find("ret-1")
    assert stored
    assert (stored.request.amount, stored.state, shop.balance()) == (200, "REFUNDED", 200)


def test_refund_that_another_delivery_has_changed_is_not_overwritten(shop: PaymentsFixture) -> None:
    store = RefundStore(shop.client, shop.table)
    before = store.write(None, opened(refund_of(300), ()))
    after = store.write(before, after_refund(before, before.parts[0]))
    with pytest.raises(StoreContention):
        store.write(before, after_refund(before, before.parts[0]))
    assert store.find("ret-1") == after


def test_refund_overtaken_by_another_of_its_tender_adds_to_what_that_refunded(shop: PaymentsFixture) -> None:
    sold(shop)
    shop.card.after["refund"].append(lambda: shop.refunds().refund(refund_of(200, "ret-2", "ord-1")))
    shop.refunds().refund(refund_of(300, "ret-1", "ord-1"))
    tender = shop.store.tender("ord-1", 1)
    assert (tender.refunded, tender.pending) == (500, 0)
    shop.check_books()


def test_capture_begun_by_any_release_is_not_prevented(shop: PaymentsFixture) -> None:
    shop.store.begin_capture(sold(shop, captured=False))
    by_0_1_0 = marshal({"pk": "ORDER#ord-2", "sk": "CAPTURE"})
    shop.client.put_item(TableName=shop.table, Item=by_0_1_0)
    for order_id in ("ord-1", "ord-2"):
        assert not shop.store.prevent_capture(order_id)
        assert not shop.store.payment(order_id).closed


def page(*cases: str) -> ComparedPage:
    differences: list[Any] = [{"case_id": case} for case in cases]
    return {"run_id": "run-1", "differences": differences, "cursor": None}


def test_page_overtaken_by_another_delivery_returns_the_response_of_that(shop: PaymentsFixture) -> None:
    store, client = ReconciliationStore(shop.client, shop.table), Interposed(shop.client)
    sent = ComparePage.model_validate({"run_id": "run-1", "page": 1, "cursor": FIRST})
    client.before("transact_write_items", lambda: store.write_page(sent, 0, (), page("case-1"), NOW))
    assert ReconciliationStore(client, shop.table).write_page(sent, 0, (), page(), LATER) == page("case-1")
    assert store.page(sent, 0) == page("case-1")


def test_close_overtaken_by_another_delivery_keeps_the_time_of_that(shop: PaymentsFixture) -> None:
    store, client = ReconciliationStore(shop.client, shop.table), Interposed(shop.client)
    store.open("run-1", "2026-11-22", NOW)
    client.before("put_item", lambda: store.close("run-1", NOW))
    assert ReconciliationStore(client, shop.table).close("run-1", LATER) == store.close("run-1", LATER)
    row = read_row(shop.client, shop.table, "RECONCILIATION#run-1", "RUN")
    assert row["completed_at"] == iso_utc(NOW)


def test_charge_that_is_authorised_again_stays_captured(shop: PaymentsFixture) -> None:
    tender = sold(shop)
    again = shop.sandbox.authorise("ord-1#authorise#1", "", Charge(900, "EUR", "tok_visa"))
    assert again.reference == tender.authorisation
    assert shop.sandbox.book.authorisation(again.reference)["state"] == "captured"
