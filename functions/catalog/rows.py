"""The catalog table.

PRODUCT#<sku>      PRODUCT   the product; every write raises its version
PRODUCT#<sku>      PRICE#<time>#<version>   prices of the product that were replaced then
BARCODE#<barcode>  BARCODE   the SKU it belongs to; keeps barcodes unique
RESTRICTED         <barcode> the list of products' barcodes that begin with 2, which a layout may be for
PRODUCTS           <sku>     the list, in SKU order, with a copy of each product: a page of it is one read
CATEGORIES         <category>   the name of a category, and whether it is retired
CATEGORY#<category>   <sku>     the list of a category's products, in SKU order
IMPORT#<import id> …         imports; see imports/store.py
TAXES              RATES     the rate of every tax class as an attribute `rate:<class>`, those from a time on as
                             `changes:<class>`, and `retired:<class>`: one read prices an order
RETURNS            WINDOWS   the return window of every category as an attribute `days:<category>`,
                             `layouts`: those of barcodes with a price or weight,
             `price_days`: the days whose lowest price values a return without a receipt, and
                             `discount:<role>`: the most that a role may take off

The index `changes` lists the products by the time of their last change.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from tillflow.listing import Index
from tillflow.store import Item
from tillflow.times import iso_utc

from catalog.models import (
    BarcodeLayout,
    Category,
    DiscountLimit,
    DiscountLimits,
    Product,
    SellerRole,
    without_zeros,
)
from catalog.tax_rates import ClassRates

LIST = "PRODUCTS"
RESTRICTED = "RESTRICTED"
LAYOUTS = "layouts"
CATEGORIES = "CATEGORIES"
RATES = ("TAXES", "RATES")
WINDOWS = ("RETURNS", "WINDOWS")
_RATE = "rate:"
_CHANGES = "changes:"
_RETIRED = "retired:"
_DAYS = "days:"
_DISCOUNT = "discount:"
_PRICE = "PRICE#"
PRICE_DAYS = "price_days"
DEFAULT_PRICE_DAYS = 30


def product_key(sku: str) -> tuple[str, str]:
    """Return the primary key of a product's row."""
    return f"PRODUCT#{sku}", "PRODUCT"


def barcode_key(barcode: str) -> tuple[str, str]:
    """Return the primary key of a barcode's row."""
    return f"BARCODE#{barcode}", "BARCODE"


def category_key(category: str) -> tuple[str, str]:
    """Return the primary key of a category's row."""
    return CATEGORIES, category


def members(category: str) -> str:
    """Return the partition of the products of a category."""
    return f"CATEGORY#{category}"


def member_key(category: str, sku: str) -> tuple[str, str]:
    """Return the primary key of the row that lists a product in a category."""
    return members(category), sku


def read_category(row: Item) -> Category:
    """Return the category of a row."""
    return Category(category=row["sk"], name=row["name"], retired=row["retired"])


def product_row(product: Product, version: int, now: datetime) -> Item:
    """Return the row of a product that is written now."""
    pk, sk = product_key(product.sku)
    changed = {"list": LIST, "changed_at": iso_utc(now)}
    return {"pk": pk, "sk": sk, "version": version, **changed, **product.model_dump(mode="json")}


def listed_row(product: Product) -> Item:
    """Return the row of a product in the list. It has no attributes of the index."""
    return {"pk": LIST, "sk": product.sku, **product.model_dump(mode="json")}


def changes(client: Any, table: str) -> Index:
    """Return the index of the products by their last change."""
    return Index(client, table, "changes", "list", "changed_at")


def replaced_prices_row(product: Product, version: int, now: datetime) -> Item:
    """Return the row that keeps the prices of a product that are replaced now."""
    pk = product_key(product.sku)[0]
    prices = product.model_dump(include={"prices", "tax_included"})
    return {"pk": pk, "sk": f"{replaced_since(now)}#{version}", **prices}


def replaced_since(time: datetime) -> str:
    """Return the least sort key of prices that were replaced at a time or later."""
    return f"{_PRICE}{iso_utc(time)}"


def read_product(row: Item) -> Product:
    """Return the product of a row."""
    return Product.model_validate({name: row[name] for name in Product.model_fields if name in row})


def rate_attribute(tax_class: str) -> str:
    """Return the attribute of a tax class's rate in the RATES row."""
    return f"{_RATE}{tax_class}"


def retired_attribute(tax_class: str) -> str:
    """Return the attribute of the RATES row that says whether a tax class is retired."""
    return f"{_RETIRED}{tax_class}"


def rates_fields(tax_class: str, rates: ClassRates) -> Item:
    """Return the attributes of a tax class in the RATES row."""
    changes = [
        {"valid_from": iso_utc(valid_from), "rate": rate_text(rate)} for valid_from, rate in rates.changes
    ]
    return {
        rate_attribute(tax_class): rate_text(rates.rate),
        f"{_CHANGES}{tax_class}": changes,
        retired_attribute(tax_class): rates.retired,
    }


def read_tax_classes(row: Item) -> dict[str, ClassRates]:
    """Return the rates of every tax class of the RATES row. One of an earlier release has no changes."""
    names = [name.removeprefix(_RATE) for name in row if name.startswith(_RATE)]
    return {
        name: ClassRates(
            Decimal(row[rate_attribute(name)]),
            tuple(
                (datetime.fromisoformat(change["valid_from"]), Decimal(change["rate"]))
                for change in row.get(f"{_CHANGES}{name}", ())
            ),
            row.get(retired_attribute(name), False),
        )
        for name in names
    }


def rate_text(rate: Decimal) -> str:
    """Return a rate as it is stored: in one way, since reports and sums of tax go by its text. 20 % is 0.20."""
    return str(without_zeros(rate.scaleb(2)).scaleb(-2)) if rate else "0"


def window_attribute(category: str) -> str:
    """Return the attribute of a category's return window in the WINDOWS row."""
    return f"{_DAYS}{category}"


def read_windows(row: Item) -> dict[str, int]:
    """Return the return window of every category of the WINDOWS row, in days."""
    return {name.removeprefix(_DAYS): days for name, days in row.items() if name.startswith(_DAYS)}


def read_price_days(row: Item) -> int:
    """Return the days whose lowest price values a return without a receipt."""
    return int(row.get(PRICE_DAYS, DEFAULT_PRICE_DAYS))


def discount_attribute(role: SellerRole) -> str:
    """Return the attribute of a role's discount limit in the WINDOWS row."""
    return f"{_DISCOUNT}{role}"


def read_layouts(row: Item) -> dict[str, BarcodeLayout]:
    """Return the layouts of barcodes by prefix."""
    layouts = [BarcodeLayout.model_validate(layout) for layout in row.get(LAYOUTS, ())]
    return {layout.prefix: layout for layout in layouts}


def read_discount_limits(row: Item) -> DiscountLimits:
    """Return the discount limits of the WINDOWS row; a role without one may take off everything."""
    stored = {
        name.removeprefix(_DISCOUNT): DiscountLimit.model_validate_json(limit)
        for name, limit in row.items()
        if name.startswith(_DISCOUNT)
    }
    return DiscountLimits.model_validate(stored)
