"""`till product`: a product as the catalog has it, with its pictures."""

import io
from collections.abc import Mapping
from typing import Annotated

import typer
from catalog.store import CatalogStore
from images.operations import ImageOperations
from PIL import Image
from rich.markup import escape

from till import drawing
from till.errors import OperatorError
from till.output import err, money, out, print_json, print_table
from till.stack import find_stack

app = typer.Typer(no_args_is_help=True, help="See the products of the catalog.")


@app.command("list")
def list_products(
    most: Annotated[int, typer.Option(min=1, max=100, help="At most so many.")] = 50,
    after: Annotated[str, typer.Option(help="Go on after this SKU.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the catalog in the order of the SKUs, each product with its pictures.

    Examples:

        till product list --most 20

        till product list --json | jq '.products[] | select(.images == []) | .sku'
    """
    stack = find_stack()
    store = CatalogStore(stack.client("dynamodb"), stack.output("CatalogTable"))
    products, more = store.list_products(most, after)
    pictures = ImageOperations(stack).list_of_products([product.sku for product in products])
    if as_json:
        shown = [
            {**product.model_dump(), "images": its} for product, its in zip(products, pictures, strict=True)
        ]
        print_json({"products": shown, "after": more})
        return
    print_table(
        "Products",
        ("sku!", "name", "prices>", "category!", "pictures!"),
        [
            (
                escape(product.sku),
                escape(product.name),
                _prices(product.prices),
                escape(product.category or ""),
                " ".join([str(len(its)), *(f"[on {picture['dominant_colour']}]  [/]" for picture in its)]),
            )
            for product, its in zip(products, pictures, strict=True)
        ],
    )
    if more:
        err.print(f"There are more: till product list --after {more}", highlight=False)


@app.command("show")
def show_product(
    sku: Annotated[str, typer.Argument(help="The product's SKU.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a product and its pictures.

    Example:

        till product show COF-ESP-1KG
    """
    stack = find_stack()
    product = stack.row("CatalogTable", f"PRODUCT#{sku}", "PRODUCT")
    if not product:
        raise OperatorError(f"There is no product {sku}.", "`till seed` fills the demo shop's catalog.")
    operations = ImageOperations(stack)
    pictures = operations.list_of_product(sku)
    facts = {name: value for name, value in product.items() if name not in ("pk", "sk")}
    if as_json:
        print_json({**facts, "images": pictures})
        return
    if pictures and out.is_terminal:
        thumbnail = Image.open(io.BytesIO(operations.read_thumbnail(pictures[0], 512)))
        drawing.draw(out, thumbnail, min(48, out.width))
    facts["prices"] = _prices(facts["prices"])
    print_table(
        escape(sku), ("field!", "value"), [(n, escape(str(v))) for n, v in facts.items() if v is not None]
    )
    print_table(
        "Pictures",
        ("key", "size!"),
        [(escape(p["key"]), " x ".join(map(str, p["displayed_size"]))) for p in pictures],
    )


def _prices(prices: Mapping[str, int]) -> str:
    return ", ".join(money(amount, currency) for currency, amount in prices.items())
