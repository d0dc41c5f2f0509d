"""Stripe's webhooks: signature, tolerance, replay, any order, and events before the response of their effect."""

import base64
import hmac
import importlib
import json
from datetime import UTC, datetime
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cases.models import Opening
from ledger.accounts import CARD_CLEARING
from ledger.rules import cancel_entry_id, return_entry_id
from payments import rules
from payments.errors import EventNotSigned, ReversalRefused
from payments.operations import StripeEvents
from payments.provider import Charge
from payments.refunds.models import RefundPayment
from payments.stripe_adapter.events import is_signed
from payments.stripe_adapter.secret import SecretCache
from tillflow.callbacks import NO_WORKFLOW
from tillflow.errors import InvalidRequest, PaymentOutcomeUnknown, StoreContention, StoreUnavailable

from tests.support.payments_fixture import PaymentsFixture, card
from tests.support.stripe_accounts import deliver_last, stripe_events
from verification.harness.fake_stripe import WEBHOOK_SECRET, FakeStripe

RETURN = RefundPayment(
    return_id="ret-1", order_id="ord-1", currency="EUR", amount=400, refund="original", customer_id=None
)
CHARGE = Charge(900, "EUR", token="pm_card_visa")


@pytest.fixture
def payments(dynamodb: Any, table: str, account: FakeStripe) -> PaymentsFixture:
    return PaymentsFixture(dynamodb, table, account)


@pytest.fixture
def returned(payments: PaymentsFixture, account: FakeStripe) -> str:
    """Return the id of the refund of a return of an order that was paid by card."""
    payments.authorise(card())
    payments.service.capture("ord-1")
    payments.refunds().refund(RETURN)
    return next(iter(account.refunds))


def test_event_is_applied_once(events: StripeEvents, account: FakeStripe, payments: PaymentsFixture) -> None:
    payments.authorise(card())
    payments.card.plans["capture"] = ["after"]
    payments.card.plans["look_up"] = ["down"]
    with pytest.raises(Exception, match="capture of tender 1"):
        payments.service.capture("ord-1")
    assert payments.states() == ["capturing"]
    assert deliver_last(events, account, "payment_intent.succeeded")
    assert payments.states() == ["captured"]
    assert not deliver_last(events, account, "payment_intent.succeeded"), "a replay"
    assert payments.service.capture("ord-1")["captured"] == 900
    payments.check_books()


def test_refund_event_before_the_response_of_the_refund(
    events: StripeEvents, account: FakeStripe, payments: PaymentsFixture
) -> None:
    payments.authorise(card())
    payments.service.capture("ord-1")
    payments.card.after["refund"] = [lambda: deliver_last(events, account, "refund.created")]
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
    assert deliver_last(events, account, "refund.failed")
    assert payments.states() == ["refund_failed"]
    assert deliver_last(events, account, "refund.created"), "an older event, delivered late"
    assert payments.states() == ["refund_failed"]
    payments.check_books()
    with pytest.raises(ReversalRefused, match="refund_failed: expired_or_canceled_card"):
        payments.service.reverse("ord-1")


def test_refund_of_a_return_that_fails_later_opens_a_case_that_names_the_books(
    events: StripeEvents, account: FakeStripe, returned: str, cases: list[dict[str, str]]
) -> None:
    account.fail_refund(returned)
    assert deliver_last(events, account, "refund.failed")
    [case] = cases
    opening = Opening.model_validate(case)
    assert (opening.case_id, opening.business_id) == ("ret-1#return_refund_failed#1", "ret-1")
    assert (opening.step, opening.error, opening.task_token) == ("RefundPayment", "RefundFailed", NO_WORKFLOW)
    for named in ("4.00 EUR", "tender 1 of order ord-1", "expired_or_canceled_card"):
        assert named in opening.cause
    assert f"Journal entry {return_entry_id('ord-1', 'ret-1')} credits account" in opening.cause
    assert opening.cause.endswith(f"book the amount from the account that pays it to {CARD_CLEARING.code}.")


@pytest.fixture
def same_id(payments: PaymentsFixture) -> RefundPayment:
    """A return of a paid order, under the id of another order that was cancelled and refunded."""
    for order_id in ("ord-1", "ord-2"):
        payments.authorise(card(), order_id=order_id)
        payments.service.capture(order_id)
    payments.service.reverse("ord-2")
    return RETURN.model_copy(update={"return_id": "ord-2"})


def test_return_under_the_id_of_a_refunded_order_is_refunded(
    payments: PaymentsFixture, account: FakeStripe, same_id: RefundPayment
) -> None:
    payments.card.plans["refund"] = ["before"]
    payments.card.plans["look_up"] = ["down"]
    with pytest.raises(PaymentOutcomeUnknown):
        payments.refunds().refund(same_id)
    assert payments.refunds().refund(same_id)["refunds"] == [{"tender_no": 1, "type": "card", "amount": 400}]
    assert sorted(refund["amount"] for refund in account.refunds.values()) == [400, 900]


def test_failed_refund_of_a_return_under_the_id_of_an_order_is_not_that_of_the_order(
    events: StripeEvents,
    account: FakeStripe,
    payments: PaymentsFixture,
    same_id: RefundPayment,
    cases: list[dict[str, str]],
) -> None:
    payments.refunds().refund(same_id)
    for refund in list(account.refunds):
        account.fail_refund(refund)
        assert deliver_last(events, account, "refund.failed")
    assert payments.states("ord-1") == ["captured"]
    assert payments.states("ord-2") == ["refund_failed"]
    assert [(case["case_id"], case["step"]) for case in cases] == [
        ("ord-2#refund_failed#1", "ReversePayment"),
        ("ord-2#return_refund_failed#1", "RefundPayment"),
    ]


