"""`till location`: the places with stock."""

from typing import Annotated

import typer

from till.errors import operator_errors
from till.output import out, print_json
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.stack import find_stack

app = typer.Typer(no_args_is_help=True, help="Create and list the locations with stock.")


@app.command("create")
def create(
    location: Annotated[str, typer.Argument(help="Location id.")],
    name: Annotated[str, typer.Option(help="Name.")] = "",
    as_json: AsJson = False,
) -> None:
    """Create a location, or rename it.

    Example:

        till location create store-2 --name "High Street"
    """
    from inventory.models import Location
    from tillflow.parsing import parse

    from till.services.inventory import Stock

    with operator_errors("See all locations with `till location list`."):
        created = parse(Location, {"location": location, "name": name})
        is_new = Stock(find_stack()).put_location(created)
    if as_json:
        print_json(created.model_dump())
    else:
        out.print(f"{'Created' if is_new else 'Updated'} location {created.location}.")


@app.command("list")
def list_locations(
    as_json: AsJson = False, as_csv: AsCsv = False, page: Page = 1, page_size: PageSize = 50
) -> None:
    """List the locations.

    Example:

        till location list
    """
    from till.services.inventory import Stock

    rows = [location.model_dump() for location in Stock(find_stack()).list_locations()]
    print_report("Locations", ("location", "name"), rows, as_json, as_csv, page, page_size)
