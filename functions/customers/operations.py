"""Operations on customers. The command line and the HTTP API call them."""

from collections.abc import Mapping
from typing import Any

from tillflow.customers import UnknownCustomer
from tillflow.parsing import parse
from tillflow.times import utc_now

from customers.errors import InvalidCustomer
from customers.models import BillingIdentity, CheckCustomer, Customer, SearchCustomers, StoredCustomer
from customers.rules import billing_identity
from customers.store import CustomersStore


class CustomerOperations:
    """Customers. dynamodb: a client; table: the customers table."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._store = CustomersStore(dynamodb, table)

    def create(self, request: Mapping[str, Any]) -> Customer:
        """Create a customer; the same one again changes nothing. InvalidCustomer, IdempotencyConflict."""
        return self._store.create(parse(Customer, request, InvalidCustomer), utc_now())

    def get(self, customer_id: str) -> StoredCustomer:
        """Return a customer and its version; UnknownCustomer, InvalidCustomer for an id no customer has."""
        return self._store.get(_checked(customer_id))

    def billing_identity(self, customer_id: str) -> BillingIdentity | None:
        """Return a customer as it is printed on an invoice; None if there is none, or its data was removed."""
        try:
            stored = self._store.get(customer_id)
        except UnknownCustomer:
            return None
        return None if stored.anonymised_at else billing_identity(stored.customer)

    def update(self, customer_id: str, changes: Mapping[str, Any], version: int | None = None) -> Customer:
        """Change fields of a customer at `version`, or at its newest version.

        UnknownCustomer, InvalidCustomer, RecordChanged.
        """
        customer_id = _checked(customer_id)
        read = self._store.get(customer_id).version if version is None else version
        return self._store.update(customer_id, changes, read, utc_now())

    def anonymise(self, customer_id: str) -> StoredCustomer:
        """Remove what identifies a customer; the books keep the id. UnknownCustomer, InvalidCustomer, RecordChanged."""
        return self._store.anonymise(_checked(customer_id), utc_now())

    def search(self, request: Mapping[str, Any]) -> list[Customer]:
        """Return the customers with an email or phone, or with words of their name. InvalidCustomer."""
        return self._store.search(parse(SearchCustomers, request, InvalidCustomer))

    def list_customers(self, limit: int = 50, after: str = "") -> tuple[list[Customer], str | None]:
        """Return a page of customers by id, and the id to continue after; None on the last page."""
        return self._store.list_customers(limit, _checked(after) if after else "")


def _checked(customer_id: str) -> str:
    return parse(CheckCustomer, {"customer_id": customer_id}, InvalidCustomer).customer_id
