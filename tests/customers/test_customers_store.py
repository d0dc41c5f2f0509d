"""The customers table: create, read, list and update, with concurrent updates."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from customers.errors import InvalidCustomer
from customers.models import Customer, SearchCustomers, StoredCustomer
from customers.rows import customer_key
from customers.store import CustomersStore
from tillflow.customers import CustomerAnonymised, UnknownCustomer
from tillflow.errors import IdempotencyConflict, RecordChanged
from tillflow.parsing import parse
from tillflow.store import key, unmarshal

from tests.support.interposed import Interposed

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ADA = Customer(customer_id="cus-1", name="Ada Lovelace", email="ada@example.com")


@pytest.fixture
def store(dynamodb: Any, table: str) -> CustomersStore:
    return CustomersStore(dynamodb, table)


def test_get_returns_the_created_customer(store: CustomersStore) -> None:
    store.create(ADA, NOW)
    assert store.get("cus-1") == StoredCustomer(ADA, 1)


def test_create_again_with_the_same_content_changes_nothing(store: CustomersStore) -> None:
    store.create(ADA, NOW)
    store.create(ADA, NOW)
    assert store.get("cus-1") == StoredCustomer(ADA, 1)


def test_create_with_an_id_in_use_is_a_conflict(store: CustomersStore) -> None:
    store.create(ADA, NOW)
    with pytest.raises(IdempotencyConflict, match="name is 'Ada Lovelace', sent 'Grace Hopper'"):
        store.create(Customer(customer_id="cus-1", name="Grace Hopper"), NOW)
    assert store.get("cus-1").customer.name == "Ada Lovelace"


def test_update_increments_the_version(store: CustomersStore) -> None:
    store.create(ADA, NOW)
    after = store.update("cus-1", {"phone": "+44 20 7946 0958"}, 1, NOW)
    assert store.get("cus-1") == StoredCustomer(after, 2)
    assert after.email == "ada@example.com"


def test_update_keeps_when_the_customer_was_created(store: CustomersStore, dynamodb: Any, table: str) -> None:
    store.create(ADA, NOW)
    store.update("cus-1", {"note": "Prefers mornings"}, 1, NOW + timedelta(days=1))
    store.anonymise("cus-1", NOW + timedelta(days=2))
    row = unmarshal(dynamodb.get_item(TableName=table, Key=key(*customer_key("cus-1")))["Item"])
    assert (row["created_at"], row["updated_at"]) == ("2026-11-23T10:00:00Z", "2026-11-25T10:00:00Z")


def test_update_from_an_old_version_raises_record_changed(store: CustomersStore) -> None:
    store.create(ADA, NOW)
    store.update("cus-1", {"note": "Prefers mornings"}, 1, NOW)
    with pytest.raises(RecordChanged, match="customer cus-1 has changed since version 1"):
        store.update("cus-1", {"note": "Prefers evenings"}, 1, NOW)
    assert store.get("cus-1").customer.note == "Prefers mornings"


def test_invalid_update_changes_nothing(store: CustomersStore) -> None:
    store.create(ADA, NOW)
    with pytest.raises(InvalidCustomer):
        store.update("cus-1", {"email": "nowhere"}, 1, NOW)
    assert store.get("cus-1") == StoredCustomer(ADA, 1)


def test_unknown_customer_is_named(store: CustomersStore) -> None:
    with pytest.raises(UnknownCustomer, match="customer cus-9 does not exist"):
        store.get("cus-9")
    with pytest.raises(UnknownCustomer):
        store.update("cus-9", {"name": "Nobody"}, 1, NOW)


def test_list_returns_pages_in_the_order_of_the_ids(store: CustomersStore) -> None:
    for number in (3, 1, 2):
        store.create(Customer(customer_id=f"cus-{number}", name="Someone"), NOW)
    first, more = store.list_customers(2, "")
    rest, end = store.list_customers(2, more or "")
    assert [customer.customer_id for customer in (*first, *rest)] == ["cus-1", "cus-2", "cus-3"]
    assert (more, end) == ("cus-2", None)


def test_concurrent_update_raises_record_changed(dynamodb: Any, table: str, store: CustomersStore) -> None:
    store.create(ADA, NOW)
    between = Interposed(dynamodb)
    between.before("transact_write_items", lambda: store.update("cus-1", {"note": "first"}, 1, NOW))
    with pytest.raises(RecordChanged):
        CustomersStore(between, table).update("cus-1", {"note": "second"}, 1, NOW)
    assert store.get("cus-1").customer.note == "first"


def searched(store: CustomersStore, **search: Any) -> list[str]:
    return [customer.customer_id for customer in store.search(SearchCustomers.model_validate(search))]


@pytest.fixture
def three(dynamodb: Any, table: str) -> CustomersStore:
    store = CustomersStore(dynamodb, table)
    for customer in (
        Customer(customer_id="cus-1", name="Ada Lovelace", email="Ada@Example.com", phone="+44 20 7946 0958"),
        Customer(customer_id="cus-2", name="Ada Byron", email="ada@example.com"),
        Customer(customer_id="cus-3", name="Zoë Łovelace"),
    ):
        store.create(customer, NOW)
    return store


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ({"email": "ADA@example.COM"}, ["cus-1", "cus-2"]),
        ({"phone": "0044 (20) 7946-0958"}, ["cus-1"]),
        ({"name": "ada"}, ["cus-1", "cus-2"]),
        ({"name": "ada lo"}, ["cus-1"]),
        ({"name": "LOVE"}, ["cus-1"]),
        ({"name": "zoë"}, ["cus-3"]),
        ({"name": "nobody"}, []),
    ],
)
def test_customers_are_found_however_it_is_typed(
    three: CustomersStore, search: dict[str, str], expected: list[str]
) -> None:
    assert searched(three, **search) == expected


@pytest.mark.parametrize("search", [{}, {"name": "ada", "email": "ada@example.com"}, {"name": "a"}])
def test_search_needs_one_criterion(three: CustomersStore, search: dict[str, str]) -> None:
    with pytest.raises(InvalidCustomer):
        parse(SearchCustomers, search, InvalidCustomer)


def test_changed_customer_is_found_by_its_new_data_alone(three: CustomersStore) -> None:
    three.update("cus-1", {"name": "Augusta King", "email": None}, 1, NOW)
    assert searched(three, email="ada@example.com") == ["cus-2"]
    assert searched(three, name="lovelace") == []
    assert searched(three, name="king") == ["cus-1"]


def test_anonymised_customer_keeps_its_id_and_nothing_else(
    dynamodb: Any, table: str, three: CustomersStore
) -> None:
    address = {"street": "12 St James's Square", "city": "London", "country": "GB"}
    three.update("cus-1", {"billing_address": address, "vat_id": "GB123456789"}, 1, NOW)
    stored = three.anonymise("cus-1", NOW)
    assert three.anonymise("cus-1", NOW) == stored
    assert stored.customer == Customer(customer_id="cus-1", name="Anonymised")
    rows = str([row for row in dynamodb.scan(TableName=table)["Items"] if "cus-1" in str(row)]).casefold()
    assert not any(text in rows for text in ("ada", "lovelace", "7946", "james", "123456789"))
    with pytest.raises(CustomerAnonymised, match="customer cus-1 is anonymised"):
        three.update("cus-1", {"name": "Ada"}, stored.version, NOW)


def test_anonymise_overtaken_by_an_update_changes_nothing(
    dynamodb: Any, table: str, three: CustomersStore
) -> None:
    client = Interposed(dynamodb)
    client.before("transact_write_items", lambda: three.update("cus-1", {"phone": None}, 1, NOW))
    with pytest.raises(RecordChanged):
        CustomersStore(client, table).anonymise("cus-1", NOW)
    assert searched(three, name="lovelace") == ["cus-1"]
