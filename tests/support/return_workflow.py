"""A shop with a customer for tests of returns, the sale of its basket, and returns of its units."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from customers.store import CustomersStore
from tillflow.aws import client

from till.demo.order_checkout import BASKET, card, order
from till.shop import CUSTOMERS, ESPRESSO, MUG
from verification.harness.faults import Fault
from verification.harness.fixture import Run, WorkflowFixture, seed_stock, workflow_fixture

ADA = CUSTOMERS[0]
ONE_MUG = {"line_no": 2, "sku": MUG, "quantity": 1}
STEPS = ["CreditInvoice", "RestockGoods", "ReverseJournal", "CloseReturn", "AnnounceReturn"]


@pytest.fixture
def shop() -> Iterator[WorkflowFixture]:
    with workflow_fixture() as built:
        seed_stock({ESPRESSO: 10, MUG: 10})
        CustomersStore(client("dynamodb"), "CustomersTable").create(ADA, datetime.now(UTC))
        yield built


def sell(shop: WorkflowFixture, *tenders: dict[str, Any], **more: Any) -> Run:
    request = order(
        BASKET, *(tenders or (card("tok_visa"),)), order_id="ord-1", placed_at="2026-11-23T10:00:00Z"
    )
    [run] = shop.run(request | more)
    return run


def request(*lines: dict[str, Any], return_id: str = "ret-1", **more: Any) -> dict[str, Any]:
    return {
        "return_id": return_id,
        "order_id": "ord-1",
        "currency": "EUR",
        "lines": list(lines or (ONE_MUG,)),
        **more,
    }


def give_back(
    shop: WorkflowFixture, *lines: dict[str, Any], faults: tuple[Fault, ...] = (), **more: Any
) -> Run:
    [run] = shop.run(request(*lines, **more), faults=faults, workflow="OrderReturn")
    return run


def level(shop: WorkflowFixture, sku: str) -> dict[str, Any]:
    return shop.row("InventoryTable", f"LEVEL#store-1#{sku}", "LEVEL")


def balances(shop: WorkflowFixture, name: str) -> dict[str, int]:
    lines = json.loads(shop.snapshot().entries[name]["lines"])
    return {line["account"]: line["debit"] - line["credit"] for line in lines}


def completed(shop: WorkflowFixture, run: Run) -> None:
    assert (run.status, run.error) == ("SUCCEEDED", None), run.cause
    assert run.output["status"] == "COMPLETED"
    assert shop.audit() == []
