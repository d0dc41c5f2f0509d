"""How a customer record changes. Pure."""

from collections.abc import Mapping
from typing import Any

from tillflow.parsing import parse

from customers.errors import InvalidCustomer
from customers.models import Customer


def changed(customer: Customer, changes: Mapping[str, Any]) -> Customer:
    """The customer with the changes; InvalidCustomer when they do not fit. The id never changes."""
    same = customer.customer_id
    if changes.get("customer_id", same) != same:
        raise InvalidCustomer("customer_id", changes["customer_id"], f"{same}: an id never changes")
    return parse(Customer, {**customer.model_dump(), **changes}, InvalidCustomer)
