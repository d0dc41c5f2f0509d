"""A shop with an order of which units are exchanged for a new sale."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from customers.store import CustomersStore
from tillflow.aws import client

from till.demo.order_checkout import BASKET, card, order
from till.shop import CUSTOMERS, ESPRESSO, MUG
from verification.harness.faults import Fault
from verification.harness.fixture import Run, WorkflowFixture, seed_stock, with_stored_cards, workflow_fixture

ONE_MUG = {"line_no": 2, "sku": MUG, "quantity": 1}
COFFEE = {"line_no": 1, "sku": ESPRESSO, "quantity": 1}
CLEARING, MUG_PRICE, COFFEE_PRICE = "1040", 1250, 1890


@contextmanager
def exchange_shop() -> Iterator[WorkflowFixture]:
    """Yield a shop that has sold `ord-1`, two mugs and a coffee, and can exchange them."""
    with workflow_fixture() as built:
        seed_stock({ESPRESSO: 10, MUG: 10})
        CustomersStore(client("dynamodb"), "CustomersTable").create(CUSTOMERS[0], datetime.now(UTC))
        for workflow in ("OrderCheckout", "OrderReturn", "OrderExchange"):
            built.deploy(workflow)
        built.run(
            order(BASKET, card("tok_visa"), order_id="ord-1", placed_at="2026-11-23T10:00:00Z"),
            workflow="OrderCheckout",
        )
        yield built


def exchange(
    shop: WorkflowFixture,
    lines: dict[str, int],
    *tenders: dict[str, Any],
    units: dict[str, Any] = ONE_MUG,
    faults: tuple[Fault, ...] = (),
    sold: str = "ord-2",
    return_id: str = "ret-1",
) -> Run:
    """Exchange units of `ord-1` for lines under the id `sold`, and run the exchange until it settles."""
    request = exchange_input(lines, *tenders, units=units, sold=sold, return_id=return_id)
    [run] = shop.run(request, faults=faults, workflow="OrderExchange")
    return run


def exchange_input(
    lines: dict[str, int],
    *tenders: dict[str, Any],
    units: dict[str, Any] = ONE_MUG,
    sold: str = "ord-2",
    return_id: str = "ret-1",
) -> dict[str, Any]:
    """Return the input of `exchange`."""
    returned = {"return_id": return_id, "order_id": "ord-1", "currency": "EUR", "lines": [units]}
    sale = with_stored_cards(order(lines, *tenders, order_id=sold, placed_at="2026-11-23T10:00:00Z"))
    return {"return_id": return_id, "return": returned, "sale": sale}


def return_of(exchange: Run) -> str:
    """Return the ARN of the return that an exchange starts."""
    return f"{exchange.arn.replace('OrderExchange', 'OrderReturn')}.exchange"


def clearing(shop: WorkflowFixture) -> int:
    """Return the balance of the account through which exchanges pay; 0 when each has ended."""
    lines = [line for entry in shop.snapshot().entries.values() for line in json.loads(entry["lines"])]
    return sum(line["debit"] - line["credit"] for line in lines if line["account"] == CLEARING)
