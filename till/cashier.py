"""What a cashier is shown when an order is not sold, or not returned."""

from importlib import import_module

from tillflow.errors import errors_by_name

# What a checkout and a return call: an execution fails with the name of one of their errors.
_SERVICES = (
    "billing",
    "catalog",
    "customers",
    "inventory",
    "ledger",
    "orders",
    "payments",
)
_UNEXPECTED = "The order was not sold. Call the operator."


def cashier_message(error: str, unexpected: str = _UNEXPECTED) -> str:
    """Return the message for the name of an error that ended a checkout or a return; `unexpected` for any other."""
    for service in _SERVICES:
        import_module(f"{service}.errors")
    domain_error = errors_by_name().get(error)
    return domain_error.cashier_message if domain_error else unexpected
