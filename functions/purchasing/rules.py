"""The rules of a purchase order: pure changes of its document, and the step that its workflow runs next.

Every change takes a Purchase and returns the changed one, or raises the error that forbids it. A change that was
made before returns the document unchanged.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from tillflow.errors import OrderClosed, PendingWork, check_same
from tillflow.fields import MAX_AMOUNT
from tillflow.money import Money
from tillflow.plurals import counted
from tillflow.references import Reference
from tillflow.waits import store_wait

from purchasing.approvals import Limits, approved_without_asking
from purchasing.errors import (
    InvalidPurchase,
    NoSupplierLeft,
    OverReceipt,
    PurchaseConflict,
    ReceiptAboveApproval,
    SupplierRefused,
)
from purchasing.models import (
    Attempt,
    Await,
    Line,
    NewPurchase,
    OpenOrder,
    Purchase,
    Receipt,
    Step,
)
from purchasing.states import RUNNING, check_delivering, check_running
from purchasing.supplier_models import Price, Supplier
from purchasing.values import (
    has_space,
    is_complete,
    order_total,
    receivable,
    received_value,
    unbooked_receipt,
)

MAX_RECEIPTS = 400
"""Of an order: each adds about 35 events to the workflow's history, which Step Functions ends at 25,000."""
MAX_TEXT = 200
MAX_WAIT = timedelta(days=350)
"""An execution ends after a year: goods are promised, and an invoice is paid, at the latest so long after its order."""
MAX_ANSWER = timedelta(days=180)
"""The time that all suppliers of an order may take to answer, so that its goods can still come."""
PROMISED_BACK = timedelta(days=31)
# What the ledger adds to the id of an entry that it reverses: a receipt with it would have the entry of a reversal.
_REVERSED = "-reversed"
WITHDRAWAL_NOT_SENT = "; the withdrawal could not be sent"


def references(order: NewPurchase) -> list[Reference]:
    """Return what an order names of other records: location, products and suppliers."""
    return [
        Reference("location", "location", order.location),
        *(Reference("product", f"lines[{number}].sku", line.sku) for number, line in enumerate(order.lines)),
        *(
            Reference("supplier", f"suppliers[{number}].supplier_id", candidate.supplier_id)
            for number, candidate in enumerate(order.suppliers)
        ),
    ]


def new_purchase(request: OpenOrder, now: datetime, limits: Limits) -> Purchase:
    """Return the document of a new order."""
    lines = tuple(Line(**line.model_dump()) for line in request.lines)
    approved = request.approved_total
    if approved is None:
        approved = max(order_total(lines), approved_without_asking(request.currency, limits))
    return Purchase(
        purchase_order_id=request.purchase_order_id,
        status="OPEN",
        location=request.location,
        currency=request.currency,
        lines=lines,
        suppliers=tuple(dict.fromkeys(candidate.supplier_id for candidate in request.suppliers)),
        reason=request.reason,
        needs=request.needs,
        execution=request.execution,
        opened_at=now,
        approved_total=approved,
    )


def next_supplier(purchase: Purchase) -> str:
    """Return the first supplier that was not asked; raise NoSupplierLeft."""
    asked = {attempt.supplier_id for attempt in purchase.attempts}
    for supplier_id in purchase.suppliers:
        if supplier_id not in asked:
            return supplier_id
    raise NoSupplierLeft(
        purchase.purchase_order_id, [(one.supplier_id, one.note) for one in purchase.attempts]
    )


def send(
    purchase: Purchase, supplier: Supplier, prices: Mapping[str, Price], now: datetime, approval: int = 0
) -> Purchase:
    """Send the order to a supplier, at the prices of its list, else at the requested ones.

    An order whose total is above the approved one is not sent: `pending_total` waits for an approval. The `approval`th
    approval is for that total, and is applied once.
    """
    check_running(purchase, "send")
    lines = priced_lines(purchase.lines, purchase.currency, supplier, prices)
    total = order_total(lines)
    if approval > purchase.approvals:
        pending = purchase.pending_total
        approved = purchase.approved_total if pending is None else pending
        purchase = purchase.model_copy(update={"approved_total": approved, "approvals": approval})
    if purchase.approved_total is not None and total > purchase.approved_total:
        return purchase.model_copy(update={"pending_total": total})
    return purchase.model_copy(
        update={
            "status": "SENT",
            "lines": lines,
            "pending_total": None,
            "attempts": (*purchase.attempts, Attempt(supplier_id=supplier.supplier_id, sent_at=now)),
            "over_receipt_percent": supplier.over_receipt_percent,
        }
    )


