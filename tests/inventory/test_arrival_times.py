"""When an arrival of a transfer may have been."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from inventory.errors import InvalidTransfer
from inventory.transfers.models import Arrival
from inventory.transfers.operations import TransferOperations

from tests.support.references import none_unknown


@pytest.mark.parametrize("days", [2, 366, 20_000])
def test_arrival_that_is_to_come_is_refused(dynamodb: Any, table: str, days: int) -> None:
    at = datetime.now(UTC) + timedelta(days=days)
    arrival = Arrival.model_validate(
        {"arrival_id": "van-1", "arrived_at": at, "lines": [{"sku": "TEA", "quantity": 1}]}
    )
    operations = TransferOperations(
        dynamodb, states=None, table=table, machine="", find_unknown_products=none_unknown
    )
    with pytest.raises(InvalidTransfer, match=r"arrived_at is .*; expected a time until"):
        operations.receive("t-1", arrival)
