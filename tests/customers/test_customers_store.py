"""The customers' table: create, view, update, and two people saving at once."""

from datetime import UTC, datetime
from typing import Any

import pytest
from customers.errors import InvalidCustomer, UnknownCustomer
from customers.models import Customer
from customers.store import CustomersStore
from tillflow.errors import RecordChanged

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ADA = Customer(customer_id="cus-1", name="Ada Lovelace", email="ada@example.com")


@pytest.fixture
def store(dynamodb: Any, table: str) -> CustomersStore:
    return CustomersStore(dynamodb, table)


def test_a_customer_comes_back_as_created(store: CustomersStore) -> None:
    store.create(ADA, NOW)
    assert store.get("cus-1") == (ADA, 1)


def test_creating_the_same_again_is_no_error_and_no_second_version(store: CustomersStore) -> None:
    store.create(ADA, NOW)
    store.create(ADA, NOW)
    assert store.get("cus-1") == (ADA, 1)


def test_an_id_in_use_is_refused_and_its_customer_kept(store: CustomersStore) -> None:
    store.create(ADA, NOW)
    with pytest.raises(InvalidCustomer, match="an id no other customer has"):
        store.create(Customer(customer_id="cus-1", name="Grace Hopper"), NOW)
    assert store.get("cus-1")[0].name == "Ada Lovelace"


def test_an_update_raises_the_version(store: CustomersStore) -> None:
    store.create(ADA, NOW)
    after = store.update("cus-1", {"phone": "+44 20 7946 0958"}, 1, NOW)
    assert store.get("cus-1") == (after, 2)
    assert after.email == "ada@example.com"


def test_who_saves_from_an_old_version_is_told(store: CustomersStore) -> None:
    store.create(ADA, NOW)
    store.update("cus-1", {"note": "Prefers mornings"}, 1, NOW)
    with pytest.raises(RecordChanged, match="customer cus-1 has changed since version 1"):
        store.update("cus-1", {"note": "Prefers evenings"}, 1, NOW)
    assert store.get("cus-1")[0].note == "Prefers mornings"


def test_a_refused_change_changes_nothing(store: CustomersStore) -> None:
    store.create(ADA, NOW)
    with pytest.raises(InvalidCustomer):
        store.update("cus-1", {"email": "nowhere"}, 1, NOW)
    assert store.get("cus-1") == (ADA, 1)


def test_an_unknown_customer_is_named(store: CustomersStore) -> None:
    with pytest.raises(UnknownCustomer, match="customer cus-9 does not exist"):
        store.get("cus-9")
    with pytest.raises(UnknownCustomer):
        store.update("cus-9", {"name": "Nobody"}, 1, NOW)
