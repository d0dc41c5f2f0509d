"""Tax classes: their rates, their version, and the products that name them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError
from catalog.errors import InvalidProduct, TaxClassInUse
from catalog.models import Product, TaxClass, TaxClassPercent, TaxClassRates
from catalog.operations import CatalogOperations
from catalog.store import CatalogStore
from catalog.tax_classes import MAX_TAX_CLASSES, TaxClassStore
from tillflow.errors import InvalidRequest, RecordChanged, StoreContention
from tillflow.parsing import parse
from tillflow.store import unmarshal

from tests.support.interposed import Interposed

NOW = datetime(2026, 11, 30, tzinfo=UTC)
LATER = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture
def catalog(dynamodb: Any, table: str) -> CatalogOperations:
    return CatalogOperations(dynamodb, table)


def percent(name: str, rate: str, valid_from: datetime | None = None) -> TaxClassPercent:
    fields = {"tax_class": name, "percent": rate, "valid_from": valid_from}
    return TaxClassPercent.model_validate(fields)


def listed(name: str, rate: str) -> TaxClassRates:
    return TaxClassRates(tax_class=name, percent=Decimal(rate))


def rates(dynamodb: Any, table: str) -> dict[str, Any]:
    (row,) = dynamodb.scan(TableName=table)["Items"]
    return {name: value for name, value in unmarshal(row).items() if name.startswith("rate:")}


@pytest.mark.parametrize(
    ("written", "stored", "listed"),
    [
        ("19", "0.19", "19"),
        ("20.0", "0.20", "20"),
        ("10", "0.10", "10"),
        ("5.50", "0.055", "5.5"),
        ("0", "0", "0"),
        ("0.0", "0", "0"),
        ("100", "1.00", "100"),
        ("8.8750", "0.08875", "8.875"),
        ("0.0001", "0.000001", "0.0001"),
    ],
)
def test_rate_is_stored_in_one_way(
    catalog: CatalogOperations, dynamodb: Any, table: str, written: str, stored: str, listed: str
) -> None:
    catalog.put_tax_class(percent("standard", written))
    assert rates(dynamodb, table) == {"rate:standard": stored}
    [tax_class] = catalog.list_tax_classes()[0]
    assert tax_class.model_dump(mode="json") == {
        "tax_class": "standard",
        "percent": listed,
        "changes": [],
        "retired": False,
    }


def test_rate_of_the_seed_is_that_of_its_percent(
    catalog: CatalogOperations, dynamodb: Any, table: str
) -> None:
    """Reports go by the text of a rate: one that is set again is the same one."""
    catalog.create_tax_class(TaxClass(name="standard", rate=Decimal("0.20")))
    before = dynamodb.scan(TableName=table)["Items"]
    assert catalog.put_tax_class(percent("standard", "20"))[1] == 1
    assert dynamodb.scan(TableName=table)["Items"] == before
    catalog.put_tax_class(percent("standard", "19"))
    catalog.put_tax_class(percent("standard", "20"))
    assert rates(dynamodb, table) == {"rate:standard": "0.20"}


def test_classes_are_listed_by_name_with_their_version(catalog: CatalogOperations) -> None:
    assert catalog.list_tax_classes() == ([], 0)
    assert catalog.put_tax_class(percent("standard", "19"))[1] == 1
    assert catalog.put_tax_class(percent("food", "7"), 1)[1] == 2
    assert catalog.put_tax_class(percent("food", "5"), 2)[1] == 3
    assert catalog.list_tax_classes() == ([listed("food", "5"), listed("standard", "19")], 3)


def test_class_that_exists_keeps_its_rate_when_it_is_created(catalog: CatalogOperations) -> None:
    catalog.put_tax_class(percent("standard", "19"))
    catalog.create_tax_class(TaxClass(name="standard", rate=Decimal("0.20")))
    assert catalog.list_tax_classes() == ([listed("standard", "19")], 1)


def test_rate_of_another_version_is_a_conflict_even_if_it_is_the_same(catalog: CatalogOperations) -> None:
    catalog.put_tax_class(percent("standard", "19"))
    with pytest.raises(RecordChanged, match="the tax classes"):
        catalog.put_tax_class(percent("standard", "19"), 0)
    assert catalog.put_tax_class(percent("standard", "19"), 1)[1] == 1


def test_number_of_classes_is_bounded(catalog: CatalogOperations) -> None:
    for number in range(MAX_TAX_CLASSES):
        catalog.put_tax_class(percent(f"class-{number}", "1"))
    with pytest.raises(InvalidRequest) as refusal:
        catalog.put_tax_class(percent("another", "1"))
    [problem] = refusal.value.problems
    assert (problem.field, problem.value) == ("tax_class", "another")
    assert catalog.put_tax_class(percent("class-0", "2"))[1] == MAX_TAX_CLASSES + 1


@pytest.mark.parametrize("rate", ["-1", "100.0001", "1.00001", "19,0", "19 %", "1e1", "", 19.0, True, None])
def test_every_field_that_is_not_accepted_is_named(rate: object) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse(TaxClassPercent, {"tax_class": "a#b", "percent": rate})
    assert {problem.field for problem in refusal.value.problems} == {"tax_class", "percent"}


@pytest.mark.parametrize(
    ("classes", "accepted"),
    [
        ((), "a tax class with a rate: none is defined yet"),
        (("standard", "food"), "a tax class with a rate: food, standard"),
    ],
)
def test_product_of_an_unknown_class_is_refused_with_the_classes(
    catalog: CatalogOperations, classes: tuple[str, ...], accepted: str
) -> None:
    for name in classes:
        catalog.put_tax_class(percent(name, "19"))
    product = Product(sku="TEA", name="Tea", prices={"EUR": 100}, tax_class="luxury")
    with pytest.raises(InvalidProduct) as refusal:
        catalog.put_product(product)
    [problem] = refusal.value.problems
    assert (problem.field, problem.value, problem.expected) == ("tax_class", "luxury", accepted)


class Held:
    """A client whose first updates find the row held by a transaction, as those of products hold it."""

    def __init__(self, dynamodb: Any, times: int) -> None:
        self._dynamodb, self._times = dynamodb, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dynamodb, name)

    def update_item(self, **request: Any) -> Any:
        if self._times:
            self._times -= 1
            raise ClientError({"Error": {"Code": "TransactionConflictException"}}, "UpdateItem")
        return self._dynamodb.update_item(**request)


@pytest.mark.parametrize("times", [1, 3])
def test_row_that_a_transaction_holds_is_written_again(
    dynamodb: Any, table: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tillflow.store.time.sleep", lambda seconds: None)
    store = TaxClassStore(Held(dynamodb, times), table)
    assert store.put(percent("standard", "19"), NOW)[1] == 1
    TaxClassStore(Held(dynamodb, times), table).create(TaxClass(name="food", rate=Decimal("0.07")))
    assert rates(dynamodb, table) == {"rate:standard": "0.19", "rate:food": "0.07"}


def test_row_that_stays_held_is_contention(
    dynamodb: Any, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tillflow.store.time.sleep", lambda seconds: None)
    with pytest.raises(StoreContention):
        TaxClassStore(Held(dynamodb, 100), table).put(percent("standard", "19"), NOW, 0)


def test_product_that_is_written_while_its_class_is_retired_is_on_sale_with_it(
    dynamodb: Any, table: str
) -> None:
    """The product is written after the products were read, and before the class is retired."""
    store = CatalogStore(dynamodb, table)
    store.tax_classes.put(percent("standard", "19"), NOW)
    product = Product(sku="TEA", name="Tea", prices={"EUR": 100}, tax_class="standard")
    reads = iter([list, lambda: store._sold_with("standard")])

    def sold_with() -> list[str]:
        skus = next(reads)()
        if not skus:
            store.put_product(product)
        return skus

    with pytest.raises(TaxClassInUse, match="1 product on sale: TEA"):
        store.tax_classes.retire("standard", True, sold_with)
    assert not store.tax_classes.read()[0]["standard"].retired


def test_product_of_a_retired_class_is_refused(dynamodb: Any, table: str) -> None:
    store = CatalogStore(dynamodb, table)
    store.tax_classes.put(percent("standard", "19"), NOW)
    store.tax_classes.put(percent("food", "7"), NOW)
    old = Product(sku="OLD", name="Old", prices={"EUR": 100}, tax_class="food", retired=True)
    store.put_product(old)
    store.retire_tax_class("food", True)
    store.put_product(old.model_copy(update={"name": "Older"}))
    with pytest.raises(InvalidProduct, match="a tax class with a rate: standard"):
        store.put_product(old.model_copy(update={"retired": False}))


@pytest.mark.parametrize("retired", [False, True])
def test_product_of_a_class_without_a_rate_is_refused(dynamodb: Any, table: str, retired: bool) -> None:
    store = CatalogStore(dynamodb, table)
    store.tax_classes.put(percent("standard", "19"), NOW)
    product = Product(sku="TEA", name="Tea", prices={"EUR": 100}, tax_class="food", retired=retired)
    with pytest.raises(InvalidProduct, match="a tax class with a rate: standard"):
        store.put_product(product)


def test_another_writer_between_read_and_write_loses_no_class(dynamodb: Any, table: str) -> None:
    client = Interposed(dynamodb)
    store, other = TaxClassStore(client, table), TaxClassStore(dynamodb, table)
    store.put(percent("standard", "19"), NOW)
    client.before("update_item", lambda: other.put(percent("standard", "16", LATER), NOW))
    rates, version = store.put(percent("standard", "20"), NOW)
    assert (rates.at(NOW), rates.after(NOW), version) == (Decimal("0.20"), ((LATER, Decimal("0.16")),), 3)


def test_another_writer_of_the_first_rate_loses_no_later_one(dynamodb: Any, table: str) -> None:
    client = Interposed(dynamodb)
    store, other = TaxClassStore(client, table), TaxClassStore(dynamodb, table)

    def other_writer() -> None:
        other.put(percent("standard", "19"), NOW)
        other.put(percent("standard", "16", LATER), NOW)

    client.before("update_item", other_writer)
    rates, version = store.put(percent("standard", "20"), NOW)
    assert (rates.at(NOW), rates.after(NOW), version) == (Decimal("0.20"), ((LATER, Decimal("0.16")),), 3)
