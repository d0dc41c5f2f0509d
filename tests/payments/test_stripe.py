"""The Stripe provider: amounts, reasons, lost responses, keys that Stripe has forgotten, expiry, and its secret."""

from datetime import UTC, datetime
from typing import Any

import pytest
from payments.composition import configured_providers
from payments.provider import Charge, ProviderDown, ResponseLost
from payments.providers import Providers
from payments.stripe_adapter.access import Access
from payments.stripe_adapter.amounts import to_stripe
from payments.stripe_adapter.provider import StripeProvider
from payments.stripe_adapter.secret import TTL_SECONDS, SecretCache

from tests.support.stripe_accounts import stripe_provider
from verification.harness.fake_stripe import AUTHORISATION_SECONDS, KEY_SECONDS, FakeStripe, StripeSecret

CHARGE = Charge(900, "EUR", token="pm_card_visa")


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 10, tzinfo=UTC).timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def account(clock: Clock) -> FakeStripe:
    return FakeStripe(clock)


@pytest.fixture
def stripe(account: FakeStripe) -> StripeProvider:
    return stripe_provider(account)


@pytest.fixture
def prepared(stripe: StripeProvider) -> str:
    return stripe.prepare("k#1", CHARGE).reference


@pytest.fixture
def held(stripe: StripeProvider, prepared: str) -> str:
    return stripe.authorise("k#1", prepared, CHARGE).reference


@pytest.mark.parametrize(
    ("amount", "currency", "theirs"),
    [
        (1250, "EUR", 1250),
        (500, "JPY", 500),
        (5, "ISK", 500),
        (5, "UGX", 500),
        (500, "MGA", 5),
        (501, "MGA", None),
        (5120, "KWD", 5120),
        (5124, "KWD", None),
    ],
)
def test_amounts_are_converted_exactly_or_refused(amount: int, currency: str, theirs: int | None) -> None:
    assert to_stripe(amount, currency) == theirs


def test_amount_that_stripe_cannot_charge_is_declined_without_a_call(
    stripe: StripeProvider, account: FakeStripe
) -> None:
    outcome = stripe.prepare("k#1", Charge(5124, "KWD", token="pm_card_visa"))
    assert (outcome.accepted, outcome.reason) == (False, "amount_not_supported")
    assert account.requests == []


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined"),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_details"),
        ("pm_card_chargeDeclinedProcessingError", "try_again"),
        ("pm_card_authenticationRequired", "authentication_required"),
    ],
)
def test_decline_has_its_reason_again_and_when_looked_up(
    stripe: StripeProvider, method: str, reason: str
) -> None:
    charge = Charge(900, "EUR", token=method)
    reference = stripe.prepare("k#1", charge).reference
    for outcome in (
        stripe.authorise("k#1", reference, charge),
        stripe.authorise("k#1", reference, charge),
        stripe.look_up("authorise", "k#1", reference),
    ):
        assert outcome is not None
        assert (outcome.accepted, outcome.reason) == (False, reason)


def test_unknown_payment_method_is_no_such_card(stripe: StripeProvider) -> None:
    assert stripe.prepare("k#1", Charge(900, "EUR", token="pm_none")).reason == "no_such_card"


def test_prepared_payment_holds_nothing_and_is_created_once(
    stripe: StripeProvider, account: FakeStripe, prepared: str
) -> None:
    assert stripe.prepare("k#1", CHARGE).reference == prepared
    assert [intent["amount_capturable"] for intent in account.intents.values()] == [0]
    assert stripe.look_up("authorise", "k#1", prepared) is None


def test_authorisation_expires_when_its_charge_does(
    stripe: StripeProvider, prepared: str, clock: Clock
) -> None:
    outcome = stripe.authorise("k#1", prepared, CHARGE)
    assert outcome.expires_at == "2026-11-30T10:00:00Z"
    clock.now += AUTHORISATION_SECONDS
    assert stripe.capture("k#2", prepared, 900, "EUR").reason == "authorisation_expired"
    expired = stripe.look_up("capture", "k#2", prepared)
    assert expired and expired.reason == "authorisation_expired"
    assert stripe.void("k#3", prepared).accepted, "an expired authorisation holds nothing"


@pytest.mark.parametrize("when", ["lost before", "lost after", "500 after"])
@pytest.mark.parametrize("step", ["authorise", "capture", "void", "refund"])
def test_effect_without_a_response_is_looked_up_after_its_key_is_forgotten(
    account: FakeStripe, stripe: StripeProvider, clock: Clock, step: Any, when: str
) -> None:
    reference = stripe.prepare("k#1", CHARGE).reference
    effects = {
        "authorise": ("confirm_intent", lambda: stripe.authorise("k#1", reference, CHARGE)),
        "capture": ("capture_intent", lambda: stripe.capture("k#2", reference, 900, "EUR")),
        "void": ("cancel_intent", lambda: stripe.void("k#3", reference)),
        "refund": ("create_refund", lambda: stripe.refund("k#4", reference, 900, "EUR")),
    }
    keys = {"authorise": "k#1", "capture": "k#2", "void": "k#3", "refund": "k#4"}
    for earlier in {"authorise": (), "refund": ("authorise", "capture")}.get(step, ("authorise",)):
        assert effects[earlier][1]().accepted
    operation, effect = effects[step]
    account.plans[operation] = [when]
    with pytest.raises(ResponseLost):
        effect()
    clock.now += KEY_SECONDS
    late = stripe.look_up(step, keys[step], reference)
    assert (late is not None and late.accepted) == (when != "lost before")


