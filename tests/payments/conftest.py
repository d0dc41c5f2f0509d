"""The payments table, with its indexes."""

from typing import Any

import pytest

from tests.support.payments_fixture import SANDBOX_TABLE, PaymentsFixture
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
