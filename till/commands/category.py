"""`till category`: categories of products."""

from typing import Annotated

import typer

from till.errors import operator_errors
from till.output import out, print_json
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.stack import find_stack

_LISTED = "See all categories with `till category list`."

app = typer.Typer(no_args_is_help=True, help="Create, rename, retire and list categories of products.")

Code = Annotated[str, typer.Argument(metavar="CATEGORY", help="Code of the category.")]


@app.command("create")
def create(
    category: Code,
    name: Annotated[str, typer.Option(help="Name.")],
    as_json: AsJson = False,
) -> None:
    """Create a category, or rename it.

    Example:

        till category create tea --name "Tea and infusions"
    """
    from catalog.models import Category
    from tillflow.parsing import parse

    from till.services.catalog import Catalog

    with operator_errors(_LISTED):
        created = parse(Category, {"category": category, "name": name})
        Catalog(find_stack()).rename_category(created.category, created.name)
    if as_json:
        print_json(created.model_dump(exclude={"retired"}))
    else:
        out.print(f"Category {created.category}.")


@app.command("retire")
def retire(
    category: Code,
    undo: Annotated[bool, typer.Option("--undo", help="Let products have the category again.")] = False,
) -> None:
    """Retire a category: its products keep it, no further one gets it.

    Example:

        till category retire books
    """
    from till.services.catalog import Catalog

    with operator_errors(_LISTED):
        Catalog(find_stack()).retire_category(category, not undo)
    out.print(f"{category} is used again." if undo else f"{category} is retired.")


@app.command("list")
def list_categories(
    as_json: AsJson = False, as_csv: AsCsv = False, page: Page = 1, page_size: PageSize = 50
) -> None:
    """List the categories.

    Example:

        till category list
    """
    from tillflow.listing import every

    from till.services.catalog import Catalog

    with operator_errors(_LISTED):
        rows = [category.model_dump() for category in every(Catalog(find_stack()).list_categories)]
    print_report("Categories", ("category", "name", "retired"), rows, as_json, as_csv, page, page_size)
