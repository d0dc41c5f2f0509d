"""Disputes of card payments by Stripe's webhooks: found by the charge, a case for each, nothing in the books."""

from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from cases.models import Opening
from payments.errors import RefundDisputed
from payments.operations import StripeEvents
from payments.refunds.models import Exchange, RefundPayment
from tillflow.callbacks import NO_WORKFLOW
from tillflow.errors import InvalidRequest, ProviderUnavailable, RefundRefused, StoreUnavailable

from tests.support.payments_fixture import PaymentsFixture, card, cash
from tests.support.stripe_accounts import deliver_last, stripe_events
from verification.harness.fake_stripe import KEY_SECONDS, FakeStripe


@pytest.fixture
def payments(dynamodb: Any, table: str, account: FakeStripe) -> PaymentsFixture:
    return PaymentsFixture(dynamodb, table, account)


@pytest.fixture
def intent(payments: PaymentsFixture, account: FakeStripe) -> str:
    """Return the id of the PaymentIntent of an order that was paid by card."""
    payments.authorise(card())
    payments.service.capture("ord-1")
    return next(iter(account.intents))


def test_dispute_opens_a_case_of_the_order_once(
    events: StripeEvents,
    account: FakeStripe,
    payments: PaymentsFixture,
    table: str,
    intent: str,
    cases: list[dict[str, str]],
) -> None:
    dispute = account.dispute(intent)
    due_by = account.events[-1]["data"]["object"]["evidence_details"]["due_by"]
    assert deliver_last(events, account, "charge.dispute.created")
    assert not deliver_last(events, account, "charge.dispute.created"), "a replay"
    opening = Opening.model_validate(cases[0])
    assert cases == [cases[0]] * 2, "the same case, which the cases service opens once"
    assert (opening.case_id, opening.business_id) == (f"ord-1#dispute#{dispute}", "ord-1")
    assert (opening.step, opening.error, opening.task_token) == (
        "DisputePayment",
        "PaymentDisputed",
        NO_WORKFLOW,
    )
    day = datetime.fromtimestamp(due_by, UTC).date()
    for named in ("9.00 EUR", "tender 1 of order ord-1", "fraudulent", dispute, f"by {day}:"):
        assert named in opening.cause
    stored = [row for row in payments.rows(table) if row["sk"] == "EVENT"]
    assert [(row["case_id"], row["order_id"]) for row in stored] == [(opening.case_id, "ord-1")]
    assert payments.states() == ["captured"]
    payments.check_books()


def test_lost_dispute_opens_a_case_that_names_the_accounts(
    events: StripeEvents, account: FakeStripe, intent: str, cases: list[dict[str, str]]
) -> None:
    account.dispute(intent)
    account.dispute(intent, "lost")
    assert deliver_last(events, account, "charge.dispute.closed"), "before the event of its opening"
    assert deliver_last(events, account, "charge.dispute.created")
    lost, opened = cases
    assert (lost["error"], opened["error"]) == ("DisputeLost", "PaymentDisputed")
    assert lost["case_id"] == f"{opened['case_id']}#lost"
    assert "from account 1020 to 5500" in lost["cause"]


@pytest.mark.parametrize("status", ["won", "warning_closed"])
def test_dispute_that_is_not_lost_opens_no_case_at_its_end(
    events: StripeEvents, account: FakeStripe, intent: str, cases: list[dict[str, str]], status: str
) -> None:
    account.dispute(intent)
    account.dispute(intent, status)
    assert deliver_last(events, account, "charge.dispute.closed")
    assert cases == []


def test_inquiry_is_named_as_one(
    events: StripeEvents, account: FakeStripe, intent: str, cases: list[dict[str, str]]
) -> None:
    account.dispute(intent, "warning_needs_response")
    assert deliver_last(events, account, "charge.dispute.created")
    assert "no money is withdrawn yet" in cases[0]["cause"]


@pytest.mark.parametrize(
    "change", [{"metadata": {}}, {"metadata": {"tillflow_effect": "ord-9#authorise#1"}}, None]
)
def test_dispute_of_another_system_is_stored_alone(
    events: StripeEvents,
    account: FakeStripe,
    intent: str,
    cases: list[dict[str, str]],
    change: dict[str, Any] | None,
) -> None:
    account.dispute(intent)
    if change is None:
        account.events[-1]["data"]["object"]["payment_intent"] = "pi_unknown"
    else:
        account.intents[intent] |= change
    assert deliver_last(events, account, "charge.dispute.created")
    assert cases == []


