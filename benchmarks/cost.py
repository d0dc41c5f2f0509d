"""Print what a business process costs on AWS at list prices, computed from a run of the shipped workflows.

    python -m benchmarks.cost [--lines 1 10 150 450] [--writes]

Runs each process in this process, with the shipped definitions and handlers: an order with this many lines, its
cancel and its return, a purchase order, a picture. Counts state transitions, function invocations, requests,
DynamoDB's write and read units by the sizes of the items, S3 requests and events. Prices and their date are in
till/prices.json.

The duration of a function is its own time here plus 5 ms for each request that it makes, which takes no time here.
What events start later (demand, shipping, reorders) is not included. --writes lists what an order writes, by table and
row, in place of the other processes.
"""

import argparse
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from catalog.store import CatalogStore
from inventory.models import ReceiptLine
from inventory.store import InventoryStore
from tillflow.aws import client

from till.demo.order_checkout import card, order
from till.prices import PRICES
from till.shop import CURRENCY, GOODS, LOCATION
from verification.harness.capacity import CapacityMeter, Written
from verification.harness.faults import FaultSchedule
from verification.harness.fixture import WorkflowFixture, seed_stock
from verification.harness.template import FUNCTION, SAM_FUNCTION
from verification.proof.case import Case
from verification.proof.families import ORDERS, SCENARIOS
from verification.proof.families.orders import CANCEL, CHECKOUT, RETURN, cancel, placed
from verification.proof.prover import Prover, prover

REQUEST_SECONDS = 0.005
DEFAULT_MEMORY_MB = 512
OTHERS = {
    "purchase order": "PurchaseOrder/received in two parts, billed, matched, paid",
    "picture": "ImageIngest/a shown picture is replaced",
}
S3_WRITES = frozenset({"PutObject", "CopyObject", "ListObjectsV2"})
S3_READS = frozenset({"GetObject", "HeadObject"})
ROW = "{:24} {:>11} {:>9} {:>8} {:>7} {:>7} {:>6} {:>9} {:>12}"
WRITES = "{:22} {:28} {:>6} {:>13} {:>6} {:>8}"
HEADINGS = ("process", "transitions", "functions", "requests", "WRU", "RRU", "S3", "GB-s", "USD/1,000")


@dataclass
class Usage:
    """What one process used. `s3` counts requests by operation; `seconds` are those of each function."""

    transitions: int = 0
    invocations: int = 0
    requests: int = 0
    reads: float = 0
    events: int = 0
    gb_seconds: float = 0
    s3: Counter[str] = field(default_factory=Counter)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    written: list[Written] = field(default_factory=list)
    writes: int = 0
    writes_by_table: Counter[str] = field(default_factory=Counter)

    @property
    def dollars(self) -> float:
        """The price of one process."""
        prices: dict[str, float] = PRICES["per_million"]
        return (
            self.transitions * prices["state_transition"]
            + self.invocations * prices["lambda_request"]
            + self.gb_seconds * prices["lambda_gb_second"]
            + self.writes * prices["dynamodb_write_unit"]
            + self.reads * prices["dynamodb_read_unit"]
            + self.events * prices["event"]
            + sum(count for name, count in self.s3.items() if name in S3_WRITES) * prices["s3_write"]
            + sum(count for name, count in self.s3.items() if name in S3_READS) * prices["s3_read"]
        ) / 1e6


@contextmanager
def metered(built: Prover) -> Iterator[Usage]:
    """Measure everything that runs inside, except transitions."""
    usage, meter = Usage(), CapacityMeter(built.tables)
    handle, events = built.services.handle, len(built.services.events)
    properties = built.template.of_type(SAM_FUNCTION, FUNCTION)

    def count_s3(operation: str, params: dict[str, Any]) -> None:
        if operation in S3_WRITES | S3_READS and "Bucket" in params:
            usage.s3[operation] += 1

    def timed(name: str, event: Any, alias: str = "") -> dict[str, Any]:
        requests, started = meter.requests + usage.s3.total(), time.thread_time()
        response = handle(name, event, alias)
        made = meter.requests + usage.s3.total() - requests
        seconds = time.thread_time() - started + made * REQUEST_SECONDS
        usage.seconds[name] += seconds
        usage.gb_seconds += seconds * properties[name].get("MemorySize", DEFAULT_MEMORY_MB) / 1024
        usage.invocations += 1
        return response

    built.services.handle = timed  # type: ignore[method-assign]
    built.tables.before.append(count_s3)
    meter.start()
    try:
        yield usage
    finally:
        meter.stop()
        built.tables.before.remove(count_s3)
        built.services.handle = handle  # type: ignore[method-assign]
        usage.requests, usage.writes, usage.reads = meter.requests, meter.writes, meter.reads
        usage.written, usage.writes_by_table = meter.written, meter.writes_by_table
        usage.events = len(built.services.events) - events


