"""Disputes of card payments by Stripe's webhooks: found by the charge, a case for each, nothing in the books."""

from datetime import UTC, datetime
from typing import Any

import pytest
from cases.models import Opening
from payments.operations import StripeEvents
from payments.refunds.models import RefundPayment
from tillflow.callbacks import NO_WORKFLOW
from tillflow.errors import InvalidRequest, ProviderUnavailable, RefundRefused, StoreUnavailable

from tests.support.payments_fixture import PaymentsFixture, card, cash
from tests.support.stripe_accounts import stripe_events
from verification.harness.fake_stripe import FakeStripe


@pytest.fixture
def account() -> FakeStripe:
    return FakeStripe()


@pytest.fixture
def payments(dynamodb: Any, table: str, account: FakeStripe) -> PaymentsFixture:
    return PaymentsFixture(dynamodb, table, account)


@pytest.fixture
def cases() -> list[dict[str, str]]:
    """The cases that are opened."""
    return []


@pytest.fixture
def events(dynamodb: Any, table: str, account: FakeStripe, cases: list[dict[str, str]]) -> StripeEvents:
    return stripe_events(dynamodb, table, account, cases.append)


@pytest.fixture
def intent(payments: PaymentsFixture, account: FakeStripe) -> str:
    """Return the id of the PaymentIntent of an order that was paid by card."""
    payments.authorise(card())
    payments.service.capture("ord-1")
    return next(iter(account.intents))


def send(events: StripeEvents, account: FakeStripe, kind: str) -> bool:
    """Deliver the last event of a kind; return whether it was received for the first time."""
    raw, header = account.signed([event for event in account.events if event["type"] == kind][-1])
    return events.receive(header, raw)


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
    assert send(events, account, "charge.dispute.created")
    assert not send(events, account, "charge.dispute.created"), "a replay"
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
    assert send(events, account, "charge.dispute.closed"), "before the event of its opening"
    assert send(events, account, "charge.dispute.created")
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
    assert send(events, account, "charge.dispute.closed")
    assert cases == []


def test_inquiry_is_named_as_one(
    events: StripeEvents, account: FakeStripe, intent: str, cases: list[dict[str, str]]
) -> None:
    account.dispute(intent, "warning_needs_response")
    assert send(events, account, "charge.dispute.created")
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
    assert send(events, account, "charge.dispute.created")
    assert cases == []


def test_dispute_of_a_charge_without_a_payment_intent_is_stored_alone(
    events: StripeEvents, account: FakeStripe, intent: str, cases: list[dict[str, str]]
) -> None:
    account.dispute(intent)
    account.events[-1]["data"]["object"]["payment_intent"] = None
    assert send(events, account, "charge.dispute.created")
    assert cases == []


@pytest.mark.parametrize("plan", ["lost before", "429"])
def test_dispute_is_delivered_again_while_its_order_cannot_be_read(
    events: StripeEvents, account: FakeStripe, intent: str, cases: list[dict[str, str]], plan: str
) -> None:
    account.dispute(intent)
    account.plans["retrieve_intent"] = [plan]
    with pytest.raises(ProviderUnavailable):
        send(events, account, "charge.dispute.created")
    assert cases == []
    assert send(events, account, "charge.dispute.created"), "it was not stored"
    assert len(cases) == 1


def test_dispute_whose_case_cannot_be_opened_is_delivered_again(
    dynamodb: Any, table: str, events: StripeEvents, account: FakeStripe, intent: str
) -> None:
    def unavailable(opening: dict[str, str]) -> None:
        raise StoreUnavailable("opening the case")

    account.dispute(intent)
    with pytest.raises(StoreUnavailable):
        send(stripe_events(dynamodb, table, account, unavailable), account, "charge.dispute.created")
    assert send(events, account, "charge.dispute.created")


def test_dispute_in_another_currency_than_the_shops_names_its_amount(
    events: StripeEvents, account: FakeStripe, intent: str, cases: list[dict[str, str]]
) -> None:
    account.dispute(intent)
    account.events[-1]["data"]["object"] |= {"currency": "xyz", "amount": 905}
    assert send(events, account, "charge.dispute.created")
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
        send(events, account, "charge.dispute.created")


def returned(amount: int = 400) -> RefundPayment:
    return RefundPayment(
        return_id="ret-1",
        order_id="ord-1",
        currency="EUR",
        amount=amount,
        refund="original",
        customer_id="cus-1",
    )


def test_return_of_a_disputed_payment_is_refused_whole(
    account: FakeStripe, payments: PaymentsFixture
) -> None:
    """Its cash would be paid besides the dispute."""
    payments.authorise(card(500), cash(400))
    payments.service.capture("ord-1")
    account.dispute(next(iter(account.intents)))
    with pytest.raises(RefundRefused, match="charge_disputed"):
        payments.refunds().refund(returned())
    assert [(one.refunded, one.pending) for one in payments.store.payment("ord-1").tenders] == [
        (0, 0),
        (0, 0),
    ]
    payments.check_books()


@pytest.mark.parametrize("statuses", [("warning_needs_response",), ("needs_response", "won")])
def test_payment_whose_money_was_not_kept_back_is_refunded_to_the_card(
    account: FakeStripe, payments: PaymentsFixture, intent: str, statuses: tuple[str, ...]
) -> None:
    for status in statuses:
        account.dispute(intent, status)
    assert payments.refunds().refund(returned())["refunds"] == [
        {"tender_no": 1, "type": "card", "amount": 400}
    ]
