"""What the workflow's steps do: a change of the order, then a word to the supplier or the bank.

The change is written before anyone is told, so a second delivery tells again under the same key.
"""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from tillflow.errors import (
    OrderClosed,
    PaymentOutcomeUnknown,
    ProviderUnavailable,
    SupplierPaymentRefused,
    UnknownPurchase,
)

from purchasing import rules
from purchasing.bank import AnswerLost, Bank, Transferred
from purchasing.channels import Channels, order_message, withdrawal_message
from purchasing.models import Purchase
from purchasing.store import PurchasesStore


class Purchasing:
    def __init__(self, store: PurchasesStore, bank: Bank, channels: Channels) -> None:
        self._store = store
        self._bank = bank
        self._channels = channels

    def send(self, purchase_order_id: str) -> dict[str, Any]:
        """Ask the next supplier: ``{purchase_order_id, supplier_id, attempt, patience}``."""
        purchase = self._store.send(purchase_order_id)
        supplier = self._store.suppliers.get(str(purchase.supplier_id))
        self._tell(purchase, "order", order_message(purchase))
        return {
            "purchase_order_id": purchase_order_id,
            "supplier_id": purchase.supplier_id,
            "attempt": len(purchase.attempts),
            "patience": supplier.patience.model_dump(),
        }

    def give_up(self, purchase_order_id: str, attempt: int, cause: str) -> dict[str, Any]:
        """Take the order from a supplier that refused or stayed silent; the next step."""
        purchase = self._store.change(
            purchase_order_id,
            lambda purchase: rules.given_up(purchase, attempt, _sentence(cause) or "no answer in time"),
        )
        if purchase.attempt is None:
            try:
                self._tell(purchase, "withdrawal", withdrawal_message(purchase))
            except ProviderUnavailable:
                # One that cannot be told holds up no order: the note says that somebody has to call.
                purchase = self._store.change(purchase_order_id, rules.not_told)
        return next_step(purchase)

    def withdraw(self, purchase_order_id: str) -> dict[str, Any]:
        """Compensation: nobody is to deliver; an order nobody was asked for, or opened, is withdrawn as well."""
        try:
            purchase = self._store.change(purchase_order_id, rules.withdrawn)
        except UnknownPurchase:
            return {"purchase_order_id": purchase_order_id, "withdrawn_from": None}
        if purchase.attempts:
            self._tell(purchase, "withdrawal", withdrawal_message(purchase))
        return {"purchase_order_id": purchase_order_id, "withdrawn_from": purchase.supplier_id}

    def void_invoice(self, purchase_order_id: str) -> dict[str, Any]:
        """Compensation: a matched invoice is owed no more. OrderClosed once it may have been paid."""
        with suppress(UnknownPurchase):
            self._store.change(purchase_order_id, rules.voided)
        return {"purchase_order_id": purchase_order_id}

    def pay(self, purchase_order_id: str) -> dict[str, Any]:
        """Pay the matched invoice: ``{purchase_order_id, state, amount, reference}``.

        SupplierPaymentRefused, or PaymentOutcomeUnknown when only the bank can say.
        """
        purchase = self._store.get(purchase_order_id)
        if purchase.invoice is None or purchase.supplier_id is None:
            raise OrderClosed(purchase_order_id, "payment")
        account = self._store.suppliers.get(purchase.supplier_id).account
        purchase = self._store.change(purchase_order_id, lambda before: rules.paying(before, account))
        if purchase.payment and purchase.payment.state == "PAID":
            return _paid(purchase)
        key = payment_key(purchase)
        try:
            answer = self._bank.pay(key, _account(purchase), _amount(purchase), purchase.currency)
        except AnswerLost:
            raise PaymentOutcomeUnknown(f"payment of {purchase_order_id}") from None
        return self._settle(purchase_order_id, answer)

    def resolve_payment(self, purchase_order_id: str) -> dict[str, Any]:
        """Ask the bank what became of the payment: ``{purchase_order_id, outcome: paid | not_paid, …}``."""
        purchase = self._store.get(purchase_order_id)
        if purchase.payment is None:
            return {"purchase_order_id": purchase_order_id, "outcome": "not_paid"}
        if purchase.payment.state == "PAID":
            return _paid(purchase) | {"outcome": "paid"}
        try:
            found = self._bank.look_up(payment_key(purchase))
        except AnswerLost:
            raise PaymentOutcomeUnknown(f"payment of {purchase_order_id}") from None
        if found is None:
            return {"purchase_order_id": purchase_order_id, "outcome": "not_paid"}
        return self._settle(purchase_order_id, found) | {"outcome": "paid"}

    def _settle(self, purchase_order_id: str, answer: Transferred) -> dict[str, Any]:
        if not answer.accepted:
            self._store.change(purchase_order_id, rules.payment_refused)
            raise SupplierPaymentRefused(answer.reason)
        now = datetime.now(UTC)
        paid = self._store.change(
            purchase_order_id,
            lambda purchase: (
                purchase
                if purchase.status in ("PAID", "CLOSED")
                else rules.paid(purchase, answer.reference, now)
            ),
        )
        return _paid(paid)

    def _tell(self, purchase: Purchase, what: str, message: dict[str, Any]) -> None:
        supplier = self._store.suppliers.get(str(purchase.supplier_id))
        key = f"{purchase.purchase_order_id}#{len(purchase.attempts)}#{what}"
        self._channels.tell(supplier.channel, key, message)


