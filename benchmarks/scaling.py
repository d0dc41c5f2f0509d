"""Simulate the load from 1 to 10,000 orders a second, the isolation of sales from images, and hot rows.

    python -m benchmarks.scaling [--measure] [--plots docs/images]

Prints the tables of docs/scaling.md and writes its plots. --measure first runs a sale, a picture and batches of events
in this process and stores their use and the durations of their functions in durations.json: the CPU time of this
machine, and 5 ms for each request to another service.
"""

import argparse
import json
import warnings
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import cost, simulation
from benchmarks.simulation import DEMAND, LEVEL, SERIES, Backlog, Durations, Isolation, percentile
from benchmarks.svg import line_plot
from verification.proof.families import ORDERS
from verification.proof.prover import Prover, prover

HERE = Path(__file__).parent
MEASURED = HERE / "durations.json"
QUOTAS = HERE / "quotas.json"
RATES = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000)
HOT_RATES = (1, 2, 5, 10, 20, 30, 40, 50, 60, 80)
MEASUREMENTS = 20
BATCH = 10


def measure() -> dict[str, Any]:
    """Return what a sale of one line and a picture use, and the seconds of their functions, in their order."""
    with prover() as built:
        cost.measure_order(built, 1)  # imports the handlers
        runs = [cost.measure_order(built, 1)[0] for _ in range(MEASUREMENTS)]
        cost.measure_scenario(built, cost.OTHERS["picture"])
        picture = cost.measure_scenario(built, cost.OTHERS["picture"])
        consumers = measure_batches(built)
    names = list(runs[0].seconds)
    sale = {name: sum(run.seconds[name] for run in runs) / len(runs) for name in names}
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "sale": {name: round(seconds, 4) for name, seconds in sale.items()},
        "picture": {name: round(seconds, 4) for name, seconds in picture.seconds.items()},
        "consumers": {name: round(seconds, 4) for name, seconds in consumers.items()},
        "transitions": runs[0].transitions,
        "table_writes": runs[0].writes_by_table,
    }


def measure_batches(built: Prover) -> dict[str, float]:
    """Return the seconds in which each consumer of order events counts a batch of ten."""
    built.reset(ORDERS)
    batches = {name: _batch_of(name) for name in ("count_sales", "count_demand")}
    for consumer in ("CountSales", "CountDemand"):  # imports the handlers
        built.services.call_task(consumer, Records=[])
    with cost.metered(built) as usage:
        built.services.call_task("CountSales", Records=batches["count_sales"])
        built.services.call_task("CountDemand", Records=batches["count_demand"])
    return dict(usage.seconds)


def _batch_of(event: str) -> list[dict[str, Any]]:
    """Return ten copies of the record of a sample event, each of an order of its own."""
    [record] = json.loads((HERE.parent / "events" / f"{event}.json").read_text())["Records"]
    return [
        {**record, "messageId": str(n), "body": record["body"].replace("ord-1", f"ord-{n}")}
        for n in range(BATCH)
    ]


def use_of_an_order(measured: dict[str, Any]) -> dict[str, float]:
    """Return what an order takes of each quota. The till polls the order, as a rule once."""
    # The provider's own table is not part of a shop.
    writes = Counter({k: v for k, v in measured["table_writes"].items() if not k.startswith("Sandbox")})
    return {
        "transitions": measured["transitions"],
        "starts": 1,
        "concurrency": sum(measured["sale"].values()),
        "invocations": len(measured["sale"]),
        "table_writes": max(writes.values()),
        "events": 1,
        "api_requests": 1,
    }


def print_load(use: dict[str, float], quotas: list[dict[str, Any]]) -> None:
    print("## Load\n\n| orders a second | " + " | ".join(q["name"] for q in quotas) + " |")
    print("|---:" * (len(quotas) + 1) + "|")
    for rate in RATES:
        shares = (rate * use[q["use"]] / q["per_second"] for q in quotas)
        print(f"| {rate:,} | " + " | ".join(f"{share:.1%}" for share in shares) + " |")
    print("\n| quota | default | of an order | orders a second | to raise |\n|---|---:|---:|---:|---|")
    for q in sorted(quotas, key=lambda q: q["per_second"] / use[q["use"]]):
        most = q["per_second"] / use[q["use"]]
        print(
            f"| [{q['name']}]({q['source']}) | {q['per_second']:,} | {use[q['use']]:.3g} | {most:,.0f} | {q['raise']} |"
        )


