"""`till reorder`: reorder policies, reorder runs and approvals."""

import json
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from getpass import getuser
from typing import Annotated

import typer

from till import workflows
from till.amounts import amount_text
from till.defaults import LOCATION, LOCATION_VARIABLE
from till.errors import OperatorError, operator_errors
from till.numbers import decimal_number, number_option, whole_number
from till.output import money, out, print_json, print_table, styled, timestamp
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.stack import find_stack
from till.waiting import Wait, waiting_for
from till.workflows import new_id

app = typer.Typer(no_args_is_help=True, help="Reorder policies, reorder runs and approvals.")

SEGMENTS = 64

Sku = Annotated[str, typer.Argument(help="The product's SKU.")]
Sources = Annotated[
    list[str],
    typer.Option(
        "--source",
        help="supplier=ID[,cost=,freight=,days=,variance=,pack=,minimum=,on_time=,currency=]. cost and freight "
        "are of one unit, such as 10.20. Missing fields are taken from the supplier's record, price list and "
        "deliveries.",
    ),
]
Location = Annotated[str, typer.Option(envvar=LOCATION_VARIABLE, help="Location.")]
ServiceLevel = Annotated[str, typer.Option(help="Share of days without a stockout.")]
CoverDays = Annotated[int, number_option(help="Days of demand ordered above the reorder point.")]
Point = Annotated[int | None, number_option(help="Reorder point; by default from recent demand.")]


