"""`till tax-class`: tax classes of products, and their rates from a day on."""

from typing import Annotated

import typer

from till.errors import operator_errors
from till.output import out, print_json, timestamp
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.stack import find_stack

_LISTED = "See all tax classes with `till tax-class list`."

app = typer.Typer(no_args_is_help=True, help="Set, retire and list the tax classes of products.")


@app.command("set")
def set_rate(
    tax_class: Annotated[str, typer.Argument(help="Name of the class.")],
    percent: Annotated[str, typer.Argument(help="Rate in percent.")],
    valid_from: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Day, from its midnight in the shop on, or time, such as 2027-01-01T00:00:00+01:00.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create a tax class, or set its rate, from now on or from a day on.

    An order has the rate of the time when it is placed; what is sold keeps its rate, also when it is returned.
    Another rate from the same time on replaces a change to come; the rate before it withdraws it.

    Examples:

        till tax-class set standard 19

        till tax-class set reduced 5.5 --from 2027-01-01
    """
    from catalog.models import TaxClassPercent
    from tillflow.parsing import parse

    from till.services.catalog import Catalog

    stack = find_stack()
    with operator_errors(_LISTED):
        fields: dict[str, object] = {"tax_class": tax_class, "percent": percent}
        if valid_from is not None:
            fields["valid_from"] = _start_of(valid_from, stack.parameter("ShopTimeZone") or "UTC")
        request = parse(TaxClassPercent, fields)
        changed = Catalog(stack).put_tax_class(request)
    if as_json:
        print_json(changed.model_dump(mode="json"))
    elif request.valid_from is None:
        out.print(f"Tax class {changed.tax_class} has {changed.percent} %.")
    else:
        since = timestamp(request.valid_from)
        out.print(f"Tax class {changed.tax_class} has {request.percent} % from {since} on.")


@app.command("retire")
def retire(
    tax_class: Annotated[str, typer.Argument(help="Name of the class.")],
    undo: Annotated[bool, typer.Option("--undo", help="Use the class again.")] = False,
) -> None:
    """Retire a tax class that no product on sale has: no product gets it any more.

    Examples:

        till tax-class set intermediate 12

        till tax-class retire intermediate
    """
    from till.services.catalog import Catalog

    with operator_errors(_LISTED):
        Catalog(find_stack()).retire_tax_class(tax_class, not undo)
    out.print(f"Tax class {tax_class} is used again." if undo else f"Tax class {tax_class} is retired.")


@app.command("list")
def list_tax_classes(
    as_json: AsJson = False, as_csv: AsCsv = False, page: Page = 1, page_size: PageSize = 50
) -> None:
    """List the tax classes with their rates, those to come and retired classes too.

    Example:

        till tax-class list
    """
    from till.services.catalog import Catalog

    classes = Catalog(find_stack()).list_tax_classes()
    rows = [one.model_dump(mode="json") for one in classes]
    if not as_json:
        for row, one in zip(rows, classes, strict=True):
            row["changes"] = ", ".join(
                f"{change.percent} % from {timestamp(change.valid_from)} on" for change in one.changes
            )
    columns = ("tax_class", "percent", "changes", "retired")
    print_report("Tax classes", columns, rows, as_json, as_csv, page, page_size)


def _start_of(day_or_time: str, time_zone: str) -> str:
    """Return the midnight of a day in a time zone with its offset; anything else as it is."""
    from datetime import date, datetime, time
    from zoneinfo import ZoneInfo

    try:
        day = date.fromisoformat(day_or_time)
    except ValueError:
        return day_or_time
    return datetime.combine(day, time(), ZoneInfo(time_zone)).isoformat()
