"""Goods bought every way a purchase goes; the scenarios play the supplier's part as `till purchase` does."""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from purchasing.models import (
    Invoice,
    InvoicedLine,
    Patience,
    Purchase,
    Receipt,
    ReceivedLine,
    Supplier,
    Terms,
)
from purchasing.store import PurchasesStore
from tillflow.errors import InvalidSupplier

from till import workflows
from till.demo.model import Outcome, Report
from till.demo.order_checkout import audited
from till.errors import OperatorError
from till.history import compensated
from till.purchasing import Desk, desk, purchases
from till.shop import CURRENCY, ESPRESSO, LOCATION, MUG
from till.stack import Stack

PATIENCE_SECONDS = 60
WANTED = {ESPRESSO: 24, MUG: 12}
PRICES = {ESPRESSO: 1020, MUG: 480}

PROMPT = "sup-demo-prompt"
SILENT = "sup-demo-silent"
SUPPLIERS = (
    Supplier(
        supplier_id=PROMPT,
        name="Prompt Wholesale",
        currency=CURRENCY,
        terms=Terms(days=0),
        account="acct_timeout_after_effect",
    ),
    Supplier(
        supplier_id=SILENT,
        name="Never Heard Of Ltd",
        currency=CURRENCY,
        terms=Terms(days=0),
        account="acct_ok",
        patience=Patience(answer_seconds=4, sign_of_life_seconds=2),
    ),
)


@dataclass
class Play:
    """One purchase order and those who act on it."""

    stack: Stack
    store: PurchasesStore
    desk: Desk
    order_id: str

    def acknowledge(self, supplier_id: str = PROMPT) -> None:
        self.until(lambda order: order.status == "SENT" and order.supplier_id == supplier_id)
        self.desk.acknowledge(self.order_id, datetime.now(UTC).date(), supplier_id)

    def receive(self, number: int, units: Mapping[str, int]) -> None:
        lines = tuple(ReceivedLine(sku=sku, quantity=count) for sku, count in units.items())
        receipt = Receipt(receipt_id=f"dn-{number}", received_at=datetime.now(UTC), lines=lines)
        self.desk.receive(self.order_id, receipt)

    def bill(self, prices: Mapping[str, int], units: Mapping[str, int] = WANTED) -> None:
        lines = tuple(
            InvoicedLine(sku=sku, quantity=count, unit_price=prices[sku]) for sku, count in units.items()
        )
        total = sum(line.quantity * line.unit_price for line in lines)
        today = datetime.now(UTC).date()
        self.desk.bill(
            self.order_id, Invoice(number=self.order_id, invoiced_on=today, lines=lines, total=total)
        )

    def until(self, true: Callable[[Purchase], bool]) -> Purchase:
        """The order once it is so."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for order in self.store.many([self.order_id]):
                if true(order):
                    return order
            time.sleep(workflows.POLL_SECONDS)
        raise OperatorError(
            f"{self.order_id} did not get on within {PATIENCE_SECONDS} seconds.",
            f"See where it is with `till purchase show {self.order_id}`.",
        )


def _two_deliveries(play: Play) -> None:
    play.acknowledge()
    play.receive(1, {ESPRESSO: 10})
    play.receive(2, {ESPRESSO: 14, MUG: 12})
    play.bill(PRICES)


def _refused_first(play: Play) -> None:
    play.until(lambda order: order.status == "SENT" and order.supplier_id == SILENT)
    play.desk.refuse(play.order_id, "out of stock", SILENT)
    _two_deliveries(play)


def _mismatch(play: Play) -> None:
    play.acknowledge()
    play.receive(1, WANTED)
    play.bill(PRICES | {MUG: 520})


def _cancelled(play: Play) -> None:
    play.acknowledge()
    play.receive(1, {MUG: 12})
    play.until(lambda order: all(receipt.booked for receipt in order.receipts))
    play.desk.cancel(play.order_id, "ordered twice")


@dataclass(frozen=True)
class Scenario:
    title: str
    suppliers: tuple[str, ...]
    play: Callable[[Play], None]
    expected: str


SCENARIOS = (
    Scenario("received in two parts, billed, matched, paid", (PROMPT,), _two_deliveries, "CLOSED"),
    Scenario("a silent supplier", (SILENT, PROMPT), _two_deliveries, "SILENT, then CLOSED"),
    Scenario("a supplier that refuses", (SILENT, PROMPT), _refused_first, "REFUSED, then CLOSED"),
    Scenario("an invoice that does not match", (PROMPT,), _mismatch, "ACKNOWLEDGED, case MatchInvoice"),
    Scenario("cancelled between deliveries", (PROMPT,), _cancelled, "WITHDRAWN, then CANCELLED"),
)


class PurchaseOrderDemo:
    """The purchase order's scenarios, side by side."""

    name = "purchase_order"
    title = "Purchase order"
    scenarios = len(SCENARIOS)

    def run(self, stack: Stack, ended: Report) -> list[Outcome]:
        run_id = f"demo-{token_hex(3)}"
        store = purchases(stack)
        for supplier in SUPPLIERS:
            with suppress(InvalidSupplier):  # there since an earlier demo
                store.suppliers.create(supplier)

        def one(number: int, scenario: Scenario) -> Outcome:
            play = Play(stack, store, desk(stack), f"{run_id}-po{number}")
            arn = start(stack, play.order_id, scenario.suppliers)
            scenario.play(play)
            order = play.until(lambda order: bool(_case(play)) or order.status in ("CLOSED", "CANCELLED"))
            steps = _compensations(stack, arn)
            ended(scenario.title)
            return Outcome(scenario.title, play.order_id, arn, scenario.expected, _ending(play, order), steps)

        with ThreadPoolExecutor(len(SCENARIOS)) as desks:
            return audited(stack, list(desks.map(one, range(1, len(SCENARIOS) + 1), SCENARIOS)))


def start(stack: Stack, order_id: str, suppliers: tuple[str, ...]) -> str:
    """Order what the scenarios buy; the execution's ARN."""
    request: dict[str, Any] = {
        "purchase_order_id": order_id,
        "location": LOCATION,
        "currency": CURRENCY,
        "lines": [{"sku": sku, "quantity": count, "unit_cost": PRICES[sku]} for sku, count in WANTED.items()],
        "suppliers": [{"supplier_id": supplier_id} for supplier_id in suppliers],
        "reason": "demo",
        "needs": [],
    }
    return workflows.start(stack, "PurchaseOrder", order_id, request).arn


def _compensations(stack: Stack, arn: str) -> list[str]:
    workflows.wait(stack, arn)
    return compensated(workflows.follow(stack, arn))


def _ending(play: Play, order: Purchase) -> str:
    return ", ".join(_told(play, order))


def _told(play: Play, order: Purchase) -> Iterator[str]:
    turned_down = [one.state for one in order.attempts if one.state not in ("ACKNOWLEDGED", "SENT")]
    yield from turned_down
    yield f"then {order.status}" if turned_down else order.status
    if case := _case(play):
        yield f"case {case}"


def _case(play: Play) -> str:
    for step in ("MatchInvoice", "PaySupplier", "compensation"):
        case = play.stack.row("CasesTable", f"CASE#{play.order_id}#{step}", "CASE")
        if case.get("status") == "OPEN":
            return " ".join(case["steps"])
    return ""
