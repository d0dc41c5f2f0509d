"""Goods moved from a warehouse to the shop every way a transfer goes; the scenarios play both ends."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from inventory.models import ReceiptLine
from inventory.store import InventoryStore
from inventory.transfers.models import Arrival, ArrivedLine, Transfer
from tillflow.errors import UnknownTransfer

from till import workflows
from till.demo.model import Outcome, Report
from till.demo.order_checkout import audited
from till.errors import OperatorError
from till.history import compensated
from till.shop import CURRENCY, LOCATION, MUG
from till.stack import Stack
from till.transfers import TransferDesk, desk, transfers

PATIENCE_SECONDS = 60
WAREHOUSE = "warehouse"
WANTED = 12


@dataclass
class Play:
    """One transfer and those at either end of it."""

    desk: TransferDesk
    get: Callable[[str], Transfer]
    transfer_id: str

    def ship(self) -> None:
        self.until(lambda transfer: transfer.waiting_for == "shipment")
        self.desk.ship(self.transfer_id)
        self.until(lambda transfer: transfer.status == "IN_TRANSIT")

    def receive(self, arrival_id: str, quantity: int, lost: int = 0) -> None:
        lines = (ArrivedLine(sku=MUG, quantity=quantity, lost=lost),)
        arrival = Arrival(arrival_id=arrival_id, arrived_at=datetime.now(UTC), lines=lines)
        self.desk.receive(self.transfer_id, arrival)

    def until(self, true: Callable[[Transfer], bool]) -> Transfer:
        """The transfer once it is so."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                transfer = self.get(self.transfer_id)
            except UnknownTransfer:
                transfer = None
            if transfer and true(transfer):
                return transfer
            time.sleep(workflows.POLL_SECONDS)
        raise OperatorError(
            f"{self.transfer_id} did not get on within {PATIENCE_SECONDS} seconds.",
            f"See where it is with `till transfer show {self.transfer_id}`.",
        )


def _whole(play: Play) -> None:
    play.ship()
    play.receive("van-1", WANTED)


def _parts_and_a_loss(play: Play) -> None:
    play.ship()
    play.receive("van-1", 5, lost=1)
    play.receive("van-2", 4)
    play.desk.lose_rest(play.transfer_id, "gone")


def _cancelled(play: Play) -> None:
    play.until(lambda transfer: transfer.waiting_for == "shipment")
    play.desk.cancel(play.transfer_id, "the van broke down")


def _nothing(play: Play) -> None:
    """Nobody gets to say anything."""


@dataclass(frozen=True)
class Scenario:
    title: str
    quantity: int
    play: Callable[[Play], None]
    expected: str


SCENARIOS = (
    Scenario("shipped and received", WANTED, _whole, "CLOSED, 12 received"),
    Scenario("two arrivals, the rest is lost", WANTED, _parts_and_a_loss, "CLOSED, 9 received, 3 lost"),
    Scenario("cancelled before it leaves", WANTED, _cancelled, "CANCELLED the van broke down"),
    Scenario("more than the warehouse has", 1_000_000, _nothing, "CANCELLED InsufficientStock"),
)


class StockTransferDemo:
    """The scenarios side by side, out of one warehouse."""

    name = "stock_transfer"
    title = "Stock transfer"
    scenarios = len(SCENARIOS)

    def run(self, stack: Stack, ended: Report) -> list[Outcome]:
        run_id = f"demo-{token_hex(3)}"
        stock = InventoryStore(stack.client("dynamodb"), stack.output("InventoryTable"))
        units = WANTED * (len(SCENARIOS) - 1)
        stock.receive(run_id, WAREHOUSE, [ReceiptLine(sku=MUG, quantity=units, cost=units * 480 + 1)])

        def one(number: int, scenario: Scenario) -> Outcome:
            play = Play(desk(stack), transfers(stack).get, f"{run_id}-t{number}")
            started = workflows.start(stack, "StockTransfer", play.transfer_id, request(scenario.quantity))
            scenario.play(play)
            transfer = play.until(lambda transfer: transfer.status in ("CLOSED", "CANCELLED"))
            workflows.wait(stack, started.arn)
            steps = compensated(workflows.follow(stack, started.arn))
            ended(scenario.title)
            return Outcome(
                scenario.title, play.transfer_id, started.arn, scenario.expected, ending(transfer), steps
            )

        with ThreadPoolExecutor(len(SCENARIOS)) as ends:
            return audited(stack, list(ends.map(one, range(1, len(SCENARIOS) + 1), SCENARIOS)))


def request(quantity: int) -> dict[str, Any]:
    return {
        "source": WAREHOUSE,
        "destination": LOCATION,
        "currency": CURRENCY,
        "lines": [{"sku": MUG, "quantity": quantity}],
        "reason": "demo",
    }


def ending(transfer: Transfer) -> str:
    """How a transfer ended, in a scenario's words."""
    if transfer.status == "CANCELLED":
        return f"CANCELLED {transfer.cancel_reason}"
    counts = {
        "received": sum(line.received for line in transfer.lines),
        "lost": sum(line.lost for line in transfer.lines),
    }
    return ", ".join([transfer.status, *(f"{count} {what}" for what, count in counts.items() if count)])