def priced_lines(
    lines: Iterable[Line], currency: str, supplier: Supplier, prices: Mapping[str, Price]
) -> tuple[Line, ...]:
    """Return the lines at a supplier's prices; InvalidPurchase for another currency or a total out of range."""
    check_currency(currency, supplier)
    priced = tuple(_priced(line, prices.get(line.sku)) for line in lines)
    total = order_total(priced)
    if total > MAX_AMOUNT:
        raise InvalidPurchase("lines", total, f"a total of at most {MAX_AMOUNT:,} minor units")
    return priced


def check_currency(currency: str, supplier: Supplier) -> None:
    """Raise InvalidPurchase if the supplier has another currency than the order."""
    if supplier.currency != currency:
        raise InvalidPurchase(
            "currency", currency, f"{supplier.currency}, the currency of {supplier.supplier_id}"
        )


def acknowledge(purchase: Purchase, promised_on: date, supplier_id: str = "") -> Purchase:
    """Record that the supplier accepts the order; PurchaseConflict if the order is not sent to it.

    The same again changes nothing, IdempotencyConflict for another day.
    """
    accepted = next((one.supplier_id for one in purchase.attempts if one.state == "ACKNOWLEDGED"), "")
    return _respond(purchase, "ACKNOWLEDGED", supplier_id or accepted, promised_on=promised_on)


def refuse(purchase: Purchase, note: str, supplier_id: str = "") -> Purchase:
    """Record that the supplier refuses the order. With a `supplier_id` a repeated refusal changes nothing."""
    return _respond(purchase, "REFUSED", supplier_id, note=note)


def give_up_supplier(purchase: Purchase, attempt: int, note: str) -> Purchase:
    """Record that the supplier of an attempt did not respond in time, unless it has responded by now."""
    if purchase.status != "SENT" or len(purchase.attempts) != attempt:
        return purchase
    return _respond(purchase, "SILENT", "", note=note)


def note_unsent_withdrawal(purchase: Purchase) -> Purchase:
    """Note on the last attempt that its supplier was not notified of the withdrawal, unless another one is asked."""
    last = purchase.attempts[-1]
    if purchase.attempt or last.note.endswith(WITHDRAWAL_NOT_SENT):
        return purchase
    noted = last.model_copy(update={"note": last.note + WITHDRAWAL_NOT_SENT})
    return purchase.model_copy(update={"attempts": (*purchase.attempts[:-1], noted)})


def receive(purchase: Purchase, receipt: Receipt) -> Purchase:
    """Record a delivery; OverReceipt beyond ordered x (1 + tolerance), rejected units apart.

    ReceiptAboveApproval if the accepted units of the order would be worth more than its approved total,
    PurchaseConflict if it would leave no space for the invoice, or for one more than an order may have. A receipt
    that is recorded changes nothing; IdempotencyConflict if its lines differ.
    """
    received = {line.sku: line for line in receipt.lines}
    if len(received) != len(receipt.lines):
        raise InvalidPurchase("lines", "a SKU twice", "one line per SKU")
    for recorded in purchase.receipts:
        if recorded.receipt_id == receipt.receipt_id:
            check_same(f"receipt {receipt.receipt_id}", _units(recorded), _units(receipt))
            return purchase
    check_delivering(purchase, "receipt")
    if receipt.receipt_id.endswith(_REVERSED):
        raise InvalidPurchase("receipt_id", receipt.receipt_id, f"an id that does not end with {_REVERSED}")
    unknown = sorted(received.keys() - {line.sku for line in purchase.lines})
    if unknown:
        raise InvalidPurchase("lines", ", ".join(unknown), "SKUs of the order")
    excess = [
        (line.sku, accepted, most)
        for line in purchase.lines
        if line.sku in received
        and (accepted := received[line.sku].quantity - received[line.sku].rejected)
        > (most := receivable(line, purchase.over_receipt_percent))
    ]
    if excess:
        raise OverReceipt(excess)
    if len(purchase.receipts) >= MAX_RECEIPTS:
        raise PurchaseConflict(
            "receipt_id",
            receipt.receipt_id,
            f"at most {MAX_RECEIPTS} receipts of an order: close the order, and order the rest in another one",
        )
    lines = tuple(
        line.model_copy(
            update={
                "received": line.received + received[line.sku].quantity,
                "rejected": line.rejected + received[line.sku].rejected,
            }
        )
        if line.sku in received
        else line
        for line in purchase.lines
    )
    _check_approved(purchase, received_value(lines))
    recorded = receipt.model_copy(update={"booked": False})
    received_now = purchase.model_copy(update={"lines": lines, "receipts": (*purchase.receipts, recorded)})
    if not has_space(received_now, 1):
        raise PurchaseConflict(
            "lines",
            counted(len(receipt.lines), "line"),
            "receipts that leave space for the invoice: close the order, and order the rest in another one",
        )
    return received_now


