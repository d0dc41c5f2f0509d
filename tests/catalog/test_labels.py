"""Labels: barcodes of the prefixes 20 to 29 that have a price or weight in them."""

from decimal import Decimal
from typing import Any

import pytest
from catalog.errors import InvalidBarcode, InvalidProduct, UnknownProduct
from catalog.labels import check_unlabelled, item_barcode
from catalog.models import BarcodeLayout, BarcodeLayouts, Product, TaxClass, UnvaluedLine
from catalog.operations import CatalogOperations
from catalog.rules import price_order
from catalog.tax_rates import ClassRates
from tillflow.barcodes import measure_check_digit, with_check_digit
from tillflow.errors import InvalidOrder, InvalidRequest, RecordChanged
from tillflow.order_request import Order, PlaceOrder
from tillflow.parsing import parse

PRICE = BarcodeLayout(prefix="21", content="price", item_digits=5, check_digit=True, currency="EUR")
WEIGHT = BarcodeLayout(prefix="23", content="weight", item_digits=5)
LONG = BarcodeLayout(prefix="24", content="price", item_digits=4, check_digit=True, currency="EUR")
LAYOUTS = {layout.prefix: layout for layout in (PRICE, WEIGHT, LONG)}
RATES = {"food": ClassRates(Decimal("0.05"))}


def label(layout: BarcodeLayout, item: str, value: int) -> str:
    """Return the barcode of a label, as a scale prints it."""
    digits = f"{value:0{10 - layout.item_digits - layout.check_digit}}"
    check = str(measure_check_digit(digits)) if layout.check_digit else ""
    return with_check_digit(f"{layout.prefix}{item}{check}{digits}")


def product(sku: str, barcode: str | None = None, price: int = 2000, **more: Any) -> Product:
    prices = more.pop("prices", {"EUR": price})
    return Product(sku=sku, name=sku.title(), prices=prices, tax_class="food", barcode=barcode, **more)


CHEESE = product("CHEESE", label(PRICE, "12345", 0))
APPLES = product("APPLES", label(WEIGHT, "00007", 0), 399)
HAM = product("HAM", label(LONG, "0001", 0))
MUG = product("MUG", "4006381333931")
PRODUCTS = {one.sku: one for one in (CHEESE, APPLES, HAM, MUG)}


def order(*lines: dict[str, Any], currency: str = "EUR") -> dict[str, Any]:
    return {
        "order_id": "ord-1",
        "location": "store-1",
        "register": "till-1",
        "currency": currency,
        "placed_at": "2026-11-23T10:00:00Z",
        "lines": list(lines),
        "tenders": [{"type": "cash"}],
    }


def line(sku: str, barcode: str | None = None, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity, **({"barcode": barcode} if barcode else {}), **more}


def priced(*lines: dict[str, Any], currency: str = "EUR") -> list[dict[str, Any]]:
    request = parse(Order, order(*lines, currency=currency), InvalidOrder)
    return [dict(one) for one in price_order(request, PRODUCTS, RATES, layouts=LAYOUTS)["lines"]]


def test_price_of_a_label_is_the_price_of_the_unit() -> None:
    [cheese] = priced(line("CHEESE", label(PRICE, "12345", 1234)))
    assert (cheese["unit_price"], cheese["total"], cheese["description"]) == (1234, 1234, "Cheese")
    assert cheese["barcode"] == label(PRICE, "12345", 1234)


def test_price_of_five_digits_is_read_after_its_check_digit() -> None:
    [ham] = priced(line("HAM", label(LONG, "0001", 14685)))
    assert ham["unit_price"] == 14685


@pytest.mark.parametrize(("grams", "expected"), [(1000, 399), (345, 138), (1500, 599), (2, 1)])
def test_weight_of_a_label_costs_the_price_of_a_kilogram_rounded_half_up(grams: int, expected: int) -> None:
    [apples] = priced(line("APPLES", label(WEIGHT, "00007", grams)))
    assert apples["unit_price"] == expected
    assert apples["description"] == f"Apples, {grams / 1000:.3f} kg"


def test_two_units_with_equal_labels_cost_twice_as_much_before_discounts() -> None:
    discounted = line("CHEESE", label(PRICE, "12345", 1000), 2, discount={"percent": "10"})
    [cheese, other] = priced(discounted, line("CHEESE", label(PRICE, "12345", 500)))
    assert (cheese["quantity"], cheese["subtotal"], cheese["line_discount"]) == (2, 2000, 200)
    assert other["subtotal"] == 500


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (line("CHEESE"), "missing; expected the barcode of a label: CHEESE is sold by its price"),
        (line("APPLES"), "missing; expected the barcode of a label: APPLES is sold by its weight"),
        (line("HAM", label(PRICE, "12345", 1234)), "expected a label of HAM, whose barcode is 2400010"),
        (line("MUG", label(PRICE, "12345", 1234)), "a label of MUG, whose barcode is 4006381333931"),
        (line("MUG", with_check_digit("290000000000")), "a barcode with a price or weight, of a prefix"),
        (line("CHEESE", CHEESE.barcode), "expected a barcode with a price above 0"),
        (line("APPLES", APPLES.barcode), "expected a barcode with a weight above 0"),
        (
            line("APPLES", label(WEIGHT, "00007", 1)),
            "a weight whose price is above 0; APPLES costs too little",
        ),
        (
            line("CHEESE", with_check_digit("211234511234")),
            "a barcode whose check digit of the price 1234 is 9",
        ),
        (line("CHEESE", "2112345412340"), "a barcode whose check digit is 4"),
        (line("CHEESE", "4006381333931"), r"13 digits, the first a 2"),
    ],
)
def test_label_that_cannot_be_sold_is_refused(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidOrder, match=sentence) as refusal:
        priced(line("MUG"), wrong)
    assert [problem.field for problem in refusal.value.problems] == ["lines[1].barcode"]


