"""The stock reorder's scenarios: a sale takes a level to its reorder point, and the need is ordered once."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from secrets import token_hex

from purchasing.supplier_models import Price, Supplier, Terms
from tillflow.store import marshal, unmarshal

from till import workflows
from till.demo.model import Outcome, Report, run_scenarios
from till.demo.order_checkout import CASH, audited, order
from till.demo.purchase_order import Play
from till.output import money
from till.services.inventory import Stock
from till.services.purchasing import Purchases, Suppliers
from till.services.replenishment import Reorders
from till.shop import LOCATION, Shop, good
from till.stack import Stack

PATIENCE = 60
POINT = 10
PACK = 12

type Trigger = Callable[[Stack, str, str], str]
"""Take a SKU to its reorder point, under a name; return the execution to follow."""

type Ending = Callable[[Stack, str, str], str]
"""Return the outcome of a SKU's order, under a name."""


@dataclass(frozen=True)
class Scenario:
    title: str
    unit_cost: int
    trigger: Trigger
    expected: str
    ending: Ending


def _sale(stack: Stack, sku: str, name: str) -> str:
    request = {**order({sku: 2}, CASH), "order_id": name, "placed_at": workflows.now()}
    started = workflows.start(stack, "OrderCheckout", name, request)
    workflows.wait(stack, started.arn)
    return started.arn


def _sales_and_a_run(stack: Stack, sku: str, name: str) -> str:
    with ThreadPoolExecutor(4) as pool:
        sales = [pool.submit(_sale, stack, sku, f"{name}-{number}") for number in range(3)]
        run = pool.submit(workflows.start, stack, "StockReorder", name, {"segments": 4})
        first, *_ = [sale.result() for sale in sales]
        run.result()  # the run does not end while any of its orders waits for an approval
    return first


def _shelve(stack: Stack, sku: str, name: str, cost: int) -> None:
    """Create a product stocked one unit above its reorder point, and its supplier."""
    product = good(sku, f"Demo product {name}", cost * 2, cost, category="demo")
    shop = Shop(stack)
    shop.add_products([product])
    shop.receive(name, {sku: POINT + 1}, [product])
    supplier = Supplier(
        supplier_id=f"sup-{name}",
        name=f"Supplier of {name}",
        currency="EUR",
        account="acct_ok",
        terms=Terms(days=0),
    )
    Suppliers(stack).create(supplier, [Price(sku=sku, unit_cost=cost)])
    source = {"supplier_id": supplier.supplier_id, "pack_size": PACK}
    Reorders(stack).create({"location": LOCATION, "sku": sku, "sources": [source]}, POINT)


def _bought(stack: Stack, sku: str, name: str) -> str:
    """Return the outcome of an order that is acknowledged, received in two parts, billed, matched and paid."""
    summary = _ordered(stack, sku, name)
    (order_id,) = _orders(stack, sku)
    play = Play(stack, Purchases(stack), order_id)
    play.acknowledge(f"sup-{name}")
    for number, units in enumerate((5, 7), 1):
        play.receive(number, {sku: units})
    play.bill({sku: 400}, {sku: 12})
    order = play.until(lambda order: order.status == "CLOSED")
    received = sum(line.accepted for line in order.lines)
    paid = money(order.payment.amount if order.payment else 0, order.currency)
    parts = f"{received} received in {len(order.receipts)} parts"
    return f"{summary}; {parts}, {paid} paid, {order.status}"


def _ordered(stack: Stack, sku: str, name: str) -> str:
    """Return what is on order of a SKU, once something is."""
    deadline = time.monotonic() + PATIENCE
    while not (units := _on_order(stack, sku)):
        if time.monotonic() > deadline:
            return "nothing on order"
        time.sleep(workflows.POLL_SECONDS)
    orders = _orders(stack, sku)
    summary = f"{units} on order, by {len(orders)} order" + ("s" if len(orders) > 1 else "")
    return summary + (", waits for a manager" if _waits(stack, orders, deadline) else "")


def _on_order(stack: Stack, sku: str) -> int:
    level = Stock(stack).level(LOCATION, sku)
    return level.on_order if level else 0


def _orders(stack: Stack, sku: str) -> list[str]:
    pages = (
        stack.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=stack.output("InventoryTable"),
            FilterExpression="sk = :row",
            ExpressionAttributeValues=marshal({":row": f"ONORDER#{LOCATION}#{sku}"}),
            ConsistentRead=True,
        )
    )
    return [unmarshal(row)["business_id"] for page in pages for row in page["Items"]]


def _waits(stack: Stack, orders: list[str], deadline: float) -> bool:
    """Return True if an order waits for its approval, False once its purchase order exists."""
    operations = Reorders(stack)
    while time.monotonic() < deadline:
        if {one.purchase_order_id for one in operations.pending_approvals(100).rows} & set(orders):
            return True
        if all(stack.row("PurchasingTable", f"PO#{name}", "PURCHASE") for name in orders):
            return False
        time.sleep(workflows.POLL_SECONDS)
    return False


SCENARIOS = (
    Scenario("a sale reaches the reorder point", 400, _sale, "12 on order, by 1 order", _ordered),
    Scenario("three sales and a run at once", 400, _sales_and_a_run, "12 on order, by 1 order", _ordered),
    Scenario(
        "an order above the limit", 20_000, _sale, "12 on order, by 1 order, waits for a manager", _ordered
    ),
    Scenario(
        "from the sale to the payment",
        400,
        _sale,
        "12 on order, by 1 order; 12 received in 2 parts, 48.00 EUR paid, CLOSED",
        _bought,
    ),
)


class StockReorderDemo:
    """The scenarios, run concurrently, each on a product and a supplier of its own."""

    name = "stock_reorder"
    title = "Stock reorder"
    scenarios = len(SCENARIOS)

    def run(self, stack: Stack, ended: Report) -> list[Outcome]:
        run_id = f"demo-{token_hex(3)}"

        def one(number: int, scenario: Scenario) -> Outcome:
            name = f"{run_id}-r{number:02}"
            sku = f"DEMO-{name}"
            _shelve(stack, sku, name, scenario.unit_cost)
            arn = scenario.trigger(stack, sku, name)
            return Outcome(
                scenario.title, name, arn, scenario.expected, scenario.ending(stack, sku, name), []
            )

        return audited(stack, run_scenarios(SCENARIOS, one, ended, threads=len(SCENARIOS)))
