"""A purchase order's life as pure changes of its document, and what is to be done next.

Every change takes the Purchase and gives the new one, or raises what forbids it. Nothing here is read
from a clock or a table.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Literal

from tillflow.errors import (
    InvalidPurchase,
    InvoiceMismatch,
    NoSupplierLeft,
    OrderClosed,
    OverReceipt,
    PurchaseMoved,
    SupplierRefused,
)

from purchasing.matching import due_date, mismatches
from purchasing.models import (
    Attempt,
    Invoice,
    Line,
    OpenOrder,
    Payment,
    Price,
    Purchase,
    Receipt,
    Supplier,
)

type Step = Literal["receive", "match", "cancel", "acknowledgement", "goods", "next_supplier"]

RUNNING = ("OPEN", "SENT", "ACKNOWLEDGED")
NOT_TOLD = "it was not told that the order is withdrawn"


def opened(request: OpenOrder, now: datetime) -> Purchase:
    """The purchase order of a request."""
    return Purchase(
        purchase_order_id=request.purchase_order_id,
        status="OPEN",
        location=request.location,
        currency=request.currency,
        lines=tuple(Line(**line.model_dump()) for line in request.lines),
        suppliers=tuple(dict.fromkeys(candidate.supplier_id for candidate in request.suppliers)),
        reason=request.reason,
        needs=request.needs,
        execution=request.execution,
        opened_at=now,
    )


def next_supplier(purchase: Purchase) -> str:
    """The best supplier not asked yet; NoSupplierLeft when all were."""
    asked = {attempt.supplier_id for attempt in purchase.attempts}
    for supplier_id in purchase.suppliers:
        if supplier_id not in asked:
            return supplier_id
    raise NoSupplierLeft(purchase.purchase_order_id, len(asked))


def sent(purchase: Purchase, supplier: Supplier, prices: Mapping[str, Price], now: datetime) -> Purchase:
    """The order as this supplier is asked for it: its own prices where its list has one."""
    _check_running(purchase, "send")
    if supplier.currency != purchase.currency:
        raise InvalidPurchase("currency", purchase.currency, f"{supplier.currency}, the supplier's")
    lines = tuple(_priced(line, prices.get(line.sku)) for line in purchase.lines)
    return purchase.model_copy(
        update={
            "status": "SENT",
            "lines": lines,
            "attempts": (*purchase.attempts, Attempt(supplier_id=supplier.supplier_id, sent_at=now)),
            "over_receipt_percent": supplier.over_receipt_percent,
        }
    )


def acknowledged(purchase: Purchase, promised_on: date, supplier_id: str = "") -> Purchase:
    """The supplier takes the order; InvalidPurchase when it is not asked for it."""
    return _answered(purchase, "ACKNOWLEDGED", supplier_id, promised_on=promised_on)


def refused(purchase: Purchase, note: str, supplier_id: str = "") -> Purchase:
    """The supplier will not deliver. One that is named is answered for once: said again, it refuses for no other."""
    return _answered(purchase, "REFUSED", supplier_id, note=note)


def given_up(purchase: Purchase, attempt: int, note: str) -> Purchase:
    """The workflow heard nothing in time of the `attempt`th supplier. An answer that came first stands."""
    if purchase.status != "SENT" or len(purchase.attempts) != attempt:
        return purchase
    return _answered(purchase, "SILENT", "", note=note)


def not_told(purchase: Purchase) -> Purchase:
    """The supplier given up last does not know that it is; as it was once another is asked."""
    last = purchase.attempts[-1]
    if purchase.attempt or last.note.endswith(NOT_TOLD):
        return purchase
    told = last.model_copy(update={"note": f"{last.note}; {NOT_TOLD}"})
    return purchase.model_copy(update={"attempts": (*purchase.attempts[:-1], told)})


def received(purchase: Purchase, receipt: Receipt) -> Purchase:
    """Goods came: OverReceipt beyond ordered x (1 + tolerance), rejected units apart."""
    _check_delivering(purchase, "receipt")
    coming = {line.sku: line for line in receipt.lines}
    if len(coming) != len(receipt.lines):
        raise InvalidPurchase("lines", "a SKU twice", "a line per SKU")
    unknown = sorted(coming.keys() - {line.sku for line in purchase.lines})
    if unknown:
        raise InvalidPurchase("lines", unknown[0], "a SKU of the order")
    lines = []
    for line in purchase.lines:
        come = coming.get(line.sku)
        if come:
            most = receivable(line, purchase.over_receipt_percent)
            if come.quantity - come.rejected > most:
                raise OverReceipt(line.sku, come.quantity - come.rejected, most)
            line = line.model_copy(
                update={"received": line.received + come.quantity, "rejected": line.rejected + come.rejected}
            )
        lines.append(line)
    return purchase.model_copy(update={"lines": tuple(lines), "receipts": (*purchase.receipts, receipt)})


def receivable(line: Line, tolerance_percent: int) -> int:
    """Units of a line that may still be accepted."""
    return line.quantity * (100 + tolerance_percent) // 100 - line.accepted


def booked(purchase: Purchase, receipt_id: str) -> Purchase:
    """Stock and ledger have the receipt."""
    receipts = tuple(
        receipt.model_copy(update={"booked": True}) if receipt.receipt_id == receipt_id else receipt
        for receipt in purchase.receipts
    )
    return purchase.model_copy(update={"receipts": receipts})


def closed_short(purchase: Purchase) -> Purchase:
    """The rest is not waited for. InvalidPurchase while nothing came: cancel it then. Said again it is as it was."""
    if purchase.closed_short:
        return purchase
    _check_delivering(purchase, "close")
    if not purchase.receipts:
        raise InvalidPurchase("receipts", "none", "at least one, or a cancel")
    return purchase.model_copy(update={"closed_short": True})


def cancelled(purchase: Purchase, reason: str) -> Purchase:
    """A person wants the order undone; too late once its invoice is matched. Said again it is as it was."""
    if purchase.status == "CANCELLED" or (purchase.cancel_reason is not None and purchase.status in RUNNING):
        return purchase
    _check_running(purchase, "cancel")
    return purchase.model_copy(update={"cancel_reason": reason or "cancelled"})


def billed(purchase: Purchase, invoice: Invoice) -> Purchase:
    """The supplier's invoice came; a corrected one takes the place of one not matched yet."""
    _check_delivering(purchase, "invoice")
    if invoice.discount > invoice.gross:
        raise InvalidPurchase("discount", invoice.discount, f"at most {invoice.gross}, the lines' sum")
    if invoice.total != invoice.net + invoice.tax:
        raise InvalidPurchase("total", invoice.total, f"{invoice.net + invoice.tax}, lines - discount + tax")
    return purchase.model_copy(update={"invoice": invoice})


