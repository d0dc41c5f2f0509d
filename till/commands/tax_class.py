"""`till tax-class`: tax classes of products."""

from typing import Annotated

import typer

from till.errors import operator_errors
from till.output import out, print_json
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.stack import find_stack

app = typer.Typer(no_args_is_help=True, help="Set and list the tax classes of products.")


@app.command("set")
def set_rate(
    tax_class: Annotated[str, typer.Argument(help="Name of the class.")],
    percent: Annotated[str, typer.Argument(help="Rate in percent.")],
    as_json: AsJson = False,
) -> None:
    """Create a tax class, or set its rate from now on. Orders that are sold keep theirs.

    Examples:

        till tax-class set standard 19

        till tax-class set reduced 5.5
    """
    from catalog.models import TaxClassPercent
    from tillflow.parsing import parse

    from till.services.catalog import Catalog

    with operator_errors("See all tax classes with `till tax-class list`."):
        changed = parse(TaxClassPercent, {"tax_class": tax_class, "percent": percent})
        Catalog(find_stack()).put_tax_class(changed)
    if as_json:
        print_json(changed.model_dump(mode="json"))
    else:
        out.print(f"Tax class {changed.tax_class} has {changed.percent} %.")


@app.command("list")
def list_tax_classes(
    as_json: AsJson = False, as_csv: AsCsv = False, page: Page = 1, page_size: PageSize = 50
) -> None:
    """List the tax classes with their rates.

    Example:

        till tax-class list
    """
    from till.services.catalog import Catalog

    rows = [one.model_dump(mode="json") for one in Catalog(find_stack()).list_tax_classes()]
    print_report("Tax classes", ("tax_class", "percent"), rows, as_json, as_csv, page, page_size)
