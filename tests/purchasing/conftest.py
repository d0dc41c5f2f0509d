"""The purchasing table, with its indexes."""

from typing import Any

import pytest

from tests.support.tables import create_table


@pytest.fixture
def table(dynamodb: Any) -> str:
    return create_table(dynamodb, "PurchasingTable")
