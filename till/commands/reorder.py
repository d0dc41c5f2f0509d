"""`till reorder`: how SKUs are kept, runs that order what is needed, and what waits for approval."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import typer
from demand.store import DemandStore
from inventory.store import InventoryStore
from replenishment import rules
from replenishment.models import Demand, Policy
from replenishment.store import ReplenishmentStore
from tillflow.callbacks import complete_task
from tillflow.errors import DomainError
from tillflow.parsing import parse

from till import workflows
from till.errors import OperatorError
from till.output import money, out, print_json, print_table
from till.purchasing import purchases
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.shop import LOCATION
from till.sourcing import completed, remeasured
from till.stack import Stack, find_stack
from till.workflows import new_id

app = typer.Typer(no_args_is_help=True, help="Order again what is needed, and approve what costs much.")

SEGMENTS = 16
DAYS = 28


class Decision(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"


@app.command("keep")
def keep(
    sku: Annotated[str, typer.Argument(help="The product's SKU.")],
    source: Annotated[
        list[str],
        typer.Option(
            help="supplier=ID[,cost=,freight=,days=,variance=,pack=,minimum=,on_time=,currency=]. What is left "
            "out is as the supplier's record, its prices and its deliveries say."
        ),
    ],
    location: Annotated[str, typer.Option(help="The location.")] = LOCATION,
    service_level: Annotated[str, typer.Option(help="Share of days without running out.")] = "0.95",
    cover_days: Annotated[int, typer.Option(help="Days an order should last beyond the point.")] = 14,
    point: Annotated[
        int | None, typer.Option(help="The reorder point; from the sales of late when left out.")
    ] = None,
) -> None:
    """Say from whom a SKU is ordered again and how much of it is kept; sets its reorder point.

    Each order takes the point up to what the sales of late ask for; `till reorder review` takes it down as well.

    Examples:

        till reorder keep COF-ESP-1KG --source supplier=sup-roastery,pack=12

        till reorder keep COF-ESP-1KG --source supplier=sup-roastery,cost=1020,days=5 --source supplier=sup-wholesale
    """
    stack = find_stack()
    today = datetime.now(UTC).date()
    try:
        request = {
            "location": location,
            "sku": sku,
            "service_level": service_level,
            "cover_days": cover_days,
            "sources": [completed(purchases(stack), sku, _source(text), today) for text in source],
        }
        policy = parse(Policy, request)
        if point is None:
            point = _asked_for(stack, policy)
        # The point first: it is refused for a SKU that was never there, and then nothing is kept.
        _inventory(stack).set_reorder_point(location, sku, point)
        _store(stack).put_policy(policy)
    except DomainError as refusal:
        raise OperatorError(f"{refusal}.", "See `till reorder keep --help`.") from refusal
    out.print(f"{sku} at {location} is ordered again at {point}.", highlight=False)


@app.command("review")
def review(
    write: Annotated[bool, typer.Option("--write", help="Set them so.")] = False,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    page: Page = 1,
    page_size: PageSize = 50,
) -> None:
    """Compare every reorder point with what the last four weeks' sales ask for.

    With --write the points are set so, and each source's punctuality as its supplier delivered.

    Examples:

        till reorder review

        till reorder review --write
    """
    stack, today = find_stack(), datetime.now(UTC).date()
    found = []
    kept = sorted(_store(stack).policies(), key=lambda policy: (policy.location, policy.sku))
    for policy in kept:
        policy = remeasured(policy, purchases(stack), today)
        level, point = _inventory(stack).level(policy.location, policy.sku), _asked_for(stack, policy)
        first = rules.ranked(policy.sources)[0]
        row = {"location": policy.location, "sku": policy.sku, "supplier_id": first.supplier_id}
        found.append(row | {"reorder_point": level.get("reorder_point"), "asked_for": point})
        if write:
            _inventory(stack).set_reorder_point(policy.location, policy.sku, point)
            _store(stack).put_policy(policy)
    columns = ("location", "sku", "supplier_id", "reorder_point", "asked_for")
    print_report("Reorder points", columns, found, as_json, as_csv, page, page_size)


@app.command("run")
def run(as_json: AsJson = False) -> None:
    """Look at every level now, as the nightly run does, and order what is needed.

    Example:

        till reorder run
    """
    stack, name = find_stack(), new_id("reorder")
    started = workflows.start(stack, "StockReorder", name, {"segments": SEGMENTS})
    execution = workflows.wait(stack, started.arn)
    orders = json.loads(execution.get("output") or "[]")
    if as_json:
        print_json({"run_id": name, "status": execution["status"], "orders": orders})
    elif execution["status"] == "RUNNING":
        out.print(
            f"{name} waits for a decision: `till reorder show {name}`, `till reorder approve`.",
            highlight=False,
        )
    else:
        for order in orders:
            ended = order["status"].replace("_", " ").lower()
            out.print(f"{order['purchase_order_id']}: {ended} {order.get('reason', '')}", highlight=False)
        out.print(f"{len(orders)} orders. Follow the run with `till history {name}`.", highlight=False)


@app.command("show")
def show(
    run_id: Annotated[str, typer.Argument(help="A run; what waits for approval when left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show the orders a run planned, or every order that waits for a decision.

    Examples:

        till reorder show

        till reorder show reorder-20261123T020000-5f0c1a2b --json
    """
    store = _store(find_stack())
    if run_id:
        orders = store.orders(run_id)
        if as_json:
            print_json(orders)
            return
        rows = [
            (
                o["purchase_order_id"],
                o["suppliers"][0]["supplier_id"],
                len(o["lines"]),
                money(o["total"], o["currency"]),
            )
            for o in orders
        ]
        print_table(run_id, ("order!", "supplier", "lines>", "total>"), rows)
        return
    waiting = [
        {name: value for name, value in row.items() if name not in ("pk", "sk", "task_token")}
        for row in store.approvals()
    ]
    if as_json:
        print_json(waiting)
    elif not waiting:
        out.print("Nothing waits for a decision.")
    else:
        rows = [(w["purchase_order_id"], w["asked"], w["total"], w["asked_at"][:16]) for w in waiting]
        print_table("Waiting for a decision", ("order!", "asked", "total (minor units)>", "since!"), rows)


