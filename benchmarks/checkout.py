"""Measure a sale on the local AWS: its latency, the time by component, and the throughput.

    python -m benchmarks.checkout [--sales 100] [--at-once 8]

Deploys the shop on a local AWS of its own and warms it. `sale` is the time from an execution's start to its end in its
history, of sequential sales; below it, the components of that time:

handlers   the code of the seven functions including DynamoDB calls, from their REPORT lines
lambda     the rest of the time in the tasks that call them: the Lambda API, its roles, the process
services   the tasks that call a service directly: the order's rows and its event
engine     between tasks: the engine's own work and its commits

`sales a second` is a burst, from the first start to the last end. The last table is the CPU time of a sale of each by
process: the stack with the engine, the handlers, and the benchmark, which polls each sale and reads its history.
"""

import argparse
import json
import re
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

from local_aws import StateFolder, client_environment, supervisor
from rich.console import Console
from rich.table import Table
from tillflow.histories import Event

from benchmarks.processes import CpuSeconds, cpu_seconds
from till import workflows
from till.build import Build
from till.demo.order_checkout import CASH, card, order
from till.deploy import Deployer
from till.local_stack import LAMBDA_PYTHON
from till.services.executions import Executions
from till.services.orders import Orders
from till.shop import MUG, Shop
from till.stack import Stack, find_stack

WARMING = 10
_DURATION = re.compile(r"^REPORT RequestId: \S+\tDuration: ([\d.]+) ms")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sales", type=int, default=100, help="how many of each kind (default %(default)s)")
    parser.add_argument("--at-once", type=int, default=8, help="tills of the burst (default %(default)s)")
    options = parser.parse_args()
    with deployed() as (stack, process):
        Shop(stack).receive("benchmark", {MUG: WARMING + 2 * options.sales})
        sell(stack, WARMING, 1)
        before = cpu_seconds(process)
        alone = sell(stack, options.sales, 1)
        between = cpu_seconds(process)
        handlers = sum(
            statistics.mean(durations(stack, function)[-options.sales :]) for function in called(alone[0])
        )
        after_reading = cpu_seconds(process)
        burst = sell(stack, options.sales, options.at_once)
        after = cpu_seconds(process)
    show(alone, handlers, burst, options.at_once)
    show_cpu({"one at a time": between - before, "burst": after - after_reading}, options.sales)


@contextmanager
def deployed() -> Iterator[tuple[Stack, int]]:
    """Yield a stack with the shop, and its process."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = StateFolder(Path(scratch) / "state")
        running = supervisor.start(folder, free_port(), lambda_python=LAMBDA_PYTHON, with_parent=True)
        try:
            with Build(folder.path) as build:
                Deployer(folder.path, running).deploy(build)
            environment = client_environment(running)
            subprocess.run([sys.executable, "-m", "till.main", "seed"], env=environment, check=True)
            stack = find_stack(environment)
            stack.session.set_credentials(
                environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
            )
            yield stack, running.pid
        finally:
            supervisor.stop(folder)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def sell(stack: Stack, sales: int, tills: int) -> list[list[Event]]:
    """The histories of so many sales, `tills` of them at once."""

    def one(_: int) -> str:
        order_id = f"bench-{token_hex(6)}"
        request = order({MUG: 1}, card("tok_visa", 500), CASH, order_id=order_id, placed_at=workflows.now())
        arn = Orders(stack).place(request).arn
        if workflows.wait(stack, arn).status != "SUCCEEDED":
            raise SystemExit(f"{order_id} was not sold: till history {order_id}")
        return arn

    with ThreadPoolExecutor(tills) as threads:
        return [list(Executions(stack).load(arn).events) for arn in list(threads.map(one, range(sales)))]


def called(history: list[Event]) -> set[str]:
    """Return the names of the functions that the tasks of a sale call, by alias or not."""
    tasks = [event["taskScheduledEventDetails"] for event in history if "taskScheduledEventDetails" in event]
    return {
        json.loads(task["parameters"])["FunctionName"].split(":")[6]
        for task in tasks
        if task["resourceType"] == "lambda"
    }


def durations(stack: Stack, function: str) -> list[float]:
    """Return the milliseconds of each invocation of a function, oldest first."""
    settings = stack.client("lambda").get_function_configuration(FunctionName=function)
    pages = (
        stack.client("logs")
        .get_paginator("filter_log_events")
        .paginate(logGroupName=settings["LoggingConfig"]["LogGroup"], filterPattern="REPORT")
    )
    lines = [
        event["message"]
        for page in pages
        for event in page["events"]
        if f"/{function}[" in event["logStreamName"]
    ]
    return [float(match[1]) for line in lines if (match := _DURATION.match(line))]


def spans(history: list[Event]) -> dict[str, float]:
    """Milliseconds of a sale: the whole, and in its tasks by what they call."""
    scheduled: dict[int, tuple[str, Any]] = {}
    parts = {"whole": _ms(history[0], history[-1]), "lambda": 0.0, "service": 0.0}
    for event in history:
        if "taskScheduledEventDetails" in event:
            kind = event["taskScheduledEventDetails"]["resourceType"]
            scheduled[event["id"]] = ("lambda" if kind == "lambda" else "service", event)
        elif event["previousEventId"] in scheduled:
            kind, since = scheduled.pop(event["previousEventId"])
            if "taskSucceededEventDetails" in event:
                parts[kind] += _ms(since, event)
            else:
                scheduled[event["id"]] = (kind, since)
    return parts


def _ms(since: Event, until: Event) -> float:
    took: float = (until["timestamp"] - since["timestamp"]).total_seconds() * 1000
    return took


def show(alone: list[list[Event]], handlers: float, burst: list[list[Event]], tills: int) -> None:
    parts = [spans(history) for history in alone]
    whole = sorted(each["whole"] for each in parts)
    mean = {name: statistics.mean(each[name] for each in parts) for name in ("whole", "lambda", "service")}
    table = Table("", "ms", "of a sale")
    table.add_row("sale, median", f"{statistics.median(whole):.1f}", "")
    table.add_row("sale, 95 %", f"{whole[int(len(whole) * 0.95)]:.1f}", "")
    table.add_row("sale, mean", f"{mean['whole']:.1f}", "100 %", end_section=True)
    for name, value in (
        ("handlers", handlers),
        ("lambda", mean["lambda"] - handlers),
        ("services", mean["service"]),
        ("engine", mean["whole"] - mean["lambda"] - mean["service"]),
    ):
        table.add_row(name, f"{value:.1f}", f"{value / mean['whole']:.0%}")
    Console().print(table)
    first = min(history[0]["timestamp"] for history in burst)
    last = max(history[-1]["timestamp"] for history in burst)
    rate = len(burst) / (last - first).total_seconds()
    Console().print(f"{rate:.1f} sales a second, {tills} tills at once")


def show_cpu(phases: dict[str, CpuSeconds], sales: int) -> None:
    table = Table("CPU, ms a sale", "stack", "handlers", "clients")
    for name, cpu in phases.items():
        table.add_row(
            name, *(f"{1000 * value / sales:.1f}" for value in (cpu.stack, cpu.handlers, cpu.clients))
        )
    Console().print(table)


if __name__ == "__main__":
    main()
