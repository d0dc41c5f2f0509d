"""Purchase orders: the scenarios of their demo, with whoever plays the supplier and the goods-in desk."""

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
from verification.harness.desk import desk, purchases
from verification.harness.harness import Bench, stock
from verification.proof.families.family import Ended, Family, Scenario
from verification.proof.families.script import Move, Script
from verification.proof.plan import CasePlan
from verification.proof.world import ProofWorld

PURCHASE = "PurchaseOrder"
PROMPT, SILENT = "sup-prompt", "sup-silent"
WANTED = {ESPRESSO: 24, MUG: 12}
PRICES = {ESPRESSO: 1020, MUG: 480}
TODAY = date(2026, 11, 23)
NOON = TypeAdapter(AwareDatetime).validate_python("2026-11-23T12:00:00Z")

# What an order may be once nothing runs for it; NONE: it was refused before there was one.
ENDINGS = {("CLOSED", "SUCCEEDED"), ("CANCELLED", "FAILED"), ("NONE", "FAILED"), ("NONE", "NOT STARTED")}


type Moves = Sequence[Move[Purchase, PurchaseOperations]]

Line = Move[Purchase, PurchaseOperations]


def acknowledged() -> Line:
    return Line(
        lambda order: order.status == "SENT" and order.supplier_id == PROMPT,
        lambda desk, name: desk.acknowledge(name, TODAY, PROMPT),
    )


def delivered(number: int, units: Mapping[str, int]) -> Line:
    lines = tuple(ReceivedLine(sku=sku, quantity=count) for sku, count in units.items())
    receipt = Receipt(receipt_id=f"dn-{number}", received_at=NOON, lines=lines)
    return Line(
        lambda order: order.status == "ACKNOWLEDGED",
        lambda desk, name: desk.receive(name, receipt),
    )


def nothing_more_comes() -> Line:
    return Line(
        lambda order: bool(order.receipts),
        lambda desk, name: desk.close_short(name),
    )


def billed(prices: Mapping[str, int], units: Mapping[str, int] = WANTED) -> Line:
    lines = tuple(
        InvoicedLine(sku=sku, quantity=count, unit_price=prices[sku]) for sku, count in units.items()
    )
    total = sum(line.quantity * line.unit_price for line in lines)
    return Line(
        lambda order: order.status == "ACKNOWLEDGED",
        lambda desk, name: desk.bill(name, Invoice(number=name, invoiced_on=TODAY, lines=lines, total=total)),
    )


def refused() -> Line:
    return Line(
        lambda order: order.status == "SENT" and order.supplier_id == SILENT,
        lambda desk, name: desk.refuse(name, "out of stock", SILENT),
    )


def cancelled() -> Line:
    return Line(
        lambda order: bool(order.receipts) and all(receipt.booked for receipt in order.receipts),
        lambda desk, name: desk.cancel(name, "ordered twice"),
    )


BOUGHT = (acknowledged(), delivered(1, {ESPRESSO: 10}), delivered(2, {ESPRESSO: 14, MUG: 12}), billed(PRICES))
SCRIPTS: dict[str, tuple[tuple[str, ...], tuple[Line, ...], str]] = {
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
BESIDES: dict[str, tuple[tuple[str, ...], tuple[Line, ...], str]] = {
    "closed short": (
        (PROMPT,),
        (acknowledged(), delivered(1, PART), nothing_more_comes(), billed(PRICES, PART)),
        "CLOSED",
    ),
}
"""What the demo does not show."""
PAIRED = {"received in two parts, billed, matched, paid", "cancelled between deliveries"}


class Purchases(Family):
    """A purchase, from placing it to paying it."""

    workflows = (PURCHASE,)
    others = ()

    def prepare(self, world: ProofWorld) -> None:
        stock({ESPRESSO: 10, MUG: 10})
        for supplier_id, account in ((PROMPT, "acct_timeout_after_effect"), (SILENT, "acct_ok")):
            purchases().suppliers.create(
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
        for title, (suppliers, moves, expected) in (shown | BESIDES).items():
            yield Scenario(
                self,
                PURCHASE,
                title,
                _placed(suppliers),
                expected,
                title in PAIRED,
                partial(_script, moves),
            )

    def rival(self, world: ProofWorld, business_id: str) -> None:
        """Another order of the same goods from the same supplier, placed and cancelled."""
        placed = request(business_id, (PROMPT,))
        this = {"purchase_order_id": business_id}
        world.ask("OpenPurchase", **placed, execution="rival")
        world.ask("RaiseOnOrder", purchase_order_id=business_id, location=LOCATION, lines=placed["lines"])
        world.ask("SendPurchase", **this)
        world.ask("WithdrawPurchase", **this)
        world.ask("LowerOnOrder", purchase_order_id=business_id, step="cancelled")
        world.ask("CancelPurchase", **this, reason="Rival")

    def outcome(self, ended: Ended) -> str:
        order = _found(ended.business_id)
        return order.status if order else "NONE"

    def wrong(self, ended: Ended) -> Iterator[str]:
        status = self.outcome(ended)
        for arn in ended.arns:
            if (status, ended.status(arn)) not in ENDINGS:
                yield f"{PURCHASE} {ended.status(arn)}, and the order is {status}"
        for name, level in ended.shop.levels.items():
            if level.get("on_order", 0):
                yield f"{name}: {level['on_order']} are on order, of an order that is {status}"


def _found(purchase_order_id: str) -> Purchase | None:
    return next(iter(purchases().get_many([purchase_order_id])), None)


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


def _placed(suppliers: Sequence[str]) -> Callable[[Bench, CasePlan, str], list[str]]:
    def story(bench: Bench, plan: CasePlan, business_id: str) -> list[str]:
        bench.plan = plan
        # The harness names an execution by its order_id.
        return [bench.start({**request(business_id, suppliers), "order_id": business_id}, PURCHASE)]

    return story


def _script(moves: Moves, business_id: str) -> Script[Purchase, PurchaseOperations]:
    return Script(business_id, moves, _found, desk)
