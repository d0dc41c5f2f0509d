"""The operations of inventory, on the deployed stack."""

from inventory.operations import StockOperations
from inventory.transfers.operations import TransferOperations

from till.stack import Stack


def stock(stack: Stack) -> StockOperations:
    """Return the stock operations of a stack."""
    return StockOperations(stack.client("dynamodb"), stack.output("InventoryTable"))


def transfers(stack: Stack) -> TransferOperations:
    """Return the transfer operations of a stack."""
    return TransferOperations(
        stack.client("dynamodb"), stack.client("stepfunctions"), stack.output("InventoryTable")
    )