def measure_order(built: Prover, lines: int) -> tuple[Usage, Usage, Usage]:
    """Return the usage of a paid order with this many lines, of its cancel, and of the return of all of another."""
    built.reset(ORDERS)
    fixture = built.build_fixture(ORDERS)
    try:
        skus = stock_products(lines)
        request = placed(order(dict.fromkeys(skus, 2), card("tok_visa")), "ord-cost")
        sold = run_workflow(built, fixture, request, CHECKOUT)
        cancelled = run_workflow(built, fixture, cancel("ord-cost"), CANCEL)
        run_workflow(built, fixture, request | {"order_id": "ord-other"}, CHECKOUT)
        return sold, cancelled, run_workflow(built, fixture, return_of("ord-other", skus), RETURN)
    finally:
        fixture.close()


def return_of(order_id: str, skus: list[str]) -> dict[str, Any]:
    """Return the request to return all units of an order."""
    lines = [{"line_no": number, "sku": sku, "quantity": 2} for number, sku in enumerate(skus, start=1)]
    return {"return_id": "ret-cost", "order_id": order_id, "currency": CURRENCY, "lines": lines}


def run_workflow(built: Prover, fixture: WorkflowFixture, request: Any, workflow: str) -> Usage:
    fixture.schedule = FaultSchedule()
    with metered(built) as usage:
        run = fixture.run_until_settled(fixture.start(request, workflow))
    assert run.status == "SUCCEEDED", f"{workflow}: {run.error}: {run.cause}"
    usage.transitions = run.transitions
    return usage


def stock_products(count: int) -> list[str]:
    """Put this many products into the catalog and in stock; return their SKUs."""
    seed_stock({}, "cost")
    catalog = CatalogStore(client("dynamodb"), "CatalogTable")
    product = GOODS[-1].product
    skus = [f"COST-{number:03}" for number in range(count)]
    for sku in skus:
        catalog.put_product(product.model_copy(update={"sku": sku, "name": "Postcard", "barcode": None}))
    inventory = InventoryStore(client("dynamodb"), "InventoryTable")
    for start in range(0, count, 40):
        lines = [ReceiptLine(sku=sku, quantity=10, cost=5000) for sku in skus[start : start + 40]]
        inventory.receive(f"cost-{start}", LOCATION, lines, CURRENCY)
    return skus


def measure_scenario(built: Prover, name: str) -> Usage:
    """Return the usage of a scenario of the proof, with the requests of other functions."""
    scenario = SCENARIOS[name]
    business_id = built.reset(scenario.family)
    fixture = built.build_fixture(scenario.family)
    try:
        run = built.case_run(Case(scenario), fixture, business_id)
        with metered(built) as usage:
            run.start()
            built.run_to_end(run)
        assert not run.outcome.violations, run.outcome.violations
        usage.transitions = sum(fixture.run_until_settled(arn).transitions for arn in run.arns)
        return usage
    finally:
        fixture.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--lines", type=int, nargs="+", default=[1, 10, 150, 450], help="Lines of the orders."
    )
    parser.add_argument("--writes", action="store_true", help="List what the orders write.")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.writes:
        with prover() as built:
            for lines in options.lines:
                print_writes(lines, measure_order(built, lines)[0])
        return
    print(ROW.format(*HEADINGS))
    with prover() as built:
        measure_order(built, 1)  # imports the handlers
        for lines in options.lines:
            sold, cancelled, returned = measure_order(built, lines)
            print_row(f"order, {lines} lines", sold)
            print_row("  its cancel", cancelled)
            print_row("  its return", returned)
        for title, name in OTHERS.items():
            print_row(title, measure_scenario(built, name))
    print(f"\nList prices of {PRICES['date']} in {PRICES['region']}: till/prices.json.")


def print_writes(lines: int, usage: Usage) -> None:
    """Print the writes of each kind of row, in the order of the first."""
    print(f"\nAn order of {lines} lines: {usage.writes} write units")
    print(WRITES.format("table", "row", "writes", "bytes", "item", "indexes"))
    kinds: dict[tuple[str, str, str], list[Written]] = {}
    for write in usage.written:
        kinds.setdefault((write.table, write.row, "tx" if write.transactional else ""), []).append(write)
    for (table, row, transaction), writes in kinds.items():
        units, indexes = sum(write.units for write in writes), sum(write.index_units for write in writes)
        sizes = sorted(write.size for write in writes)
        size = f"{sizes[0]}-{sizes[-1]}" if sizes[0] != sizes[-1] else f"{sizes[0]}"
        print(WRITES.format(table, f"{row} {transaction}", len(writes), size, units, indexes))


def print_row(title: str, usage: Usage) -> None:
    numbers = (usage.transitions, usage.invocations, usage.requests, usage.writes, f"{usage.reads:.1f}")
    print(
        ROW.format(
            title, *numbers, usage.s3.total(), f"{usage.gb_seconds:.3f}", f"{usage.dollars * 1000:.3f}"
        )
    )


if __name__ == "__main__":
    main()
