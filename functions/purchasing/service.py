"""The workflow's steps that reach outside: change the order's document, then send to the supplier or the bank.

The change is written before the message is sent, so a second delivery sends it again under the same key.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from tillflow.errors import OrderClosed, PaymentOutcomeUnknown, ProviderUnavailable
from tillflow.executions import error_message
from tillflow.money import Money
from tillflow.times import utc_now

from purchasing import invoices, rules, values
from purchasing.approvals import Limits, approved_without_asking
from purchasing.bank import Bank, ResponseLost, TransferResult
from purchasing.channels import Channels, order_message, withdrawal_message
from purchasing.errors import ApprovalRequired, SupplierPaymentRefused, UnknownPurchase
from purchasing.models import Line, Purchase, QuoteOrder, Receipt
from purchasing.responses import (
    MatchedInvoice,
    NextStep,
    PendingReceipt,
    PurchaseRef,
    Quote,
    ResolvedPayment,
    SentPurchase,
    SupplierPayment,
    WithdrawnPurchase,
)
from purchasing.store import PurchaseStore


class PurchaseService:
    """The steps of a purchase order that send messages or pay."""

    def __init__(
        self,
        store: PurchaseStore,
        bank: Bank,
        channels: Channels,
        limits: Limits,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._bank = bank
        self._channels = channels
        self._limits = limits
        self._now = now

    def quote(self, request: QuoteOrder) -> Quote:
        """Return the total of lines at the first supplier's prices. UnknownSupplier, InvalidPurchase."""
        supplier_id = request.suppliers[0].supplier_id
        prices = self._store.suppliers.prices(supplier_id, [line.sku for line in request.lines])
        lines = [Line(**line.model_dump()) for line in request.lines]
        supplier = self._store.suppliers.get(supplier_id)
        total = values.order_total(rules.priced_lines(lines, request.currency, supplier, prices))
        planned = sum(max(line.quantity * line.unit_cost, 1) for line in request.lines)
        free = approved_without_asking(request.currency, self._limits, planned, request.other_total)
        return {"total": total, "needs_approval": total > free, "approved_total": max(total, free)}

    def send(self, purchase_order_id: str, approval: int = 0) -> SentPurchase:
        """Send the order to the next supplier; ApprovalRequired if it costs more there than is approved."""
        purchase = self._store.send(purchase_order_id, approval)
        if purchase.pending_total is not None:
            raise ApprovalRequired(
                purchase_order_id,
                rules.next_supplier(purchase),
                str(Money(purchase.pending_total, purchase.currency)),
                str(Money(purchase.approved_total or 0, purchase.currency)),
            )
        supplier = self._store.suppliers.get(str(purchase.supplier_id))
        self._send_message(purchase, "order", order_message(purchase))
        timeouts = supplier.timeouts
        return {
            "purchase_order_id": purchase_order_id,
            "supplier_id": supplier.supplier_id,
            "attempt": len(purchase.attempts),
            "timeouts": {
                "answer_seconds": timeouts.answer_seconds,
                "heartbeat_seconds": timeouts.heartbeat_seconds,
            },
        }

    def give_up_supplier(self, purchase_order_id: str, attempt: int, cause: str) -> NextStep:
        """Withdraw the order from a supplier that refused it or did not respond; return the next step."""
        note = error_message(cause)[: rules.MAX_TEXT] or "no response in time"
        purchase = self._store.change(
            purchase_order_id, lambda before: rules.give_up_supplier(before, attempt, note)
        )
        if purchase.attempt is None:
            try:
                self._send_message(purchase, "withdrawal", withdrawal_message(purchase))
            except ProviderUnavailable:
                # The order continues with the next supplier; the note asks a person to call this one.
                purchase = self._store.change(purchase_order_id, rules.note_unsent_withdrawal)
        return next_step(purchase)

    def withdraw(self, purchase_order_id: str) -> WithdrawnPurchase:
        """Withdraw the order from its supplier, if there is one. The compensation of `send`."""
        try:
            purchase = self._store.change(purchase_order_id, rules.withdraw)
        except UnknownPurchase:
            return {"purchase_order_id": purchase_order_id, "withdrawn_from": None}
        if purchase.attempts:
            self._send_message(purchase, "withdrawal", withdrawal_message(purchase))
        return {"purchase_order_id": purchase_order_id, "withdrawn_from": purchase.supplier_id}

    def void_invoice(self, purchase_order_id: str) -> PurchaseRef:
        """Undo the match of the invoice; OrderClosed if it may have been paid."""
        with suppress(UnknownPurchase):
            self._store.change(purchase_order_id, invoices.void_invoice)
        return {"purchase_order_id": purchase_order_id}

    def pay(self, purchase_order_id: str) -> SupplierPayment:
        """Pay the matched invoice; SupplierPaymentRefused, or PaymentOutcomeUnknown if the response was lost."""
        purchase = self._store.get(purchase_order_id)
        if purchase.invoice is None or purchase.supplier_id is None:
            raise OrderClosed(purchase_order_id, "payment", purchase.status)
        account = self._store.suppliers.get(purchase.supplier_id).account
        purchase = self._store.change(
            purchase_order_id, lambda before: invoices.begin_payment(before, account)
        )
        payment = purchase.payment
        if payment is None or payment.state == "PAID":
            return _payment(purchase)
        key = payment_key(purchase)
        try:
            result = self._bank.pay(key, payment.account, payment.amount, purchase.currency)
        except ResponseLost:
            raise PaymentOutcomeUnknown(f"payment of {purchase_order_id}") from None
        return self._settle(purchase_order_id, result)

    def resolve_payment(self, purchase_order_id: str) -> ResolvedPayment:
        """Ask the bank for the outcome of the payment; PaymentOutcomeUnknown if its response was lost."""
        purchase = self._store.get(purchase_order_id)
        if purchase.payment is None:
            return {"purchase_order_id": purchase_order_id, "outcome": "not_paid"}
        if purchase.payment.state == "PAID":
            return _resolved(_payment(purchase))
        try:
            result = self._bank.look_up(payment_key(purchase))
        except ResponseLost:
            raise PaymentOutcomeUnknown(f"payment of {purchase_order_id}") from None
        if result is None:
            return {"purchase_order_id": purchase_order_id, "outcome": "not_paid"}
        return _resolved(self._settle(purchase_order_id, result))

    def _settle(self, purchase_order_id: str, result: TransferResult) -> SupplierPayment:
        if not result.accepted:
            self._store.change(purchase_order_id, invoices.refuse_payment)
            raise SupplierPaymentRefused(result.reason)
        now = self._now()
        return _payment(
            self._store.change(
                purchase_order_id, lambda before: invoices.complete_payment(before, result.reference, now)
            )
        )

    def _send_message(self, purchase: Purchase, kind: str, message: Mapping[str, Any]) -> None:
        supplier = self._store.suppliers.get(str(purchase.supplier_id))
        key = f"{purchase.purchase_order_id}#{len(purchase.attempts)}#{kind}"
        self._channels.send(supplier.channel, key, message)


