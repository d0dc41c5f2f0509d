"""Turn a row of a file into a product, and compare it with the catalog. Pure."""

from collections.abc import Mapping, Set
from typing import NamedTuple

from tillflow.errors import InvalidRequest
from tillflow.errors import Problem as FieldProblem
from tillflow.money import Money
from tillflow.parsing import parse

from catalog.errors import InvalidProduct
from catalog.imports.file import PRICE, price_columns, problem
from catalog.imports.models import ImportRow, RowProblem, Verdict
from catalog.labels import Layouts, check_barcode
from catalog.models import Category, Product

_TEXTS = ("name", "description", "category", "tax_class")
_TRUE_FALSE = {"true": True, "false": False}


class Known(NamedTuple):
    """What the rows of a batch refer to. owners: the SKU that has a barcode, by barcode."""

    products: Mapping[str, tuple[Product, int]]
    tax_classes: Set[str]
    categories: Mapping[str, Category]
    owners: Mapping[str, str]
    layouts: Layouts


class Evaluated(NamedTuple):
    """A row compared with the catalog. product: as it is to be written; before, version: what it replaces."""

    verdict: Verdict
    product: Product | None
    before: Product | None
    version: int
    problems: list[RowProblem]


def evaluate(row: ImportRow, known: Known) -> Evaluated:
    """Return the product of a row and whether the catalog has it as it is; every problem of the row at once.

    A column that the file lacks, and an empty price, keeps what the product has. Other empty cells clear it.
    """
    cells = {name: cell.strip() for name, cell in row.cells.items()}
    before, version = known.products.get(cells.get("sku", ""), (None, 0))
    fields, problems = _fields(cells, before)
    product: Product | None = None
    try:
        product = parse(Product, fields, InvalidProduct)
    except InvalidRequest as error:
        # Without a price that can be read there is none, which is no second problem.
        repeated = {"prices"} if any(one.field.startswith(PRICE) for one in problems) else set()
        problems += [one for one in error.problems if one.field not in repeated]
    problems += _unknown(fields, before, known, {_column(one) for one in problems})
    if product is not None:
        problems += _not_allowed(product, known)
    if expected := cells.get("version"):
        problems += _version(expected, version, unchanged=product == before)
    if problems or product is None:
        # The cell as the file has it: a price is read in minor units.
        shown = [
            problem(row.row, cells.get("sku", ""), column, cells.get(column, one.value), one.expected)
            for one in problems
            for column in [_column(one)]
        ]
        return Evaluated("refused", None, before, version, shown)
    if product == before:
        return Evaluated("unchanged", product, before, version, [])
    return Evaluated("updated" if before else "created", product, before, version, [])


def _fields(cells: Mapping[str, str], before: Product | None) -> tuple[dict[str, object], list[FieldProblem]]:
    """Return the fields of the product that a row describes, and what cannot be read as one."""
    fields: dict[str, object] = before.model_dump() if before else {}
    fields["sku"] = cells.get("sku", "")
    fields |= {name: cells[name] for name in _TEXTS if name in cells}
    if "barcode" in cells:
        fields["barcode"] = cells["barcode"] or None
    problems: list[FieldProblem] = []
    if included := cells.get("tax_included"):
        if included.lower() in _TRUE_FALSE:
            fields["tax_included"] = _TRUE_FALSE[included.lower()]
        else:
            problems.append(FieldProblem("tax_included", included, "true or false"))
    prices = dict(before.prices) if before else {}
    for currency, text in price_columns(cells).items():
        try:
            prices[currency] = Money.parse(text, currency).amount
        except ValueError as error:
            accepted = str(error).partition("; expected ")[2] or str(error)
            problems.append(FieldProblem(f"{PRICE}{currency}", text, accepted))
    fields["prices"] = prices
    return fields, problems


def _unknown(
    fields: Mapping[str, object], before: Product | None, known: Known, wrong: Set[str]
) -> list[FieldProblem]:
    """Return the columns that name what the catalog does not have. wrong: those that cannot be read."""
    problems: list[FieldProblem] = []
    tax_class, category = str(fields.get("tax_class", "")), str(fields.get("category", ""))
    has_class = before is not None and before.tax_class == tax_class
    if tax_class and not has_class and tax_class not in known.tax_classes and "tax_class" not in wrong:
        problems.append(FieldProblem("tax_class", tax_class, "a tax class with a rate"))
    stays = before is not None and before.category == category
    if category and not stays and "category" not in wrong:
        row = known.categories.get(category)
        if row is None or row.retired:
            problems.append(FieldProblem("category", category, "a category that exists and is not retired"))
    return problems


def _not_allowed(product: Product, known: Known) -> list[FieldProblem]:
    """Return why a product cannot have its barcode."""
    if product.barcode and (owner := known.owners.get(product.barcode, product.sku)) != product.sku:
        accepted = f"a barcode no other product has; {owner} has it"
        return [FieldProblem("barcode", product.barcode, accepted)]
    try:
        check_barcode(product, known.layouts)
    except InvalidProduct as error:
        return list(error.problems)
    return []


def _version(expected: str, version: int, *, unchanged: bool) -> list[FieldProblem]:
    """Return a problem for the version of a product that has changed since the file was written."""
    if not (expected.isascii() and expected.isdigit() and len(expected) <= 15):
        return [FieldProblem("version", expected, "the version of the product, 0 for a new one")]
    if unchanged or int(expected) == version:
        return []
    return [FieldProblem("version", expected, f"{version}, the version that the product has")]


def _column(one: FieldProblem) -> str:
    """Return the column of a field: a price of a currency has one of its own."""
    return f"{PRICE}{one.field.partition('.')[2]}" if one.field.startswith("prices.") else one.field
