"""`till report`: what was sold, and what came back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from reports.dimensions import DIMENSIONS

from till.days import FirstDay, typed_day
from till.defaults import CURRENCY, CURRENCY_VARIABLE
from till.errors import operator_errors
from till.output import money
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.stack import find_stack

if TYPE_CHECKING:
    from reports.dimensions import Dimension
    from reports.models import SalesRow

app = typer.Typer(no_args_is_help=True, help="Reports of sales.")

_COUNTS = ("sales", "units", "net", "tax", "total", "returns", "returned_units", "returned_total")
_AMOUNTS = ("net", "tax", "total", "returned_total", "remaining")
_HEADINGS = {"tax": "tax_rate"}
"""The column of a dimension, where it is not the dimension itself."""
_NOT_COUNTED: dict[str, tuple[str, ...]] = {
    "sku": ("sales", "returns"),
    "category": ("sales", "returns"),
    "tax": ("sales", "returns"),
    "tender": ("sales", "units", "net", "tax", "returns", "returned_units"),
}
"""What is not counted by a dimension: a sale has several lines, and a tender pays no line of its own."""
_ADVICE = "See `till report sales --help`."


@app.callback()
def main() -> None:
    """Reports of sales."""


@app.command("sales")
def report_sales(
    by: Annotated[str, typer.Option(help=f"Group by: {', '.join(DIMENSIONS)}.")] = "day",
    first: FirstDay = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day; today by default.")] = None,
    currency: Annotated[
        str, typer.Option(envvar=CURRENCY_VARIABLE, help="Currency, by its ISO 4217 code.")
    ] = CURRENCY,
    page: Page = 1,
    page_size: PageSize = 50,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Report sales, returns and cancels of a period (30 days by default), at most 366 days; days are in UTC.

    A sale counts on the day it was placed, a return or cancel on its own day. The number of sales and returns is
    counted by day and location. By tender: what it paid and got back.

    Examples:

        till report sales --by day --from 2026-11-01 --to 2026-11-30

        till report sales --by tax --csv
    """
    from tillflow.listing import every

    from till.services.reports import Reports

    with operator_errors(_ADVICE):
        dimension = _dimension(by)
        to_day = typed_day("--to", last) if last else datetime.now(UTC).date()
        from_day = typed_day("--from", first) if first else to_day - timedelta(days=29)
        reports = Reports(find_stack())
        days = every(lambda after: reports.sales(dimension, currency, from_day, to_day, 100, after))
        rows = _totals(days, dimension)
    counts = [name for name in _COUNTS if name not in _NOT_COUNTED.get(dimension, ())]
    formats = {name: lambda row, name=name: money(row[name], currency) for name in _AMOUNTS}
    columns = (_HEADINGS.get(dimension, dimension), *counts, "remaining", "currency")
    print_report("Sales", columns, rows, as_json, as_csv, page, page_size, formats)


def _totals(days: Any, by: Dimension) -> list[dict[str, Any]]:
    """Return the sums of the period by value, in the order of the values; by day, those of each day."""
    sums: dict[str, dict[str, Any]] = {}
    heading = _HEADINGS.get(by, by)
    row: SalesRow
    for row in days:
        value = row.day.isoformat() if by == "day" else row.value
        total = sums.setdefault(
            value, {heading: value, "currency": row.currency, **dict.fromkeys(_COUNTS, 0)}
        )
        for name in _COUNTS:
            total[name] += getattr(row, name)
    return [
        {**total, "remaining": total["total"] - total["returned_total"]} for _, total in sorted(sums.items())
    ]


def _dimension(text: str) -> Dimension:
    from reports.errors import InvalidReport

    for dimension in DIMENSIONS:
        if dimension == text:
            return dimension
    raise InvalidReport("by", text, f"one of {', '.join(DIMENSIONS)}")
