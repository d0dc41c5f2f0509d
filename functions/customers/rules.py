"""How a customer record changes. Pure."""

from collections.abc import Mapping
from typing import Any

from tillflow.parsing import parse

from customers.errors import InvalidCustomer
from customers.models import Customer


def changed(customer: Customer, changes: Mapping[str, Any]) -> Customer:
    """Return the customer with the changes; InvalidCustomer if they are not accepted. The id never changes."""
    customer_id = customer.customer_id
    if changes.get("customer_id", customer_id) != customer_id:
        raise InvalidCustomer("customer_id", changes["customer_id"], f"{customer_id}: an id never changes")
    return parse(Customer, {**customer.model_dump(), **changes}, InvalidCustomer)


def anonymised(customer: Customer) -> Customer:
    """Return the customer without anything that identifies a person; the id stays, because the books have it."""
    return Customer(customer_id=customer.customer_id, name="Anonymised")
