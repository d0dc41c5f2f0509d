"""The Stripe provider on an account in this process."""

from payments.stripe_adapter.access import Access
from payments.stripe_adapter.provider import StripeProvider
from payments.stripe_adapter.secret import SecretCache

from verification.harness.fake_stripe import FakeStripe, StripeSecret


def stripe_provider(account: FakeStripe, return_url: str = "") -> StripeProvider:
    return StripeProvider(Access(SecretCache(StripeSecret(), "stripe"), account.transport()), return_url)
