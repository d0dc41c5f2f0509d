"""Purchase orders: the scenarios of their demo, with whoever plays the supplier and the goods-in operations."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from purchasing.models import (
    Invoice,
    InvoicedLine,
    Purchase,
    Receipt,
    ReceivedLine,
    ResponseTimeouts,
    Supplier,
    Terms,
)
from purchasing.operations import PurchaseOperations
from pydantic import AwareDatetime, TypeAdapter

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
WANTED = {ESPRESSO: 24, MUG: 12}
PRICES = {ESPRESSO: 1020, MUG: 480}
TODAY = date(2026, 11, 23)
NOON = TypeAdapter(AwareDatetime).validate_python("2026-11-23T12:00:00Z")

# What an order may be once nothing runs for it; NONE: it was refused before there was one.
ENDINGS = {("CLOSED", "SUCCEEDED"), ("CANCELLED", "FAILED"), ("NONE", "FAILED"), ("NONE", "NOT STARTED")}


PurchaseStep = Step[Purchase, PurchaseOperations]


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


def nothing_more_comes() -> PurchaseStep:
    return PurchaseStep(
        lambda order: bool(order.receipts),
        lambda operations, name: operations.close_short(name),
    )


def billed(prices: Mapping[str, int], units: Mapping[str, int] = WANTED) -> PurchaseStep:
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


def cancelled() -> PurchaseStep:
    return PurchaseStep(
        lambda order: bool(order.receipts) and all(receipt.booked for receipt in order.receipts),
        lambda operations, name: operations.cancel(name, "ordered twice"),
    )


BOUGHT = (acknowledged(), delivered(1, {ESPRESSO: 10}), delivered(2, {ESPRESSO: 14, MUG: 12}), billed(PRICES))
SCRIPTS: dict[str, tuple[tuple[str, ...], tuple[PurchaseStep, ...], str]] = {
    "received in two parts, billed, matched, paid": ((PROMPT,), BOUGHT, "CLOSED"),
    "a silent supplier": ((SILENT, PROMPT), BOUGHT, "CLOSED"),
    "a supplier that refuses": ((SILENT, PROMPT), (refused(), *BOUGHT), "CLOSED"),
    "an invoice that does not match": (
        (PROMPT,),
        (acknowledged(), delivered(1, WANTED), billed(PRICES | {MUG: 520})),
        "CLOSED, case",
    ),
    "cancelled between deliveries": (
        (PROMPT,),
        (acknowledged(), delivered(1, {MUG: 12}), cancelled()),
        "CANCELLED",
    ),
}
"""By the demo's title: whom it is asked of, what they do, and how it ends."""
PART = WANTED | {ESPRESSO: 10}
BESIDES: dict[str, tuple[tuple[str, ...], tuple[PurchaseStep, ...], str]] = {
    "closed short": (
        (PROMPT,),
        (acknowledged(), delivered(1, PART), nothing_more_comes(), billed(PRICES, PART)),
        "CLOSED",
    ),
    "dearer than approved": ((PROMPT,), BOUGHT, "CLOSED, case"),
}
"""What the demo does not show."""
APPROVED = {"dearer than approved": 1}
"""The approved total of a scenario's order, in minor units; that of its lines by default."""
PAIRED = {"received in two parts, billed, matched, paid", "cancelled between deliveries"}


class Purchases(Family):
    """A purchase, from placing it to paying it."""

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
        for title, (suppliers, steps, expected) in (shown | BESIDES).items():
            yield Scenario(
                self,
                PURCHASE,
                title,
                _placed(suppliers, APPROVED.get(title)),
                expected,
                title in PAIRED,
                partial(_script, steps),
            )

    def run_rival(self, services: ProofServices, business_id: str) -> None:
        """Another order of the same goods from the same supplier, placed and cancelled."""
        placed = request(business_id, (PROMPT,))
        this = {"purchase_order_id": business_id}
        services.call_task("OpenPurchase", **placed, execution="rival")
        services.call_task(
            "RaiseOnOrder", purchase_order_id=business_id, location=LOCATION, lines=placed["lines"]
        )
        services.call_task("SendPurchase", **this)
        services.call_task("WithdrawPurchase", **this)
        services.call_task("LowerOnOrder", purchase_order_id=business_id, step="cancelled")
        services.call_task("CancelPurchase", **this, reason="Rival")

    def describe_outcome(self, final: FinalState) -> str:
        order = _found(final.business_id)
        return order.status if order else "NONE"

    def check_end(self, final: FinalState) -> Iterator[str]:
        status = self.describe_outcome(final)
        for arn in final.arns:
            if (status, final.status(arn)) not in ENDINGS:
                yield f"{PURCHASE} {final.status(arn)}, and the order is {status}"
        for name, level in final.shop.levels.items():
            if level.get("on_order", 0):
                yield f"{name}: {level['on_order']} are on order, of an order that is {status}"


def _found(purchase_order_id: str) -> Purchase | None:
    return next(iter(purchases_store().get_many([purchase_order_id])), None)


def request(business_id: str, suppliers: Sequence[str]) -> dict[str, Any]:
    return {
        "purchase_order_id": business_id,
        "location": LOCATION,
        "currency": CURRENCY,
        "lines": [{"sku": sku, "quantity": count, "unit_cost": PRICES[sku]} for sku, count in WANTED.items()],
        "suppliers": [{"supplier_id": supplier_id} for supplier_id in suppliers],
        "reason": "proof",
        "needs": [],
    }


def _placed(
    suppliers: Sequence[str], approved_total: int | None
) -> Callable[[WorkflowFixture, CaseSchedule, str], list[str]]:
    def start(fixture: WorkflowFixture, schedule: CaseSchedule, business_id: str) -> list[str]:
        fixture.schedule = schedule
        # The harness names an execution by its order_id.
        order = {**request(business_id, suppliers), "order_id": business_id, "approved_total": approved_total}
        return [fixture.start(order, PURCHASE)]

    return start


def _script(steps: Sequence[PurchaseStep], business_id: str) -> ScriptedDriver[Purchase, PurchaseOperations]:
    return ScriptedDriver(business_id, steps, _found, purchase_operations)