def next_step(purchase: Purchase) -> dict[str, Any]:
    """What the workflow is to do next, with what it needs for it. Amounts in minor units."""
    receipt = rules.to_book(purchase)
    return {
        "purchase_order_id": purchase.purchase_order_id,
        "step": rules.next_step(purchase),
        "reason": purchase.cancel_reason or "",
        "entries": rules.entry_ids(purchase),
        "receipts": [f"receipt-{one.receipt_id}" for one in purchase.receipts],
        "receipt": None
        if receipt is None
        else {
            "receipt_id": receipt.receipt_id,
            "entry_id": rules.receipt_entry(purchase.purchase_order_id, receipt.receipt_id),
            "lines": (lines := rules.accepted_lines(purchase, receipt)),
            "value": sum(line["quantity"] * line["unit_cost"] for line in lines),
        },
    }


def payment_key(purchase: Purchase) -> str:
    """The bank's idempotency key: of the order and its invoice, never another's."""
    number = purchase.invoice.number if purchase.invoice else ""
    return f"{purchase.purchase_order_id}#pay#{number}"


def matched(purchase: Purchase) -> dict[str, Any]:
    """What ledger and calendar need of a matched invoice."""
    if purchase.invoice is None or purchase.invoice.due_on is None:
        raise OrderClosed(purchase.purchase_order_id, "match")
    return {
        "purchase_order_id": purchase.purchase_order_id,
        "number": purchase.invoice.number,
        "goods": rules.received_value(purchase.lines),
        "net": purchase.invoice.net,
        "tax": purchase.invoice.tax,
        "total": purchase.invoice.total,
        "due_at": f"{purchase.invoice.due_on.isoformat()}T00:00:00Z",
    }


def _sentence(cause: str) -> str:
    """What a Cause says: a function's is JSON with the exception's text in it."""
    with suppress(ValueError):
        told = json.loads(cause)
        if isinstance(told, dict):
            return str(told.get("errorMessage", cause))
    return cause


def _paid(purchase: Purchase) -> dict[str, Any]:
    payment = purchase.payment
    return {
        "purchase_order_id": purchase.purchase_order_id,
        "state": "PAID",
        "amount": payment.amount if payment else 0,
        "reference": payment.reference if payment else "",
    }


def _account(purchase: Purchase) -> str:
    return purchase.payment.account if purchase.payment else ""


def _amount(purchase: Purchase) -> int:
    return purchase.payment.amount if purchase.payment else 0
