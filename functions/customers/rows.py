"""The customers table.

CUSTOMER#<customer id>   CUSTOMER        the customer; every write raises its version
CUSTOMERS                <customer id>   the list, in the order of the ids
"""

from datetime import datetime

from tillflow.store import Item
from tillflow.times import iso_utc

from customers.models import Customer, StoredCustomer

LIST = "CUSTOMERS"


def customer_key(customer_id: str) -> tuple[str, str]:
    """Return the primary key of a customer's row."""
    return f"CUSTOMER#{customer_id}", "CUSTOMER"


def customer_row(customer: Customer, version: int, created_at: str, now: datetime) -> Item:
    """Return the row of a customer."""
    pk, sk = customer_key(customer.customer_id)
    times = {"created_at": created_at, "updated_at": iso_utc(now)}
    return {"pk": pk, "sk": sk, **customer.model_dump(), "version": version, **times}


def read_customer(row: Item) -> StoredCustomer:
    """Return the customer of a row."""
    fields = {name: row[name] for name in Customer.model_fields if name in row}
    return StoredCustomer(Customer.model_validate(fields), row["version"])
