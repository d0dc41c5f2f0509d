"""How a customer record changes. Pure."""

from collections.abc import Mapping
from typing import Any

from tillflow.parsing import parse

from customers.errors import InvalidCustomer
from customers.models import BillingIdentity, Customer


def changed(customer: Customer, changes: Mapping[str, Any]) -> Customer:
    """Return the customer with the changes; InvalidCustomer if they are not accepted. The id never changes."""
    customer_id = customer.customer_id
    if changes.get("customer_id", customer_id) != customer_id:
        raise InvalidCustomer("customer_id", changes["customer_id"], f"{customer_id}: an id never changes")
    return parse(Customer, {**customer.model_dump(), **changes}, InvalidCustomer)


def anonymised(customer: Customer) -> Customer:
    """Return the customer without anything that identifies a person; the id stays, because the books have it."""
    return Customer(customer_id=customer.customer_id, name="Anonymised")


def billing_identity(customer: Customer) -> BillingIdentity:
    """Return the customer as it is printed on an invoice."""
    address = customer.billing_address
    return {
        "name": customer.name,
        "billing_address": address.model_dump() if address else None,
        "vat_id": customer.vat_id,
        "email": customer.email,
    }