def book(purchase: Purchase, receipt_id: str) -> Purchase:
    """Record that stock and ledger have the receipt."""
    receipts = tuple(
        receipt.model_copy(update={"booked": True}) if receipt.receipt_id == receipt_id else receipt
        for receipt in purchase.receipts
    )
    return purchase.model_copy(update={"receipts": receipts})


def close_short(purchase: Purchase) -> Purchase:
    """Record that no more goods are expected; PurchaseConflict if none were received."""
    if purchase.closed_short:
        return purchase
    check_delivering(purchase, "close")
    if not purchase.receipts:
        raise PurchaseConflict("receipts", "none", "at least one; cancel the order instead")
    return purchase.model_copy(update={"closed_short": True})


def request_cancel(purchase: Purchase, reason: str) -> Purchase:
    """Request the cancellation; OrderClosed once the invoice is matched."""
    if purchase.status == "CANCELLED" or (purchase.cancel_reason is not None and purchase.status in RUNNING):
        return purchase
    check_running(purchase, "cancel")
    return purchase.model_copy(update={"cancel_reason": reason or "cancelled"})


def close(purchase: Purchase, now: datetime) -> Purchase:
    """Close the order. A payment that is not PAID was made by hand, as its case says."""
    if purchase.status == "CLOSED":
        return purchase
    if purchase.status == "CANCELLED":
        raise OrderClosed(purchase.purchase_order_id, "close", purchase.status)
    payment = purchase.payment
    if payment and payment.state != "PAID":
        payment = payment.model_copy(update={"state": "PAID", "reference": "by hand", "paid_at": now})
    return purchase.model_copy(update={"status": "CLOSED", "payment": payment, "ended_at": now})


def withdraw(purchase: Purchase) -> Purchase:
    """Withdraw the order from its supplier and request the cancellation."""
    attempts = purchase.attempts
    if purchase.attempt:
        attempts = (*attempts[:-1], attempts[-1].model_copy(update={"state": "WITHDRAWN"}))
    return purchase.model_copy(update={"attempts": attempts, "cancel_reason": purchase.cancel_reason or ""})


def cancel(purchase: Purchase, reason: str, now: datetime) -> Purchase:
    """End the order as cancelled."""
    if purchase.status == "CANCELLED":
        return purchase
    return purchase.model_copy(
        update={"status": "CANCELLED", "cancel_reason": purchase.cancel_reason or reason, "ended_at": now}
    )


def wait_for(purchase: Purchase, waiting: Await) -> Purchase:
    """Store the task token that completes the wait; PendingWork if the next step is another one."""
    return store_wait(
        purchase,
        _subject(purchase),
        next_step=next_step(purchase),
        awaited=f"await_{waiting.waiting_for}",
        wait=waiting.model_dump(exclude={"purchase_order_id"}),
    )


def next_step(purchase: Purchase) -> Step:
    """Return the step that the workflow runs next."""
    if purchase.cancel_reason is not None or purchase.status == "CANCELLED":
        return "cancel"
    if purchase.attempt is None:
        return "send"
    if purchase.status == "SENT":
        return "await_acknowledgement"
    if unbooked_receipt(purchase):
        return "receive"
    return "match" if is_complete(purchase) and purchase.invoice else "await_goods"


def check_match_is_next(purchase: Purchase) -> None:
    """Raise PendingWork if the workflow runs another step than the match of the invoice next.

    A delivery or a cancel may have been recorded since it read its step, or while the case of a mismatch was open. An
    order that is matched accepts neither: units that are not booked then would never be.
    """
    step = next_step(purchase)
    if step != "match":
        raise PendingWork(_subject(purchase), step)