def print_isolation(durations: Durations) -> None:
    print("\n## Isolation\n")
    print("| limit | uploads | orders refused | p50 | p99 | images | failed | all images after |")
    print("|---:|---|---:|---:|---:|---:|---:|---:|")
    for limit, maximum in ((10, 0), (10, None), (10, 2), (1_000, 0), (1_000, None), (1_000, 20)):
        how = {0: "started by the rule", None: "queue"}.get(maximum, f"queue, MaximumConcurrency {maximum}")
        outcome = simulation.simulate_isolation(Isolation(limit, maximum), durations)
        p50, p99 = (percentile(outcome.seconds, share) for share in (0.5, 0.99))
        print(
            f"| {limit:,} | {how} | {outcome.refused} of 600 | {p50:.2f} s | {p99:.2f} s | {outcome.images} "
            f"| {outcome.images_failed} | {outcome.images_done_after:.0f} s |"
        )


def print_backlog(durations: Durations, batch: float) -> None:
    print("\n## Backlog\n")
    print("| limit | queues | orders refused | p50 | p99 | all events after |")
    print("|---:|---|---:|---:|---:|---:|")
    for limit, maximum in ((10, None), (10, 2), (1_000, None), (1_000, 20)):
        how = f"MaximumConcurrency {maximum}" if maximum else "without a limit"
        outcome, emptied = simulation.simulate_backlog(Backlog(limit, maximum), durations, batch)
        p50, p99 = (percentile(outcome.seconds, share) for share in (0.5, 0.99))
        print(
            f"| {limit:,} | {how} | {outcome.refused} of 600 | {p50:.2f} s | {p99:.2f} s | {emptied:.0f} s |"
        )


def hot_rows() -> dict[str, list[tuple[float, float]]]:
    """Return p99 in seconds by orders a second of each hot row."""
    return {
        row.name: [
            (rate, percentile(simulation.simulate_hot_row(row, rate).seconds, 0.99)) for rate in HOT_RATES
        ]
        for row in (SERIES, LEVEL, DEMAND)
    }


def print_hot_rows(plotted: dict[str, list[tuple[float, float]]]) -> None:
    print("\n## Hot rows\n\n| row | " + " | ".join(f"{rate}/s" for rate in HOT_RATES) + " | ceiling |")
    print("|---|" + "---:|" * (len(HOT_RATES) + 1))
    for row in (SERIES, LEVEL, DEMAND):
        values = " | ".join(f"{seconds:.2f} s" for _, seconds in plotted[row.name])
        print(f"| {row.name} | {values} | {simulation.ceiling(row):.0f}/s |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--measure", action="store_true", help="Measure the durations of the functions first."
    )
    parser.add_argument("--plots", type=Path, help="Folder to write the plots to.")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.measure:
        MEASURED.write_text(json.dumps(measure(), indent=2) + "\n")
    measured, quotas = json.loads(MEASURED.read_text()), json.loads(QUOTAS.read_text())["quotas"]
    use = use_of_an_order(measured)
    print_load(use, quotas)
    durations = Durations(tuple(measured["sale"].values()), tuple(measured["picture"].values()))
    print_isolation(durations)
    print_backlog(durations, max(measured["consumers"].values()))
    plotted = hot_rows()
    print_hot_rows(plotted)
    if options.plots:
        load = {
            q["name"]: [(rate, 100 * rate * use[q["use"]] / q["per_second"]) for rate in RATES]
            for q in quotas
        }
        load_plot = line_plot("Share of each default quota", "orders a second", "%", load, limit=100)
        (options.plots / "scaling-load.svg").write_text(load_plot)
        hot = line_plot(
            "99 % of the writes of a hot row end within", "orders a second on the row", "s", plotted, limit=1
        )
        (options.plots / "scaling-hot-rows.svg").write_text(hot)


if __name__ == "__main__":
    main()