def test_dispute_of_a_charge_without_a_payment_intent_is_stored_alone(
    events: StripeEvents, account: FakeStripe, intent: str, cases: list[dict[str, str]]
) -> None:
    account.dispute(intent)
    account.events[-1]["data"]["object"]["payment_intent"] = None
    assert deliver_last(events, account, "charge.dispute.created")
    assert cases == []


@pytest.mark.parametrize("plan", ["lost before", "429"])
def test_dispute_is_delivered_again_while_its_order_cannot_be_read(
    events: StripeEvents, account: FakeStripe, intent: str, cases: list[dict[str, str]], plan: str
) -> None:
    account.dispute(intent)
    account.plans["retrieve_intent"] = [plan]
    with pytest.raises(ProviderUnavailable):
        deliver_last(events, account, "charge.dispute.created")
    assert cases == []
    assert deliver_last(events, account, "charge.dispute.created"), "it was not stored"
    assert len(cases) == 1


def test_dispute_whose_case_cannot_be_opened_is_delivered_again(
    dynamodb: Any, table: str, events: StripeEvents, account: FakeStripe, intent: str
) -> None:
    def unavailable(opening: dict[str, str]) -> None:
        raise StoreUnavailable("opening the case")

    account.dispute(intent)
    with pytest.raises(StoreUnavailable):
        deliver_last(stripe_events(dynamodb, table, account, unavailable), account, "charge.dispute.created")
    assert deliver_last(events, account, "charge.dispute.created")


def test_dispute_in_another_currency_than_the_shops_names_its_amount(
    events: StripeEvents, account: FakeStripe, intent: str, cases: list[dict[str, str]]
) -> None:
    account.dispute(intent)
    account.events[-1]["data"]["object"] |= {"currency": "xyz", "amount": 905}
    assert deliver_last(events, account, "charge.dispute.created")
    assert "disputes 905 XYZ of tender 1" in cases[0]["cause"]


@pytest.mark.parametrize(
    ("field", "value"), [("id", "dp 1"), ("amount", "9.00"), ("currency", 1), ("status", None)]
)
def test_dispute_that_is_none_is_refused_by_the_name_of_its_field(
    events: StripeEvents, account: FakeStripe, intent: str, field: str, value: object
) -> None:
    account.dispute(intent)
    account.events[-1]["data"]["object"][field] = value
    with pytest.raises(InvalidRequest, match=field):
        deliver_last(events, account, "charge.dispute.created")


type To = Literal["original", "store_credit"]


def returned(
    amount: int = 400, return_id: str = "ret-1", refund: To = "original", exchange: Exchange | None = None
) -> RefundPayment:
    return RefundPayment(
        return_id=return_id,
        order_id="ord-1",
        currency="EUR",
        amount=amount,
        refund=refund,
        customer_id="cus-1",
        exchange=exchange,
    )


def paid_back(payments: PaymentsFixture) -> list[tuple[int, int]]:
    """Return what is refunded, and what refunds in progress will refund, of each tender."""
    return [(one.refunded, one.pending) for one in payments.store.payment("ord-1").tenders]


def sold_for_exchange(payments: PaymentsFixture, amount: int) -> Exchange:
    payments.authorise({"type": "exchange", "amount": amount, "return_id": "ret-1"}, order_id="ord-2")
    payments.service.capture("ord-2")
    return Exchange(order_id="ord-2", amount=amount)


@pytest.mark.parametrize("refund", ["original", "store_credit"])
@pytest.mark.parametrize(
    "statuses", [("needs_response",), ("needs_response", "under_review"), ("needs_response", "lost")]
)
def test_return_of_a_disputed_payment_is_refused_whole(
    account: FakeStripe, payments: PaymentsFixture, refund: To, statuses: tuple[str, ...]
) -> None:
    """Its cash or store credit would be given besides the dispute."""
    payments.authorise(card(500), cash(400))
    payments.service.capture("ord-1")
    for status in statuses:
        account.dispute(next(iter(account.intents)), status)
    for _ in range(2):
        with pytest.raises(RefundRefused, match="charge_disputed"):
            payments.refunds().refund(returned(refund=refund))
    assert paid_back(payments) == [(0, 0), (0, 0)]
    assert payments.balance() == 0
    assert account.refunds == {}
    payments.check_books()