@app.command("approve")
def approve(
    purchase_order_id: Annotated[str, typer.Argument(help="The order, as `till reorder show` names it.")],
    decision: Annotated[Decision, typer.Option(help="approve or refuse")] = Decision.APPROVE,
    note: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    """Decide an order that costs more than the limit; its run goes on from there.

    Examples:

        till reorder approve po-3f1f8b1c2d4e5f60718293a4

        till reorder approve po-3f1f8b1c2d4e5f60718293a4 --decision refuse --note 'too many'
    """
    stack = find_stack()
    try:
        token = _store(stack).decide(purchase_order_id, decision.value, note)
    except DomainError as refusal:
        raise OperatorError(f"{refusal}.", "`till reorder show` lists what waits.") from refusal
    answer = {"decision": decision.value}
    if not complete_task(stack.client("stepfunctions"), token, answer):
        raise OperatorError(
            f"{purchase_order_id} is decided, but no run waits for it.",
            "It was told before, or waited too long.",
        )
    out.print(f"{purchase_order_id}: {decision.value}.", highlight=False)


def _store(stack: Stack) -> ReplenishmentStore:
    return ReplenishmentStore(stack.client("dynamodb"), stack.output("ReplenishmentTable"))


def _inventory(stack: Stack) -> InventoryStore:
    return InventoryStore(stack.client("dynamodb"), stack.output("InventoryTable"))


def _asked_for(stack: Stack, policy: Policy) -> int:
    """The reorder point that the sales of late ask for."""
    best = rules.ranked(policy.sources)[0]
    return rules.reorder_point(_sold(stack, policy), best, policy.service_level)


def _sold(stack: Stack, policy: Policy) -> Demand:
    store = DemandStore(stack.client("dynamodb"), stack.output("DemandTable"))
    (sums,) = store.sums([(policy.location, policy.sku)], DAYS, datetime.now(UTC).date())
    return Demand.model_validate(sums)


_FIELDS = {
    "supplier": ("supplier_id", str),
    "cost": ("unit_cost", int),
    "freight": ("freight", int),
    "days": ("lead_time_days", int),
    "variance": ("lead_time_variance", Decimal),
    "pack": ("pack_size", int),
    "minimum": ("minimum_quantity", int),
    "on_time": ("on_time", Decimal),
    "currency": ("currency", str),
}


def _source(text: str) -> dict[str, object]:
    """A source as typed, `supplier=beans,cost=1020`."""
    source: dict[str, object] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        try:
            field, kind = _FIELDS[name.strip()]
            source[field] = kind(value)
        except (KeyError, ValueError, ArithmeticError):
            raise OperatorError(
                f"{part!r} says nothing of a source.", f"Use name=value of: {', '.join(_FIELDS)}."
            ) from None
    if "supplier_id" not in source:
        raise OperatorError(f"{text!r} names no supplier.", "Write supplier=ID, then what differs.")
    return source
