"""Operations on payments and on customers' credit. The command line and the HTTP API call them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tillflow.parsing import parse

from payments.models import GrantCredit, Tender
from payments.store import PaymentsStore
from payments.store_credit import StoreCredit


class PaymentOperations:
    """Payments of orders. dynamodb: a client; table: the payments table."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._store = PaymentsStore(dynamodb, table)

    def tenders(self, order_id: str) -> list[Tender]:
        """Return the tenders of an order by number; none if its payment was not authorised."""
        return self._store.payment(order_id).tenders


class CreditOperations:
    """Credit of customers with the shop. dynamodb: a client; table: the payments table."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._credit = StoreCredit(dynamodb, table)

    def grant(self, request: Mapping[str, Any]) -> int:
        """Add to a customer's credit, once per grant id; return the balance. InvalidRequest, IdempotencyConflict."""
        grant = parse(GrantCredit, request)
        self._credit.grant(grant, datetime.now(UTC))
        return self._credit.balance(grant.customer_id, grant.currency)

    def balances(self, customer_id: str) -> dict[str, int]:
        """Return a customer's balances in minor units by currency."""
        return self._credit.balances(customer_id)
