"""Categories of products: their codes, names, retirement, and the products that each has."""

from decimal import Decimal
from typing import Any

import pytest
from catalog.errors import InvalidProduct, UnknownCategory
from catalog.models import Category, Product, ReturnWindow, TaxClass
from catalog.operations import CatalogOperations
from tillflow.errors import InvalidRequest, RecordChanged
from tillflow.store import marshal

TEA, BOOKS = Category(category="tea", name="Tea"), Category(category="books", name="Books")


@pytest.fixture
def catalog(dynamodb: Any, table: str) -> CatalogOperations:
    operations = CatalogOperations(dynamodb, table)
    operations.create_tax_class(TaxClass(name="food", rate=Decimal("0.05")))
    for category in (TEA, BOOKS):
        operations.put_category(category)
    return operations


def product(sku: str, category: str = "") -> Product:
    fields = {"sku": sku, "name": sku, "prices": {"EUR": 100}, "tax_class": "food", "category": category}
    return Product.model_validate(fields)


def skus(catalog: CatalogOperations, category: str) -> list[str]:
    return [found.sku for found in catalog.list_products(category=category)[0]]


def test_unknown_category_of_a_product_is_refused(catalog: CatalogOperations) -> None:
    with pytest.raises(InvalidProduct) as refusal:
        catalog.put_product(product("EARL", "teas"))
    [problem] = refusal.value.problems
    assert (problem.field, problem.value) == ("category", "teas")
    assert catalog.list_products()[0] == []


def test_product_is_listed_in_its_category_alone(catalog: CatalogOperations) -> None:
    catalog.put_product(product("EARL", "tea"))
    catalog.put_product(product("ATLAS", "tea"))
    catalog.put_product(product("BAG"))
    assert skus(catalog, "tea") == ["ATLAS", "EARL"]
    catalog.put_product(product("ATLAS", "books"))
    catalog.put_product(product("EARL"))
    assert (skus(catalog, "tea"), skus(catalog, "books")) == ([], ["ATLAS"])


def test_products_of_a_category_are_listed_in_pages(catalog: CatalogOperations) -> None:
    for number in range(5):
        catalog.put_product(product(f"T-{number}", "tea"))
    first, after = catalog.list_products(3, category="tea")
    rest, end = catalog.list_products(3, after or "", "tea")
    assert [found.sku for found in (*first, *rest)] == [f"T-{number}" for number in range(5)]
    assert end is None


def test_products_of_an_unknown_category_are_not_listed(catalog: CatalogOperations) -> None:
    with pytest.raises(UnknownCategory, match="no category teas"):
        catalog.list_products(category="teas")


def test_retired_category_keeps_its_products_and_gets_no_others(catalog: CatalogOperations) -> None:
    catalog.put_product(product("EARL", "tea"))
    catalog.put_category(TEA.model_copy(update={"retired": True}))
    changed = product("EARL", "tea").model_copy(update={"name": "Earl Grey"})
    catalog.put_product(changed)
    assert catalog.get("EARL")[0] == changed
    with pytest.raises(InvalidProduct, match="a category that exists and is not retired"):
        catalog.put_product(product("ATLAS", "tea"))
    catalog.put_category(TEA)
    catalog.put_product(product("ATLAS", "tea"))
    assert skus(catalog, "tea") == ["ATLAS", "EARL"]


def test_rename_changes_the_name_and_no_product(catalog: CatalogOperations) -> None:
    catalog.put_product(product("EARL", "tea"))
    version = catalog.get_category("tea")[1]
    catalog.put_category(TEA.model_copy(update={"name": "Infusions"}), version)
    with pytest.raises(RecordChanged):
        catalog.put_category(TEA, version)
    assert [(one.category, one.name) for one in catalog.list_categories().rows] == [
        ("books", "Books"),
        ("tea", "Infusions"),
    ]
    assert catalog.get("EARL") == (product("EARL", "tea"), 1)


def test_categories_are_listed_in_pages(catalog: CatalogOperations) -> None:
    first = catalog.list_categories(1)
    assert (first.rows, first.after) == ([BOOKS], "books")
    assert catalog.list_categories(1, "books").rows == [TEA]


def test_return_window_of_an_unknown_category_is_refused(catalog: CatalogOperations) -> None:
    with pytest.raises(UnknownCategory, match="no category teas"):
        catalog.put_return_window(ReturnWindow(category="teas", days=1))
    assert catalog.list_return_windows()[0] == []


def test_code_that_no_category_can_have_is_refused(catalog: CatalogOperations) -> None:
    with pytest.raises(InvalidRequest, match="category is 'a/b'"):
        catalog.get_category("a/b")


def test_product_of_an_earlier_release_keeps_its_category(
    catalog: CatalogOperations, dynamodb: Any, table: str
) -> None:
    """Categories were texts of products before; the next write of such a product lists it."""
    before = product("EARL", "Hot drinks")
    row = {"pk": "PRODUCT#EARL", "sk": "PRODUCT", "version": 3, **before.model_dump(mode="json")}
    dynamodb.put_item(TableName=table, Item=marshal(row))
    catalog.retire("EARL", True)
    assert catalog.get("EARL")[0].category == "Hot drinks"
    with pytest.raises(InvalidProduct, match="category is 'Cold drinks'"):
        catalog.put_product(product("EARL", "Cold drinks"))