class Decision(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"


@app.command("create")
def create(
    sku: Sku,
    source: Sources,
    location: Location = LOCATION,
    service_level: ServiceLevel = "0.95",
    cover_days: CoverDays = 14,
    point: Point = None,
) -> None:
    """Create or replace the reorder policy of a SKU and set its reorder point.

    A run raises the reorder point when recent demand needs more; `till reorder review --write` also lowers it.

    Examples:

        till reorder create COF-ESP-1KG --source supplier=sup-roastery,pack=12

        till reorder create COF-ESP-1KG --source supplier=sup-roastery,cost=10.20,days=5 --source supplier=sup-wholesale
    """
    from till.services.replenishment import Reorders

    request = {
        "location": location,
        "sku": sku,
        "service_level": service_level,
        "cover_days": cover_days,
        "sources": [_source(text) for text in source],
    }
    with operator_errors("See `till reorder create --help`."):
        reorder_point = Reorders(find_stack()).create(request, point)
    out.print(f"{sku} at {location} is reordered at {reorder_point}.")


@app.command("list")
def list_policies(
    as_json: AsJson = False, as_csv: AsCsv = False, page: Page = 1, page_size: PageSize = 50
) -> None:
    """List the reorder policies.

    Example:

        till reorder list
    """
    from till.services.replenishment import Reorders

    rows = (
        {
            "location": policy.location,
            "sku": policy.sku,
            "suppliers": ", ".join(source.supplier_id for source in policy.sources),
            "service_level": str(policy.service_level),
            "cover_days": policy.cover_days,
        }
        for policy in Reorders(find_stack()).policies()
    )
    columns = ("location", "sku", "suppliers", "service_level", "cover_days")
    print_report("Reorder policies", columns, rows, as_json, as_csv, page, page_size)


@app.command("needs")
def needs(as_json: AsJson = False, as_csv: AsCsv = False, page: Page = 1, page_size: PageSize = 50) -> None:
    """List the stock levels at or below their reorder point, units on order included.

    Example:

        till reorder needs --json
    """
    from till.services.replenishment import Reorders

    rows = (dict(need) for need in Reorders(find_stack()).needs())
    columns = ("location", "sku", "available", "on_order", "reorder_point")
    print_report("To be ordered", columns, rows, as_json, as_csv, page, page_size)


@app.command("review")
def review(
    write: Annotated[bool, typer.Option("--write", help="Set the computed reorder points.")] = False,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    page: Page = 1,
    page_size: PageSize = 50,
) -> None:
    """Compare every reorder point with that of the last four weeks' demand.

    With --write set the points, and each source's punctuality as measured from its deliveries.

    Examples:

        till reorder review

        till reorder review --write
    """
    from till.services.replenishment import Reorders

    rows = (
        {
            "location": one.policy.location,
            "sku": one.policy.sku,
            "supplier_id": one.supplier_id,
            "reorder_point": one.reorder_point,
            "computed": one.computed,
        }
        for one in Reorders(find_stack()).review(write)
    )
    columns = ("location", "sku", "supplier_id", "reorder_point", "computed")
    print_report("Reorder points", columns, rows, as_json, as_csv, page, page_size)


@app.command("run")
def run(wait: Wait = False, as_json: AsJson = False) -> None:
    """Start a reorder run now, as the nightly schedule does.

    Examples:

        till reorder run

        till reorder run --wait
    """
    from tillflow.executions import error_message
    from tillflow.plurals import counted

    from till.services.replenishment import Reorders

    stack, run_id = find_stack(), new_id("reorder")
    started = Reorders(stack).start_run(run_id, SEGMENTS)
    result = {"run_id": run_id, "execution_arn": started.arn}
    execution = None
    if wait:
        with waiting_for(run_id, f"till reorder show {run_id}"):
            execution = workflows.wait(stack, started.arn)
    orders = json.loads((execution and execution.output) or "[]")
    if as_json:
        print_json(result | ({"status": execution.status, "orders": orders} if execution else {}))
    elif execution is None:
        out.print(f"{run_id} has started. Follow it with `till history {run_id}`.")
    elif execution.status == "RUNNING":
        out.print(f"{run_id} waits for a person: `till reorder approvals`, `till case list`.")
    elif execution.status != "SUCCEEDED":
        cause = error_message(execution.cause or execution.status)
        out.print(styled(f"{run_id} failed:", "red"), cause)
    else:
        for outcome, count in sorted(Counter(orders).items()):
            out.print(f"{count} ordered" if outcome == "ORDERED" else f"{count} not ordered: {outcome}")
        out.print(f"{counted(len(orders), 'order')}. List them with `till reorder show {run_id}`.")
    if execution and execution.status != "SUCCEEDED":
        raise typer.Exit(1)


@app.command("show")
def show(run_id: Annotated[str, typer.Argument(help="Reorder run id.")], as_json: AsJson = False) -> None:
    """Show the orders that a run planned.

    Example:

        till reorder show "$(till reorder run --json | jq -r .run_id)"
    """
    from till.services.replenishment import Reorders

    with operator_errors("`till reorder run` prints the id of its run."):
        orders = Reorders(find_stack()).run_orders(run_id)
    if as_json:
        print_json(orders)
        return
    rows = [
        (
            order["purchase_order_id"],
            order["suppliers"][0]["supplier_id"],
            len(order["lines"]),
            money(order["total"], order["currency"]),
        )
        for order in orders
    ]
    print_table(f"Orders of {run_id}", ("order!", "supplier!", "lines>", "total>"), rows)


@app.command("approvals")
def approvals(as_json: AsJson = False) -> None:
    """List the orders that wait for an approval, the oldest first.

    Example:

        till reorder approvals
    """
    from tillflow.listing import every

    from till.services.replenishment import Reorders

    waiting = list(every(partial(Reorders(find_stack()).pending_approvals, 100)))
    if as_json:
        print_json([approval.model_dump() for approval in waiting])
    elif not waiting:
        out.print("No order waits for an approval.")
    else:
        rows = [
            (one.purchase_order_id, one.asked, money(one.total, one.currency), timestamp(one.asked_at))
            for one in waiting
        ]
        print_table("Waiting for approval", ("order!", "asked", "total>", "since!"), rows)


@app.command("approve")
def approve(
    purchase_order_id: Annotated[str, typer.Argument(help="Purchase order id.")],
    decision: Annotated[Decision, typer.Option(help="approve or refuse")] = Decision.APPROVE,
    note: Annotated[str, typer.Option(help="Reason.")] = "",
    by: Annotated[str, typer.Option(help="Name of the person who decides; by default the user.")] = "",
) -> None:
    """Approve or refuse an order above the approval limit; its run continues.

    Examples:

        till reorder create GRD-HND-01 --source supplier=sup-wholesale --point 100

        till reorder run

        till reorder approve "$(till reorder approvals --json | jq -r '.[0].purchase_order_id')"

        till reorder create BOK-BRW-01 --source supplier=sup-wholesale --point 200

        till reorder run

        till reorder approvals --json | jq -r '.[0].purchase_order_id' |
        xargs -I ORDER till reorder approve ORDER --decision refuse --note "too many"
    """
    from till.services.replenishment import Reorders

    with operator_errors("`till reorder approvals` lists the orders that wait."):
        completed = Reorders(find_stack()).decide(purchase_order_id, decision.value, note, by or getuser())
    if not completed:
        raise OperatorError(
            f"The decision on {purchase_order_id} is stored, but no run waits for it.",
            "The run continued before, or its wait has timed out: see `till history`.",
        )
    out.print(f"{purchase_order_id}: {decision.value}.")


_FIELDS: dict[str, tuple[str, Callable[[str], object]]] = {
    "supplier": ("supplier_id", str),
    "cost": ("unit_cost", amount_text),
    "freight": ("freight", amount_text),
    "days": ("lead_time_days", whole_number),
    "variance": ("lead_time_variance", decimal_number),
    "pack": ("pack_size", whole_number),
    "minimum": ("minimum_quantity", whole_number),
    "on_time": ("on_time", decimal_number),
    "currency": ("currency", str),
}


def _source(text: str) -> dict[str, object]:
    """Return the fields of a source as typed, `supplier=beans,cost=10.20`."""
    source: dict[str, object] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        try:
            field, kind = _FIELDS[name.strip()]
            read = kind(value)
        except (KeyError, ValueError):
            raise OperatorError(
                f"Invalid field {part!r} of a source.", f"Use name=value of: {', '.join(_FIELDS)}."
            ) from None
        if field in source:
            raise OperatorError(f"Field {name.strip()!r} of source {text!r} is given twice.", "Give it once.")
        source[field] = read
    if "supplier_id" not in source:
        raise OperatorError(f"Source {text!r} has no supplier.", "Begin with supplier=ID.")
    return source
