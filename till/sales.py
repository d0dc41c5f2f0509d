"""The operations of the sales services, on the deployed stack."""

from billing.operations import BillingOperations
from catalog.operations import CatalogOperations
from customers.operations import CustomerOperations
from ledger.operations import LedgerOperations
from orders.operations import OrderOperations
from payments.operations import CreditOperations, GiftCardOperations, PaymentOperations

from till.stack import Stack


def orders(stack: Stack) -> OrderOperations:
    """Return the order operations of a stack."""
    return OrderOperations(
        stack.client("dynamodb"),
        stack.client("stepfunctions"),
        stack.output("OrdersTable"),
        checkout=stack.output("OrderCheckoutAlias"),
        cancel=stack.output("OrderCancelAlias"),
    )


def catalog(stack: Stack) -> CatalogOperations:
    """Return the catalog operations of a stack."""
    return CatalogOperations(stack.client("dynamodb"), stack.output("CatalogTable"))


def customers(stack: Stack) -> CustomerOperations:
    """Return the customer operations of a stack."""
    return CustomerOperations(stack.client("dynamodb"), stack.output("CustomersTable"))


def credit(stack: Stack) -> CreditOperations:
    """Return the customer credit operations of a stack."""
    return CreditOperations(stack.client("dynamodb"), stack.output("PaymentsTable"))


def gift_cards(stack: Stack) -> GiftCardOperations:
    """Return the gift card operations of a stack."""
    return GiftCardOperations(stack.client("dynamodb"), stack.output("PaymentsTable"))


def payments(stack: Stack) -> PaymentOperations:
    """Return the payment operations of a stack."""
    return PaymentOperations(stack.client("dynamodb"), stack.output("PaymentsTable"))


def billing(stack: Stack) -> BillingOperations:
    """Return the billing operations of a stack."""
    return BillingOperations(stack.client("dynamodb"), stack.output("BillingTable"))


def ledger(stack: Stack) -> LedgerOperations:
    """Return the ledger operations of a stack."""
    return LedgerOperations(stack.client("dynamodb"), stack.output("LedgerTable"))
