"""Stripe's webhooks: signature, tolerance, replay, any order, and events before the response of their effect."""

import base64
import importlib
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from payments import rules
from payments.errors import EventNotSigned, ReversalRefused
from payments.operations import StripeEvents
from payments.provider import Charge
from payments.stripe_adapter.events import is_signed
from payments.stripe_adapter.secret import SecretCache
from tillflow.errors import InvalidRequest

from tests.support.payments_fixture import PaymentsFixture, card
from verification.harness.fake_stripe import FakeStripe, StripeSecret

CHARGE = Charge(900, "EUR", token="pm_card_visa")


@pytest.fixture
def account() -> FakeStripe:
    return FakeStripe()


@pytest.fixture
def payments(dynamodb: Any, table: str, account: FakeStripe) -> PaymentsFixture:
    return PaymentsFixture(dynamodb, table, account)


@pytest.fixture
def events(dynamodb: Any, table: str) -> StripeEvents:
    return StripeEvents(dynamodb, table, SecretCache(StripeSecret(), "stripe"))


def send(events: StripeEvents, account: FakeStripe, kind: str) -> bool:
    """Deliver the last event of a kind; return whether it was received for the first time."""
    event = [event for event in account.events if event["type"] == kind][-1]
    raw, header = account.signed(event)
    return events.receive(header, raw)


def test_event_is_applied_once(events: StripeEvents, account: FakeStripe, payments: PaymentsFixture) -> None:
    payments.authorise(card())
    payments.card.plans["capture"] = ["after"]
    payments.card.plans["look_up"] = ["down"]
    with pytest.raises(Exception, match="capture of tender 1"):
        payments.service.capture("ord-1")
    assert payments.states() == ["capturing"]
    assert send(events, account, "payment_intent.succeeded")
    assert payments.states() == ["captured"]
    assert not send(events, account, "payment_intent.succeeded"), "a replay"
    assert payments.service.capture("ord-1")["captured"] == 900
    payments.check_books()


def test_refund_event_before_the_response_of_the_refund(
    events: StripeEvents, account: FakeStripe, payments: PaymentsFixture
) -> None:
    payments.authorise(card())
    payments.service.capture("ord-1")
    payments.card.after["refund"] = [lambda: send(events, account, "refund.created")]
    assert payments.service.reverse("ord-1")["tenders"][0]["state"] == "refunded"
    payments.check_books()
    assert len(account.refunds) == 1


def test_refund_that_fails_later_needs_a_person_whatever_the_order_of_the_events(
    events: StripeEvents, account: FakeStripe, payments: PaymentsFixture
) -> None:
    payments.authorise(card())
    payments.service.capture("ord-1")
    payments.service.reverse("ord-1")
    account.fail_refund(*account.refunds)
    assert send(events, account, "refund.failed")
    assert payments.states() == ["refund_failed"]
    assert send(events, account, "refund.created"), "an older event, delivered late"
    assert payments.states() == ["refund_failed"]
    payments.check_books()
    with pytest.raises(ReversalRefused, match="refund_failed: expired_or_canceled_card"):
        payments.service.reverse("ord-1")


def test_event_that_proves_nothing_new_is_stored_alone(
    events: StripeEvents, account: FakeStripe, payments: PaymentsFixture
) -> None:
    payments.authorise(card())
    assert send(events, account, "payment_intent.amount_capturable_updated")
    assert payments.states() == ["authorised"]
    payments.service.capture("ord-1")
    assert send(events, account, "payment_intent.succeeded")
    assert payments.states() == ["captured"]


@pytest.mark.parametrize(
    "metadata", [None, {}, {"tillflow_effect": "x"}, {"tillflow_effect": "ord-9#capture#1"}]
)
def test_event_of_another_system_is_accepted_and_changes_nothing(
    events: StripeEvents, account: FakeStripe, metadata: Any
) -> None:
    subject = {"object": {"id": "pi_1", "status": "succeeded", "metadata": metadata}}
    raw, header = account.signed({"id": "evt_1", "type": "payment_intent.succeeded", "data": subject})
    assert events.receive(header, raw)
    assert not events.receive(header, raw)


@pytest.mark.parametrize(
    "forge",
    [
        lambda account, raw, header: (header.replace("v1=", "v1=0"), raw),
        lambda account, raw, header: (header, raw.replace(b"succeeded", b"canceled!")),
        lambda account, raw, header: (header.replace("v1=", "v0="), raw),
        lambda account, raw, header: ("", raw),
        lambda account, raw, header: ("t=,v1=", raw),
        lambda account, raw, header: (header + "," + header, raw),
        lambda account, raw, header: (account.signed(json.loads(raw), "whsec_other")[1], raw),
        lambda account, raw, header: (account.signed(json.loads(raw), at=account.clock() - 301)[1], raw),
        lambda account, raw, header: (account.signed(json.loads(raw), at=account.clock() + 301)[1], raw),
    ],
)
def test_forged_or_old_event_is_refused_and_not_stored(
    dynamodb: Any, table: str, events: StripeEvents, account: FakeStripe, forge: Any
) -> None:
    event = {"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": {}}}
    header, raw = forge(account, *account.signed(event))
    with pytest.raises(EventNotSigned):
        events.receive(header, raw)
    assert dynamodb.scan(TableName=table)["Items"] == []


def test_signed_body_that_is_no_event_is_refused_by_name(events: StripeEvents, account: FakeStripe) -> None:
    for body in ([], {"id": 5}, {"id": "evt 1", "type": "x", "data": {"object": {}}}):
        raw, header = account.signed(body)  # type: ignore[arg-type]
        with pytest.raises(InvalidRequest):
            events.receive(header, raw)


def test_either_of_two_signing_secrets_is_accepted(account: FakeStripe) -> None:
    raw, header = account.signed({"id": "evt_1"}, "whsec_new")
    assert is_signed(header, raw, ("whsec_old", "whsec_new"), datetime.now(UTC))
    assert not is_signed(header, raw, (), datetime.now(UTC))


def test_no_event_state_follows_a_failed_refund() -> None:
    assert not any(rules.REFUND_FAILED in before for before in rules.MAY_FOLLOW.values())


@pytest.mark.parametrize("encoded", [False, True])
def test_route_checks_the_raw_body_however_the_gateway_passes_it(
    dynamodb: Any, table: str, account: FakeStripe, monkeypatch: pytest.MonkeyPatch, encoded: bool
) -> None:
    api = importlib.import_module("payments.api")
    receiver = StripeEvents(dynamodb, table, SecretCache(StripeSecret(), "stripe"))
    monkeypatch.setattr(api, "_stripe_events", lambda: receiver)
    raw, header = account.signed({"id": "evt_1", "type": "charge.updated", "data": {"object": {}}})
    event = {
        "routeKey": "POST /api/webhooks/stripe",
        "headers": {"Stripe-Signature": header},
        "body": base64.b64encode(raw).decode() if encoded else raw.decode(),
        "isBase64Encoded": encoded,
    }
    context = SimpleNamespace(aws_request_id="r")
    for first in (True, False):
        response = api.handle(event, context)
        assert response["statusCode"] == 200
        assert json.loads(response["body"]) == {"received": True, "first": first}
    event["headers"] = {}
    assert api.handle(event, context)["statusCode"] == 401
