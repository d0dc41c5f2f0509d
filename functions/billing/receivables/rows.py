"""Rows of receivables in the billing table.

RECEIVABLES             <customer>#<currency>#<due>#<order id>   an invoice with an outstanding amount
PAYMENT#<payment id>    PAYMENT                                  a payment that was received, and its allocations
MERGED#<customer>       INTO, FROM#<customer>                    customers that were merged; see tillflow.merges
"""

import json
from dataclasses import asdict, fields

from tillflow.store import Item

from billing.receivables.models import OpenItem, ReceivedPayment, ReceivePayment

RECEIVABLES = "RECEIVABLES"
_FIELDS = {field.name for field in fields(OpenItem)}


def customer_prefix(customer_id: str, currency: str) -> str:
    """Return the beginning of the sort keys of a customer's open items."""
    return f"{customer_id}#{currency}#"


def open_item_key(item: OpenItem) -> tuple[str, str]:
    """Return the primary key of an open item."""
    return RECEIVABLES, f"{customer_prefix(item.customer_id, item.currency)}{item.due_on}#{item.order_id}"


def open_item_row(item: OpenItem) -> Item:
    """Return the row of an open item."""
    pk, sk = open_item_key(item)
    return {"pk": pk, "sk": sk, **asdict(item)}


def read_open_item(row: Item) -> OpenItem:
    """Return the open item of a row."""
    return OpenItem(**{name: row[name] for name in _FIELDS})


def payment_key(payment_id: str) -> tuple[str, str]:
    """Return the primary key of a payment."""
    return f"PAYMENT#{payment_id}", "PAYMENT"


def payment_row(request: ReceivePayment, received: ReceivedPayment, received_at: str) -> Item:
    """Return the row of a payment: its request, which a second delivery repeats, and its result."""
    pk, sk = payment_key(request.payment_id)
    texts = {"request": request.model_dump_json(), "allocations": json.dumps(received["allocations"])}
    return {"pk": pk, "sk": sk, **received, **texts, "received_at": received_at}


def read_payment(row: Item) -> ReceivedPayment:
    """Return the payment of a row."""
    return {
        "payment_id": row["payment_id"],
        "customer_id": row["customer_id"],
        "currency": row["currency"],
        "amount": row["amount"],
        "method": row["method"],
        "allocated": row["allocated"],
        "overpayment": row["overpayment"],
        "allocations": json.loads(row["allocations"]),
    }
