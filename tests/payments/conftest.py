"""The payments table, with its indexes, and a receiver of Stripe's events."""

from typing import Any

import pytest
from payments.operations import StripeEvents

from tests.support.payments_fixture import SANDBOX_TABLE, PaymentsFixture
from tests.support.stripe_accounts import stripe_events
from tests.support.tables import create_table, empty
from verification.harness.fake_stripe import FakeStripe


@pytest.fixture
def table(dynamodb: Any) -> str:
    return create_table(dynamodb, "PaymentsTable")


@pytest.fixture
def tables(dynamodb: Any, table: str) -> str:
    empty(dynamodb, SANDBOX_TABLE)
    return table


@pytest.fixture(params=["sandbox", "stripe"])
def payments(request: pytest.FixtureRequest, dynamodb: Any, tables: str) -> PaymentsFixture:
    account = FakeStripe() if request.param == "stripe" else None
    opened = PaymentsFixture(dynamodb, tables, account)
    opened.grant(500)
    return opened


@pytest.fixture
def account() -> FakeStripe:
    return FakeStripe()


@pytest.fixture
def cases() -> list[dict[str, str]]:
    """The cases that are opened."""
    return []


@pytest.fixture
def events(dynamodb: Any, table: str, account: FakeStripe, cases: list[dict[str, str]]) -> StripeEvents:
    return stripe_events(dynamodb, table, account, cases.append)
