"""Cards whose holder has to confirm the payment at the bank (3-D Secure)."""

from dataclasses import replace
from typing import Any

import pytest
from payments.errors import CustomerActionRequired
from payments.provider import ActionRequired, Charge
from tillflow.errors import DomainError, OrderClosed, PaymentDeclined

from tests.support.payments_fixture import RETURN_URL, PaymentsFixture, request
from tests.support.stripe_accounts import stripe_provider
from verification.harness.fake_stripe import FakeStripe

WAITING = {"type": "card", "token": "tok_action_required", "amount": 900}
ABANDONED = {**WAITING, "token": "tok_action_abandoned"}
SECURE = Charge(900, "EUR", token="pm_card_threeDSecure2Required")


def ask(payments: PaymentsFixture, tender: dict[str, Any], times: int = 1) -> str:
    """Authorise so many times, as the workflow does; return the last state of the tender, or an error's name."""
    asked = request(tender).model_copy(update={"asked": True})
    state = ""
    for _ in range(times):
        try:
            [shown] = payments.service.authorise(asked)["tenders"]
            state = shown["state"]
        except DomainError as error:
            state = type(error).__name__
    return state


def test_payment_waits_until_the_cardholder_confirms(payments: PaymentsFixture) -> None:
    payments.store_cards(WAITING)
    with pytest.raises(CustomerActionRequired, match="tender 1"):
        payments.service.authorise(request(WAITING))
    assert ask(payments, WAITING) == "authorising"
    waiting = payments.store.tender("ord-1", 1)
    assert waiting.state == "authorising"
    assert waiting.action_url.startswith("https://")
    assert payments.held_cards() == []
    assert ask(payments, WAITING) == "authorised"
    assert payments.held_cards() == ["ord-1#authorise#1"]
    assert payments.store.tender("ord-1", 1).action_url == ""
    payments.service.capture("ord-1")
    payments.check_books()


def test_error_does_not_show_the_address_of_the_confirmation(payments: PaymentsFixture) -> None:
    payments.store_cards(WAITING)
    with pytest.raises(CustomerActionRequired) as waiting:
        payments.service.authorise(request(WAITING))
    assert "http" not in str(waiting.value)


def test_reversal_ends_a_payment_that_was_never_confirmed(payments: PaymentsFixture) -> None:
    payments.store_cards(ABANDONED)
    assert ask(payments, ABANDONED, 5) == "authorising"
    payments.service.reverse("ord-1")
    assert payments.states() == ["voided"]
    payments.check_books()
    with pytest.raises(OrderClosed):
        payments.service.authorise(request(ABANDONED))
    if payments.account:
        (intent,) = payments.account.intents.values()
        assert intent["status"] == "canceled"


def test_reversal_during_the_first_question_is_not_overwritten(payments: PaymentsFixture) -> None:
    payments.store_cards(ABANDONED)
    payments.card.plans["authorise"] = [lambda: payments.service.reverse("ord-1")]
    with pytest.raises(OrderClosed):
        payments.service.authorise(request(ABANDONED))
    assert payments.states() == ["voided"]
    payments.check_books()


def test_lost_response_of_the_first_question_is_looked_up(payments: PaymentsFixture) -> None:
    payments.store_cards(WAITING)
    payments.card.plans["authorise"] = ["before", "before"]
    assert ask(payments, WAITING, 6) == "authorised"
    assert payments.held_cards() == ["ord-1#authorise#1"]


def test_other_tenders_are_authorised_while_one_waits(payments: PaymentsFixture) -> None:
    other = {"type": "card", "token": "tok_visa", "amount": 100}
    with pytest.raises(CustomerActionRequired):
        payments.authorise(ABANDONED, other)
    assert payments.states() == ["authorising", "authorised"]
    payments.service.reverse("ord-1")
    assert payments.states() == ["voided", "voided"]
    payments.check_books()


def test_confirmation_that_the_bank_refuses_is_a_decline(
    dynamodb: Any, tables: str, account: FakeStripe
) -> None:
    payments = PaymentsFixture(dynamodb, tables, account)
    payments.store_cards(ABANDONED)
    assert ask(payments, ABANDONED) == "authorising"
    (intent,) = account.intents.values()
    error = {"type": "card_error", "code": "payment_intent_authentication_failure"}
    intent |= {"status": "requires_payment_method", "last_payment_error": error, "next_action": None}
    with pytest.raises(PaymentDeclined, match="authentication_failed"):
        payments.service.authorise(request(ABANDONED))
    assert payments.states() == ["declined"]


def test_confirmation_just_before_the_reversal_is_voided(
    dynamodb: Any, tables: str, account: FakeStripe
) -> None:
    payments = PaymentsFixture(dynamodb, tables, account)
    payments.store_cards(ABANDONED)
    assert ask(payments, ABANDONED) == "authorising"
    (intent_id,) = account.intents
    account.confirm_action(intent_id)
    payments.service.reverse("ord-1")
    assert payments.states() == ["voided"]
    payments.check_books()


def test_card_that_needs_a_confirmation_is_declined_without_a_return_url(account: FakeStripe) -> None:
    stripe = stripe_provider(account)
    reference = stripe.prepare("k#1", SECURE).reference
    outcome = stripe.authorise("k#1", reference, SECURE)
    assert (outcome.accepted, outcome.reason) == (False, "authentication_required")


def test_bank_sends_the_cardholder_to_the_return_url(account: FakeStripe) -> None:
    stripe = stripe_provider(account, RETURN_URL)
    reference = stripe.prepare("k#1", SECURE).reference
    with pytest.raises(ActionRequired) as action:
        stripe.authorise("k#1", reference, replace(SECURE, token=None))
    assert action.value.url == f"https://hooks.stripe.com/3d_secure/{reference}"
    assert account.intents[reference]["next_action"]["redirect_to_url"]["return_url"] == RETURN_URL