@pytest.mark.parametrize("refund", ["original", "store_credit"])
def test_second_card_that_is_disputed_prevents_the_refund_of_the_first(
    account: FakeStripe, payments: PaymentsFixture, refund: To
) -> None:
    payments.authorise(card(500), card(400))
    payments.service.capture("ord-1")
    account.dispute(list(account.intents)[1])
    with pytest.raises(RefundRefused, match="charge_disputed"):
        payments.refunds().refund(returned(600, refund=refund))
    assert paid_back(payments) == [(0, 0), (0, 0)]


def test_second_card_that_is_disputed_after_the_refund_of_the_first_needs_a_person(
    account: FakeStripe, payments: PaymentsFixture
) -> None:
    """The rest is neither cash nor store credit, and the refund is completed once the dispute is won."""
    payments.authorise(card(500), card(400))
    payments.service.capture("ord-1")
    second = list(account.intents)[1]
    payments.card.after["refund"] = [lambda: account.dispute(second)]
    for _ in range(2):
        with pytest.raises(RefundDisputed, match=r"order ord-1.* rest of return ret-1"):
            payments.refunds().refund(returned(600))
    assert paid_back(payments) == [(500, 0), (0, 100)]
    assert payments.balance() == 0
    account.dispute(second, "won")
    later = account.clock() + KEY_SECONDS
    account.clock = lambda: later
    assert [part["amount"] for part in payments.refunds().refund(returned(600))["refunds"]] == [500, 100]
    payments.check_books()


@pytest.mark.parametrize("amount", [100, 399])
def test_rest_of_an_exchange_whose_payment_is_disputed_needs_a_person(
    account: FakeStripe, payments: PaymentsFixture, intent: str, amount: int
) -> None:
    """The goods of the exchange are sold: its return can no longer be refused."""
    exchange = sold_for_exchange(payments, amount)
    account.dispute(intent)
    with pytest.raises(RefundDisputed):
        payments.refunds().refund(returned(exchange=exchange))
    assert paid_back(payments) == [(0, 0)]
    account.dispute(intent, "won")
    refunds = payments.refunds().refund(returned(exchange=exchange))["refunds"]
    assert [(one["type"], one["amount"]) for one in refunds] == [("card", 400 - amount), ("exchange", amount)]


def test_exchange_without_a_rest_gives_nothing_of_a_disputed_payment(
    account: FakeStripe, payments: PaymentsFixture, intent: str
) -> None:
    exchange = sold_for_exchange(payments, 400)
    account.dispute(intent)
    assert payments.refunds().refund(returned(exchange=exchange))["refunds"] == [
        {"tender_no": 0, "type": "exchange", "amount": 400}
    ]


@pytest.mark.parametrize("plan", ["lost before", "429"])
def test_refund_waits_while_the_disputes_of_its_order_cannot_be_read(
    account: FakeStripe, payments: PaymentsFixture, intent: str, plan: str
) -> None:
    account.plans["list_disputes"] = [plan]
    with pytest.raises(ProviderUnavailable, match="disputes of order ord-1"):
        payments.refunds().refund(returned(refund="store_credit"))
    assert payments.balance() == 0
    assert payments.refunds().refund(returned(refund="store_credit"))["refunds"] == [
        {"tender_no": 0, "type": "store_credit", "amount": 400}
    ]


@pytest.mark.parametrize("statuses", [("warning_needs_response",), ("needs_response", "won")])
@pytest.mark.parametrize("refund", ["original", "store_credit"])
def test_payment_whose_money_was_not_kept_back_is_refunded(
    account: FakeStripe, payments: PaymentsFixture, intent: str, statuses: tuple[str, ...], refund: To
) -> None:
    for status in statuses:
        account.dispute(intent, status)
    assert [one["type"] for one in payments.refunds().refund(returned(refund=refund))["refunds"]] == [
        "card" if refund == "original" else "store_credit"
    ]
