"""The operations of the buying services, on the deployed stack."""

from collections.abc import Iterator
from contextlib import contextmanager

from demand.operations import DemandOperations
from inventory.operations import StockOperations
from purchasing.operations import PurchaseOperations, SupplierOperations
from replenishment.operations import ReorderOperations
from tillflow.errors import DomainError

from till.errors import OperatorError
from till.stack import Stack


def purchases(stack: Stack) -> PurchaseOperations:
    return PurchaseOperations(
        stack.client("dynamodb"), stack.client("stepfunctions"), stack.output("PurchasingTable")
    )


def suppliers(stack: Stack) -> SupplierOperations:
    return SupplierOperations(stack.client("dynamodb"), stack.output("PurchasingTable"))


def reorders(stack: Stack) -> ReorderOperations:
    dynamodb = stack.client("dynamodb")
    return ReorderOperations(
        dynamodb,
        stack.client("stepfunctions"),
        stack.output("ReplenishmentTable"),
        demand=DemandOperations(dynamodb, stack.output("DemandTable")),
        levels=StockOperations(dynamodb, stack.output("InventoryTable")),
        suppliers=suppliers(stack),
    )


@contextmanager
def operator_errors(advice: str) -> Iterator[None]:
    """Raise a service's error as the operator's, with `advice`."""
    try:
        yield
    except DomainError as error:
        raise OperatorError(str(error), advice) from error
