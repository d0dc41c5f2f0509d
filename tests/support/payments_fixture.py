"""A payments service on moto with a card provider that can be made to fail."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from payments.book import Book
from payments.cards import CardTokens
from payments.cash import Cash
from payments.credit.models import GrantCredit, IssueGiftCard, SetCreditLimit
from payments.credit.rows import customer_wallet
from payments.credit.wallets import Wallets
from payments.gift_card import GiftCardProvider
from payments.models import Authorise, Tender, Tenders
from payments.on_account import OnAccount
from payments.provider import Charge, Outcome, ProviderDown, ResponseLost, Step
from payments.providers import Providers
from payments.refunds.service import Refunds
from payments.refunds.store import RefundStore
from payments.sandbox import SandboxProvider
from payments.service import Payments
from payments.store import PaymentsStore
from payments.store_credit import StoreCredit
from tillflow.store import Item, unmarshal

from tests.support.stripe_accounts import stripe_provider
from verification.harness.fake_stripe import FakeStripe
from verification.harness.stripe_cards import SANDBOX_CARDS

SANDBOX_TABLE = "sandbox"
RETURN_URL = "https://shop.example/paid"
CODE = "TESTCARD-2222-3333-4444-5555"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def any_customer(customer_id: str) -> None:
    """Accept a customer, without the customers service."""


class Unreliable:
    """A provider that wraps another. `plans[operation]` are applied in order, one per call.

    A plan is "before" or "after" (the response is lost before or after the effect), "down", or a function to call
    before the effect. Functions of `after[operation]` are called after it, before its response.
    """

    def __init__(self, provider: Any) -> None:
        self.provider = provider
        self.plans: dict[str, list[str | Callable[[], object]]] = defaultdict(list)
        self.after: dict[str, list[Callable[[], object]]] = defaultdict(list)
        self.calls: list[tuple[str, str]] = []

    def prepare(self, key: str, charge: Charge) -> Outcome:
        outcome: Outcome = self.provider.prepare(key, charge)
        return outcome

    def authorise(self, key: str, reference: str, charge: Charge) -> Outcome:
        return self._call("authorise", key, lambda: self.provider.authorise(key, reference, charge))

    def capture(self, key: str, authorisation: str, amount: int, currency: str) -> Outcome:
        return self._call("capture", key, lambda: self.provider.capture(key, authorisation, amount, currency))

    def void(self, key: str, authorisation: str) -> Outcome:
        return self._call("void", key, lambda: self.provider.void(key, authorisation))

    def refund(self, key: str, authorisation: str, amount: int, currency: str) -> Outcome:
        return self._call("refund", key, lambda: self.provider.refund(key, authorisation, amount, currency))

    def look_up(self, step: Step, key: str, authorisation: str) -> Outcome | None:
        outcome: Outcome | None = self._call(
            "look_up", key, lambda: self.provider.look_up(step, key, authorisation)
        )
        return outcome

    def is_withdrawn(self, authorisation: str) -> bool:
        withdrawn: bool = self._call(
            "is_withdrawn", authorisation, lambda: self.provider.is_withdrawn(authorisation)
        )
        return withdrawn

    def _call(self, operation: str, key: str, effect: Callable[[], Any]) -> Any:
        self.calls.append((operation, key))
        plan = self.plans[operation].pop(0) if self.plans[operation] else None
        if plan == "down":
            raise ProviderDown("no connection")
        if plan == "before":
            raise ResponseLost("no response in time")
        if callable(plan):
            plan()
        result = effect()
        if self.after[operation]:
            self.after[operation].pop(0)()
        if plan == "after":
            raise ResponseLost("no response in time")
        return result


@dataclass
class PaymentsFixture:
    """The payments service and its providers; `check_books()` compares our tenders with the providers' books.

    `account`: the Stripe account that takes the cards, in place of the sandbox. Test cards of the sandbox are replaced
    by payment methods that behave as they do.
    """

    client: Any
    table: str

    account: FakeStripe | None = None

    def __post_init__(self) -> None:
        self.sandbox = SandboxProvider(self.client, SANDBOX_TABLE)
        self.card = Unreliable(stripe_provider(self.account, RETURN_URL) if self.account else self.sandbox)
        self.wallets = Wallets(self.client, self.table)
        self.store = PaymentsStore(self.client, self.table)
        self.cards = CardTokens(self.client, self.table)
        self.service = Payments(self.store, self.providers(), self.cards)

    def providers(self) -> Providers:
        return Providers(
            "card=sandbox",
            {
                "sandbox": lambda: self.card,
                "exchange": Cash,
                "gift_card": lambda: GiftCardProvider(self.client, self.table),
                "on_account": lambda: OnAccount(self.client, self.table),
                "store_credit": lambda: StoreCredit(self.client, self.table),
                "cash": Cash,
            },
        )

    def refunds(self) -> Refunds:
        """Return the refunds of returns by the same providers."""
        return Refunds(RefundStore(self.client, self.table), self.store, self.providers(), self.wallets)

    def authorise(self, *tenders: dict[str, Any], order_id: str = "ord-1") -> Tenders:
        self.store_cards(*tenders, order_id=order_id)
        return self.service.authorise(request(*tenders, order_id=order_id))

    def store_cards(self, *tenders: dict[str, Any], order_id: str = "ord-1") -> None:
        """Store the tokens of the tenders, as it is done before an order's workflow starts."""
        for number, tender in enumerate(tenders, 1):
            if token := tender.get("token"):
                method = SANDBOX_CARDS.get(token, token) if self.account else token
                self.cards.store(order_id, [(f"card_{number}", method)], NOW)

    def grant(self, amount: int, grant_id: str = "grant-1") -> None:
        """Grant credit to the customer of `request`."""
        self.wallets.grant(granted(amount, grant_id), NOW)

    def balance(self, customer_id: str = "cus-1", currency: str = "EUR") -> int:
        return self.wallets.balance(customer_wallet(customer_id), currency)

    def states(self, order_id: str = "ord-1") -> list[str]:
        return [tender.state for tender in self.store.payment(order_id).tenders]

    def rows(self, table: str) -> list[Item]:
        return [unmarshal(row) for row in self.client.scan(TableName=table, ConsistentRead=True)["Items"]]

    def held_cards(self) -> list[str]:
        """Return the effects whose authorisation of a card is still held at the provider."""
        if self.account:
            intents = self.account.intents.values()
            held = [one for one in intents if one["status"] == "requires_capture"]
            return [one["metadata"]["tillflow_effect"] for one in held]
        rows = [row for row in self.rows(SANDBOX_TABLE) if row.get("state") == "held"]
        return [row["reference"].removeprefix("auth-") for row in rows]

    def check_books(self, *order_ids: str) -> None:
        """Assert that our tenders equal the providers' books, and that nothing of a reversed order is still held."""
        books = {"card": self.sandbox.book, "store_credit": Book(self.client, self.table, "store_credit")}
        for order_id in order_ids or ("ord-1",):
            payment = self.store.payment(order_id)
            for tender in payment.tenders:
                assert 0 <= tender.refunded <= tender.captured <= tender.amount
                if tender.type == "cash":
                    continue
                if tender.type == "card" and self.account:
                    taken, held = self._at_stripe(tender)
                else:
                    row = books[tender.type].authorisation(f"auth-{order_id}#authorise#{tender.tender_no}")
                    taken, held = (row.get("captured", 0), row.get("refunded", 0)), row.get("state") == "held"
                assert taken == (tender.captured, tender.refunded), tender
                if payment.closed:
                    assert not held, tender

    def _at_stripe(self, tender: Tender) -> tuple[tuple[int, int], bool]:
        assert self.account
        effect = f"{tender.order_id}#authorise#{tender.tender_no}"
        intents = [
            one for one in self.account.intents.values() if one["metadata"]["tillflow_effect"] == effect
        ]
        refunded = sum(self.account.refunded(intent["id"]) for intent in intents)
        held = any(intent["status"] == "requires_capture" for intent in intents)
        return (sum(intent["amount_received"] for intent in intents), refunded), held


