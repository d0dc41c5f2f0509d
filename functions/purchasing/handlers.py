"""The purchasing functions, one per step of a purchase order."""

import os
from typing import Any

from botocore.exceptions import ClientError
from tillflow.aws import client
from tillflow.errors import InvalidPurchase, ProviderUnavailable
from tillflow.handling import handler
from tillflow.parsing import parse

from purchasing import rules, service
from purchasing.bank import SandboxBank
from purchasing.channels import Channels
from purchasing.models import Await, Cancel, GiveUp, MatchInvoice, OpenOrder, OrderRef
from purchasing.store import PurchasesStore

_dynamodb = client("dynamodb")


def _secret(name: str) -> str:
    """A webhook's secret. Without it the supplier cannot be told, as when its webhook does not answer."""
    try:
        return str(client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ResourceNotFoundException", "AccessDeniedException"):
            raise
        raise ProviderUnavailable(f"secret {name}") from None


class _Topic:
    """The topic's client, made when mail is first sent: most invocations send none."""

    def publish(self, **request: Any) -> Any:
        return client("sns").publish(**request)


store = PurchasesStore(_dynamodb, os.environ["TABLE_NAME"])
purchasing = service.Purchasing(
    store,
    SandboxBank(_dynamodb, os.environ["BANK_TABLE_NAME"]),
    Channels(_Topic(), os.environ["SUPPLIER_TOPIC_ARN"], _secret),
)


@handler
def open_purchase(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{purchase_order_id, location, currency, lines, suppliers, …}`` to the same, suppliers known."""
    purchase = store.open(parse(OpenOrder, event, InvalidPurchase))
    return {
        "purchase_order_id": purchase.purchase_order_id,
        "location": purchase.location,
        "currency": purchase.currency,
        "lines": [{"sku": line.sku, "quantity": line.quantity} for line in purchase.lines],
    }


@handler
def send_purchase(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{purchase_order_id}`` to ``{purchase_order_id, supplier_id, attempt, patience}``; asks the next."""
    return purchasing.send(parse(OrderRef, event).purchase_order_id)


@handler
def await_supplier(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{purchase_order_id, waiting_for, task_token}``; keeps the token, or raises PurchaseMoved."""
    waiting = parse(Await, event)
    store.change(
        waiting.purchase_order_id,
        lambda purchase: rules.awaiting(purchase, waiting.waiting_for, waiting.task_token),
    )
    return {"purchase_order_id": waiting.purchase_order_id}


@handler
def next_step(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{purchase_order_id}`` to ``{purchase_order_id, step, reason, entries, receipt}``."""
    return service.next_step(store.get(parse(OrderRef, event).purchase_order_id))


@handler
def give_up_supplier(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{purchase_order_id, attempt, cause}`` to the next step, as next_step."""
    request = parse(GiveUp, event)
    return purchasing.give_up(request.purchase_order_id, request.attempt, request.cause)


@handler
def book_receipt(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{purchase_order_id, receipt_id}`` to the next step: stock and ledger have the receipt."""
    purchase_order_id = parse(OrderRef, event).purchase_order_id
    return service.next_step(
        store.change(purchase_order_id, lambda purchase: rules.booked(purchase, event["receipt_id"]))
    )


@handler
def match_invoice(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{purchase_order_id, accept?}`` to ``{number, goods, net, tax, total, due_at, …}``; InvoiceMismatch."""
    request = parse(MatchInvoice, event)
    return service.matched(store.match(request.purchase_order_id, request.accept))


@handler
def void_purchase_invoice(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{purchase_order_id}`` to the same; the compensation of match_invoice."""
    return purchasing.void_invoice(parse(OrderRef, event).purchase_order_id)


@handler
def pay_supplier(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{purchase_order_id}`` to ``{purchase_order_id, state, amount, reference}``, minor units."""
    return purchasing.pay(parse(OrderRef, event).purchase_order_id)


@handler
def resolve_supplier_payment(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{purchase_order_id}`` to ``{purchase_order_id, outcome: paid | not_paid, amount?, reference?}``."""
    return purchasing.resolve_payment(parse(OrderRef, event).purchase_order_id)


@handler
def withdraw_purchase(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{purchase_order_id}`` to ``{purchase_order_id, withdrawn_from}``; nobody is to deliver."""
    return purchasing.withdraw(parse(OrderRef, event).purchase_order_id)


@handler
def cancel_purchase(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{purchase_order_id, reason}`` to ``{purchase_order_id, status}``; the last compensation."""
    request = parse(Cancel, event)
    purchase = store.cancelled(request.purchase_order_id, request.reason)
    return {"purchase_order_id": purchase.purchase_order_id, "status": "CANCELLED"}


@handler
def close_purchase(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{purchase_order_id}`` to ``{purchase_order_id, status}``: all is received, paid and posted."""
    purchase = store.close(parse(OrderRef, event).purchase_order_id)
    return {"purchase_order_id": purchase.purchase_order_id, "status": purchase.status}
