"""Measure goodput against offered load: sales that start at a fixed rate, whether earlier ones have ended or not.

    python -m benchmarks.goodput [--seconds 20] [--rates 2 5 10 20 40]

Deploys the shop on a local AWS of its own and warms it. `goodput` is the number of sales that ended during the offer,
for each second of it; `p50` and `p95` are the times of all sales of the offer, to the end of the last one. Goodput is
constant when more is offered than the machine can do: work that cannot start waits.
"""

import argparse
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex

from rich.console import Console
from rich.table import Table

from benchmarks.checkout import WARMING, deployed, sell
from till import workflows
from till.demo.order_checkout import CASH, card, order
from till.services.orders import Orders
from till.shop import MUG, Shop
from till.stack import Stack

STARTERS = 8
LONGEST_SECONDS = 600.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--seconds", type=int, default=20, help="how long each rate is offered (default %(default)s)"
    )
    parser.add_argument(
        "--rates", type=float, nargs="+", default=[2, 5, 10, 20, 40], help="offered sales a second"
    )
    options = parser.parse_args()
    sales = sum(round(rate * options.seconds) for rate in options.rates)
    table = Table("offered a second", "goodput a second", "p50 s", "p95 s", "failed")
    with deployed() as (stack, _):
        Shop(stack).receive("benchmark", {MUG: 4 * WARMING + sales})
        sell(stack, 4 * WARMING, STARTERS)
        for rate in options.rates:
            table.add_row(f"{rate:g}", *offer(stack, rate, options.seconds))
    Console().print(table)


def offer(stack: Stack, rate: float, seconds: int) -> tuple[str, str, str, str]:
    """Start sales at a rate; return their goodput, percentiles of their times, and how many failed."""
    began = time.time()

    def start(number: int) -> str:
        time.sleep(max(0.0, began + number / rate - time.time()))
        order_id = f"bench-{token_hex(6)}"
        request = order({MUG: 1}, card("tok_visa", 500), CASH, order_id=order_id, placed_at=workflows.now())
        return Orders(stack).place(request).arn

    with ThreadPoolExecutor(STARTERS) as threads:
        arns = list(threads.map(start, range(round(rate * seconds))))
        time.sleep(max(0.0, began + seconds - time.time()))
        ended = list(threads.map(lambda arn: workflows.wait(stack, arn, LONGEST_SECONDS), arns))
    in_time = [sale for sale in ended if sale.stopped and sale.stopped.timestamp() <= began + seconds]
    times = sorted((sale.stopped - sale.started).total_seconds() for sale in ended if sale.stopped)
    return (
        f"{sum(sale.status == 'SUCCEEDED' for sale in in_time) / seconds:.1f}",
        f"{statistics.median(times):.2f}",
        f"{times[int(len(times) * 0.95)]:.2f}",
        str(sum(sale.status != "SUCCEEDED" for sale in ended)),
    )


if __name__ == "__main__":
    main()
