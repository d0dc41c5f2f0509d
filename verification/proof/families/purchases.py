"""Purchase orders: the scenarios of their demo, with a driver for the supplier, goods-in and invoices."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from inventory.corrections import Corrections
from inventory.models import Adjust, Correction
from ledger.rules import correction_entry
from ledger.store import LedgerStore
from purchasing.models import Invoice, InvoicedLine, Purchase, Receipt, ReceivedLine
from purchasing.operations import PurchaseOperations
from purchasing.supplier_models import ResponseTimeouts, Supplier, Terms
from pydantic import AwareDatetime, TypeAdapter
from tillflow.aws import client
from tillflow.events import StockCorrected

from till.demo import purchase_order
from till.shop import CURRENCY, ESPRESSO, LOCATION, MUG
from verification.harness.engine_callbacks import purchase_operations, purchases_store
from verification.harness.fixture import WorkflowFixture, seed_stock
from verification.proof.families.family import Family, FinalState, Scenario
from verification.proof.families.scripted import ScriptedDriver, Step
from verification.proof.schedule import CaseSchedule
from verification.proof.services import ProofServices

PURCHASE = "PurchaseOrder"
PROMPT, SILENT = "sup-prompt", "sup-silent"
ORDERED = {ESPRESSO: 24, MUG: 12}
PRICES = {ESPRESSO: 1020, MUG: 480}
TODAY = date(2026, 11, 23)
NOON = TypeAdapter(AwareDatetime).validate_python("2026-11-23T12:00:00Z")

# The statuses that an order may have when its execution has ended; NONE: it was refused before it was opened.
ENDINGS = {("CLOSED", "SUCCEEDED"), ("CANCELLED", "FAILED"), ("NONE", "FAILED"), ("NONE", "NOT STARTED")}


PurchaseStep = Step[Purchase, PurchaseOperations]


def _all_booked(order: Purchase) -> bool:
    return bool(order.receipts) and all(receipt.booked for receipt in order.receipts)


def acknowledged() -> PurchaseStep:
    return PurchaseStep(
        lambda order: order.status == "SENT" and order.supplier_id == PROMPT,
        lambda operations, name: operations.acknowledge(name, TODAY, PROMPT),
    )


def delivered(number: int, units: Mapping[str, int]) -> PurchaseStep:
    lines = tuple(ReceivedLine(sku=sku, quantity=count) for sku, count in units.items())
    receipt = Receipt(receipt_id=f"dn-{number}", received_at=NOON, lines=lines)
    return PurchaseStep(
        lambda order: order.status == "ACKNOWLEDGED",
        lambda operations, name: operations.receive(name, receipt),
    )


def closed_short() -> PurchaseStep:
    return PurchaseStep(
        lambda order: bool(order.receipts),
        lambda operations, name: operations.close_short(name),
    )


def billed(prices: Mapping[str, int], units: Mapping[str, int] = ORDERED) -> PurchaseStep:
    lines = tuple(
        InvoicedLine(sku=sku, quantity=count, unit_price=prices[sku]) for sku, count in units.items()
    )
    total = sum(line.quantity * line.unit_price for line in lines)
    return PurchaseStep(
        lambda order: order.status == "ACKNOWLEDGED",
        lambda operations, name: operations.bill(
            name, Invoice(number=name, invoiced_on=TODAY, lines=lines, total=total)
        ),
    )


def refused() -> PurchaseStep:
    return PurchaseStep(
        lambda order: order.status == "SENT" and order.supplier_id == SILENT,
        lambda operations, name: operations.refuse(name, "out of stock", SILENT),
    )


def lost(sku: str, units: int) -> PurchaseStep:
    """Correct the stock by lost units."""

    def adjust(operations: PurchaseOperations, name: str) -> None:
        post_correction(
            Corrections(client("dynamodb"), "InventoryTable").adjust(
                Adjust(
                    adjustment_id=f"{name}-lost",
                    location=LOCATION,
                    sku=sku,
                    currency=CURRENCY,
                    quantity=-units,
                    reason="broken",
                    confirmed=True,
                )
            )
        )

    return PurchaseStep(_all_booked, adjust)


def post_correction(correction: Correction) -> None:
    """Post a correction of stock as the ledger does when it consumes the event."""
    if correction["quantity"] == 0:
        return
    event = StockCorrected(
        event_id=correction["business_id"],
        business_id=correction["business_id"],
        location=correction["location"],
        sku=correction["sku"],
        quantity=correction["quantity"],
        cost=correction["cost"],
        currency=CURRENCY,
        reason="corrected",
    )
    if entry := correction_entry(event):
        LedgerStore(client("dynamodb"), "LedgerTable").post(entry, datetime.now(UTC))


def cancelled() -> PurchaseStep:
    return PurchaseStep(
        _all_booked,
        lambda operations, name: operations.cancel(name, "ordered twice"),
    )


BOUGHT = (acknowledged(), delivered(1, {ESPRESSO: 10}), delivered(2, {ESPRESSO: 14, MUG: 12}), billed(PRICES))
SCRIPTS: dict[str, tuple[tuple[str, ...], tuple[PurchaseStep, ...], str]] = {
    "received in two parts, billed, matched, paid": ((PROMPT,), BOUGHT, "CLOSED"),
    "a silent supplier": ((SILENT, PROMPT), BOUGHT, "CLOSED"),
    "a supplier that refuses": ((SILENT, PROMPT), (refused(), *BOUGHT), "CLOSED"),
    "an invoice that does not match": (
        (PROMPT,),
        (acknowledged(), delivered(1, ORDERED), billed(PRICES | {MUG: 520})),
        "CLOSED, case",
    ),
    "cancelled between deliveries": (
        (PROMPT,),
        (acknowledged(), delivered(1, {MUG: 12}), cancelled()),
        "CANCELLED",
    ),
}
"""By the demo's title: the suppliers, their steps, and the outcome."""
PART = ORDERED | {ESPRESSO: 10}
NOT_IN_DEMO: dict[str, tuple[tuple[str, ...], tuple[PurchaseStep, ...], str]] = {
    "closed short": (
        (PROMPT,),
        (acknowledged(), delivered(1, PART), closed_short(), billed(PRICES, PART)),
        "CLOSED",
    ),
    "dearer than approved": ((PROMPT,), BOUGHT, "CLOSED, case"),
    "returned below cost": (
        (PROMPT,),
        (acknowledged(), delivered(1, {MUG: 12}), lost(MUG, 10), cancelled()),
        "CANCELLED",
    ),
}
UNIT_COSTS = {"returned below cost": PRICES | {MUG: 960}}
"""The unit costs of a scenario's order; PRICES by default. Mugs at 960 raise the average of those at 480."""
APPROVED = {"dearer than approved": 1}
"""The approved total of a scenario's order, in minor units; by default that of its lines."""
PAIRED = {"received in two parts, billed, matched, paid", "cancelled between deliveries"}


