"""`till product`: products of the catalog and their pictures."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from till import drawing, workflows
from till.amounts import minor_units
from till.defaults import CURRENCY, CURRENCY_VARIABLE
from till.errors import OperatorError, operator_errors
from till.numbers import number_option
from till.output import err, lines, money, out, print_fields, print_json, print_table, timestamp
from till.report import AsJson
from till.stack import Stack, find_stack
from till.waiting import Wait, waiting_for

if TYPE_CHECKING:
    from catalog.imports.models import ImportReport
    from catalog.models import Label, Product
    from images.models import ImageSummary

_LISTED = "`till product list` lists every product."

app = typer.Typer(no_args_is_help=True, help="Products: prices, imports, labels of scales, terms of returns.")


@app.command("list")
def list_products(
    limit: Annotated[int, number_option(min=1, max=100, help="Maximum number of products.")] = 50,
    after: Annotated[str, typer.Option(help="Continue after a page, by what it ended with.")] = "",
    category: Annotated[str, typer.Option(help="Only products of this category.")] = "",
    as_json: AsJson = False,
) -> None:
    """List products in the order of their SKUs, with the number of their pictures.

    Examples:

        till product list --limit 20

        till product list --category coffee

        till product list --json | jq '.products[] | select(.images == []) | .sku'
    """
    from till.services.catalog import Catalog
    from till.services.images import Images

    stack = find_stack()
    with operator_errors(_LISTED):
        page = Catalog(stack).list_products(limit, after, category)
        products = page.rows
        pictures = Images(stack).list_of_products([product.sku for product in products])
    if as_json:
        shown = [
            {**product.model_dump(), "images": [_picture(image) for image in images]}
            for product, images in zip(products, pictures, strict=True)
        ]
        print_json({"products": shown, "after": page.after})
        return
    if not products:
        out.print("No products.")
        return
    print_table(
        "Products",
        ("sku!", "name", "prices>", "category!", "pictures!"),
        [
            (
                product.sku,
                product.name,
                _prices(product.prices),
                product.category or "",
                _pictures(images),
            )
            for product, images in zip(products, pictures, strict=True)
        ],
    )
    if page.after:
        only = f" --category {category}" if category else ""
        err.print(f"Next page: till product list{only} --after {page.after}")


@app.command("show")
def show_product(
    sku: Annotated[str, typer.Argument(help="SKU.")],
    as_json: AsJson = False,
) -> None:
    """Show a product and its pictures.

    Example:

        till product show COF-ESP-1KG
    """
    from till.services.catalog import Catalog

    stack = find_stack()
    with operator_errors(_LISTED):
        product = Catalog(stack).get(sku)
    _show(stack, product, as_json)


@app.command("find")
def find_product(
    barcode: Annotated[str, typer.Option(help="Barcode: EAN-13, EAN-8 or UPC-A.")], as_json: AsJson = False
) -> None:
    """Show the product with a barcode, and the price or weight that the barcode of a label has in it.

    Barcodes of labels begin with a prefix that has a layout: see `till product barcode-layout`.

    Example:

        till product find --barcode 4006381333931
    """
    from till.services.catalog import Catalog

    stack = find_stack()
    with operator_errors(_LISTED):
        product, label = Catalog(stack).find_barcode(barcode)
    _show(stack, product, as_json, label)


def _show(stack: Stack, product: Product, as_json: bool, label: Label | None = None) -> None:
    from PIL import Image

    from till.services.download import download
    from till.services.images import Images

    (pictures,) = Images(stack).list_of_products([product.sku])
    if as_json:
        images = [_picture(image) for image in pictures]
        scanned = {"label": label.model_dump()} if label else {}
        print_json({**product.model_dump(exclude_none=True), "images": images, **scanned})
        return
    if pictures and pictures[0].thumbnail_url and out.is_terminal:
        thumbnail = Image.open(io.BytesIO(download(pictures[0].thumbnail_url)))
        drawing.draw(out, thumbnail, min(48, out.width))
    fields = product.model_dump(exclude_none=True) | {
        "prices": _prices(product.prices),
        "price_changes": lines(
            f"{_prices(change.prices)} from {timestamp(change.valid_from)} on"
            for change in product.price_changes
        ),
    }
    if label:
        fields["label"] = f"{_prices(label.unit_prices)}" + (
            f" for {label.value} g" if label.content == "weight" else ""
        )
    print_fields(product.sku, fields)
    print_table(
        "Pictures",
        ("key", "size!"),
        [(p.key, " x ".join(map(str, p.displayed_size or ()))) for p in pictures],
    )


def _picture(image: ImageSummary) -> dict[str, Any]:
    return image.model_dump(exclude_none=True, exclude={"thumbnail_url"})


def _pictures(images: Sequence[ImageSummary]) -> Text:
    """Return the number of pictures, and the colour of each."""
    swatches = (drawing.swatch(image.dominant_colour) for image in images)
    return Text(" ").join([Text(str(len(images))), *swatches])


@app.command("price")
def schedule_price(
    sku: Annotated[str, typer.Argument(help="SKU.")],
    amount: Annotated[str, typer.Argument(help="Price of a unit, such as 18.90.")],
    valid_from: Annotated[str, typer.Option("--from", help="Time, such as 2027-01-01T00:00:00+01:00.")],
    currency: Annotated[
        str, typer.Option(envvar=CURRENCY_VARIABLE, help="Currency, by its ISO 4217 code.")
    ] = CURRENCY,
) -> None:
    """Change the price of a product from a time on.

    Example:

        till product price COF-ESP-1KG 19.90 --from 2030-01-01T00:00:00+01:00
    """
    from till.services.catalog import Catalog

    price = minor_units(amount, currency)
    request = {"sku": sku, "currency": currency, "price": price, "valid_from": valid_from}
    with operator_errors(_LISTED):
        Catalog(find_stack()).schedule_price(request)
    out.print(f"{sku} costs {money(price, currency)} from {valid_from} on.")


@app.command("retire")
def retire(
    sku: Annotated[str, typer.Argument(help="SKU.")],
    undo: Annotated[bool, typer.Option("--undo", help="Sell the product again.")] = False,
) -> None:
    """Stop selling a product. What was sold can be returned.

    Example:

        till product retire COF-GEI-250
    """
    from till.services.catalog import Catalog

    with operator_errors(_LISTED):
        Catalog(find_stack()).retire(sku, not undo)
    out.print(f"{sku} is sold again." if undo else f"{sku} is retired.")


@app.command("return-window")
def return_window(
    days: Annotated[
        int | None, number_option(min=0, max=3650, help="Days in which a unit can be returned.")
    ] = None,
    category: Annotated[str, typer.Option(help="Category; every other category without it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Set the return window of a category with --days, or list the return windows. Orders that are sold keep theirs.

    Examples:

        till product return-window --category books --days 14

        till product return-window
    """
    from catalog.errors import InvalidProduct
    from catalog.models import ReturnWindow
    from tillflow.parsing import parse

    from till.services.catalog import Catalog

    catalog = Catalog(find_stack())
    if days is not None:
        with operator_errors("See `till product return-window --help`."):
            catalog.put_return_window(
                parse(ReturnWindow, {"category": category, "days": days}, InvalidProduct)
            )
    windows = catalog.list_return_windows()
    if as_json:
        print_json([window.model_dump() for window in windows])
    else:
        rows = [(window.category or "(any other)", window.days) for window in windows]
        print_table("Return windows", ("category", "days>"), rows)


