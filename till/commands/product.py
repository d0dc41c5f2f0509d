"""`till product`: a product as the catalog has it, with its pictures."""

from typing import Annotated

import typer
from rich.markup import escape

from till import drawing, images
from till.errors import OperatorError
from till.output import money, out, print_json, print_table
from till.stack import find_stack

app = typer.Typer(no_args_is_help=True, help="See the products of the catalog.")


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
    pictures = images.of_product(stack, sku)
    facts = {name: value for name, value in product.items() if name not in ("pk", "sk")}
    if as_json:
        print_json({**facts, "images": pictures})
        return
    if pictures and out.is_terminal:
        picture = pictures[0]
        drawing.draw(out, images.thumbnail(stack, picture, 512), min(48, out.width))
    facts["prices"] = ", ".join(money(amount, currency) for currency, amount in facts["prices"].items())
    print_table(
        escape(sku), ("field!", "value"), [(n, escape(str(v))) for n, v in facts.items() if v is not None]
    )
    print_table(
        "Pictures",
        ("key", "size!"),
        [(escape(p["key"]), " x ".join(map(str, p["displayed_size"]))) for p in pictures],
    )
