"""Any sequence of authorisations, captures, voids and refunds takes from a wallet what was spent of it."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from payments.credit.gift_cards import GiftCards
from payments.credit.rows import customer_wallet, gift_card_wallet
from payments.credit.wallets import Wallets
from payments.gift_card import GiftCardProvider
from payments.provider import Charge, Outcome
from payments.store_credit import StoreCredit
from tillflow.aws import client
from tillflow.gift_cards import card_number, token_of

from tests.support.payments_fixture import CODE, NOW, gift_card, granted
from verification.harness.dynamodb import local_dynamodb
from verification.harness.template import Template

GRANTED = 1000
TOKEN = token_of(CODE)
TEMPLATE = Template.read()


@dataclass
class Wallet:
    """What was applied to a wallet, by the keys of the effects."""

    provider: Any
    holder: str
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    captured: dict[str, int] = field(default_factory=dict)
    refunded: dict[str, int] = field(default_factory=dict)

    @property
    def balance(self) -> int:
        spent = sum(self.held.values()) + sum(self.captured.values()) - sum(self.refunded.values())
        return GRANTED - spent

    def apply(self, verb: str, sale: str, number: int, amount: int) -> None:
        """Apply an effect under a key that may have been used before."""
        key = f"{sale}#authorise" if verb == "authorise" else f"{sale}#{verb}#{number}"
        reference = self.outcomes.get(f"{sale}#authorise", Outcome(False)).reference
        match verb:
            case "authorise":
                charge = Charge(amount, "EUR", TOKEN, "cus-1")
                outcome = self.provider.authorise(key, "", charge)
            case "void":
                outcome = self.provider.void(key, reference)
            case _:
                if verb == "capture":
                    # A tender is captured as a whole.
                    amount = self.held.get(sale, amount)
                outcome = getattr(self.provider, verb)(key, reference, amount, "EUR")
        if key in self.outcomes and self.outcomes[key].accepted:
            assert outcome == self.outcomes[key], "a repeated effect has its first outcome"
            return
        self.outcomes[key] = outcome
        if outcome.accepted:
            self.record(verb, sale, amount)

    def record(self, verb: str, sale: str, amount: int) -> None:
        match verb:
            case "authorise":
                self.held[sale] = amount
            case "capture":
                self.captured[sale] = self.held.pop(sale)
            case "void":
                self.held.pop(sale, None)
            case "refund":
                self.refunded[sale] = self.refunded.get(sale, 0) + amount


SALES = st.sampled_from(["ord-1", "ord-2", "ord-3"])
VERBS = st.sampled_from(["authorise", "capture", "void", "refund"])
STEPS = st.tuples(st.sampled_from([0, 1]), VERBS, SALES, st.integers(1, 2), st.sampled_from([200, 300, 600]))


@settings(max_examples=25)
@given(st.lists(STEPS, max_size=16))
def test_wallets_are_spent_once_and_never_overdrawn(steps: list[tuple[int, str, str, int, int]]) -> None:
    with local_dynamodb(TEMPLATE):
        dynamodb, table = client("dynamodb"), "PaymentsTable"
        wallets = Wallets(dynamodb, table)
        wallets.grant(granted(GRANTED), NOW)
        GiftCards(dynamodb, table).issue(gift_card(GRANTED), NOW)
        spent = [
            Wallet(StoreCredit(dynamodb, table), customer_wallet("cus-1")),
            Wallet(GiftCardProvider(dynamodb, table), gift_card_wallet(str(card_number(TOKEN)))),
        ]
        for which, verb, sale, number, amount in steps:
            # Each tender of an order has its own keys.
            spent[which].apply(verb, f"{sale}#{which}", number, amount)
            for wallet in spent:
                assert wallets.balance(wallet.holder, "EUR") == wallet.balance >= 0
                for sale, amount in wallet.refunded.items():
                    assert amount <= wallet.captured[sale]
