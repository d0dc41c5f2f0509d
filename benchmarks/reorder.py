"""Measure the nightly reorder: the cost of a run by the number of levels and of those that need an order.

    python -m benchmarks.reorder [--levels 10000] [--orders N]

Runs the workflow, the handlers and an emulated DynamoDB in this process, in virtual time. Every level has a reorder
point, a policy and twenty movements; a share of them is at the reorder point. States and invocations are those that
AWS bills; seconds are sequential time on this machine.
With --orders a night makes so many orders, each of one level and of a supplier of its own.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import batched
from typing import Any
from unittest.mock import patch

from inventory import rules as inventory_rules
from inventory.operations import StockOperations
from inventory.rows import level_pk
from purchasing.rows import new_supplier_row
from purchasing.supplier_models import Supplier
from replenishment.models import Policy, Source
from rich.console import Console
from rich.table import Table
from tillflow.aws import client
from tillflow.store import marshal

from till.shop import LOCATION, LOCATIONS
from verification.harness.dynamodb import local_dynamodb
from verification.harness.fixture import WorkflowFixture, create_workflow
from verification.harness.services import LocalServices
from verification.harness.template import Template

SUPPLIERS = 20
MOVEMENTS = 20
ORDERED = {"StartAt": "Ordered", "States": {"Ordered": {"Type": "Succeed"}}}


@dataclass(frozen=True)
class Cost:
    """seconds: of this process. states, invocations, requests of the store: of the run and its child executions."""

    seconds: float
    states: int
    invocations: int
    requests: int
    orders: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--levels", type=int, default=10_000)
    parser.add_argument("--orders", type=int, help="Measure one night with this many orders instead.")
    options = parser.parse_args()
    most = options.levels
    table = Table(
        "levels kept", "need an order", "seconds", "states", "Lambda calls", "store requests", "orders"
    )
    first: Cost | None = None
    nights = [(most // 10, most // 100), (most, 0), (most, most // 100), (most, most // 10)]
    suppliers = SUPPLIERS
    if options.orders:
        nights, suppliers = [(options.orders, options.orders)], options.orders
    for levels, needing in nights:
        cost = measured(levels, needing, suppliers)
        first = first or cost
        table.add_row(
            f"{levels}",
            f"{needing}",
            f"{cost.seconds:.1f}  ({cost.seconds / first.seconds:.1f} x)",
            f"{cost.states}  ({cost.states / first.states:.1f} x)",
            f"{cost.invocations}  ({cost.invocations / first.invocations:.1f} x)",
            f"{cost.requests}  ({cost.requests / first.requests:.1f} x)",
            f"{cost.orders}",
        )
    Console().print(table)


def measured(levels: int, needing: int, suppliers: int) -> Cost:
    with shop() as (fixture, requests):
        _keep(levels, needing, suppliers)
        requests.clear()
        fixture.services.invoked.clear()
        started = time.process_time()
        (run,) = fixture.run({"order_id": "night", "segments": 64})
        seconds = time.process_time() - started
        if run.status != "SUCCEEDED" or run.output != ["ORDERED"] * min(needing, suppliers):
            raise SystemExit(f"the run {run.status}, {run.error}: {run.cause or Counter(run.output)}")
        return Cost(
            seconds,
            sum(_states(fixture, arn) for arn in (run.arn, *_children(fixture, run.arn))),
            fixture.services.invoked.total(),
            requests.total(),
            len(run.output),
        )


@contextmanager
def shop() -> Iterator[tuple[WorkflowFixture, Counter[str]]]:
    """A fixture of stock reorders, and a count of what is asked of the store, by operation."""
    template = Template.read()
    requests: Counter[str] = Counter()
    with patch("tillflow.store.time.sleep"), local_dynamodb(template) as tables:
        tables.before.append(lambda operation, params: requests.update([operation]))
        fixture = WorkflowFixture(template, "StockReorder", LocalServices(template))
        create_workflow(fixture.engine, json.dumps(ORDERED), "PurchaseOrder")
        try:
            yield fixture, requests
        finally:
            fixture.close()


def _keep(levels: int, needing: int, suppliers: int) -> None:
    """So many SKUs, each with its level, its history and its policy; the first of them at their reorder point."""
    for location in LOCATIONS:
        StockOperations(client("dynamodb"), "InventoryTable").put_location(location)
    stock: list[dict[str, Any]] = []
    policies: list[dict[str, Any]] = []
    for number in range(levels):
        sku = f"SKU-{number:05}"
        pk, available = level_pk(LOCATION, sku), 10 if number < needing else 100
        counters: dict[str, Any] = {
            "on_hand": available,
            "available": available,
            "reserved": 0,
            "stock_value": 0,
        }
        place = {"location": LOCATION, "sku": sku}
        point: dict[str, Any] = {"reorder_point": 10, "reorder_part": inventory_rules.reorder_part(pk)}
        stock.append({"pk": pk, "sk": "LEVEL"} | place | counters | point)
        stock += [
            {"pk": pk, "sk": f"MOVE#ord-{sold}#sale", "quantity": -1, "cost": 0} | place
            for sold in range(MOVEMENTS)
        ]
        source = Source(supplier_id=f"sup-{number % suppliers}", unit_cost=1)
        policy = Policy(location=LOCATION, sku=sku, sources=(source,))
        policies.append(
            {"pk": f"POLICY#{LOCATION}#{sku}", "sk": "POLICY", "document": policy.model_dump_json()}
        )
    sources = [
        Supplier(supplier_id=f"sup-{number}", name="Supplier", currency="EUR", account="acct_ok")
        for number in range(suppliers)
    ]
    _write("PurchasingTable", [new_supplier_row(supplier) for supplier in sources])
    _write("InventoryTable", stock)
    _write("ReplenishmentTable", policies)


def _write(table: str, rows: list[dict[str, Any]]) -> None:
    for part in batched(rows, 25, strict=False):
        client("dynamodb").batch_write_item(
            RequestItems={table: [{"PutRequest": {"Item": marshal(row)}} for row in part]}
        )


def _children(fixture: WorkflowFixture, arn: str) -> Iterator[str]:
    for run in fixture.engine.list_map_runs(executionArn=arn)["mapRuns"]:
        page: dict[str, Any] = {"nextToken": None}
        while "nextToken" in page:
            token = {"nextToken": page["nextToken"]} if page["nextToken"] else {}
            page = fixture.engine.list_executions(mapRunArn=run["mapRunArn"], maxResults=1000, **token)
            yield from (child["executionArn"] for child in page["executions"])


def _states(fixture: WorkflowFixture, arn: str) -> int:
    return sum("stateEnteredEventDetails" in event for event in fixture.engine.result(arn).history)


if __name__ == "__main__":
    main()
