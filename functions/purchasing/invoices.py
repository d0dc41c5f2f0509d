"""The rules of a supplier's invoice and its payment: pure changes of a purchase order, as in rules.py."""

from datetime import datetime

from tillflow.errors import IdempotencyConflict, OrderClosed

from purchasing.errors import InvalidPurchase, InvoiceMismatch
from purchasing.matching import due_date, mismatches
from purchasing.models import Acceptance, Invoice, Payment, Purchase, normalise_number
from purchasing.states import RUNNING, check_delivering
from purchasing.supplier_models import Supplier


def bill(purchase: Purchase, invoice: Invoice) -> Purchase:
    """Record the supplier's invoice, in place of one that is not matched yet.

    An invoice that is recorded changes nothing. IdempotencyConflict if a matched one has the same number and other
    content.
    """
    recorded = purchase.invoice
    if recorded and purchase.status != "CANCELLED":
        stored, sent = (one.model_dump(exclude={"due_on"}) for one in (recorded, invoice))
        if stored == sent:
            return purchase
        same_number = normalise_number(recorded.number) == normalise_number(invoice.number)
        if same_number and purchase.status not in RUNNING:
            raise IdempotencyConflict(f"invoice {recorded.number}", stored, sent)
    check_delivering(purchase, "invoice")
    if invoice.discount > invoice.gross:
        raise InvalidPurchase("discount", invoice.discount, f"at most {invoice.gross}, the sum of the lines")
    if invoice.total != invoice.net + invoice.tax:
        raise InvalidPurchase("total", invoice.total, f"{invoice.net + invoice.tax}, lines - discount + tax")
    unmatched = invoice.model_copy(update={"due_on": None})
    return purchase.model_copy(update={"invoice": unmatched, "disputed": False})


def match_invoice(purchase: Purchase, supplier: Supplier, accept: Acceptance = 0) -> Purchase:
    """Match the invoice with order and receipts and set its due date.

    One that differs is disputed, and stays unmatched. The `accept`th acceptance by a person is of the invoice that is
    disputed, and applied once: another invoice, which was recorded meanwhile, is disputed first.
    """
    check_delivering(purchase, "match")
    if purchase.invoice is None:
        raise InvalidPurchase("invoice", "none", "the supplier's invoice")
    accepted = accept is True or (accept > purchase.acceptances and purchase.disputed)
    if not accepted and _differences(purchase, purchase.invoice, supplier):
        acceptances = max(accept, purchase.acceptances)
        return purchase.model_copy(update={"disputed": True, "acceptances": acceptances})
    due = due_date(purchase.invoice.invoiced_on, supplier.terms)
    invoice = purchase.invoice.model_copy(update={"due_on": due})
    return purchase.model_copy(update={"status": "MATCHED", "invoice": invoice})


def check_matched(purchase: Purchase, supplier: Supplier) -> None:
    """Raise InvoiceMismatch, with every difference, for an invoice that is disputed and not matched."""
    if purchase.invoice and purchase.status == "ACKNOWLEDGED":
        raise InvoiceMismatch(purchase.invoice.number, _differences(purchase, purchase.invoice, supplier))


def _differences(purchase: Purchase, invoice: Invoice, supplier: Supplier) -> list[str]:
    differences = mismatches(purchase.lines, invoice, supplier.tax_rate, purchase.currency)
    return [str(one) for one in differences]


def void_invoice(purchase: Purchase) -> Purchase:
    """Undo the match of the invoice; OrderClosed if it may have been paid."""
    if purchase.payment and purchase.payment.state != "REFUSED":
        raise OrderClosed(purchase.purchase_order_id, "void of its invoice", purchase.status)
    if purchase.status != "MATCHED":
        return purchase
    return purchase.model_copy(update={"status": "ACKNOWLEDGED"})


def begin_payment(purchase: Purchase, account: str) -> Purchase:
    """Record the intent to pay the matched invoice."""
    if purchase.status in ("PAID", "CLOSED") or (purchase.payment and purchase.payment.state == "PAYING"):
        return purchase
    if purchase.status != "MATCHED" or purchase.invoice is None:
        raise OrderClosed(purchase.purchase_order_id, "payment", purchase.status)
    return purchase.model_copy(update={"payment": Payment(amount=purchase.invoice.total, account=account)})


def complete_payment(purchase: Purchase, reference: str, now: datetime) -> Purchase:
    """Record that the bank paid the invoice."""
    if purchase.status in ("PAID", "CLOSED"):
        return purchase
    payment = _payment(purchase).model_copy(update={"state": "PAID", "reference": reference, "paid_at": now})
    return purchase.model_copy(update={"status": "PAID", "payment": payment})


def refuse_payment(purchase: Purchase) -> Purchase:
    """Record that the bank refused the payment."""
    payment = _payment(purchase).model_copy(update={"state": "REFUSED"})
    return purchase.model_copy(update={"payment": payment})


def _payment(purchase: Purchase) -> Payment:
    if purchase.payment is None:
        raise InvalidPurchase("payment", "none", "a payment that was begun")
    return purchase.payment
