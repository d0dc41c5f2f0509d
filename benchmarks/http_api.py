"""Measure the HTTP API on a local AWS of its own: reads, a sale beside a plain saga, and many clients at once.

    python -m benchmarks.http_api [--rounds 100] [--sales 50] [--clients 200]

read     a GET through the gateway on a connection that stays open, warm, one at a time
sale     from the request of a sale until its response says PAID: a card and cash, by OrderCheckout
saga     as many steps as the sale has tasks, each a function of its own that writes a row and does nothing else, in a
         workflow that is started and polled as the API does it: what a saga costs before it does any work
crowd    clients that start at the same moment, each with a connection of its own: two reads and a sale. Every response
         is a success or a 429 with Retry-After; another one ends the benchmark with 1

Milliseconds, beside the goal of the median.
"""

import argparse
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from secrets import token_hex
from typing import Any

import urllib3
from rich.console import Console
from rich.table import Table

from benchmarks.checkout import deployed
from benchmarks.plain_saga import PlainSaga
from till import workflows
from till.demo.order_checkout import CASH, card, order
from till.services.executions import Executions
from till.shop import MUG, Shop
from till.stack import Stack
from till.users import DEMO_PASSWORD, api_url, users

WARMING = 10
READ_GOAL_MS = 15.0
SALE_GOAL_MS = 400.0
TIMEOUT_SECONDS = 120.0
READS = (
    "/products?limit=20",
    "/customers?limit=20",
    "/orders?limit=20",
    "/orders/{order_id}",
    "/invoices?limit=20",
    "/stock?limit=20",
    "/suppliers?limit=20",
    "/purchase-orders?limit=20",
    "/executions?limit=20",
)


@dataclass(frozen=True)
class Client:
    """A client of the API with a connection of its own that stays open."""

    url: str
    token: str
    pool: urllib3.PoolManager = field(default_factory=urllib3.PoolManager)

    def send(self, method: str, path: str, body: Any = None) -> urllib3.BaseHTTPResponse:
        """Return the response to a request of a path below /api."""
        return self.pool.request(
            method,
            f"{self.url}/api{path}",
            json=body,
            headers={"authorization": f"Bearer {self.token}"},
            timeout=TIMEOUT_SECONDS,
            retries=False,
        )


@dataclass
class Crowd:
    """What clients at once got: their responses by status, the refusals without Retry-After, and the milliseconds."""

    statuses: Counter[int] = field(default_factory=Counter)
    without_retry_after: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)

    @property
    def faults(self) -> int:
        """Responses that are neither a success nor a refusal that says when to come again."""
        others = sum(count for status, count in self.statuses.items() if status >= 300 and status != 429)
        return others + self.without_retry_after

    def add(self, response: urllib3.BaseHTTPResponse, milliseconds: float) -> None:
        self.statuses[response.status] += 1
        self.milliseconds.append(milliseconds)
        if response.status == 429 and not response.headers.get("retry-after", "").isdigit():
            self.without_retry_after += 1
        if response.status >= 300:
            self.failures[f"{response.status} {response.data[:200].decode(errors='replace')}"] += 1


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=100, help="requests of each read (default %(default)s)")
    parser.add_argument("--sales", type=int, default=50, help="sales, and sagas (default %(default)s)")
    parser.add_argument("--clients", type=int, default=200, help="clients at once (default %(default)s)")
    options = parser.parse_args()
    with deployed() as (stack, _):
        Shop(stack).receive("benchmark", {MUG: 2 * WARMING + options.sales + options.clients + 1})
        client = sign_in(stack, "operator")
        sell(client, WARMING)
        order_id, sales = sell(client, options.sales)
        reads = {path: read(client, path.format(order_id=order_id), options.rounds) for path in READS}
        steps = tasks_of_a_sale(stack, order_id)
        with PlainSaga(stack, steps) as saga:
            saga.run(WARMING)
            sagas = saga.run(options.sales)
        crowd = send_at_once(stack, options.clients)
    show({"sale": sales, f"saga of {steps} steps": sagas}, reads)
    show_crowd(crowd, options.clients)
    sys.exit(1 if crowd.faults else 0)


