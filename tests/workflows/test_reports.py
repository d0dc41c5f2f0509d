"""Reports of real executions: the events of sales, returns and cancels equal the journal, by every dimension."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from reports.dimensions import DIMENSIONS
from reports.operations import ReportOperations
from reports.rules import counted
from reports.store import ReportsStore
from tillflow.aws import client

from till.demo.order_checkout import BASKET, card, order
from till.shop import ESPRESSO, MUG
from verification.harness.fixture import WorkflowFixture, seed_stock, workflow_fixture

DAY = date(2026, 11, 23)


@pytest.fixture
def shop() -> Iterator[WorkflowFixture]:
    with workflow_fixture() as built:
        seed_stock({ESPRESSO: 20, MUG: 20})
        yield built


def deliver(shop: WorkflowFixture) -> None:
    """Deliver every event that was published twice."""
    store = ReportsStore(client("dynamodb"), "ReportsTable")
    for entry in [*shop.services.events, *shop.services.events]:
        if entry["DetailType"] in ("OrderPaid", "OrderCancelled", "OrderReturned"):
            envelope = {"detail-type": entry["DetailType"], "time": "2026-11-23T12:00:00Z"}
            event = counted(envelope | {"detail": json.loads(entry["Detail"])})
            if event:
                store.count(event)


def sums(by: Any) -> Counter[str]:
    rows = ReportOperations(client("dynamodb"), "ReportsTable").sales(by, "EUR", DAY, DAY).rows
    totals: Counter[str] = Counter()
    for row in rows:
        totals["total"] += row.total
        totals["returned"] += row.returned_total
    return totals


def test_reports_of_sales_returns_and_cancels_equal_the_journal(shop: WorkflowFixture) -> None:
    split = [{"type": "cash", "amount": 1000}, card("tok_visa")]
    for number in (1, 2, 3):
        placed = "2026-11-23T10:00:00Z"
        (run,) = shop.run(order(BASKET, *split, order_id=f"ord-{number}", placed_at=placed))
        assert run.status == "SUCCEEDED", run.cause
    (run,) = shop.run({"order_id": "ord-2", "reason": "wrong"}, workflow="OrderCancel")
    assert run.status == "SUCCEEDED", run.cause
    returned = {
        "return_id": "ret-1",
        "order_id": "ord-3",
        "currency": "EUR",
        "lines": [{"line_no": 2, "sku": MUG, "quantity": 1}],
    }
    (run,) = shop.run(returned, workflow="OrderReturn")
    assert run.status == "SUCCEEDED", run.cause
    deliver(shop)
    assert shop.audit() == []
    expected = Counter(total=3 * 4390, returned=4390 + 1250)
    assert {by: sums(by) for by in DIMENSIONS} == dict.fromkeys(DIMENSIONS, expected)
    rows = ReportOperations(client("dynamodb"), "ReportsTable").sales("category", "EUR", DAY, DAY).rows
    assert {row.value: (row.total, row.returned_total) for row in rows} == {
        "coffee": (3 * 1890, 1890),
        "kitchen": (3 * 2500, 2500 + 1250),
    }
