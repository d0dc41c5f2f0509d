"""The customers table.

CUSTOMER#<customer id>   CUSTOMER        the customer; every write raises its version
CUSTOMERS                <customer id>   the list, in the order of the ids
EMAIL#<email>            <customer id>   customers with an email, in lower case
PHONE#<digits>           <customer id>   customers with a phone number
NAMES                    <word>#<id>     customers by each word of their name, in lower case
MERGE#<merge id>         MERGE           a merge of two customers, written once
MERGED#<customer id>     INTO, FROM#…    where a customer was merged into, and what was merged into it

A customer that was merged has the attribute `merged_into` and is not in the list; what finds it returns its survivor.
"""

import unicodedata
from datetime import datetime

from tillflow.store import Item
from tillflow.times import iso_utc

from customers.models import Customer, StoredCustomer

LIST = "CUSTOMERS"
NAMES = "NAMES"
MAX_WORDS = 12
"""Words of a name that find it."""


def customer_key(customer_id: str) -> tuple[str, str]:
    """Return the primary key of a customer's row."""
    return f"CUSTOMER#{customer_id}", "CUSTOMER"


def merge_key(merge_id: str) -> tuple[str, str]:
    """Return the primary key of a merge."""
    return f"MERGE#{merge_id}", "MERGE"


def customer_row(customer: Customer, version: int, created_at: str, now: datetime) -> Item:
    """Return the row of a customer."""
    pk, sk = customer_key(customer.customer_id)
    times = {"created_at": created_at, "updated_at": iso_utc(now)}
    return {"pk": pk, "sk": sk, **customer.model_dump(), "version": version, **times}


def index_keys(customer: Customer) -> set[tuple[str, str]]:
    """Return the primary keys of the rows by which a customer is found."""
    customer_id = customer.customer_id
    keys = {(NAMES, f"{word}#{customer_id}") for word in folded(customer.name).split()[:MAX_WORDS]}
    if customer.email:
        keys.add((email_partition(customer.email), customer_id))
    if customer.phone:
        keys.add((phone_partition(customer.phone), customer_id))
    return keys


def email_partition(email: str) -> str:
    """Return the partition of the customers with an email."""
    return f"EMAIL#{folded(email)}"


def phone_partition(phone: str) -> str:
    """Return the partition of the customers with a phone number, however it was written."""
    return "PHONE#" + "".join(filter(str.isdigit, phone)).lstrip("0")


def folded(text: str) -> str:
    """Return text as it is compared: without case, compatible characters as one."""
    return unicodedata.normalize("NFKC", text).casefold()


def read_customer(row: Item) -> StoredCustomer:
    """Return the customer of a row."""
    fields = {name: row[name] for name in Customer.model_fields if name in row}
    return StoredCustomer(
        Customer.model_validate(fields),
        row["version"],
        row.get("anonymised_at"),
        row.get("merged_into"),
        row.get("merge_id"),
    )