def next_step(purchase: Purchase) -> NextStep:
    """Return the next step of the workflow and its input."""
    receipt = values.unbooked_receipt(purchase)
    return {
        "purchase_order_id": purchase.purchase_order_id,
        "step": rules.next_step(purchase),
        "reason": purchase.cancel_reason or "",
        "entries": values.entry_ids(purchase),
        "receipts": [f"receipt-{one.receipt_id}" for one in purchase.receipts],
        "receipt": _pending_receipt(purchase, receipt) if receipt else None,
    }


def payment_key(purchase: Purchase) -> str:
    """Return the bank's idempotency key, of the order and its invoice."""
    number = purchase.invoice.number if purchase.invoice else ""
    return f"{purchase.purchase_order_id}#pay#{number}"


def matched_invoice(purchase: Purchase) -> MatchedInvoice:
    """Return what the ledger and the due date of a matched invoice need."""
    if purchase.invoice is None or purchase.invoice.due_on is None:
        raise OrderClosed(purchase.purchase_order_id, "match", purchase.status)
    due_on = min(purchase.invoice.due_on, purchase.opened_at.date() + rules.MAX_WAIT)
    return {
        "purchase_order_id": purchase.purchase_order_id,
        "number": purchase.invoice.number,
        "goods": values.received_value(purchase.lines),
        "net": purchase.invoice.net,
        "tax": purchase.invoice.tax,
        "total": purchase.invoice.total,
        "due_at": f"{due_on.isoformat()}T00:00:00Z",
    }


def _pending_receipt(purchase: Purchase, receipt: Receipt) -> PendingReceipt:
    lines = values.accepted_lines(purchase, receipt)
    return {
        "receipt_id": receipt.receipt_id,
        "entry_id": values.receipt_entry(purchase.purchase_order_id, receipt.receipt_id),
        "lines": lines,
        "value": sum(line["quantity"] * line["unit_cost"] for line in lines),
    }


def _payment(purchase: Purchase) -> SupplierPayment:
    payment = purchase.payment
    return {
        "purchase_order_id": purchase.purchase_order_id,
        "state": "PAID",
        "amount": payment.amount if payment else 0,
        "reference": payment.reference if payment else "",
    }


def _resolved(payment: SupplierPayment) -> ResolvedPayment:
    return {
        "purchase_order_id": payment["purchase_order_id"],
        "outcome": "paid",
        "amount": payment["amount"],
        "reference": payment["reference"],
    }
