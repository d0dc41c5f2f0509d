"""The check of a customer by the customers service, for the API functions of other services."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from tillflow.errors import DomainError, StoreUnavailable
from tillflow.invocation import FunctionFailed, call_function
from tillflow.references import FindUnknown

type CheckCustomer = Callable[[str], None]
"""Raises UnknownCustomer, CustomerAnonymised or CustomerMerged unless a customer can buy."""


class UnknownCustomer(DomainError):
    """A customer id that does not exist."""

    cashier_message = "No such customer. Search again or create one."

    def __init__(self, customer_id: str) -> None:
        super().__init__(f"customer {customer_id} does not exist")


class CustomerAnonymised(DomainError):
    """The customer's data was removed on request: it is not changed and not sold to any more."""

    status = 409
    cashier_message = "This customer's data was removed. Create a new customer."

    def __init__(self, customer_id: str) -> None:
        super().__init__(f"customer {customer_id} is anonymised")


class CustomerMerged(DomainError):
    """The customer was merged into another one, which has what belonged to it."""

    status = 409
    cashier_message = "This customer was merged into another one. Search again."

    def __init__(self, customer_id: str, survivor_id: str) -> None:
        super().__init__(f"customer {customer_id} was merged into {survivor_id}")


def invoked(client: Any, function: str) -> CheckCustomer:
    """Return the check by the customers service. client: of Lambda; function: the name of CheckCustomer."""

    def check(customer_id: str) -> None:
        read_customer(client, function, {"customer_id": customer_id})

    return check


def check_known(check: CheckCustomer, customer_id: str) -> None:
    """Raise UnknownCustomer unless a customer has the id, whether it can buy or not. For a lookup without a result."""
    with suppress(CustomerAnonymised, CustomerMerged):
        check(customer_id)


def find_unknown(check: CheckCustomer) -> FindUnknown:
    """Return the lookup of customers by a check. The lookup raises CustomerAnonymised."""

    def find(customer_ids: Collection[str]) -> list[str]:
        return [customer_id for customer_id in customer_ids if not _exists(check, customer_id)]

    return find


def find_never_created(check: CheckCustomer) -> FindUnknown:
    """Return the lookup of customers for a filter: those that can no longer buy have orders too."""
    return find_unknown(partial(check_known, check))


def _exists(check: CheckCustomer, customer_id: str) -> bool:
    try:
        check(customer_id)
    except UnknownCustomer:
        return False
    return True


def read_customer(client: Any, function: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the response of CheckCustomer. UnknownCustomer, CustomerAnonymised, CustomerMerged, StoreUnavailable."""
    customer_id = request["customer_id"]
    try:
        customer: dict[str, Any] = call_function(client, function, request)
    except FunctionFailed as failure:
        match failure.error:
            # No customer has an id that the customers service does not accept.
            case "UnknownCustomer" | "InvalidRequest":
                raise UnknownCustomer(customer_id) from failure
            case "CustomerAnonymised":
                raise CustomerAnonymised(customer_id) from failure
            case "CustomerMerged":
                # It was raised by its values at the service; its message is all that is sent.
                raise CustomerMerged.__new__(CustomerMerged, failure.message) from failure
        raise StoreUnavailable(f"reading customer {customer_id}") from failure
    return customer