def sign_in(stack: Stack, user: str) -> Client:
    """Return a client with the access token of a user of the demo shop."""
    return Client(api_url(stack), users(stack).sign_in(user, DEMO_PASSWORD))


def read(client: Client, path: str, rounds: int) -> list[float]:
    """Return the milliseconds of each of so many requests of a path, warm."""

    def get() -> None:
        response = client.send("GET", path)
        if response.status != 200:
            raise SystemExit(f"GET {path} returned {response.status}: {response.data[:300]!r}")

    for _ in range(WARMING):
        get()
    return [_milliseconds(get)[1] for _ in range(rounds)]


def sell(client: Client, sales: int) -> tuple[str, list[float]]:
    """Return the id of the last of so many sales, and the milliseconds of each."""
    order_id, taken = "", []
    for _ in range(sales):
        request = a_sale()
        order_id = request["order_id"]
        response, milliseconds = _milliseconds(partial(client.send, "POST", "/orders?wait=20", request))
        if response.status != 201 or response.json()["status"] != "PAID":
            raise SystemExit(f"{order_id} was not sold: {response.status} {response.data[:300]!r}")
        taken.append(milliseconds)
    return order_id, taken


def a_sale() -> dict[str, Any]:
    return order(
        {MUG: 1}, card("tok_visa", 500), CASH, order_id=f"bench-{token_hex(6)}", placed_at=workflows.now()
    )


def tasks_of_a_sale(stack: Stack, order_id: str) -> int:
    """Return the number of tasks of an order's checkout."""
    executions = Executions(stack)
    (arn,) = executions.find(order_id)
    return sum(event["type"] == "TaskScheduled" for event in executions.load(arn).events)


def send_at_once(stack: Stack, clients: int) -> Crowd:
    """Let clients that are signed in and connected start at the same moment; return what they got."""
    crowd, lock, together = Crowd(), threading.Lock(), threading.Barrier(clients)
    first = sign_in(stack, "cashier")

    def shop(_: int) -> None:
        client = Client(first.url, first.token)
        client.send("GET", "")
        together.wait(TIMEOUT_SECONDS)
        for method, path, body in (
            ("GET", "/products?limit=20", None),
            ("POST", "/orders?wait=20", a_sale()),
            ("GET", "/orders?limit=20", None),
        ):
            response, milliseconds = _milliseconds(partial(client.send, method, path, body))
            with lock:
                crowd.add(response, milliseconds)

    with ThreadPoolExecutor(clients) as threads:
        list(threads.map(shop, range(clients)))
    return crowd


def _milliseconds[T](call: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    returned = call()
    return returned, (time.perf_counter() - began) * 1000


def percentile(values: Sequence[float], percent: int) -> float:
    return sorted(values)[min(len(values) * percent // 100, len(values) - 1)]


def show(sales: dict[str, list[float]], reads: dict[str, list[float]]) -> None:
    table = Table("", title="The HTTP API, milliseconds")
    for column in ("p50", "p99", "goal of p50"):
        table.add_column(column, justify="right")
    for path, taken in reads.items():
        table.add_row(*_row(f"GET {path.partition('?')[0]}", taken, READ_GOAL_MS))
    table.add_section()
    for name, taken in sales.items():
        table.add_row(*_row(name, taken, SALE_GOAL_MS if name == "sale" else None))
    Console().print(table)


def _row(name: str, taken: list[float], goal: float | None) -> tuple[str, ...]:
    p99 = percentile(taken, 99)
    return name, f"{statistics.median(taken):.1f}", f"{p99:.1f}", "" if goal is None else f"{goal:g}"


def show_crowd(crowd: Crowd, clients: int) -> None:
    counts = ", ".join(f"{count} x {status}" for status, count in sorted(crowd.statuses.items()))
    p50, p99 = statistics.median(crowd.milliseconds), percentile(crowd.milliseconds, 99)
    Console().print(f"{clients} clients at once: {counts}; p50 {p50:,.0f} ms, p99 {p99:,.0f} ms")
    if crowd.faults:
        Console().print(f"{crowd.faults} responses are neither a success nor a 429 with Retry-After")
        for failure, count in crowd.failures.most_common(5):
            Console().print(f"{count} x {failure}", markup=False)


if __name__ == "__main__":
    main()
