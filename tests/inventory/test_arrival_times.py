"""When an arrival of a transfer may have been."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from inventory.errors import InvalidTransfer
from inventory.transfers.models import Arrival
from inventory.transfers.operations import TransferOperations
from inventory.transfers.rules import check_arrived

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


@pytest.mark.parametrize(("days", "accepted"), [(365, True), (367, False), (9_000, False)])
def test_arrival_of_over_a_year_ago_is_refused(days: int, accepted: bool) -> None:
    now = datetime(2026, 11, 23, 10, tzinfo=UTC)
    line = {"sku": "TEA", "quantity": 1}
    arrival = Arrival.model_validate(
        {"arrival_id": "van-1", "arrived_at": now - timedelta(days=days), "lines": [line]}
    )
    if accepted:
        check_arrived(arrival, now)
    else:
        with pytest.raises(InvalidTransfer, match="expected a time from 2025-11-22T10:00:00Z on"):
            check_arrived(arrival, now)
