"""The customers table: create, read, list and update, with concurrent updates."""

from datetime import UTC, datetime
from typing import Any

import pytest
from customers.errors import InvalidCustomer, UnknownCustomer
from customers.models import Customer, StoredCustomer
from customers.store import CustomersStore
from tillflow.errors import RecordChanged

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


def test_create_with_an_id_in_use_raises_invalid_customer(store: CustomersStore) -> None:
    store.create(ADA, NOW)
    with pytest.raises(InvalidCustomer, match="an id no other customer has"):
        store.create(Customer(customer_id="cus-1", name="Grace Hopper"), NOW)
    assert store.get("cus-1").customer.name == "Ada Lovelace"


def test_update_increments_the_version(store: CustomersStore) -> None:
    store.create(ADA, NOW)
    after = store.update("cus-1", {"phone": "+44 20 7946 0958"}, 1, NOW)
    assert store.get("cus-1") == StoredCustomer(after, 2)
    assert after.email == "ada@example.com"


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