def test_saved_error_is_repeated_and_its_effect_is_still_looked_up(
    account: FakeStripe, stripe: StripeProvider, held: str
) -> None:
    account.plans["capture_intent"] = ["500 after"]
    for _ in range(2):
        with pytest.raises(ResponseLost):
            stripe.capture("k#2", held, 900, "EUR")
    captured = stripe.look_up("capture", "k#2", held)
    assert captured and captured.accepted


def test_key_in_flight_is_an_unknown_outcome(account: FakeStripe, stripe: StripeProvider, held: str) -> None:
    meanwhile: list[type[Exception]] = []

    def send_again() -> None:
        try:
            stripe.capture("k#2", held, 900, "EUR")
        except ResponseLost as lost:
            meanwhile.append(type(lost))

    account.plans["capture_intent"] = [send_again]
    assert stripe.capture("k#2", held, 900, "EUR").accepted
    assert meanwhile == [ResponseLost]


def test_rate_limit_is_a_provider_that_is_down(
    account: FakeStripe, stripe: StripeProvider, held: str
) -> None:
    account.plans["capture_intent"] = ["429"]
    with pytest.raises(ProviderDown):
        stripe.capture("k#2", held, 900, "EUR")
    assert stripe.capture("k#2", held, 900, "EUR").accepted


def test_authorisation_in_flight_is_prevented_by_voiding_what_was_prepared(
    account: FakeStripe, stripe: StripeProvider, prepared: str
) -> None:
    account.plans["confirm_intent"] = ["lost before"]
    with pytest.raises(ResponseLost):
        stripe.authorise("k#1", prepared, CHARGE)
    assert stripe.void("k#2", prepared).accepted
    assert not stripe.authorise("k#1", prepared, CHARGE).accepted
    assert account.intents[prepared]["status"] == "canceled"


def test_refund_is_found_among_many_of_the_same_payment(stripe: StripeProvider, held: str) -> None:
    stripe.capture("k#2", held, 900, "EUR")
    for number in range(120):
        assert stripe.refund(f"r#{number}", held, 1, "EUR").accepted
    first = stripe.look_up("refund", "r#0", held)
    assert first and first.accepted
    assert stripe.look_up("refund", "r#120", held) is None


def test_secret_is_read_again_after_its_ttl_and_when_the_key_is_refused(
    account: FakeStripe, held: str
) -> None:
    secrets, clock = StripeSecret(), Clock()
    provider = StripeProvider(Access(SecretCache(secrets, "stripe", clock), account.transport()))
    for _ in range(2):
        provider.look_up("capture", "k#2", held)
    assert secrets.reads == 1
    clock.now += TTL_SECONDS
    provider.look_up("capture", "k#2", held)
    assert secrets.reads == 2
    account.key = secrets.key = "sk_test_rotated"
    assert provider.capture("k#2", held, 900, "EUR").accepted
    assert secrets.reads == 3


def test_key_that_stays_refused_is_a_provider_that_is_down(account: FakeStripe, held: str) -> None:
    account.key = "sk_test_other"
    with pytest.raises(ProviderDown, match="AuthenticationError 401"):
        stripe_provider(account).capture("k#2", held, 900, "EUR")


def test_key_is_in_no_representation_of_the_secret() -> None:
    assert "sk_test" not in repr(SecretCache(StripeSecret(), "stripe").get())


def test_provider_of_a_location_takes_precedence() -> None:
    build = dict.fromkeys(
        ("sandbox", "stripe", "cash", "store_credit", "gift_card", "on_account", "exchange"), StripeSecret
    )
    providers = Providers("card=stripe,berlin/card=sandbox", build)  # type: ignore[arg-type]
    assert providers.name_of("paris", "card") == "stripe"
    assert providers.name_of("berlin", "card") == "sandbox"
    assert providers.name_of("berlin", "cash") == "cash"


def test_provider_that_is_chosen_twice_for_a_location_is_refused() -> None:
    with pytest.raises(ValueError, match="PaymentProviders has berlin/card twice"):
        Providers("card=stripe,berlin/card=sandbox,berlin/card=stripe", {})


def test_unknown_provider_is_refused_when_the_function_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TABLE_NAME", "SANDBOX_TABLE_NAME", "STRIPE_SECRET", "CARD_RETURN_URL"):
        monkeypatch.setenv(name, "name")
    monkeypatch.setenv("PAYMENT_PROVIDERS", "card=paypal")
    with pytest.raises(ValueError, match="providers paypal do not exist; expected sandbox, stripe"):
        configured_providers(None)