def test_price_of_a_label_is_of_its_currency_alone() -> None:
    with pytest.raises(InvalidOrder, match="currency is 'JPY'; expected one CHEESE has a price in: EUR"):
        priced(line("CHEESE", label(PRICE, "12345", 1234)), currency="JPY")


@pytest.mark.parametrize(
    ("layout", "sentence"),
    [
        ({"prefix": "30"}, "prefix is '30'; expected 2 digits, from 20 to 29"),
        ({"currency": None}, "a currency with the content price"),
        ({"content": "weight"}, "no currency with the content weight"),
        ({"item_digits": 6, "check_digit": True}, "4 or 5 item_digits with a check digit"),
        ({"item_digits": 3}, "item_digits is 3"),
        ({"prefix": "23"}, "one layout of a prefix"),
    ],
)
def test_layout_that_cannot_be_read_one_way_is_refused(layout: dict[str, Any], sentence: str) -> None:
    changed = {"prefix": "22", "content": "price", "item_digits": 5, "currency": "EUR"} | layout
    with pytest.raises(InvalidRequest, match=sentence):
        parse(BarcodeLayouts, {"layouts": [WEIGHT.model_dump(), changed]})


def test_return_without_a_receipt_has_no_value_of_what_was_sold_by_a_label() -> None:
    lines = [UnvaluedLine(line_no=number, sku=sku, quantity=1) for number, sku in ((1, "MUG"), (2, "APPLES"))]
    recent = {sku: [one] for sku, one in PRODUCTS.items()}
    with pytest.raises(
        InvalidRequest, match=r"lines\[1\].sku is 'APPLES'; expected .* not sold by its weight"
    ):
        check_unlabelled(lines, recent, LAYOUTS)
    check_unlabelled(lines[:1], recent, LAYOUTS)


@pytest.fixture
def catalog(dynamodb: Any, table: str) -> CatalogOperations:
    operations = CatalogOperations(dynamodb, table)
    operations.create_tax_class(TaxClass(name="food", rate=Decimal("0.05")))
    operations.put_barcode_layouts(BarcodeLayouts(layouts=(WEIGHT, PRICE)))
    for one in (CHEESE, APPLES, MUG):
        operations.put_product(one)
    return operations


def test_scan_of_a_label_returns_its_product_and_price(catalog: CatalogOperations) -> None:
    found, scanned = catalog.find_barcode(label(PRICE, "12345", 1234))
    assert found == CHEESE
    assert scanned is not None
    assert (scanned.content, scanned.value, scanned.unit_prices) == ("price", 1234, {"EUR": 1234})
    _, scanned = catalog.find_barcode(label(WEIGHT, "00007", 345))
    assert scanned is not None
    assert (scanned.content, scanned.value, scanned.unit_prices) == ("weight", 345, {"EUR": 138})
    assert catalog.find_barcode("4006381333931") == (MUG, None)


@pytest.mark.parametrize(
    ("barcode", "error"),
    [
        (label(PRICE, "99999", 1234), UnknownProduct),
        (label(PRICE, "12345", 0), InvalidBarcode),
        (with_check_digit("211234511234"), InvalidBarcode),
        ("2112345412340", InvalidBarcode),
    ],
)
def test_scan_of_a_label_that_cannot_be_read_is_refused(
    catalog: CatalogOperations, barcode: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        catalog.find_barcode(barcode)


def test_quote_has_the_price_of_the_label(catalog: CatalogOperations) -> None:
    request = parse(PlaceOrder, order(line("CHEESE", label(PRICE, "12345", 1234))), InvalidOrder)
    assert catalog.quote(request)["totals"]["total"] == 1234


def test_barcode_that_a_label_could_have_is_refused(catalog: CatalogOperations) -> None:
    barcode = label(PRICE, "77777", 1234)
    with pytest.raises(InvalidProduct, match="the barcode of an item") as refusal:
        catalog.put_product(product("HAM", barcode))
    assert item_barcode(barcode, PRICE) in str(refusal.value)


def test_layout_that_reads_the_barcode_of_a_product_as_a_label_is_refused(catalog: CatalogOperations) -> None:
    plain = with_check_digit("250000123456")
    catalog.put_product(product("BAG", plain))
    layout = BarcodeLayout(prefix="25", content="weight", item_digits=5)
    with pytest.raises(InvalidRequest, match=f"a layout with which {plain}, the barcode of a product"):
        catalog.put_barcode_layouts(BarcodeLayouts(layouts=(layout,)))
    catalog.put_product(product("BAG"))
    catalog.put_barcode_layouts(BarcodeLayouts(layouts=(layout,)))
    assert catalog.barcode_layouts()[0].layouts == (layout,)


def test_layouts_are_changed_at_their_version(catalog: CatalogOperations) -> None:
    layouts, version = catalog.barcode_layouts()
    assert layouts.layouts == (PRICE, WEIGHT)
    catalog.put_barcode_layouts(layouts, version)
    with pytest.raises(RecordChanged, match="the barcode layouts"):
        catalog.put_barcode_layouts(layouts, version)
