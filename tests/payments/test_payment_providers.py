"""The contract of a provider: one effect per key, and captures and refunds within their bounds."""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from payments.credit.accounts import Accounts
from payments.credit.gift_cards import GiftCards
from payments.credit.rows import customer_wallet
from payments.credit.wallets import Wallets
from payments.gift_card import GiftCardProvider
from payments.on_account import OnAccount
from payments.provider import ActionRequired, Charge, Outcome, Provider, ProviderDown, ResponseLost
from payments.sandbox import CONFIRMED_CALL, TEST_CARDS, SandboxProvider
from payments.store_credit import StoreCredit
from payments.stripe_adapter.provider import StripeProvider
from tillflow.gift_cards import token_of
from tillflow.store import unmarshal

from tests.support.interposed import Interposed, conflict
from tests.support.payments_fixture import CODE, NOW, credit_limit, gift_card, granted
from tests.support.stripe_accounts import stripe_provider
from verification.harness.fake_stripe import FakeStripe

WALLET = customer_wallet("cus-1")
CHARGE = Charge(900, "EUR", token="tok_visa", customer_id="cus-1")
STATES = {"requires_capture": "held", "succeeded": "captured", "canceled": "voided"}


@pytest.fixture(params=["sandbox", "store_credit", "gift_card", "on_account", "stripe"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def provider(kind: str, account: FakeStripe, dynamodb: Any, table: str) -> Provider:
    if kind == "sandbox":
        return SandboxProvider(dynamodb, table)
    if kind == "stripe":
        return stripe_provider(account)
    if kind == "on_account":
        Accounts(dynamodb, table).set_limit(credit_limit(1000))
        return OnAccount(dynamodb, table)
    if kind == "gift_card":
        GiftCards(dynamodb, table).issue(gift_card(1000), NOW)
        return GiftCardProvider(dynamodb, table)
    Wallets(dynamodb, table).grant(granted(1000), NOW)
    return StoreCredit(dynamodb, table)


@pytest.fixture
def only(kind: str, account: FakeStripe, dynamodb: Any, table: str) -> Any:
    """Return the state, the captured and the refunded amount of the only authorisation in the book."""

    def read() -> tuple[str, int, int]:
        if kind == "stripe":
            (intent,) = account.intents.values()
            return STATES[intent["status"]], intent["amount_received"], account.refunded(intent["id"])
        rows = [unmarshal(row) for row in dynamodb.scan(TableName=table)["Items"]]
        (row,) = [row for row in rows if row["sk"] == "AUTHORISATION"]
        return row["state"], row["captured"], row["refunded"]

    return read


def authorise(provider: Provider, key: str = "k#1") -> Outcome:
    tokens = {StripeProvider: "pm_card_visa", GiftCardProvider: token_of(CODE)}
    charge = replace(CHARGE, token=tokens.get(type(provider), CHARGE.token))
    return provider.authorise(key, provider.prepare(key, charge).reference, charge)


def test_key_has_one_effect_and_one_outcome(provider: Provider, only: Any) -> None:
    held = authorise(provider)
    assert authorise(provider) == held
    assert provider.look_up("authorise", "k#1", held.reference) == held
    capture = partial(provider.capture, "k#2", held.reference, 900, "EUR")
    assert capture() == capture() == provider.look_up("capture", "k#2", held.reference)
    assert only() == ("captured", 900, 0)
    refund = partial(provider.refund, "k#3", held.reference, 300, "EUR")
    assert refund() == refund() == provider.look_up("refund", "k#3", held.reference)
    assert only() == ("captured", 900, 300), "the second call is the same refund, not another"
    assert provider.refund("k#4", held.reference, 600, "EUR").accepted
    assert only() == ("captured", 900, 900)


def test_void_has_one_effect(provider: Provider, only: Any) -> None:
    held = authorise(provider)
    assert provider.void("k#2", held.reference) == provider.void("k#2", held.reference)
    assert only() == ("voided", 0, 0)
    assert provider.look_up("void", "k#2", held.reference) == provider.void("k#2", held.reference)


def test_capture_and_refund_never_exceed_the_authorisation(provider: Provider, only: Any) -> None:
    held = authorise(provider).reference
    assert not provider.refund("k#2", held, 1, "EUR").accepted
    assert not provider.capture("k#3", held, 901, "EUR").accepted
    assert provider.look_up("capture", "k#3", held) is None
    assert provider.capture("k#4", held, 900, "EUR").accepted
    assert not provider.capture("k#5", held, 900, "EUR").accepted
    assert provider.void("k#6", held).reason == "authorisation_captured"
    assert not provider.refund("k#7", held, 901, "EUR").accepted
    assert only() == ("captured", 900, 0)
    assert provider.look_up("void", "k#6", held) is None
    assert [provider.look_up("refund", key, held) for key in ("k#2", "k#7")] == [None, None]


def test_authorisation_ends_once(provider: Provider, only: Any) -> None:
    held = authorise(provider).reference
    provider.void("k#2", held)
    assert provider.capture("k#3", held, 900, "EUR").reason == "authorisation_voided"
    assert not provider.refund("k#4", held, 900, "EUR").accepted
    assert only() == ("voided", 0, 0)


def test_unknown_authorisation_is_refused(provider: Provider) -> None:
    for outcome in (
        provider.capture("k#1", "auth_none", 100, "EUR"),
        provider.void("k#2", "auth_none"),
        provider.refund("k#3", "auth_none", 100, "EUR"),
    ):
        assert not outcome.accepted


def test_store_credit_is_held_restored_and_never_below_zero(dynamodb: Any, table: str) -> None:
    wallets, credit = Wallets(dynamodb, table), StoreCredit(dynamodb, table)
    wallets.grant(granted(1000), NOW)
    first = credit.authorise("a#1", "", CHARGE)
    assert wallets.balance(WALLET, "EUR") == 100
    assert credit.authorise("b#1", "", CHARGE).reason == "insufficient_credit"
    credit.void("a#2", first.reference)
    assert wallets.balance(WALLET, "EUR") == 1000
    second = credit.authorise("b#1", "", CHARGE)
    credit.capture("b#2", second.reference, 900, "EUR")
    credit.refund("b#3", second.reference, 400, "EUR")
    assert wallets.balance(WALLET, "EUR") == 500
    assert credit.authorise("c#1", "", Charge(1, "USD", customer_id="cus-1")).reason == "insufficient_credit"


@pytest.mark.parametrize("token", sorted(TEST_CARDS.keys() - {"tok_action_abandoned"}))
def test_every_test_card_ends_in_an_effect_or_a_reason(dynamodb: Any, table: str, token: str) -> None:
    sandbox = SandboxProvider(dynamodb, table)
    reference = "auth-k#authorise"
    outcomes = [
        after_a_lost_response(lambda: sandbox.authorise("k#authorise", "", Charge(900, "EUR", token))),
        after_a_lost_response(lambda: sandbox.capture("k#capture", reference, 900, "EUR")),
    ]
    faults = TEST_CARDS[token]
    for operation, outcome in zip(("authorise", "capture"), outcomes, strict=True):
        fault = faults.get(operation)
        if fault and fault.kind == "refuse":
            assert (outcome.accepted, outcome.reason) == (False, fault.reason)
            break
        assert outcome.accepted
    else:
        assert sandbox.book.authorisation(reference)["captured"] == 900


def after_a_lost_response(call: Any) -> Any:
    for _ in range(CONFIRMED_CALL - 1):
        with suppress(ResponseLost, ActionRequired):
            return call()
    return call()


def test_contention_in_the_sandbox_is_reported_as_unavailable(dynamodb: Any, table: str) -> None:
    sandbox = SandboxProvider(dynamodb, table)
    reference = sandbox.authorise("k#1", "", CHARGE).reference
    client = Interposed(dynamodb)
    for nth in range(1, 20):
        client.before("transact_write_items", conflict, nth)
    with pytest.raises(ProviderDown, match="capture k#2"):
        SandboxProvider(client, table).capture("k#2", reference, CHARGE.amount, CHARGE.currency)
    assert sandbox.look_up("capture", "k#2", reference) is None
