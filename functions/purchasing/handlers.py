"""The purchasing functions, one per step of a purchase order."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse
from tillflow.references import FindUnknownIds, check_references
from tillflow.secrets import required_secret

from purchasing import rules, service
from purchasing.approvals import parse_limits
from purchasing.bank import SandboxBank
from purchasing.channels import Channels
from purchasing.errors import InvalidPurchase
from purchasing.models import (
    Await,
    BookReceipt,
    Cancel,
    GiveUp,
    MatchInvoice,
    OpenCheckedOrder,
    OrderRef,
    QuoteOrder,
    SendOrder,
)
from purchasing.responses import (
    LookedUpSuppliers,
    MatchedInvoice,
    NextStep,
    OpenedPurchase,
    PurchaseRef,
    PurchaseStatus,
    Quote,
    ResolvedPayment,
    SentPurchase,
    SupplierPayment,
    WithdrawnPurchase,
)
from purchasing.store import PurchaseStore

_dynamodb = client("dynamodb")


class _Topic:
    """The SNS client, created when the first mail is sent: most invocations send none."""

    def publish(self, **request: Any) -> Any:
        return client("sns").publish(**request)


_limits = parse_limits(os.environ["APPROVAL_LIMITS"])
store = PurchaseStore(_dynamodb, os.environ["TABLE_NAME"], limits=_limits)
purchasing = service.PurchaseService(
    store,
    SandboxBank(_dynamodb, os.environ["BANK_TABLE_NAME"]),
    Channels(_Topic(), os.environ["SUPPLIER_TOPIC_ARN"], required_secret),
    _limits,
)


@handler
def open_purchase(event: dict[str, Any], context: Any) -> OpenedPurchase:
    """Open the order of ``{purchase_order_id, location, currency, lines, suppliers, …}``.

    unknown_skus: those of the order that no product has; UnknownReferences names them, and unknown suppliers.
    """
    order = parse(OpenCheckedOrder, event, InvalidPurchase)
    check_references(
        rules.references(order),
        {
            "product": lambda _: order.unknown_skus,
            # The next step, which raises the units on order there, looks the location up.
            "location": lambda _: (),
            "supplier": store.suppliers.find_unknown,
        },
    )
    purchase = store.open(order)
    return {
        "purchase_order_id": purchase.purchase_order_id,
        "location": purchase.location,
        "currency": purchase.currency,
        "lines": [{"sku": line.sku, "quantity": line.quantity} for line in purchase.lines],
    }


@handler
def quote_purchase(event: dict[str, Any], context: Any) -> Quote:
    """Price the lines of ``{currency, lines, suppliers, other_total?}`` for the first supplier."""
    return purchasing.quote(parse(QuoteOrder, event, InvalidPurchase))


@handler
def send_purchase(event: dict[str, Any], context: Any) -> SentPurchase:
    """Send the order of ``{purchase_order_id, approval?}`` to the next supplier; raise ApprovalRequired."""
    request = parse(SendOrder, event)
    return purchasing.send(request.purchase_order_id, request.approval)


@handler
def await_supplier(event: dict[str, Any], context: Any) -> PurchaseRef:
    """Store the token of ``{purchase_order_id, waiting_for, waiting_since, task_token}``; raise PendingWork."""
    request = parse(Await, event)
    store.change(request.purchase_order_id, lambda purchase: rules.wait_for(purchase, request))
    return {"purchase_order_id": request.purchase_order_id}


@handler
def find_unknown_suppliers(event: dict[str, Any], context: Any) -> LookedUpSuppliers:
    """Return those of the suppliers ``{ids}`` that do not exist, and the currencies of the others."""
    ids = parse(FindUnknownIds, event).valid
    currencies = store.suppliers.currencies(ids)
    return {"unknown": [one for one in ids if one not in currencies], "currencies": currencies}


@handler
def next_step(event: dict[str, Any], context: Any) -> NextStep:
    """Return the next step of ``{purchase_order_id}``."""
    return service.next_step(store.get(parse(OrderRef, event).purchase_order_id))


@handler
def give_up_supplier(event: dict[str, Any], context: Any) -> NextStep:
    """Withdraw the order from the supplier of ``{purchase_order_id, attempt, cause}``; return the next step."""
    request = parse(GiveUp, event)
    return purchasing.give_up_supplier(request.purchase_order_id, request.attempt, request.cause)


@handler
def book_receipt(event: dict[str, Any], context: Any) -> NextStep:
    """Mark the receipt of ``{purchase_order_id, receipt_id}`` as booked; return the next step."""
    request = parse(BookReceipt, event)
    purchase = store.change(
        request.purchase_order_id, lambda purchase: rules.book(purchase, request.receipt_id)
    )
    return service.next_step(purchase)


@handler
def match_invoice(event: dict[str, Any], context: Any) -> MatchedInvoice:
    """Match the invoice of ``{purchase_order_id, accept?}``; raise InvoiceMismatch."""
    request = parse(MatchInvoice, event)
    return service.matched_invoice(store.match(request.purchase_order_id, request.accept))


@handler
def void_purchase_invoice(event: dict[str, Any], context: Any) -> PurchaseRef:
    """Undo the match of ``{purchase_order_id}``. The compensation of match_invoice."""
    return purchasing.void_invoice(parse(OrderRef, event).purchase_order_id)


@handler
def pay_supplier(event: dict[str, Any], context: Any) -> SupplierPayment:
    """Pay the matched invoice of ``{purchase_order_id}``."""
    return purchasing.pay(parse(OrderRef, event).purchase_order_id)


@handler
def resolve_supplier_payment(event: dict[str, Any], context: Any) -> ResolvedPayment:
    """Ask the bank for the outcome of the payment of ``{purchase_order_id}``."""
    return purchasing.resolve_payment(parse(OrderRef, event).purchase_order_id)


@handler
def withdraw_purchase(event: dict[str, Any], context: Any) -> WithdrawnPurchase:
    """Withdraw the order of ``{purchase_order_id}`` from its supplier. The compensation of send_purchase."""
    return purchasing.withdraw(parse(OrderRef, event).purchase_order_id)


@handler
def cancel_purchase(event: dict[str, Any], context: Any) -> PurchaseStatus:
    """End the order of ``{purchase_order_id, reason}`` as cancelled; the last compensation."""
    request = parse(Cancel, event)
    store.cancel(request.purchase_order_id, request.reason)
    return {"purchase_order_id": request.purchase_order_id, "status": "CANCELLED"}


@handler
def close_purchase(event: dict[str, Any], context: Any) -> PurchaseStatus:
    """Close the paid order of ``{purchase_order_id}``."""
    purchase = store.close(parse(OrderRef, event).purchase_order_id)
    return {"purchase_order_id": purchase.purchase_order_id, "status": purchase.status}
