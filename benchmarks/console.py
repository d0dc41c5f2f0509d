"""Measure the console in a headless browser, on a local AWS of its own.

    python -m benchmarks.console [--rounds 10]

scan         from Enter to the painted line of a scanned product, with 20,000 products in the till
till         from the start of the navigation to a till that takes a scan, with an empty cache of the browser
inspector    from setting the data of an execution of 1,000 events to its painted graph

Prints the median and the best of the rounds beside the goal.
"""

import argparse
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import BrowserContext
from rich.console import Console as Terminal
from rich.table import Table

from benchmarks.checkout import deployed
from tests.support.browser import chromium
from tests.support.console import MEASURE_SCAN, PATIENCE_MS, serve_products
from till.stack import Stack
from till.users import DEMO_PASSWORD, api_url

GOALS = {"scan": 50, "till": 1_000, "inspector": 300}
PRODUCTS = 20_000
EVENTS = 1_000

# Sets window.ready to the time since the navigation began at which the till takes a scan.
_WATCH = """new MutationObserver((_, observer) => {
  const box = document.querySelector("[role=combobox]");
  if (box === null || box !== document.activeElement) return;
  window.ready ??= performance.now();
  observer.disconnect();
}).observe(document, { childList: true, subtree: true });"""
# Returns the milliseconds until the graph of an execution is painted.
_INSPECT = """async (data) => {
  await customElements.whenDefined("execution-inspector");
  const inspector = document.createElement("execution-inspector");
  inspector.style.cssText = "display: block; height: 640px";
  const start = performance.now();
  document.body.append(inspector);
  inspector.data = data;
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const taken = performance.now() - start;
  inspector.remove();
  return taken;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--rounds", type=int, default=10, help="how often each is measured (default %(default)s)"
    )
    rounds = parser.parse_args().rounds
    with deployed() as (stack, _), chromium() as browser:
        till = Till(stack, browser)
        show({"scan": till.scans(rounds), "till": till.starts(rounds), "inspector": till.inspections(rounds)})


class Till:
    """The console of a stack, opened by the operator of the demo shop."""

    def __init__(self, stack: Stack, browser: Any) -> None:
        self._url = f"{api_url(stack)}/"
        self._browser = browser

    def scans(self, rounds: int) -> list[float]:
        with self._context() as context:
            serve_products(context, PRODUCTS)
            tab = self._open(context)
            tab.get_by_text(f"{PRODUCTS} products, prices of").wait_for()
            tab.locator("input[role=combobox]").focus()
            return [self._scan(tab, number) for number in random.Random(1).sample(range(PRODUCTS), rounds)]  # noqa: S311 - which products are scanned

    def starts(self, rounds: int) -> list[float]:
        return [self._start() for _ in range(rounds)]

    def inspections(self, rounds: int) -> list[float]:
        with self._context() as context:
            tab = self._open(context, "executions")
            data = execution(EVENTS)
            return [float(tab.evaluate(_INSPECT, data)) for _ in range(rounds)]

    def _scan(self, tab: Any, number: int) -> float:
        sku = f"SKU-{number:05}"
        tab.evaluate(MEASURE_SCAN, sku)
        tab.keyboard.insert_text(sku)
        tab.keyboard.press("Enter")
        return float(tab.evaluate("window.shown"))

    def _start(self) -> float:
        """Sign in, and measure the page that the sign-in returns to."""
        with self._context() as context:
            context.add_init_script(_WATCH)
            tab = self._open(context, clear_cache=True)
            tab.wait_for_function("window.ready !== undefined")
            return float(tab.evaluate("window.ready"))

    @contextmanager
    def _context(self) -> Iterator[BrowserContext]:
        # The service worker would serve the page that is measured from its own cache.
        context: BrowserContext = self._browser.new_context(locale="en-GB", service_workers="block")
        context.set_default_timeout(PATIENCE_MS)
        yield context
        context.close()

    def _open(self, context: BrowserContext, page: str = "till", *, clear_cache: bool = False) -> Any:
        tab = context.new_page()
        tab.goto(f"{self._url}#/{page}")
        tab.get_by_role("button", name="Sign in").click()
        tab.fill("#username", "operator")
        tab.fill("#password", DEMO_PASSWORD)
        if clear_cache:
            context.new_cdp_session(tab).send("Network.clearBrowserCache")
        tab.get_by_role("button", name="Sign in").click()
        tab.wait_for_selector(".shell")
        return tab


def execution(count: int) -> dict[str, Any]:
    """Return an execution of so many events: a task that a choice repeats."""
    events: list[dict[str, Any]] = []
    began = time.time() - count

    def add(kind: str, **details: Any) -> None:
        number = len(events) + 1
        event = {"id": number, "previousEventId": number - 1, "timestamp": began + number, "type": kind}
        events.append(event | details)

    def visit(kind: str, name: str, *between: str) -> None:
        add(f"{kind}StateEntered", stateEnteredEventDetails={"name": name, "input": '{"sku": "MUG"}'})
        for event in between:
            add(event)
        add(f"{kind}StateExited", stateExitedEventDetails={"name": name, "output": '{"sku": "MUG"}'})

    add("ExecutionStarted")
    while len(events) < count - 6:
        visit("Task", "Work", "TaskScheduled", "TaskSucceeded")
        visit("Choice", "More")
    add("ExecutionSucceeded")
    arn = "arn:aws:states:us-east-1:000000000000:execution:Loop:benchmark"
    return {
        "definition": {
            "StartAt": "Work",
            "States": {
                "Work": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "More"},
                "More": {
                    "Type": "Choice",
                    "Choices": [{"Condition": "{% $more %}", "Next": "Work"}],
                    "Default": "Done",
                },
                "Done": {"Type": "Succeed"},
            },
        },
        "execution": {"executionArn": arn, "name": "benchmark", "status": "SUCCEEDED", "startDate": began},
        "events": events,
    }


def show(measured: dict[str, list[float]]) -> None:
    table = Table("", title="The console, milliseconds")
    for column in ("median", "best", "goal"):
        table.add_column(column, justify="right")
    for name, values in measured.items():
        table.add_row(name, f"{statistics.median(values):,.0f}", f"{min(values):,.0f}", f"{GOALS[name]:,}")
    Terminal().print(table)


if __name__ == "__main__":
    main()
