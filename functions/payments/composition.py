"""The providers of this stack, as its configuration composes them."""

import os
from typing import Any

from tillflow.aws import client

from payments.cash import Cash
from payments.gift_card import GiftCardProvider
from payments.on_account import OnAccount
from payments.provider import Provider, ProviderBooks
from payments.providers import OutsideBooks, Providers
from payments.sandbox import SandboxProvider
from payments.sandbox_books import SandboxBooks
from payments.store_credit import StoreCredit


def configured_providers(dynamodb: Any) -> Providers:
    """Return the providers by the variables of the environment, which are read at once."""
    table, sandbox_table = os.environ["TABLE_NAME"], os.environ["SANDBOX_TABLE_NAME"]
    secret, return_url = os.environ["STRIPE_SECRET"], os.environ["CARD_RETURN_URL"]

    def stripe() -> Provider:
        from payments.stripe_adapter.access import Access
        from payments.stripe_adapter.provider import StripeProvider
        from payments.stripe_adapter.secret import SecretCache

        return StripeProvider(Access(SecretCache(client("secretsmanager"), secret)), return_url)

    return Providers(
        os.environ["PAYMENT_PROVIDERS"],
        {
            "sandbox": lambda: SandboxProvider(dynamodb, sandbox_table),
            "stripe": stripe,
            "store_credit": lambda: StoreCredit(dynamodb, table),
            "gift_card": lambda: GiftCardProvider(dynamodb, table),
            "on_account": lambda: OnAccount(dynamodb, table),
            "cash": Cash,
            # The workflow of an exchange holds the units whose value pays: no other system has the money.
            "exchange": Cash,
        },
    )


def configured_books(dynamodb: Any) -> OutsideBooks:
    """Return the books of the providers outside this system, by the variables of the environment."""
    sandbox_table, secret = os.environ["SANDBOX_TABLE_NAME"], os.environ["STRIPE_SECRET"]
    return OutsideBooks(
        os.environ["PAYMENT_PROVIDERS"],
        {"sandbox": lambda: SandboxBooks(dynamodb, sandbox_table), "stripe": lambda: stripe_books(secret)},
    )


def stripe_books(secret: str) -> ProviderBooks:
    """Return the books of the account whose key is in a secret; Stripe's library is imported here."""
    from payments.stripe_adapter.access import Access
    from payments.stripe_adapter.books import StripeBooks
    from payments.stripe_adapter.secret import SecretCache

    return StripeBooks(Access(SecretCache(client("secretsmanager"), secret)))
