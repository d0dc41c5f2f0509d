"""Barcodes that have a price or weight in them: EAN-13 of the prefixes 20 to 29, which a shop lays out itself. Pure.

GS1 General Specifications, restricted circulation numbers of variable measure trade items: a prefix, the digits of the
item, the check digit of the measure if the layout has one, the measure, and the check digit of the barcode:

    21 12345 7 0320 C        prefix 21, item 12345, 0320 with its check digit 7
    23 12345 01234 C         prefix 23, item 12345, 01234

The barcode of the product is that of its item: with a measure of zeros, a 0 in place of its check digit, and its own
check digit at the end.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from tillflow.barcodes import measure_check_digit, with_check_digit
from tillflow.errors import InvalidRequest, Problem
from tillflow.money import divide_half_up
from tillflow.order_request import OrderLine

from catalog.errors import InvalidBarcode, InvalidProduct
from catalog.models import BarcodeLayout, Label, Product, UnvaluedLine

GRAMS = 1_000
"""Grams of what the price of a product that is sold by weight is for."""

type Layouts = Mapping[str, BarcodeLayout]
"""The layouts by prefix."""


class Measure(NamedTuple):
    """What a barcode has in it: minor units of the layout's currency, or grams. item: the product's barcode."""

    layout: BarcodeLayout
    item: str
    value: int


def is_restricted(barcode: str) -> bool:
    """Return whether a barcode is of a prefix that a layout may be for."""
    return len(barcode) == 13 and barcode.startswith("2")


def layout_of(barcode: str, layouts: Layouts) -> BarcodeLayout | None:
    """Return the layout of a barcode; None for one without a price or weight."""
    return layouts.get(barcode[:2]) if len(barcode) == 13 else None


def item_barcode(barcode: str, layout: BarcodeLayout) -> str:
    """Return the barcode of the product of a label."""
    return with_check_digit(barcode[: 2 + layout.item_digits].ljust(12, "0"))


def read_label(barcode: str, layout: BarcodeLayout) -> Measure:
    """Return what a barcode has in it. ValueError, with what is accepted, for a wrong check digit or a measure of 0."""
    start = 2 + layout.item_digits
    digits = barcode[start + layout.check_digit : 12]
    if layout.check_digit and int(barcode[start]) != (expected := measure_check_digit(digits)):
        raise ValueError(f"a barcode whose check digit of the {layout.content} {digits} is {expected}")
    if not int(digits):
        raise ValueError(f"a barcode with a {layout.content} above 0")
    return Measure(layout, item_barcode(barcode, layout), int(digits))


def unit_prices(measure: Measure, prices: Mapping[str, int]) -> dict[str, int]:
    """Return the prices of what has a label: its own, or that of its weight at the product's prices of a kilogram."""
    if measure.layout.currency:
        return {measure.layout.currency: measure.value}
    return {currency: divide_half_up(price * measure.value, GRAMS) for currency, price in prices.items()}


def scanned(barcode: str, layouts: Layouts) -> Measure | None:
    """Return what a scanned barcode has in it; None for one without a price or weight. InvalidBarcode."""
    layout = layout_of(barcode, layouts)
    if layout is None:
        return None
    try:
        return read_label(barcode, layout)
    except ValueError as error:
        raise InvalidBarcode("barcode", barcode, str(error)) from None


def label_of(measure: Measure, product: Product) -> Label:
    """Return what the label of a product says, with the prices of a unit. product: with its prices of today."""
    return Label(
        content=measure.layout.content,
        value=measure.value,
        unit_prices=unit_prices(measure, product.prices),
    )


def labelled(
    lines: Sequence[OrderLine], products: Mapping[str, Product], layouts: Layouts
) -> tuple[list[Product], list[Problem]]:
    """Return the product of each line, with the price and weight of its label, and what is wrong with the labels.

    products: every one of the lines, with its prices of the sale.
    """
    bought: list[Product] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines):
        product = products[line.sku]
        try:
            bought.append(_with_label(product, line.barcode, layouts))
        except ValueError as error:
            problems.append(Problem(f"lines[{number}].barcode", line.barcode, str(error)))
    return bought, problems


def _with_label(product: Product, barcode: str | None, layouts: Layouts) -> Product:
    """Return a product with the price and weight of a label. ValueError with what is accepted."""
    if barcode is None:
        if kind := sold_by(product, layouts):
            raise ValueError(f"the barcode of a label: {product.sku} is sold by its {kind}")
        return product
    layout = layout_of(barcode, layouts)
    if layout is None:
        raise ValueError("a barcode with a price or weight, of a prefix that has a layout")
    measure = read_label(barcode, layout)
    if measure.item != product.barcode:
        raise ValueError(f"a label of {product.sku}, whose barcode is {product.barcode or 'missing'}")
    prices = unit_prices(measure, product.prices)
    if not all(prices.values()):
        raise ValueError(f"a weight whose price is above 0; {product.sku} costs too little")
    name = product.name if layout.currency else f"{product.name}, {_kilograms(measure.value)}"
    return product.model_copy(update={"prices": prices, "name": name})


def sold_by(product: Product, layouts: Layouts) -> Literal["price", "weight"] | None:
    """Return what the labels of a product have in them; None for a product without labels."""
    layout = layout_of(product.barcode or "", layouts)
    return layout.content if layout else None


def check_barcode(product: Product, layouts: Layouts) -> None:
    """Raise InvalidProduct for a barcode that a label could be mistaken for."""
    barcode = product.barcode or ""
    layout = layout_of(barcode, layouts)
    if layout and barcode != (item := item_barcode(barcode, layout)):
        accepted = (
            f"the barcode of an item, as labels of prefix {layout.prefix} have a {layout.content}: {item}"
        )
        raise InvalidProduct("barcode", barcode, accepted)


def check_layouts(layouts: Layouts, barcodes: Iterable[str]) -> None:
    """Raise InvalidProduct for a barcode of a product that a label of these layouts could be mistaken for."""
    for barcode in barcodes:
        layout = layout_of(barcode, layouts)
        if layout and barcode != item_barcode(barcode, layout):
            accepted = f"a layout with which {barcode}, the barcode of a product, has no {layout.content}"
            raise InvalidRequest(f"layouts[{layout.prefix}].item_digits", layout.item_digits, accepted)


def check_unlabelled(
    lines: Sequence[UnvaluedLine], products: Mapping[str, Sequence[Product]], layouts: Layouts
) -> None:
    """Raise InvalidRequest for lines of products that have labels: only their sale says what they were worth."""
    problems = [
        Problem(
            f"lines[{number}].sku", line.sku, f"a product that is not sold by its {kind}; use its receipt"
        )
        for number, line in enumerate(lines)
        if line.sku in products and (kind := sold_by(products[line.sku][0], layouts))
    ]
    if problems:
        raise InvalidRequest.of(problems)


def _kilograms(grams: int) -> str:
    return f"{grams // GRAMS}.{grams % GRAMS:03} kg"