def matched(purchase: Purchase, supplier: Supplier, accept: bool = False) -> Purchase:
    """The invoice agrees with order and receipts, and is due; InvoiceMismatch names the first difference."""
    _check_delivering(purchase, "match")
    if purchase.invoice is None:
        raise InvalidPurchase("invoice", "none", "the supplier's invoice")
    found = mismatches(purchase.lines, purchase.invoice, supplier.tax_rate)
    if found and not accept:
        raise InvoiceMismatch(purchase.invoice.number, str(found[0]), len(found) - 1)
    due = due_date(purchase.invoice.invoiced_on, supplier.terms)
    invoice = purchase.invoice.model_copy(update={"due_on": due})
    return purchase.model_copy(update={"status": "MATCHED", "invoice": invoice})


def paying(purchase: Purchase, account: str) -> Purchase:
    """The intent to pay; the same however often."""
    if purchase.status in ("PAID", "CLOSED") or (purchase.payment and purchase.payment.state == "PAYING"):
        return purchase
    if purchase.status != "MATCHED" or purchase.invoice is None:
        raise OrderClosed(purchase.purchase_order_id, "payment")
    return purchase.model_copy(update={"payment": Payment(amount=purchase.invoice.total, account=account)})


def paid(purchase: Purchase, reference: str, now: datetime) -> Purchase:
    payment = _payment(purchase).model_copy(update={"state": "PAID", "reference": reference, "paid_at": now})
    return purchase.model_copy(update={"status": "PAID", "payment": payment})


def payment_refused(purchase: Purchase) -> Purchase:
    payment = _payment(purchase).model_copy(update={"state": "REFUSED"})
    return purchase.model_copy(update={"payment": payment})


def closed(purchase: Purchase, now: datetime) -> Purchase:
    """Over. A payment the workflow did not make was made by hand: a person said so."""
    if purchase.status == "CANCELLED":
        raise OrderClosed(purchase.purchase_order_id, "close")
    payment = purchase.payment
    if payment and payment.state != "PAID":
        payment = payment.model_copy(update={"state": "PAID", "reference": "by hand", "paid_at": now})
    return purchase.model_copy(update={"status": "CLOSED", "payment": payment, "ended_at": now})


def withdrawn(purchase: Purchase) -> Purchase:
    """Nobody is to deliver any more."""
    attempts = purchase.attempts
    if purchase.attempt:
        attempts = (*attempts[:-1], attempts[-1].model_copy(update={"state": "WITHDRAWN"}))
    return purchase.model_copy(update={"attempts": attempts, "cancel_reason": purchase.cancel_reason or ""})


