"""The Stripe provider, and the receiver of Stripe's events, on an account in this process."""

from typing import Any

from payments.operations import StripeEvents
from payments.refunds.failures import OpenCase
from payments.stripe_adapter.access import Access
from payments.stripe_adapter.books import StripeBooks
from payments.stripe_adapter.provider import StripeProvider
from payments.stripe_adapter.secret import SecretCache

from verification.harness.fake_stripe import FakeStripe, StripeSecret


def stripe_provider(account: FakeStripe, return_url: str = "") -> StripeProvider:
    return StripeProvider(Access(SecretCache(StripeSecret(), "stripe"), account.transport()), return_url)


def stripe_events(dynamodb: Any, table: str, account: FakeStripe, open_case: OpenCase) -> StripeEvents:
    secret = SecretCache(StripeSecret(), "stripe")
    books = StripeBooks(Access(secret, account.transport()))
    return StripeEvents(dynamodb, table, secret, open_case, books.find_charge)


def deliver_last(events: StripeEvents, account: FakeStripe, kind: str) -> bool:
    """Deliver the last event of a kind; return whether it was received for the first time."""
    raw, header = account.signed([event for event in account.events if event["type"] == kind][-1])
    return events.receive(header, raw)
