"""A customer is merged into another one once, and is then neither changed, sold to nor merged again."""

from datetime import UTC, datetime
from typing import Any

import pytest
from customers.errors import InvalidMerge, UnknownMerge
from customers.merges.models import MergeCustomer
from customers.merges.rules import check_different
from customers.merges.store import MergesStore
from customers.models import Customer, SearchCustomers
from customers.store import CustomersStore
from tillflow.customers import CustomerAnonymised, CustomerMerged, UnknownCustomer
from tillflow.errors import IdempotencyConflict
from tillflow.store import unmarshal

from tests.support.interposed import Interposed

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture
def customers(dynamodb: Any, table: str) -> CustomersStore:
    store = CustomersStore(dynamodb, table)
    for number in (1, 2, 3):
        store.create(
            Customer(customer_id=f"cus-{number}", name=f"Ada {number}", email="ada@example.com"), NOW
        )
    return store


@pytest.fixture
def merges(dynamodb: Any, table: str, customers: CustomersStore) -> MergesStore:
    return MergesStore(dynamodb, table)


def merge(customer_id: str = "cus-2", survivor_id: str = "cus-1", merge_id: str = "mrg-1") -> MergeCustomer:
    return MergeCustomer(merge_id=merge_id, customer_id=customer_id, survivor_id=survivor_id)


def test_merged_customer_points_to_its_survivor(merges: MergesStore, customers: CustomersStore) -> None:
    assert merges.merge(merge(), NOW) == merge().model_dump() == merges.find("mrg-1")
    merged, survivor = customers.get("cus-2"), customers.get("cus-1")
    assert (merged.merged_into, merged.merge_id) == ("cus-1", "mrg-1")
    assert (survivor.merged_into, survivor.merge_id) == (None, None)
    assert [one.customer_id for one in customers.list_customers(10, "")[0]] == ["cus-1", "cus-3"]


def test_merge_again_changes_nothing(merges: MergesStore, customers: CustomersStore) -> None:
    merges.merge(merge(), NOW)
    version = customers.get("cus-2").version
    assert merges.merge(merge(), NOW) == merge().model_dump()
    merges.check(merge())
    assert customers.get("cus-2").version == version


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_other_delivery_that_merges_between_two_reads_is_the_same_merge(
    merges: MergesStore, customers: CustomersStore, dynamodb: Any, table: str, nth: int
) -> None:
    client = Interposed(dynamodb)
    client.before("get_item", lambda: merges.merge(merge(), NOW), nth)
    assert MergesStore(client, table).merge(merge(), NOW) == merge().model_dump()
    assert customers.get("cus-2").version == 2


def test_other_merge_under_an_id_is_a_conflict(merges: MergesStore) -> None:
    merges.merge(merge(), NOW)
    for again in (merges.check, lambda request: merges.merge(request, NOW)):
        with pytest.raises(IdempotencyConflict, match="merge mrg-1"):
            again(merge("cus-3"))


@pytest.mark.parametrize(("customer_id", "survivor_id"), [("cus-2", "cus-3"), ("cus-3", "cus-2")])
def test_merged_customer_is_neither_merged_again_nor_a_survivor(
    merges: MergesStore, customer_id: str, survivor_id: str
) -> None:
    merges.merge(merge(), NOW)
    with pytest.raises(CustomerMerged, match="customer cus-2 was merged into cus-1"):
        merges.merge(merge(customer_id, survivor_id, "mrg-2"), NOW)


def test_merged_customer_is_not_changed(merges: MergesStore, customers: CustomersStore) -> None:
    merges.merge(merge(), NOW)
    with pytest.raises(CustomerMerged):
        customers.update("cus-2", {"name": "Grace"}, 2, NOW)


def test_unknown_and_anonymised_customers_are_not_merged(
    merges: MergesStore, customers: CustomersStore
) -> None:
    for request in (merge("cus-9"), merge("cus-2", "cus-9")):
        with pytest.raises(UnknownCustomer, match="cus-9"):
            merges.merge(request, NOW)
    customers.anonymise("cus-3", NOW)
    for request in (merge("cus-3"), merge("cus-2", "cus-3")):
        with pytest.raises(CustomerAnonymised, match="cus-3"):
            merges.merge(request, NOW)


def test_customer_is_not_merged_into_itself() -> None:
    with pytest.raises(InvalidMerge, match="another customer"):
        check_different(merge("cus-1", "cus-1"))


def test_survivor_that_is_merged_meanwhile_is_refused(
    merges: MergesStore, customers: CustomersStore, dynamodb: Any, table: str
) -> None:
    client = Interposed(dynamodb)
    client.before("transact_write_items", lambda: merges.merge(merge("cus-1", "cus-2", "mrg-2"), NOW))
    with pytest.raises(CustomerMerged, match="customer cus-1 was merged into cus-2"):
        MergesStore(client, table).merge(merge(), NOW)
    assert customers.get("cus-2").merged_into is None


def test_merge_overtaken_by_another_under_its_id_is_a_conflict(
    merges: MergesStore, customers: CustomersStore, dynamodb: Any, table: str
) -> None:
    client = Interposed(dynamodb)
    client.before("transact_write_items", lambda: merges.merge(merge("cus-3"), NOW))
    with pytest.raises(IdempotencyConflict, match="merge mrg-1"):
        MergesStore(client, table).merge(merge("cus-2"), NOW)
    assert customers.get("cus-2").merged_into is None


def test_customer_that_is_changed_meanwhile_keeps_the_change(
    customers: CustomersStore, merges: MergesStore, dynamodb: Any, table: str
) -> None:
    client = Interposed(dynamodb)
    client.before("transact_write_items", lambda: customers.update("cus-2", {"note": "new"}, 1, NOW))
    MergesStore(client, table).merge(merge(), NOW)
    assert (customers.get("cus-2").customer.note, customers.get("cus-2").merged_into) == ("new", "cus-1")


def test_merged_customer_is_found_as_its_survivor(merges: MergesStore, customers: CustomersStore) -> None:
    merges.merge(merge(), NOW)
    merges.merge(merge("cus-1", "cus-3", "mrg-2"), NOW)
    for search in ({"email": "ada@example.com"}, {"name": "ada"}, {"name": "ada 2"}):
        found = customers.search(SearchCustomers.model_validate(search))
        assert [one.customer_id for one in found] == ["cus-3"], search


def test_survivor_is_anonymised_with_all_its_records(
    merges: MergesStore, customers: CustomersStore, dynamodb: Any, table: str
) -> None:
    merges.merge(merge(), NOW)
    merges.merge(merge("cus-1", "cus-3", "mrg-2"), NOW)
    customers.anonymise("cus-3", NOW)
    rows = [unmarshal(row) for row in dynamodb.scan(TableName=table)["Items"]]
    assert not [row for row in rows if "Ada" in str(row) or "ada" in str(row)]
    assert customers.get("cus-2").merged_into == "cus-1"


def test_merged_customer_is_anonymised_alone(merges: MergesStore, customers: CustomersStore) -> None:
    merges.merge(merge(), NOW)
    assert customers.anonymise("cus-2", NOW).merged_into == "cus-1"
    assert customers.get("cus-1").anonymised_at is None


def test_unknown_merge_is_named(merges: MergesStore) -> None:
    with pytest.raises(UnknownMerge, match="merge mrg-9"):
        merges.find("mrg-9")