class Purchases(Family):
    """A purchase order from placing it to paying its invoice."""

    workflows = (PURCHASE,)
    others = ()

    def prepare(self, services: ProofServices) -> None:
        seed_stock({ESPRESSO: 10, MUG: 10})
        for supplier_id, account in ((PROMPT, "acct_timeout_after_effect"), (SILENT, "acct_ok")):
            purchases_store().suppliers.create(
                Supplier(
                    supplier_id=supplier_id,
                    name=supplier_id,
                    currency=CURRENCY,
                    terms=Terms(days=0),
                    account=account,
                    timeouts=ResponseTimeouts(answer_seconds=259_200, heartbeat_seconds=172_800),
                )
            )

    def scenarios(self) -> Iterator[Scenario]:
        shown = {demo.title: SCRIPTS[demo.title] for demo in purchase_order.SCENARIOS}
        for title, (suppliers, steps, expected) in (shown | NOT_IN_DEMO).items():
            yield Scenario(
                self,
                PURCHASE,
                title,
                _placed(suppliers, UNIT_COSTS.get(title, PRICES), APPROVED.get(title)),
                expected,
                title in PAIRED,
                partial(_script, steps),
            )

    def run_concurrent_process(self, services: ProofServices, business_id: str) -> None:
        """Another order of the same goods from the same supplier, placed and cancelled."""
        order = request(business_id, (PROMPT,), PRICES)
        reference = {"purchase_order_id": business_id}
        services.call_task("OpenPurchase", **order, execution="other")
        services.call_task(
            "RaiseOnOrder", purchase_order_id=business_id, location=LOCATION, lines=order["lines"]
        )
        services.call_task("SendPurchase", **reference)
        services.call_task("WithdrawPurchase", **reference)
        services.call_task("LowerOnOrder", purchase_order_id=business_id, step="cancelled")
        services.call_task("CancelPurchase", **reference, reason="Another process")

    def describe_outcome(self, final: FinalState) -> str:
        order = _find(final.business_id)
        return order.status if order else "NONE"

    def check_end(self, final: FinalState) -> Iterator[str]:
        status = self.describe_outcome(final)
        for arn in final.arns:
            if (status, final.status(arn)) not in ENDINGS:
                yield f"{PURCHASE} {final.status(arn)}, and the order is {status}"
        for name, level in final.shop.levels.items():
            if level.get("on_order", 0):
                yield f"{name}: {level['on_order']} are on order for an order that is {status}"


def _find(purchase_order_id: str) -> Purchase | None:
    return next(iter(purchases_store().get_many([purchase_order_id])), None)


def request(business_id: str, suppliers: Sequence[str], unit_costs: Mapping[str, int]) -> dict[str, Any]:
    return {
        "purchase_order_id": business_id,
        "location": LOCATION,
        "currency": CURRENCY,
        "lines": [
            {"sku": sku, "quantity": count, "unit_cost": unit_costs[sku]} for sku, count in ORDERED.items()
        ],
        "suppliers": [{"supplier_id": supplier_id} for supplier_id in suppliers],
        "reason": "proof",
        "needs": [],
    }


def _placed(
    suppliers: Sequence[str], unit_costs: Mapping[str, int], approved_total: int | None
) -> Callable[[WorkflowFixture, CaseSchedule, str], list[str]]:
    def start(fixture: WorkflowFixture, schedule: CaseSchedule, business_id: str) -> list[str]:
        fixture.schedule = schedule
        # The harness names an execution by its order_id.
        order = request(business_id, suppliers, unit_costs)
        order |= {"order_id": business_id, "approved_total": approved_total}
        return [fixture.start(order, PURCHASE)]

    return start


def _script(steps: Sequence[PurchaseStep], business_id: str) -> ScriptedDriver[Purchase, PurchaseOperations]:
    return ScriptedDriver(business_id, steps, _find, purchase_operations)
