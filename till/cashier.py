"""What a cashier is shown when an order is not sold."""

from importlib import import_module

from tillflow.errors import errors_by_name

# The services that a checkout calls: an execution fails with the name of one of their errors.
_SERVICES = ("billing", "catalog", "customers", "inventory", "ledger", "payments")
_UNEXPECTED = "The order was not sold. Call the operator."


def cashier_message(error: str) -> str:
    """Return the message for the name of an error that ended a checkout."""
    for service in _SERVICES:
        import_module(f"{service}.errors")
    domain_error = errors_by_name().get(error)
    return domain_error.cashier_message if domain_error else _UNEXPECTED