def voided(purchase: Purchase) -> Purchase:
    """A matched invoice counts no more; one that may have been paid cannot be voided."""
    if purchase.payment and purchase.payment.state != "REFUSED":
        raise OrderClosed(purchase.purchase_order_id, "void of its invoice")
    if purchase.status != "MATCHED":
        return purchase
    return purchase.model_copy(update={"status": "ACKNOWLEDGED"})


def ended_cancelled(purchase: Purchase, reason: str, now: datetime) -> Purchase:
    return purchase.model_copy(
        update={"status": "CANCELLED", "cancel_reason": purchase.cancel_reason or reason, "ended_at": now}
    )


def awaiting(purchase: Purchase, waiting_for: Literal["acknowledgement", "goods"], token: str) -> Purchase:
    """Keep the token that wakes the workflow; PurchaseMoved when there is something to do instead."""
    step = next_step(purchase)
    if step != waiting_for:
        raise PurchaseMoved(purchase.purchase_order_id, step)
    return purchase.model_copy(update={"waiting_for": waiting_for, "task_token": token})


def next_step(purchase: Purchase) -> Step:
    """What the order is to do next."""
    if purchase.cancel_reason is not None or purchase.status == "CANCELLED":
        return "cancel"
    if purchase.attempt is None:
        return "next_supplier"
    if purchase.status == "SENT":
        return "acknowledgement"
    if to_book(purchase):
        return "receive"
    return "match" if is_complete(purchase) and purchase.invoice else "goods"


def refusal(purchase: Purchase) -> SupplierRefused | None:
    """What a workflow that waits for the acknowledgement is told when the supplier will not deliver."""
    last = purchase.attempts[-1] if purchase.attempts else None
    return SupplierRefused(last.note or "no reason given") if last and last.state == "REFUSED" else None


def to_book(purchase: Purchase) -> Receipt | None:
    """The first receipt that stock and ledger do not have yet."""
    return next((receipt for receipt in purchase.receipts if not receipt.booked), None)


def is_complete(purchase: Purchase) -> bool:
    """All came that will come."""
    return purchase.closed_short or all(line.accepted >= line.quantity for line in purchase.lines)


def accepted_lines(purchase: Purchase, receipt: Receipt) -> list[dict[str, Any]]:
    """Units of a receipt that go to stock, with what one costs."""
    cost = {line.sku: line.unit_cost for line in purchase.lines}
    return [
        {"sku": line.sku, "quantity": line.quantity - line.rejected, "unit_cost": cost[line.sku]}
        for line in receipt.lines
        if line.quantity > line.rejected
    ]


def received_value(lines: Iterable[Line]) -> int:
    """What accepted goods cost by the order's prices."""
    return sum(line.accepted * line.unit_cost for line in lines)


def entry_ids(purchase: Purchase) -> list[str]:
    """Every journal entry there may be of the order, the last first."""
    receipts = [receipt_entry(purchase.purchase_order_id, r.receipt_id) for r in purchase.receipts]
    return [f"{purchase.purchase_order_id}#invoice", *reversed(receipts)]


def receipt_entry(purchase_order_id: str, receipt_id: str) -> str:
    return f"{purchase_order_id}#receipt-{receipt_id}"


def _priced(line: Line, price: Price | None) -> Line:
    if price is None or line.quantity < price.minimum_quantity:
        return line
    return line.model_copy(update={"unit_cost": price.unit_cost})


def _answered(purchase: Purchase, state: str, supplier_id: str, **told: Any) -> Purchase:
    """The purchase after the answer of the supplier it is asked of, whom `supplier_id` names unless empty."""
    if any((one.supplier_id, one.state) == (supplier_id, state) for one in purchase.attempts):
        return purchase
    _check_running(purchase, "answer")
    if purchase.status != "SENT" or purchase.attempt is None:
        raise InvalidPurchase("status", purchase.status, "SENT, an order its supplier has not answered")
    if supplier_id not in ("", purchase.supplier_id):
        raise InvalidPurchase("supplier_id", supplier_id, f"{purchase.supplier_id}, of whom it is asked")
    answer = purchase.attempts[-1].model_copy(update={"state": state, **told})
    status = "ACKNOWLEDGED" if state == "ACKNOWLEDGED" else "OPEN"
    return purchase.model_copy(update={"status": status, "attempts": (*purchase.attempts[:-1], answer)})


def _check_running(purchase: Purchase, step: str) -> None:
    if purchase.status not in RUNNING or purchase.cancel_reason is not None:
        raise OrderClosed(purchase.purchase_order_id, step)


def _check_delivering(purchase: Purchase, step: str) -> None:
    _check_running(purchase, step)
    if purchase.status != "ACKNOWLEDGED":
        raise InvalidPurchase("status", purchase.status, "ACKNOWLEDGED, an order its supplier took")


def _payment(purchase: Purchase) -> Payment:
    if purchase.payment is None:
        raise InvalidPurchase("payment", "none", "one that was begun")
    return purchase.payment
