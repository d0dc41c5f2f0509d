"""The catalog: lists and barcodes agree with the products.

A product is written in one transaction with its lists; one that changed while the tables were read is left out.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from catalog.labels import item_barcode, layout_of
from catalog.models import Product
from catalog.rows import LIST, read_layouts, read_tax_classes
from catalog.tax_rates import in_use
from tillflow.plurals import counted

from audit.snapshot import Breach, Item, Snapshot, invariant

_TABLE = "CatalogTable"
_READING = timedelta(minutes=1)


@invariant
def barcode_is_of_its_product(shop: Snapshot) -> Iterator[Breach]:
    """Each product with a barcode is found by it, and by no other."""
    products = _settled(shop)
    owners = {
        row["pk"].removeprefix("BARCODE#"): row["sku"] for row in shop.items(_TABLE, "BARCODE", "BARCODE#")
    }
    for sku, product in products.items():
        barcode = product.get("barcode")
        if barcode and owners.get(barcode) != sku:
            yield sku, f"barcode {barcode} is of {owners.get(barcode, 'no product')}"
    for barcode, sku in owners.items():
        if sku in products and products[sku].get("barcode") != barcode:
            yield sku, f"barcode {barcode} is not the product's; expected {products[sku].get('barcode')}"


@invariant
def barcode_is_not_read_as_a_label(shop: Snapshot) -> Iterator[Breach]:
    """No barcode of a product has a price or weight by the layout of its prefix."""
    settings = next(shop.items(_TABLE, "WINDOWS", "RETURNS"), {})
    layouts = read_layouts(dict(settings))
    for sku, product in _settled(shop).items():
        barcode = product.get("barcode") or ""
        layout = layout_of(barcode, layouts)
        if layout and barcode != (item := item_barcode(barcode, layout)):
            yield sku, f"barcode {barcode} is read as a {layout.content}; expected {item}"


@invariant
def list_has_each_product(shop: Snapshot) -> Iterator[Breach]:
    """The list has every product, as it is; of one that an earlier release has written it has the SKU alone."""
    listed = {row["sk"]: row for row in shop.items(_TABLE, "", LIST)}
    for sku, product in _settled(shop).items():
        copy = listed.get(sku)
        if copy is None:
            yield sku, "is not in the list of products"
        elif "sku" in copy:
            different = [name for name in Product.model_fields if copy.get(name) != product.get(name)]
            if different:
                yield sku, f"{', '.join(different)} of the list are not the product's"


@invariant
def category_lists_its_products(shop: Snapshot) -> Iterator[Breach]:
    """A category lists the products that have it, and no others."""
    products = _settled(shop)
    for row in shop.items(_TABLE, "", "CATEGORY#"):
        category, sku = row["pk"].removeprefix("CATEGORY#"), row["sk"]
        if sku in products and products[sku].get("category") != category:
            yield sku, f"listed in category {category}; expected {products[sku].get('category') or 'none'}"


@invariant
def product_on_sale_has_a_tax_class(shop: Snapshot) -> Iterator[Breach]:
    """Each product that is not retired has a tax class with a rate, which is not retired."""
    classes = read_tax_classes(dict(next(shop.items(_TABLE, "RATES", "TAXES"), {})))
    for sku, product in _settled(shop).items():
        name = product["tax_class"]
        if not product.get("retired") and (name not in classes or classes[name].retired):
            state = "is retired" if name in classes else "has no rate"
            yield sku, f"its tax class {name} {state}; expected one of {', '.join(in_use(classes)) or 'none'}"


@invariant
def import_applies_each_row_once(shop: Snapshot) -> Iterator[Breach]:
    """A complete import has a result of each row of its file; a row that wrote a product has its marker, and only it.

    The results and markers of an import expire some time after it.
    """
    results: dict[str, list[Item]] = defaultdict(list)
    for batch in shop.items(_TABLE, "BATCH#", "IMPORT#"):
        results[batch["pk"]] += batch["results"]
    written = {(row["pk"], row["row"]): row for row in shop.items(_TABLE, "ROW#", "IMPORT#")}
    for row in shop.items(_TABLE, "IMPORT", "IMPORT#"):
        mine = results[row["pk"]]
        if row["status"] == "COMPLETE" and mine:
            yield from _differences(row, mine)
        for result in mine:
            expected = not row["dry_run"] and result["verdict"] in ("created", "updated")
            if expected != ((row["pk"], result["row"]) in written):
                marked = "no marker" if expected else "a marker"
                yield row["import_id"], f"row {result['row']} is {result['verdict']}, and has {marked}"
    products = {row["sku"] for row in shop.items(_TABLE, "PRODUCT", "PRODUCT#")}
    for (pk, number), marker in written.items():
        if marker["sku"] not in products:
            yield pk.removeprefix("IMPORT#"), f"row {number} wrote {marker['sku']}, which is missing"


def _differences(row: Item, results: list[Item]) -> Iterator[Breach]:
    numbers = sorted(result["row"] for result in results)
    if numbers != list(range(2, row["rows"] + 2)):
        yield (
            row["import_id"],
            f"{counted(len(numbers), 'row')} with a result; expected each of {row['rows']} once",
        )
    counts = Counter(result["verdict"] for result in results)
    for verdict in ("created", "updated", "unchanged", "refused"):
        if counts[verdict] != row[verdict]:
            yield row["import_id"], f"{verdict} is {row[verdict]}; the results have {counts[verdict]}"


def _settled(shop: Snapshot) -> dict[str, Item]:
    """Return the products by SKU that had not changed for a while when the tables were read."""
    rows = {row["sku"]: row for row in shop.items(_TABLE, "PRODUCT", "PRODUCT#")}
    return {sku: row for sku, row in rows.items() if not _may_be_changing(shop, row)}


def _may_be_changing(shop: Snapshot, row: Item) -> bool:
    return "changed_at" in row and datetime.fromisoformat(row["changed_at"]) > shop.read_at - _READING


CATALOG = (
    barcode_is_of_its_product,
    barcode_is_not_read_as_a_label,
    list_has_each_product,
    category_lists_its_products,
    product_on_sale_has_a_tax_class,
    import_applies_each_row_once,
)
