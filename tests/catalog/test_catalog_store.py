"""The catalog table and its function."""

import importlib
import json
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from catalog.errors import InvalidProduct, UnknownProduct
from catalog.models import Category, Product, ReturnWindow, TaxClass
from catalog.store import CatalogStore
from catalog.tax_rates import ClassRates

EVENTS = Path(__file__).parents[2] / "events"


@pytest.fixture
def store(dynamodb: Any, table: str) -> CatalogStore:
    store = CatalogStore(dynamodb, table)
    store.tax_classes.create(TaxClass(name="standard", rate=Decimal("0.20")))
    store.tax_classes.create(TaxClass(name="food", rate=Decimal("0.05")))
    for code in ("coffee", "tea"):
        store.categories.put(Category(category=code, name=code.title()))
    return store


ORDER = {
    "order_id": "ord-1",
    "location": "store-1",
    "register": "till-1",
    "currency": "EUR",
    "placed_at": "2026-11-23T10:00:00Z",
    "lines": [{"sku": "TEA", "quantity": 1}],
    "tenders": [{"type": "cash"}],
}


def product(sku: str, **more: Any) -> Product:
    fields = {"name": sku.title(), "prices": {"EUR": 1250}, "tax_class": "food", **more}
    return Product.model_validate({"sku": sku, **fields})


def test_get_returns_the_stored_product(store: CatalogStore) -> None:
    coffee = product(
        "COFFEE",
        description="Dark, with a hint of cocoa. Schöne Bohnen.",
        barcode="4006381333931",
        prices={"EUR": 1250, "JPY": 2000, "KWD": 4250},
        tax_included=False,
        category="coffee",
        image="products/coffee.jpg",
    )
    store.put_product(coffee)
    assert store.get_product("COFFEE")[0] == coffee
    assert store.find_barcode("4006381333931") == (coffee, None)


def test_put_replaces_a_product(store: CatalogStore) -> None:
    store.put_product(product("COFFEE", barcode="4006381333931", category="coffee"))
    store.put_product(product("COFFEE", prices={"EUR": 1300}))
    assert store.get_product("COFFEE")[0] == product("COFFEE", prices={"EUR": 1300})
    with pytest.raises(UnknownProduct):
        store.find_barcode("4006381333931")
    store.put_product(product("TEA", barcode="4006381333931"))
    assert store.find_barcode("4006381333931")[0].sku == "TEA"


def test_barcode_of_another_product_is_refused(store: CatalogStore) -> None:
    store.put_product(product("COFFEE", barcode="4006381333931"))
    with pytest.raises(InvalidProduct, match="a barcode no other product has; COFFEE has it"):
        store.put_product(product("TEA", barcode="4006381333931"))
    with pytest.raises(UnknownProduct, match="TEA"):
        store.get_product("TEA")


def test_tax_class_without_a_rate_is_refused(store: CatalogStore) -> None:
    with pytest.raises(
        InvalidProduct, match="tax_class is 'luxury'; expected a tax class with a rate: food, standard"
    ):
        store.put_product(product("YACHT", tax_class="luxury"))


class Overtaken:
    """A client that lets another writer commit before its next transaction."""

    def __init__(self, client: Any, other: Any) -> None:
        self._client, self._other = client, [other]

    def __getattr__(self, verb: str) -> Any:
        return getattr(self._client, verb)

    def transact_write_items(self, **request: Any) -> Any:
        if self._other:
            self._other.pop()()
        return self._client.transact_write_items(**request)


@pytest.mark.parametrize("existed", [False, True], ids=["new", "existing"])
def test_concurrent_puts_leave_no_stale_barcode(
    existed: bool, store: CatalogStore, dynamodb: Any, table: str
) -> None:
    """The later writer removes the barcode that the earlier one claimed after the later one had read."""
    if existed:
        store.put_product(product("COFFEE"))
    slow = CatalogStore(
        Overtaken(dynamodb, lambda: store.put_product(product("COFFEE", barcode="4006381333931"))), table
    )
    slow.put_product(product("COFFEE", barcode="5901234123457"))
    assert store.get_product("COFFEE")[0].barcode == "5901234123457"
    with pytest.raises(UnknownProduct):
        store.find_barcode("4006381333931")


def test_list_returns_pages_in_sku_order(store: CatalogStore) -> None:
    skus = [f"SKU-{n:03}" for n in range(25)]
    for sku in reversed(skus):
        store.put_product(product(sku))
    listed: list[str] = []
    after: str | None = ""
    pages = 0
    while after is not None:
        page, after = store.list_products(limit=10, after=after)
        listed += [found.sku for found in page]
        pages += 1
    assert listed == skus
    assert pages == 3


def test_list_has_products_as_they_are(store: CatalogStore, dynamodb: Any, table: str) -> None:
    store.put_product(product("COFFEE", category="coffee"))
    store.put_product(product("COFFEE", category="tea", prices={"EUR": 1300}))
    store.put_product(product("TEA"))
    expected = [product("COFFEE", category="tea", prices={"EUR": 1300}), product("TEA")]
    assert store.list_products() == (expected, None)
    assert store.list_products(category="tea") == (expected[:1], None)
    # An earlier release wrote the SKU alone.
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "PRODUCTS"}, "sk": {"S": "COFFEE"}})
    assert store.list_products() == (expected, None)


def test_prices_of_more_skus_than_a_batch_holds_are_read(store: CatalogStore) -> None:
    skus = [f"SKU-{n:03}" for n in range(150)]
    for sku in skus:
        store.put_product(product(sku))
    products, rates, _ = store.read_prices([*skus, "MISSING"])
    assert sorted(products) == skus
    assert rates == {"standard": ClassRates(Decimal("0.20")), "food": ClassRates(Decimal("0.05"))}


def test_order_line_has_the_return_window_of_its_category_or_of_any_other(
    store: CatalogStore, price_order: Any
) -> None:
    store.put_product(product("TEA"))
    assert "return_days" not in price_order(ORDER)["lines"][0]
    store.put_return_window(ReturnWindow(days=14))
    assert price_order(ORDER)["lines"][0]["return_days"] == 14
    store.put_product(product("TEA").model_copy(update={"category": "tea"}))
    store.put_return_window(ReturnWindow(category="tea", days=0))
    assert price_order(ORDER)["lines"][0]["return_days"] == 0
    assert store.list_return_windows()[0] == [ReturnWindow(days=14), ReturnWindow(category="tea", days=0)]


@pytest.fixture
def price_order(store: CatalogStore, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TABLE_NAME", "service")
    handlers = importlib.import_module("catalog.handlers")
    monkeypatch.setattr(handlers, "store", store)
    return lambda event: handlers.price_order(event, SimpleNamespace(aws_request_id="r"))


@pytest.mark.parametrize("name", ["price_order", "order_checkout"])
def test_sample_event_is_priced_without_a_write(
    name: str, price_order: Any, store: CatalogStore, dynamodb: Any, table: str
) -> None:
    event = json.loads((EVENTS / f"{name}.json").read_text())
    for sku in {line["sku"] for line in event["lines"]}:
        store.put_product(product(sku, prices={event["currency"]: 1850}))
    before = dynamodb.scan(TableName=table)["Items"]
    response = price_order(event)
    assert response["totals"]["total"] == sum(tender["amount"] for tender in response["tenders"]) > 0
    assert json.loads(json.dumps(response)) == response
    assert dynamodb.scan(TableName=table)["Items"] == before
