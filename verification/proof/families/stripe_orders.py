"""Orders whose cards Stripe takes: the scenarios of checkout and cancel, on a Stripe account in this process."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from inventory.models import ReceiptLine
from inventory.operations import StockOperations
from tillflow.aws import client

from audit import Snapshot
from till.shop import CURRENCY, GOODS, WAREHOUSE
from verification.harness.fake_stripe import FakeStripe
from verification.harness.stripe_cards import SANDBOX_CARDS
from verification.proof.families.family import Scenario
from verification.proof.families.orders import STOCK, Orders, Request
from verification.proof.services import ProofServices

PROVIDERS = f"card=sandbox,{WAREHOUSE}/card=stripe"
"""The configuration of the proof: these orders are sold where Stripe takes the cards."""
ACCOUNT = FakeStripe()
# What the provider does differs in these; the others take the same steps with it.
SAMPLE = {
    "paid by card",
    "the cardholder confirms at the bank",
    "the cardholder never confirms",
    "gateway times out after the effect",
    "a void that is refused",
    "cancelled after payment",
    "cancelled before CapturePayment",
    "cancelled after CapturePayment",
}
_STATES = {"requires_capture": "held", "succeeded": "captured"}


class StripeOrders(Orders):
    """Checkout and cancel with Stripe."""

    def __init__(self) -> None:
        self._account: Any = None

    def request(self, request: Request) -> Request:
        tenders = [
            {**tender, "token": SANDBOX_CARDS[tender["token"]]} if tender["type"] == "card" else tender
            for tender in request["tenders"]
        ]
        return {**request, "location": WAREHOUSE, "tenders": tenders}

    def prepare(self, services: ProofServices) -> None:
        ACCOUNT.clear()
        super().prepare(services)
        self._account = ACCOUNT.save()

    def add_stock(self) -> None:
        costs = {item.product.sku: item.unit_cost for item in GOODS}
        lines = [
            ReceiptLine(sku=sku, quantity=units, cost=units * costs[sku])
            for sku, units in STOCK.items()
            if units
        ]
        StockOperations(client("dynamodb"), "InventoryTable").receive(
            "seed-warehouse", WAREHOUSE, lines, CURRENCY
        )

    def reset(self, services: ProofServices) -> None:
        ACCOUNT.restore(self._account)

    def scenarios(self) -> Iterator[Scenario]:
        for scenario in super().scenarios():
            sampled = scenario.title in SAMPLE
            yield replace(scenario, title=f"{scenario.title}, by Stripe", paired=False, optional=not sampled)

    def with_external_state(self, shop: Snapshot) -> Snapshot:
        """Add Stripe's books in the form of the sandbox's, so that the same invariants read them."""
        rows = [*shop.tables["SandboxProviderTable"], *_books()]
        outside = shop.outside_providers - {"stripe"}
        return replace(shop, tables={**shop.tables, "SandboxProviderTable": rows}, outside_providers=outside)


def _books() -> Iterator[dict[str, Any]]:
    for intent in ACCOUNT.intents.values():
        reference = f"auth-{intent['metadata']['tillflow_effect']}"
        yield {
            "pk": f"AUTHORISATION#{reference}",
            "sk": "AUTHORISATION",
            "reference": reference,
            "amount": intent["amount"],
            "captured": intent["amount_received"],
            "refunded": ACCOUNT.refunded(intent["id"]),
            "state": _STATES.get(intent["status"], "voided"),
        }