def granted(amount: int, grant_id: str = "grant-1", customer_id: str = "cus-1", **more: Any) -> GrantCredit:
    request = {"grant_id": grant_id, "customer_id": customer_id, "currency": "EUR", "amount": amount}
    return GrantCredit.model_validate({"reason": "late delivery", "source": "cash", **request, **more})


def gift_card(amount: int, code: str = CODE, **more: Any) -> IssueGiftCard:
    return IssueGiftCard.model_validate(
        {"code": code, "currency": "EUR", "amount": amount, "reason": "birthday", **more}
    )


def credit_limit(limit: int, currency: str = "EUR") -> SetCreditLimit:
    return SetCreditLimit(customer_id="cus-1", currency=currency, credit_limit=limit)


def request(*tenders: dict[str, Any], order_id: str = "ord-1", customer_id: str = "cus-1") -> Authorise:
    numbered = [
        {"tender_no": number, **{name: value for name, value in tender.items() if name != "token"}}
        | ({"card": f"card_{number}"} if "token" in tender else {})
        for number, tender in enumerate(tenders, 1)
    ]
    asked = {
        "order_id": order_id,
        "currency": "EUR",
        "location": "shop-1",
        "customer_id": customer_id,
        "tenders": numbered,
    }
    return Authorise.model_validate(asked)


def card(amount: int = 900, token: str = "tok_visa") -> dict[str, Any]:
    return {"type": "card", "token": token, "amount": amount}


def cash(amount: int = 100) -> dict[str, Any]:
    return {"type": "cash", "amount": amount}


def credit(amount: int = 300) -> dict[str, Any]:
    return {"type": "store_credit", "amount": amount}
