"""`till stock`: levels, movements, corrections, rebuild."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from till.amounts import cost_in_minor_units
from till.defaults import CURRENCY, CURRENCY_VARIABLE, LOCATION, LOCATION_VARIABLE
from till.errors import OperatorError, operator_errors
from till.numbers import whole_number
from till.output import confirm, money, out, print_json, print_table, styled, timestamp
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.stack import Stack, find_stack
from till.workflows import new_id

if TYPE_CHECKING:
    from inventory.models import Adjust, Correction, Count
    from inventory.operations import EndedDocument, Rebuilt

app = typer.Typer(no_args_is_help=True, help="Show stock levels and movements, and correct them.")

Location = Annotated[str, typer.Option(envvar=LOCATION_VARIABLE, help="Location.")]
Currency = Annotated[
    str, typer.Option(envvar=CURRENCY_VARIABLE, help="Currency of the stock's value (ISO 4217).")
]
Sku = Annotated[str, typer.Argument(help="SKU of the product.")]

UnitCost = Annotated[
    str | None,
    typer.Option(help="Cost of one found unit, such as 4.80. Default: the average cost of those on hand."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]


class Kind(StrEnum):
    """A kind of document that holds stock."""

    ORDER = "order"
    TRANSFER = "transfer"
    PURCHASE = "purchase"

    @property
    def document(self) -> EndedDocument:
        return cast("EndedDocument", self.name)


# The statuses of a document whose workflow has ended.
_ENDED = {
    Kind.ORDER: ("PAID", "REJECTED", "CANCELLED"),
    Kind.TRANSFER: ("CLOSED", "CANCELLED"),
    Kind.PURCHASE: ("CLOSED", "CANCELLED"),
}

LEVEL = (
    "location",
    "sku",
    "on_hand",
    "reserved",
    "available",
    "on_order",
    "reorder_point",
    "stock_value",
    "currency",
)
MOVEMENT = ("at", "kind", "quantity", "cost", "business_id", "reason", "currency")
ADVICE = "See the levels with `till stock levels`; the first stock is a `till stock count` with --unit-cost."


@app.command("levels")
def levels(
    location: Location = "",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    page: Page = 1,
    page_size: PageSize = 50,
) -> None:
    """List units on hand, reserved, available and on order, by location and SKU.

    Examples:

        till stock levels --location store-1

        till stock levels --csv --page-size 1000 > levels.csv
    """
    from tillflow.listing import every

    from till.services.inventory import Stock

    with operator_errors("See all locations with `till location list`."):
        fetch = partial(Stock(find_stack()).list_levels, 100, location=location or None)
        rows = (level.model_dump() for level in every(fetch))
        value = {"stock_value": lambda row: money(row["stock_value"], row["currency"] or "")}
        print_report("Stock levels", LEVEL, rows, as_json, as_csv, page, page_size, value)


@app.command("movements")
def movements(
    sku: Sku,
    location: Location = LOCATION,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    page: Page = 1,
    page_size: PageSize = 50,
) -> None:
    """List the movements of a SKU at a location, the newest first.

    Example:

        till stock movements COF-ESP-1KG
    """
    from tillflow.listing import every

    from till.services.inventory import Stock

    with operator_errors(ADVICE):
        operations = Stock(find_stack())
        level = operations.level(location, sku)
        currency = (level and level.currency) or ""
        found = every(partial(operations.list_movements, location, sku, 100))
        rows = (
            {**row.model_dump(), "currency": row.currency or currency, "at": timestamp(row.at)}
            for row in found
        )
        cost = {"cost": lambda row: money(row["cost"], row["currency"])}
        title = f"Movements of {sku} at {location}"
        print_report(title, MOVEMENT, rows, as_json, as_csv, page, page_size, cost)


@app.command("adjust")
def adjust(
    sku: Sku,
    quantity: Annotated[
        int, typer.Argument(parser=whole_number, help="Units found, or lost below 0 (after --).")
    ],
    reason: Annotated[str, typer.Option(help="Reason.")],
    location: Location = LOCATION,
    unit_cost: UnitCost = None,
    currency: Currency = CURRENCY,
    adjustment_id: Annotated[str, typer.Option("--id", help="Idempotency key.")] = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Add units that were found, or remove units that are lost or broken; the ledger follows within seconds.

    A change of more than 1,000 units and more than ten times the units on hand has to be confirmed, and so has a unit
    cost above ten times the average.

    Example:

        till stock adjust --reason 'dropped' MUG-WHT-300 -- -2
    """
    from inventory.models import Adjust

    request = {
        "adjustment_id": adjustment_id or new_id("adj"),
        "location": location,
        "sku": sku,
        "quantity": quantity,
        "currency": currency,
        "reason": reason,
        "unit_cost": _minor_units(unit_cost, currency),
    }
    _correct(Adjust, request, yes, as_json)