@app.command("price-days")
def price_days(
    days: Annotated[
        int | None, number_option(min=0, max=3650, help="Days whose lowest price counts.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Set the days whose lowest price values a return without a receipt, or show them.

    Examples:

        till product price-days --days 60

        till product price-days
    """
    from catalog.errors import InvalidProduct
    from catalog.models import PriceDays
    from tillflow.parsing import parse
    from tillflow.plurals import counted

    from till.services.catalog import Catalog

    catalog = Catalog(find_stack())
    if days is not None:
        with operator_errors("See `till product price-days --help`."):
            catalog.put_price_days(parse(PriceDays, {"days": days}, InvalidProduct))
    current = catalog.price_days()
    if as_json:
        print_json({"days": current})
    else:
        out.print(f"A return without a receipt is worth the lowest price of {counted(current, 'day')}.")


@app.command("barcode-layout")
def barcode_layout(
    prefix: Annotated[str, typer.Option(help="Prefix of the barcodes, 20 to 29.")] = "",
    content: Annotated[str, typer.Option(help="What they have in them: price or weight.")] = "price",
    item_digits: Annotated[int, number_option(min=4, max=6, help="Digits of the item after the prefix.")] = 5,
    check_digit: Annotated[bool, typer.Option("--check-digit", help="The price or weight has one.")] = False,
    currency: Annotated[str, typer.Option(envvar=CURRENCY_VARIABLE, help="Currency of a price.")] = CURRENCY,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the layout of the prefix.")] = False,
    as_json: AsJson = False,
) -> None:
    """Set how barcodes of a prefix are laid out that have a price or weight in them, or list the layouts.

    Examples:

        till product barcode-layout --prefix 21 --content price --item-digits 5 --check-digit

        till product barcode-layout --prefix 23 --content weight

        till product barcode-layout
    """
    from catalog.models import BarcodeLayout
    from tillflow.parsing import parse

    from till.services.catalog import Catalog

    catalog = Catalog(find_stack())
    with operator_errors("See `till product barcode-layout --help`."):
        if prefix and remove:
            catalog.remove_barcode_layout(prefix)
        elif prefix:
            fields = {"prefix": prefix, "content": content, "item_digits": item_digits}
            fields |= {"check_digit": check_digit, "currency": currency if content == "price" else None}
            catalog.put_barcode_layout(parse(BarcodeLayout, fields))
        rows = [layout.model_dump() for layout in catalog.barcode_layouts().layouts]
    if as_json:
        print_json({"layouts": rows})
    else:
        columns = ("prefix", "content", "item_digits>", "check_digit", "currency")
        print_table("Barcode layouts", columns, [tuple(row.values()) for row in rows])


@app.command("import")
def import_products(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV file with a header.")],
    import_id: Annotated[str, typer.Option("--id", help="Idempotency key.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Report what would change; change nothing.")
    ] = False,
    wait: Wait = False,
    as_json: AsJson = False,
) -> None:
    """Create and change products by a CSV file, in the background; rows that are not accepted are reported.

    Columns: sku, name, description, barcode, category, tax_class, tax_included, price:EUR (of any currency), version.
    A column that the file lacks is left as it is.

    Examples:

        till product import docs/examples/products.csv --dry-run --wait

        till product import docs/examples/products.csv --id spring-2027 --wait
    """
    from tillflow.executions import error_message

    from till.services.imports import Imports

    stack, import_id = find_stack(), import_id or workflows.new_id("imp")
    with operator_errors("See `till product import --help`."):
        started = Imports(stack).start(import_id, file, dry_run)
    if not wait:
        result = {"import_id": import_id, "execution_arn": started.arn, "duplicate": started.duplicate}
        if as_json:
            print_json(result)
        else:
            state = "was started before" if started.duplicate else "has started"
            out.print(f"{import_id} {state}. See it with `till product import-report {import_id}`.")
        return
    with waiting_for(import_id, f"till product import-report {import_id}"):
        execution = workflows.wait(stack, started.arn)
    if execution.status != "SUCCEEDED":
        cause = error_message(execution.cause or execution.status)
        raise OperatorError(f"{import_id} ended {execution.status}: {cause}", "Start it again with its --id.")
    report = Imports(stack).report(import_id)
    _show_import(report, as_json)
    if report.problems:
        raise typer.Exit(1)


@app.command("import-report")
def import_report(
    import_id: Annotated[str, typer.Argument(help="Id of the import.")], as_json: AsJson = False
) -> None:
    """Show an import with the first rows that were not accepted.

    Example:

        till product import-report spring-2027
    """
    from till.services.imports import Imports

    with operator_errors("`till product import` prints the id of an import."):
        report = Imports(find_stack()).report(import_id)
    _show_import(report, as_json)


def _show_import(report: ImportReport, as_json: bool) -> None:
    from tillflow.plurals import counted

    if as_json:
        print_json(report.model_dump())
    else:
        mode = " (dry run)" if report.dry_run else ""
        out.print(
            f"{report.import_id}{mode} is {report.status}: {counted(report.rows, 'row')}, {report.created} created, "
            f"{report.updated} updated, {report.unchanged} unchanged, {report.refused} refused."
        )
        if report.problems:
            columns = ("row>", "sku", "field", "value", "accepted")
            rows = [
                (one["row"], one["sku"], one["field"], one["value"], one["accepted"])
                for one in report.problems
            ]
            print_table("Not accepted", columns, rows)
        if report.result_url:
            out.print("Every row, for some minutes:", report.result_url, soft_wrap=True)


def _prices(prices: Mapping[str, int]) -> str:
    return ", ".join(money(amount, currency) for currency, amount in prices.items())