def refusal(purchase: Purchase) -> SupplierRefused | None:
    """Return the error that fails the wait for an acknowledgement, if the supplier refused the order."""
    last = purchase.attempts[-1] if purchase.attempts else None
    return SupplierRefused(last.note or "no reason given") if last and last.state == "REFUSED" else None


def check_text(field: str, text: str) -> None:
    """Raise InvalidPurchase unless the text is one line of at most MAX_TEXT characters."""
    if len(text) > MAX_TEXT or not (text.isprintable()):
        raise InvalidPurchase(field, text, f"up to {MAX_TEXT} printable characters")


def check_day(field: str, day: date, today: date, back: int, ahead: int) -> None:
    """Raise InvalidPurchase unless the day is within `back` days before and `ahead` days after today."""
    first, last = today - timedelta(days=back), today + timedelta(days=ahead)
    if not first <= day <= last:
        raise InvalidPurchase(field, day.isoformat(), f"a date from {first} to {last}")


def check_promise(purchase: Purchase, promised_on: date, today: date) -> None:
    """Raise InvalidPurchase for a delivery that is promised long ago, or after the order's workflow has ended."""
    first, last = today - PROMISED_BACK, purchase.opened_at.date() + MAX_WAIT
    if not first <= promised_on <= last:
        raise InvalidPurchase("promised_on", promised_on.isoformat(), f"a date from {first} to {last}")


def check_answer_time(suppliers: Iterable[Supplier]) -> None:
    """Raise InvalidPurchase if suppliers that do not answer, one after another, leave no time for the goods."""
    days = timedelta(seconds=sum(supplier.timeouts.answer_seconds for supplier in suppliers)).days
    if days > MAX_ANSWER.days:
        expected = f"suppliers that have at most {MAX_ANSWER.days} days to answer together"
        raise InvalidPurchase("suppliers", f"{days} days", expected)


def _subject(purchase: Purchase) -> str:
    return f"purchase {purchase.purchase_order_id}"


def _priced(line: Line, price: Price | None) -> Line:
    listed = price is not None and line.quantity >= price.minimum_quantity
    cost = price.unit_cost if price and listed else line.requested_cost
    return line.model_copy(update={"unit_cost": cost})


def _units(receipt: Receipt) -> dict[str, str]:
    """Return the units of a receipt by SKU, for comparison."""
    return {line.sku: f"{line.quantity}-{line.rejected}" for line in receipt.lines}


def check_asked(purchase: Purchase, supplier_id: str) -> None:
    """Raise PurchaseConflict for another supplier than the one that is asked now; "" for that one.

    The message does not name it: a supplier does not learn of the others.
    """
    if supplier_id not in ("", purchase.supplier_id):
        raise PurchaseConflict("supplier_id", supplier_id, "the supplier that is asked now")


def _respond(purchase: Purchase, state: str, supplier_id: str, **response: Any) -> Purchase:
    """Record a supplier's response. An empty `supplier_id` means the supplier that is asked now."""
    for one in purchase.attempts:
        if (one.supplier_id, one.state) == (supplier_id, state):
            recorded = one.model_copy(update={"note": one.note.removesuffix(WITHDRAWAL_NOT_SENT)})
            stored = recorded.model_dump(include=set(response))
            check_same(f"response of {supplier_id}", stored, response)
            return purchase
    check_running(purchase, "respond")
    if purchase.status != "SENT" or purchase.attempt is None:
        raise PurchaseConflict("status", purchase.status, "SENT, an order without a response")
    check_asked(purchase, supplier_id)
    attempt = purchase.attempts[-1].model_copy(update={"state": state, **response})
    status = "ACKNOWLEDGED" if state == "ACKNOWLEDGED" else "OPEN"
    return purchase.model_copy(update={"status": status, "attempts": (*purchase.attempts[:-1], attempt)})


def _check_approved(purchase: Purchase, value: int) -> None:
    approved = MAX_AMOUNT if purchase.approved_total is None else purchase.approved_total
    if value > approved:
        amounts = (str(Money(amount, purchase.currency)) for amount in (value, approved))
        raise ReceiptAboveApproval(purchase.purchase_order_id, *amounts)
