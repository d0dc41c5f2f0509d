"""The demo of stock transfers: goods moved from a warehouse to the shop, with each possible ending."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from inventory.errors import UnknownTransfer
from inventory.models import ReceiptLine
from inventory.transfers.models import Arrival, ArrivedLine, OpenTransfer, Transfer

from till import workflows
from till.demo.model import Outcome, Report, run_scenarios
from till.demo.order_checkout import audited
from till.errors import OperatorError
from till.history import compensated
from till.services.inventory import Transfers
from till.shop import CURRENCY, LOCATION, MUG, WAREHOUSE, Shop
from till.stack import Stack

TIMEOUT_SECONDS = 60
QUANTITY = 12


@dataclass
class Driver:
    """Runs one transfer: reports its shipment and its arrivals."""

    operations: Transfers
    transfer_id: str

    def ship(self) -> None:
        """Report the shipment once the goods are reserved."""
        self.wait_until(lambda transfer: transfer.waiting_for == "shipment")
        self.operations.ship(self.transfer_id)
        self.wait_until(lambda transfer: transfer.status == "IN_TRANSIT")

    def receive(self, arrival_id: str, quantity: int, lost: int = 0) -> None:
        """Record an arrival."""
        lines = (ArrivedLine(sku=MUG, quantity=quantity, lost=lost),)
        arrival = Arrival(arrival_id=arrival_id, arrived_at=datetime.now(UTC), lines=lines)
        self.operations.receive(self.transfer_id, arrival)

    def wait_until(self, condition: Callable[[Transfer], bool]) -> Transfer:
        """Return the transfer once the condition holds."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            try:
                transfer = self.operations.get(self.transfer_id)
            except UnknownTransfer:
                transfer = None
            if transfer and condition(transfer):
                return transfer
            time.sleep(workflows.POLL_SECONDS)
        raise OperatorError(
            f"{self.transfer_id} did not continue within {TIMEOUT_SECONDS} seconds.",
            f"See it with `till transfer show {self.transfer_id}`.",
        )


def _receive_all(driver: Driver) -> None:
    driver.ship()
    driver.receive("van-1", QUANTITY)


def _lose_some(driver: Driver) -> None:
    driver.ship()
    driver.receive("van-1", 5, lost=1)
    driver.receive("van-2", 4)
    driver.operations.lose_rest(driver.transfer_id, "rest")


def _cancel(driver: Driver) -> None:
    driver.wait_until(lambda transfer: transfer.waiting_for == "shipment")
    driver.operations.cancel(driver.transfer_id, "the van broke down")


def _do_nothing(driver: Driver) -> None:
    """The transfer ends without further input."""


@dataclass(frozen=True)
class Scenario:
    title: str
    quantity: int
    run: Callable[[Driver], None]
    expected: str


SCENARIOS = (
    Scenario("shipped and received", QUANTITY, _receive_all, "CLOSED, 12 received"),
    Scenario("two arrivals, the rest is lost", QUANTITY, _lose_some, "CLOSED, 9 received, 3 lost"),
    Scenario("cancelled before it leaves", QUANTITY, _cancel, "CANCELLED the van broke down"),
    Scenario("more than the warehouse has", 1_000_000, _do_nothing, "CANCELLED InsufficientStock"),
)


class StockTransferDemo:
    """Runs the scenarios in parallel, from one warehouse."""

    name = "stock_transfer"
    title = "Stock transfer"
    scenarios = len(SCENARIOS)

    def run(self, stack: Stack, ended: Report) -> list[Outcome]:
        run_id = f"demo-{token_hex(3)}"
        units = QUANTITY * (len(SCENARIOS) - 1)
        Shop(stack).add_locations()
        goods = [ReceiptLine(sku=MUG, quantity=units, cost=units * 480 + 1)]
        Shop(stack).stock.receive(run_id, WAREHOUSE, goods, CURRENCY)

        def one(number: int, scenario: Scenario) -> Outcome:
            driver = Driver(Transfers(stack), f"{run_id}-t{number}")
            opened = {"transfer_id": driver.transfer_id, **request(scenario.quantity)}
            started = driver.operations.create(OpenTransfer.model_validate(opened))
            scenario.run(driver)
            transfer = driver.wait_until(lambda transfer: transfer.status in ("CLOSED", "CANCELLED"))
            workflows.wait(stack, started.arn)
            steps = compensated(workflows.visits(stack, started.arn))
            return Outcome(
                scenario.title, driver.transfer_id, started.arn, scenario.expected, ending(transfer), steps
            )

        return audited(stack, run_scenarios(SCENARIOS, one, ended, threads=len(SCENARIOS)))


def request(quantity: int) -> dict[str, Any]:
    return {
        "source": WAREHOUSE,
        "destination": LOCATION,
        "currency": CURRENCY,
        "lines": [{"sku": MUG, "quantity": quantity}],
        "reason": "demo",
    }


def ending(transfer: Transfer) -> str:
    """Return how a transfer ended, as scenarios expect it."""
    if transfer.status == "CANCELLED":
        return f"CANCELLED {transfer.cancel_reason}"
    counts = {
        "received": sum(line.received for line in transfer.lines),
        "lost": sum(line.lost for line in transfer.lines),
    }
    return ", ".join([transfer.status, *(f"{count} {name}" for name, count in counts.items() if count)])