def test_failed_refund_of_a_return_stays_recorded_and_is_reported_with_each_event(
    dynamodb: Any,
    table: str,
    events: StripeEvents,
    account: FakeStripe,
    payments: PaymentsFixture,
    returned: str,
    cases: list[dict[str, str]],
) -> None:
    account.fail_refund(returned)
    assert deliver_last(events, account, "refund.failed")
    assert not deliver_last(events, account, "refund.failed"), "a replay"
    assert len({case["case_id"] for case in cases}) == 1
    assert payments.store.tender("ord-1", 1).refunded == 400
    assert payments.refunds().refund(RETURN)["refunds"] == [{"tender_no": 1, "type": "card", "amount": 400}]
    stored = [row for row in payments.rows(table) if row["sk"] == "EVENT"]
    assert [row["case_id"] for row in stored] == ["ret-1#return_refund_failed#1"]


def test_refund_that_fails_before_its_response_is_recorded_is_delivered_again(
    events: StripeEvents, account: FakeStripe, payments: PaymentsFixture, cases: list[dict[str, str]]
) -> None:
    payments.authorise(card())
    payments.service.capture("ord-1")

    def fail() -> None:
        account.fail_refund(*account.refunds)
        with pytest.raises(StoreContention):
            deliver_last(events, account, "refund.failed")

    payments.card.after["refund"] = [fail]
    payments.refunds().refund(RETURN)
    assert cases == []
    assert deliver_last(events, account, "refund.failed")
    assert [case["case_id"] for case in cases] == ["ret-1#return_refund_failed#1"]


def test_event_whose_case_cannot_be_opened_is_delivered_again(
    dynamodb: Any, table: str, events: StripeEvents, account: FakeStripe, returned: str
) -> None:
    def unavailable(opening: dict[str, str]) -> None:
        raise StoreUnavailable("opening the case")

    account.fail_refund(returned)
    with pytest.raises(StoreUnavailable):
        deliver_last(stripe_events(dynamodb, table, account, unavailable), account, "refund.failed")
    assert deliver_last(events, account, "refund.failed")


def test_refund_of_a_cancelled_order_that_fails_later_opens_a_case(
    events: StripeEvents, account: FakeStripe, payments: PaymentsFixture, cases: list[dict[str, str]]
) -> None:
    payments.authorise(card())
    payments.service.capture("ord-1")
    payments.service.reverse("ord-1")
    account.fail_refund(*account.refunds)
    assert deliver_last(events, account, "refund.failed")
    [case] = cases
    assert (case["case_id"], case["step"]) == ("ord-1#refund_failed#1", "ReversePayment")
    assert "9.00 EUR" in case["cause"] and cancel_entry_id("ord-1") in case["cause"]


@pytest.mark.parametrize("effect", ["ret-9#return#1", "ret-1#return#2", "ret-1#capture#1", "ret-1#refund#1"])
def test_failed_refund_that_is_not_of_a_return_opens_no_case(
    events: StripeEvents, account: FakeStripe, returned: str, cases: list[dict[str, str]], effect: str
) -> None:
    subject = {"id": "re_1", "status": "failed", "metadata": {"tillflow_effect": effect}}
    raw, header = account.signed({"id": "evt_9", "type": "refund.failed", "data": {"object": subject}})
    assert events.receive(header, raw)
    assert cases == []


def test_event_that_proves_nothing_new_is_stored_alone(
    events: StripeEvents, account: FakeStripe, payments: PaymentsFixture
) -> None:
    payments.authorise(card())
    assert deliver_last(events, account, "payment_intent.amount_capturable_updated")
    assert payments.states() == ["authorised"]
    payments.service.capture("ord-1")
    assert deliver_last(events, account, "payment_intent.succeeded")
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


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException"])
def test_event_is_refused_as_not_signed_by_a_shop_without_a_secret(
    dynamodb: Any, table: str, account: FakeStripe, code: str
) -> None:
    class NoSecret:
        def get_secret_value(self, **request: Any) -> Any:
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "GetSecretValue")

    secret = SecretCache(NoSecret(), "stripe")
    events = StripeEvents(dynamodb, table, secret, lambda case: None, lambda reference: None)
    raw, header = account.signed({"id": "evt_1", "type": "x", "data": {"object": {}}})
    with pytest.raises(EventNotSigned):
        events.receive(header, raw)


def test_signed_body_that_is_no_event_is_refused_by_name(events: StripeEvents, account: FakeStripe) -> None:
    for body in ([], {"id": 5}, {"id": "evt 1", "type": "x", "data": {"object": {}}}):
        raw, header = account.signed(body)  # type: ignore[arg-type]
        with pytest.raises(InvalidRequest):
            events.receive(header, raw)


@pytest.mark.parametrize("raw", [b"", b"{", b"[" * 200_000, b"\xff"])
def test_signed_body_that_is_no_json_is_refused_by_name(
    events: StripeEvents, account: FakeStripe, raw: bytes
) -> None:
    timestamp = str(int(account.clock()))
    digest = hmac.new(WEBHOOK_SECRET.encode(), timestamp.encode() + b"." + raw, sha256).hexdigest()
    with pytest.raises(InvalidRequest, match="not JSON"):
        events.receive(f"t={timestamp},v1={digest}", raw)


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
    monkeypatch.setattr(
        api, "_stripe_events", lambda: stripe_events(dynamodb, table, account, lambda _: None)
    )
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
