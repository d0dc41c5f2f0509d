"""The operations of the sales services, on the deployed stack."""

from billing.documents.models import Buyer
from billing.documents.operations import DocumentOperations
from billing.operations import BillingOperations, CustomerPaymentOperations, ReceivableOperations
from customers.operations import CustomerOperations
from ledger.operations import LedgerOperations
from orders.drafts.operations import DraftOperations
from orders.operations import OrderOperations
from orders.returns.exchanges import ExchangeOperations
from orders.returns.operations import ReturnOperations
from payments.operations import CardOperations, PaymentOperations
from reports.operations import ReportOperations
from shipping.operations import ShippingOperations

from till.stack import Stack


def orders(stack: Stack) -> OrderOperations:
    """Return the order operations of a stack."""
    return OrderOperations(
        stack.client("dynamodb"),
        stack.client("stepfunctions"),
        stack.output("OrdersTable"),
        checkout=stack.output("OrderCheckoutAlias"),
        cancel=stack.output("OrderCancelAlias"),
        store_cards=CardOperations(stack.client("dynamodb"), stack.output("CardsTable")).store,
    )


def drafts(stack: Stack) -> DraftOperations:
    """Return the draft operations of a stack."""
    return DraftOperations(stack.client("dynamodb"), stack.output("OrdersTable"))


def returns(stack: Stack) -> ReturnOperations:
    """Return the return operations of a stack."""
    return ReturnOperations(
        stack.client("dynamodb"),
        stack.client("stepfunctions"),
        stack.output("OrdersTable"),
        stack.output("OrderReturnAlias"),
    )


def exchanges(stack: Stack) -> ExchangeOperations:
    """Return the exchange operations of a stack."""
    return ExchangeOperations(
        stack.client("stepfunctions"), stack.output("OrderExchangeAlias"), orders(stack)
    )


def payments(stack: Stack) -> PaymentOperations:
    """Return the payment operations of a stack."""
    return PaymentOperations(stack.client("dynamodb"), stack.output("PaymentsTable"))


def billing(stack: Stack) -> BillingOperations:
    """Return the billing operations of a stack."""
    return BillingOperations(stack.client("dynamodb"), stack.output("BillingTable"))


def documents(stack: Stack) -> DocumentOperations:
    """Return the operations of printed documents of a stack."""

    def find_buyer(customer_id: str) -> Buyer | None:
        operations = CustomerOperations(stack.client("dynamodb"), stack.output("CustomersTable"))
        billing = operations.billing_identity(customer_id)
        return Buyer.model_validate(billing) if billing else None

    return DocumentOperations(
        stack.client("dynamodb"),
        stack.client("s3"),
        stack.output("BillingTable"),
        stack.output("DocumentsBucket"),
        find_buyer,
    )


def receivables(stack: Stack) -> ReceivableOperations:
    """Return the receivable operations of a stack."""
    return ReceivableOperations(stack.client("dynamodb"), stack.output("BillingTable"))


def customer_payments(stack: Stack) -> CustomerPaymentOperations:
    """Return the operations of customer payments of a stack."""
    return CustomerPaymentOperations(stack.client("stepfunctions"), stack.output("CustomerPaymentAlias"))


def ledger(stack: Stack) -> LedgerOperations:
    """Return the ledger operations of a stack."""
    return LedgerOperations(stack.client("dynamodb"), stack.output("LedgerTable"))


def shipping(stack: Stack) -> ShippingOperations:
    """Return the shipping operations of a stack."""
    return ShippingOperations(
        stack.client("dynamodb"), stack.client("stepfunctions"), stack.output("ShippingTable")
    )


def reports(stack: Stack) -> ReportOperations:
    """Return the report operations of a stack."""
    return ReportOperations(stack.client("dynamodb"), stack.output("ReportsTable"))
