"""`till stock`: what is on the shelves and on order, why, and correcting it."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated, Any

import typer
from inventory.corrections import Corrections
from inventory.models import Adjust, Count
from inventory.store import InventoryStore
from tillflow.errors import DomainError
from tillflow.parsing import parse
from tillflow.store import Item

from till.errors import OperatorError
from till.output import out, print_json, print_table
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.shop import CURRENCY, LOCATION
from till.stack import Stack, find_stack
from till.workflows import new_id

app = typer.Typer(no_args_is_help=True, help="See stock levels and movements, and correct them.")

Location = Annotated[str, typer.Option(help="The location.")]
Currency = Annotated[str, typer.Option(help="Of the stock's value, ISO 4217.")]
Sku = Annotated[str, typer.Argument(help="The product's SKU.")]

LEVEL = ("location", "sku", "on_hand", "reserved", "available", "on_order", "reorder_point", "stock_value")
MOVEMENT = ("at", "kind", "quantity", "cost", "business_id", "reason")


@app.command("levels")
def levels(
    location: Location = "",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    page: Page = 1,
    page_size: PageSize = 50,
) -> None:
    """List what is on hand, promised, available and on order, by location and SKU.

    Examples:

        till stock levels --location store-1

        till stock levels --csv --page-size 1000 > levels.csv
    """
    rows = sorted(_inventory(find_stack()).levels(location or None), key=lambda row: row["pk"])
    print_report("Stock levels", LEVEL, _with_orders(rows), as_json, as_csv, page, page_size)


@app.command("movements")
def movements(
    sku: Sku,
    location: Location = LOCATION,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    page: Page = 1,
    page_size: PageSize = 50,
) -> None:
    """List every movement of a SKU at a location, the newest first; costs in minor units.

    Example:

        till stock movements COF-ESP-1KG
    """
    rows = reversed(_inventory(find_stack()).movements(location, sku))
    print_report(f"Movements of {sku} at {location}", MOVEMENT, rows, as_json, as_csv, page, page_size)


@app.command("adjust")
def adjust(
    sku: Sku,
    quantity: Annotated[int, typer.Argument(help="Units found; below 0 those lost, after --.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    location: Location = LOCATION,
    unit_cost: Annotated[
        int | None, typer.Option(help="Of units found, in minor units; the average when left out.")
    ] = None,
    currency: Currency = CURRENCY,
    adjustment_id: Annotated[str, typer.Option("--id", help="Given again, it counts once.")] = "",
    as_json: AsJson = False,
) -> None:
    """Add units that were found, or take those that are lost or broken; the books follow within seconds.

    Example:

        till stock adjust --reason 'dropped' MUG-WHT-300 -- -2
    """
    request = {
        "adjustment_id": adjustment_id or new_id("adj"),
        "location": location,
        "sku": sku,
        "quantity": quantity,
        "currency": currency,
        "reason": reason,
        "unit_cost": unit_cost,
    }
    try:
        answer = _corrections().adjust(parse(Adjust, request))
    except DomainError as refusal:
        raise _refused(refusal) from refusal
    _corrected(answer, as_json)


@app.command("count")
def count(
    sku: Sku,
    counted: Annotated[int, typer.Argument(help="Units on the shelves, promised ones among them.")],
    location: Location = LOCATION,
    reason: Annotated[str, typer.Option(help="Why it was counted.")] = "counted",
    currency: Currency = CURRENCY,
    count_id: Annotated[str, typer.Option("--id", help="Given again, it counts once.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make on hand what was counted; the difference is a movement, and the books follow within seconds.

    Example:

        till stock count MUG-WHT-300 48
    """
    request = {
        "count_id": count_id or new_id("count"),
        "location": location,
        "sku": sku,
        "counted": counted,
        "currency": currency,
        "reason": reason,
    }
    try:
        answer = _corrections().count(parse(Count, request))
    except DomainError as refusal:
        raise _refused(refusal) from refusal
    _corrected(answer, as_json)


@app.command("rebuild")
def rebuild(
    write: Annotated[bool, typer.Option("--write", help="Mend what differs.")] = False,
    as_json: AsJson = False,
) -> None:
    """Recompute on hand, reserved and value from movements and reservations; report what differs.

    Read while nothing is sold: a sale in between looks like a difference, and is left alone when it comes to
    writing. Exit 1 while anything differs.

    Examples:

        till stock rebuild

        till stock rebuild --write
    """
    inventory = _inventory(find_stack())
    rows: list[dict[str, Any]] = [
        {
            "location": drift.location,
            "sku": drift.sku,
            "stored": asdict(drift.stored),
            "rebuilt": asdict(drift.rebuilt),
            "mended": write and inventory.mend(drift),
        }
        for drift in inventory.drift()
    ]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(
            f"{len(rows)} levels differ from their history",
            ("location", "sku!", "counter", "stored>", "rebuilt>", ""),
            [
                (
                    row["location"],
                    row["sku"],
                    name,
                    was,
                    row["rebuilt"][name],
                    "mended" if row["mended"] else "",
                )
                for row in rows
                for name, was in row["stored"].items()
                if was != row["rebuilt"][name]
            ],
        )
    else:
        out.print("[green]Every level is what its history adds up to.[/]", highlight=False)
    if not all(row["mended"] for row in rows):
        raise typer.Exit(1)


def _inventory(stack: Stack) -> InventoryStore:
    return InventoryStore(stack.client("dynamodb"), stack.output("InventoryTable"))


def _corrections() -> Corrections:
    stack = find_stack()
    return Corrections(stack.client("dynamodb"), stack.output("InventoryTable"))


def _refused(refusal: DomainError) -> OperatorError:
    return OperatorError(f"{refusal}.", "See what is there with `till stock levels`.")


def _corrected(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    out.print(
        f"{answer['sku']} at {answer['location']}: {answer['quantity']:+}, on hand {answer['on_hand']}.",
        highlight=False,
    )
    out.print(f"See it with `till stock movements {answer['sku']}`.", highlight=False)


def _with_orders(rows: Iterable[Item]) -> Iterable[Item]:
    return ({"on_order": 0, **row} for row in rows)
