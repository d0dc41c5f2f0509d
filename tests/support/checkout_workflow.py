"""A shop with stock for tests of the checkout, sales of its basket, and how they may end."""

from collections.abc import Iterator
from typing import Any

import pytest

from till.demo.order_checkout import BASKET, order
from till.shop import ESPRESSO, MUG, SOLD_OUT
from verification.harness.fixture import Run, WorkflowFixture, seed_stock, workflow_fixture

FORWARD = [
    "PriceOrder",
    "HasCustomer",
    "OpenOrder",
    "ReserveStock",
    "AuthorisePayment",
    "CapturePayment",
    "CommitStock",
    "IssueInvoice",
    "PostJournal",
    "CloseOrder",
    "AnnounceOrder",
]
COMPENSATIONS = ["ReversePayment", "ReleaseStock", "RejectOrder"]
TOTAL = 4390  # an espresso at 18.90 and two mugs at 12.50, tax included


@pytest.fixture
def shop() -> Iterator[WorkflowFixture]:
    with workflow_fixture() as built:
        seed_stock({ESPRESSO: 10, MUG: 10, SOLD_OUT: 0})
        yield built


def sale(*tenders: dict[str, Any], order_id: str = "ord-1", **more: Any) -> dict[str, Any]:
    return order(BASKET, *tenders, order_id=order_id, placed_at="2026-11-23T10:00:00Z", **more)


def paid(shop: WorkflowFixture, run: Run) -> None:
    assert (run.status, run.error) == ("SUCCEEDED", None), run.cause
    assert run.output["status"] == "PAID"
    assert shop.audit() == []


def rejected(shop: WorkflowFixture, run: Run, error: str) -> None:
    assert (run.status, run.error) == ("FAILED", error), run.cause
    assert shop.audit() == []
    assert shop.row("OrdersTable", f"ORDER#{run.business_id}", "ORDER")["status"] == "REJECTED"


def captures(shop: WorkflowFixture, order_id: str = "ord-1") -> list[int]:
    """Return the provider's captures of an order."""
    return [
        row["amount"]
        for row in shop.snapshot().items("SandboxProviderTable", "EFFECT", f"EFFECT#{order_id}#")
        if row["kind"] == "capture"
    ]


def announced(shop: WorkflowFixture) -> list[str]:
    return [entry["DetailType"] for entry in shop.services.events]
