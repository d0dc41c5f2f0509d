"""What suppliers and the goods-in desk say of purchase orders: noted on the order, then its workflow is woken.

The order's document is the truth and the task token only a bell: when nobody waits, the workflow reads what
was noted as soon as it gets there.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from purchasing import rules
from purchasing.models import Invoice, Purchase, Receipt
from purchasing.store import PurchasesStore
from tillflow.callbacks import complete_task, fail_task, send_heartbeat
from tillflow.errors import DomainError

from till.errors import OperatorError
from till.stack import Stack


class Desk:
    """`states` is a Step Functions client. Each verb returns the order as it is then, or raises what
    purchasing refuses."""

    def __init__(self, store: PurchasesStore, states: Any) -> None:
        self._store = store
        self._states = states

    def acknowledge(self, purchase_order_id: str, promised_on: date, supplier_id: str = "") -> Purchase:
        return self._note(
            purchase_order_id, lambda order: rules.acknowledged(order, promised_on, supplier_id)
        )

    def refuse(self, purchase_order_id: str, note: str, supplier_id: str = "") -> Purchase:
        order = self._store.change(purchase_order_id, lambda before: rules.refused(before, note, supplier_id))
        refusal = rules.refusal(order)
        if order.task_token and refusal:
            fail_task(self._states, order.task_token, refusal)
        return order

    def sign_of_life(self, purchase_order_id: str) -> Purchase:
        """The supplier has the order and will answer: its silence counts from now."""
        order = self._store.get(purchase_order_id)
        if order.task_token:
            send_heartbeat(self._states, order.task_token)
        return order

    def receive(self, purchase_order_id: str, receipt: Receipt) -> Purchase:
        return self._woken(self._store.receive(purchase_order_id, receipt))

    def bill(self, purchase_order_id: str, invoice: Invoice) -> Purchase:
        return self._woken(self._store.bill(purchase_order_id, invoice))

    def close_short(self, purchase_order_id: str) -> Purchase:
        return self._note(purchase_order_id, rules.closed_short)

    def cancel(self, purchase_order_id: str, reason: str) -> Purchase:
        return self._note(purchase_order_id, lambda order: rules.cancelled(order, reason))

    def _note(self, purchase_order_id: str, rule: Callable[[Purchase], Purchase]) -> Purchase:
        return self._woken(self._store.change(purchase_order_id, rule))

    def _woken(self, order: Purchase) -> Purchase:
        if order.task_token:
            answer = {"purchase_order_id": order.purchase_order_id}
            complete_task(self._states, order.task_token, answer)
        return order


def desk(stack: Stack) -> Desk:
    return Desk(purchases(stack), stack.client("stepfunctions"))


def purchases(stack: Stack) -> PurchasesStore:
    return PurchasesStore(stack.client("dynamodb"), stack.output("PurchasingTable"))


@contextmanager
def refusals(advice: str) -> Iterator[None]:
    """What purchasing refuses, as the operator's sentence with `advice`."""
    try:
        yield
    except DomainError as refusal:
        raise OperatorError(str(refusal), advice) from refusal
