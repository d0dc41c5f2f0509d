"""The purchase order's scenarios; they respond for the supplier as `till purchase` does."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from purchasing.models import Invoice, InvoicedLine, Purchase, Receipt, ReceivedLine
from purchasing.supplier_models import ResponseTimeouts, Supplier, Terms

from till import workflows
from till.demo.model import Outcome, Report, run_scenarios
from till.demo.order_checkout import audited
from till.errors import OperatorError
from till.history import compensated
from till.services.purchasing import Purchases, Suppliers
from till.shop import CURRENCY, ESPRESSO, LOCATION, MUG
from till.stack import Stack

PATIENCE_SECONDS = 60
WANTED = {ESPRESSO: 24, MUG: 12}
PRICES = {ESPRESSO: 1020, MUG: 480}

PROMPT = "sup-demo-prompt"
SILENT = "sup-demo-silent"
UNWILLING = "sup-demo-unwilling"
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
        name="Silent Supplies Ltd",
        currency=CURRENCY,
        terms=Terms(days=0),
        account="acct_ok",
        timeouts=ResponseTimeouts(answer_seconds=4, heartbeat_seconds=2),
    ),
    Supplier(
        supplier_id=UNWILLING,
        name="Unwilling Trading Ltd",
        currency=CURRENCY,
        terms=Terms(days=0),
        account="acct_ok",
    ),
)


@dataclass
class Play:
    """One purchase order and the operations that act on it."""

    stack: Stack
    operations: Purchases
    order_id: str

    def acknowledge(self, supplier_id: str = PROMPT) -> None:
        self.until(lambda order: order.status == "SENT" and order.supplier_id == supplier_id)
        self.operations.acknowledge(self.order_id, datetime.now(UTC).date(), supplier_id)

    def receive(self, number: int, units: Mapping[str, int]) -> None:
        lines = tuple(ReceivedLine(sku=sku, quantity=count) for sku, count in units.items())
        receipt = Receipt(receipt_id=f"dn-{number}", received_at=datetime.now(UTC), lines=lines)
        self.operations.receive(self.order_id, receipt)

    def bill(self, prices: Mapping[str, int], units: Mapping[str, int] = WANTED) -> None:
        lines = tuple(
            InvoicedLine(sku=sku, quantity=count, unit_price=prices[sku]) for sku, count in units.items()
        )
        total = sum(line.quantity * line.unit_price for line in lines)
        today = datetime.now(UTC).date()
        self.operations.bill(
            self.order_id, Invoice(number=self.order_id, invoiced_on=today, lines=lines, total=total)
        )

    def until(self, condition: Callable[[Purchase], bool]) -> Purchase:
        """Wait until the order meets a condition; return it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            order = self.operations.find(self.order_id)
            if order and condition(order):
                return order
            time.sleep(workflows.POLL_SECONDS)
        raise OperatorError(
            f"{self.order_id} did not continue within {PATIENCE_SECONDS} seconds.",
            f"See where it is with `till purchase show {self.order_id}`.",
        )


def _two_deliveries(play: Play) -> None:
    play.acknowledge()
    play.receive(1, {ESPRESSO: 10})
    play.receive(2, {ESPRESSO: 14, MUG: 12})
    play.bill(PRICES)


def _refused_first(play: Play) -> None:
    play.until(lambda order: order.status == "SENT" and order.supplier_id == UNWILLING)
    play.operations.refuse(play.order_id, "out of stock", UNWILLING)
    _two_deliveries(play)


def _mismatch(play: Play) -> None:
    play.acknowledge()
    play.receive(1, WANTED)
    play.bill(PRICES | {MUG: 520})


def _cancelled(play: Play) -> None:
    play.acknowledge()
    play.receive(1, {MUG: 12})
    play.until(lambda order: all(receipt.booked for receipt in order.receipts))
    play.operations.cancel(play.order_id, "ordered twice")


@dataclass(frozen=True)
class Scenario:
    title: str
    suppliers: tuple[str, ...]
    play: Callable[[Play], None]
    expected: str


SCENARIOS = (
    Scenario("received in two parts, billed, matched, paid", (PROMPT,), _two_deliveries, "CLOSED"),
    Scenario("a silent supplier", (SILENT, PROMPT), _two_deliveries, "SILENT, then CLOSED"),
    Scenario("a supplier that refuses", (UNWILLING, PROMPT), _refused_first, "REFUSED, then CLOSED"),
    Scenario("an invoice that does not match", (PROMPT,), _mismatch, "ACKNOWLEDGED, case MatchInvoice"),
    Scenario("cancelled between deliveries", (PROMPT,), _cancelled, "WITHDRAWN, then CANCELLED"),
)


class PurchaseOrderDemo:
    """The purchase order's scenarios, run concurrently."""

    name = "purchase_order"
    title = "Purchase order"
    scenarios = len(SCENARIOS)

    def run(self, stack: Stack, ended: Report) -> list[Outcome]:
        run_id = f"demo-{token_hex(3)}"
        for supplier in SUPPLIERS:
            Suppliers(stack).create(supplier)

        def one(number: int, scenario: Scenario) -> Outcome:
            play = Play(stack, Purchases(stack), f"{run_id}-po{number}")
            arn = start(stack, play.order_id, scenario.suppliers)
            scenario.play(play)
            order = play.until(lambda order: bool(_case(play)) or order.status in ("CLOSED", "CANCELLED"))
            steps = _compensations(stack, arn)
            return Outcome(scenario.title, play.order_id, arn, scenario.expected, _ending(play, order), steps)

        return audited(stack, run_scenarios(SCENARIOS, one, ended, threads=len(SCENARIOS)))


def start(stack: Stack, order_id: str, supplier_ids: tuple[str, ...]) -> str:
    """Start a purchase order of the scenarios' goods; return the execution's ARN."""
    request: dict[str, Any] = {
        "purchase_order_id": order_id,
        "location": LOCATION,
        "currency": CURRENCY,
        "lines": [{"sku": sku, "quantity": count, "unit_cost": PRICES[sku]} for sku, count in WANTED.items()],
        "suppliers": [{"supplier_id": supplier_id} for supplier_id in supplier_ids],
        "reason": "demo",
        "needs": [],
    }
    return workflows.start(stack, "PurchaseOrder", order_id, request).arn


def _compensations(stack: Stack, arn: str) -> list[str]:
    workflows.wait(stack, arn)
    return compensated(workflows.visits(stack, arn))


def _ending(play: Play, order: Purchase) -> str:
    return ", ".join(_states(play, order))


def _states(play: Play, order: Purchase) -> Iterator[str]:
    unsuccessful = [one.state for one in order.attempts if one.state not in ("ACKNOWLEDGED", "SENT")]
    yield from unsuccessful
    yield f"then {order.status}" if unsuccessful else order.status
    if case := _case(play):
        yield f"case {case}"


def _case(play: Play) -> str:
    for step in ("MatchInvoice", "PaySupplier", "compensation"):
        case = play.stack.row("CasesTable", f"CASE#{play.order_id}#purchase#{step}", "CASE")
        if case.get("status") == "OPEN":
            return " ".join(case["steps"])
    return ""
