"""Customers of the demo who buy on account."""

from till import workflows
from till.demo.order_checkout import BASKET, ENDED, order
from till.services.customers import Accounts, Customers
from till.services.orders import Orders
from till.shop import CURRENCY
from till.stack import Stack
from till.waiting import wait_for_order

LIMIT = 100_000


def create_account_customer(stack: Stack, customer_id: str) -> None:
    """Create a customer with a credit limit."""
    Customers(stack).create({"customer_id": customer_id, "name": "Demo"})
    account = {"customer_id": customer_id, "currency": CURRENCY, "credit_limit": LIMIT}
    Accounts(stack).set_limit(account)


def sell_on_account(stack: Stack, customer_id: str) -> None:
    """Sell a basket to a customer on account, under the customer's id, and wait until the order has ended."""
    sale = order(BASKET, {"type": "on_account"}, customer_id=customer_id)
    sold = Orders(stack).place({**sale, "order_id": customer_id, "placed_at": workflows.now()})
    wait_for_order(stack, customer_id, sold.arn, ENDED)