@app.command("count")
def count(
    sku: Sku,
    counted: Annotated[
        int, typer.Argument(parser=whole_number, help="Units on the shelves, reserved ones included.")
    ],
    location: Location = LOCATION,
    reason: Annotated[str, typer.Option(help="Reason.")] = "counted",
    unit_cost: UnitCost = None,
    currency: Currency = CURRENCY,
    count_id: Annotated[str, typer.Option("--id", help="Idempotency key.")] = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Set on hand to the counted units; the ledger follows within seconds.

    The first stock of a product at a location is a count with --unit-cost, in --currency.

    A change of more than 1,000 units and more than ten times the units on hand has to be confirmed, and so has a unit
    cost above ten times the average.

    Examples:

        till stock count MUG-WHT-300 48

        till stock count MUG-WHT-300 12 --unit-cost 4.80

        till stock count MUG-WHT-300 24 --unit-cost 4.80 --location warehouse
    """
    from inventory.models import Count

    request = {
        "count_id": count_id or new_id("count"),
        "location": location,
        "sku": sku,
        "counted": counted,
        "currency": currency,
        "reason": reason,
        "unit_cost": _minor_units(unit_cost, currency),
    }
    _correct(Count, request, yes, as_json)


@app.command("rebuild")
def rebuild(
    write: Annotated[bool, typer.Option("--write", help="Write the rebuilt counters.")] = False,
    as_json: AsJson = False,
) -> None:
    """Recompute the counters of every level from its history, and report those that differ.

    Run it while nothing is sold: a level that changes meanwhile appears to differ, and is not written. Exit 1 if a
    level still differs.

    Examples:

        till stock rebuild

        till stock rebuild --write
    """
    from inventory.operations import StockOperations
    from tillflow.plurals import counted

    stack = find_stack()
    # An audit: it reads the whole table, for longer than a function may run.
    operations = StockOperations(stack.client("dynamodb"), stack.output("InventoryTable"))
    levels = list(operations.rebuild(write))
    if as_json:
        print_json([_rebuilt_row(level) for level in levels])
    elif levels:
        print_table(
            f"Differences from the history: {counted(len(levels), 'level')}",
            ("location", "sku!", "counter", "stored>", "rebuilt>", ""),
            [
                (level.drift.location, level.drift.sku, name, *values, "repaired" if level.repaired else "")
                for level in levels
                for name, values in level.differences.items()
            ],
        )
    else:
        out.print(styled("Every level agrees with its history.", "green"))
    if not all(level.repaired for level in levels):
        raise typer.Exit(1)


@app.command("release")
def release(
    business_id: Annotated[
        str, typer.Argument(metavar="ID", help="Id of the order, transfer or purchase order.")
    ],
    kind: Annotated[Kind, typer.Option("--of", help="Kind of document that has the id.")] = Kind.ORDER,
    as_json: AsJson = False,
) -> None:
    """Release the units that an ended order, transfer or purchase order still reserves or has on order.

    For what `till audit` names after a step was reported as done by hand. Units that were sold, shipped or received
    stay as they are. A document that has not ended is refused: its workflow releases what it holds.

    Examples:

        till order place docs/examples/order.json --id ord-1 --wait

        till stock release ord-1

        till purchase create --id po-17 --line COF-ESP-1KG=24@10.20 --supplier sup-roastery

        till purchase cancel po-17 --reason "ordered twice"

        sleep 5 && till stock release po-17 --of purchase
    """
    from inventory.operations import StockOperations
    from tillflow.plurals import counted

    stack = find_stack()
    with operator_errors(f"See `till {kind.value} list`."):
        status = _status(stack, kind, business_id)
    if status not in _ENDED[kind]:
        raise OperatorError(
            f"{kind.value} {business_id} is {status}; it must have ended: {', '.join(_ENDED[kind])}.",
            "Its workflow releases what it holds; `till case list` shows what it waits for.",
        )
    # A repair after an audit, as `rebuild` is.
    operations = StockOperations(stack.client("dynamodb"), stack.output("InventoryTable"))
    ended = operations.release_ended(kind.document, business_id)
    if as_json:
        print_json(dict(ended))
        return
    for lines, what in ((ended["released"], "no longer reserved"), (ended["lowered"], "no longer on order")):
        for line in lines:
            out.print(f"{line['sku']}: {counted(line['quantity'], 'unit')} {what}.")
    if not (ended["released"] or ended["lowered"]):
        out.print(f"{business_id} holds nothing.")


def _status(stack: Stack, kind: Kind, business_id: str) -> str:
    """Return the status of a document. UnknownOrder, UnknownTransfer, UnknownPurchase."""
    from till.services.inventory import Transfers
    from till.services.orders import Orders
    from till.services.purchasing import Purchases

    if kind is Kind.TRANSFER:
        return Transfers(stack).get(business_id).status
    if kind is Kind.PURCHASE:
        return Purchases(stack).get(business_id).status
    return Orders(stack).get(business_id).status


def _correct(model: type[Adjust] | type[Count], request: dict[str, Any], yes: bool, as_json: bool) -> None:
    """Apply a correction, once it is confirmed if it is implausible, and print what is stored."""
    from inventory.errors import ImplausibleCorrection
    from inventory.models import Adjust
    from tillflow.parsing import parse

    from till.services.inventory import Stock

    operations = Stock(find_stack())

    def apply(confirmed: bool) -> Correction:
        correction = parse(model, request | {"confirmed": confirmed})
        if isinstance(correction, Adjust):
            return operations.adjust(correction)
        return operations.count(correction)

    with operator_errors(ADVICE):
        try:
            correction = apply(confirmed=yes)
        except ImplausibleCorrection as error:
            confirm(f"{error}. Apply it?")
            correction = apply(confirmed=True)
    _print_correction(correction, as_json)


def _minor_units(unit_cost: str | None, currency: str) -> int | None:
    return None if unit_cost is None else cost_in_minor_units("unit cost", unit_cost, currency)


def _rebuilt_row(level: Rebuilt) -> dict[str, Any]:
    return {
        "location": level.drift.location,
        "sku": level.drift.sku,
        "stored": asdict(level.drift.stored),
        "rebuilt": asdict(level.drift.rebuilt),
        "repaired": level.repaired,
    }


def _print_correction(correction: Correction, as_json: bool) -> None:
    if as_json:
        print_json(dict(correction))
        return
    out.print(
        f"{correction['sku']} at {correction['location']}: {correction['quantity']:+}, "
        f"on hand {correction['on_hand']}.",
    )
    out.print(f"See it with `till stock movements {correction['sku']}`.")
