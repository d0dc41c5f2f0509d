"""The payment functions: authorise, capture (the pivot), ask what became of it, prevent it, reverse."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse

from payments.cash import Cash
from payments.models import Authorise, OrderRef
from payments.rules import refuse_card_numbers
from payments.sandbox import SandboxProvider
from payments.service import Payments
from payments.store import PaymentsStore
from payments.store_credit import StoreCredit

_dynamodb = client("dynamodb")
_table = os.environ["TABLE_NAME"]
payments = Payments(
    PaymentsStore(_dynamodb, _table),
    {
        "card": SandboxProvider(_dynamodb, os.environ["SANDBOX_TABLE_NAME"]),
        "store_credit": StoreCredit(_dynamodb, _table),
        "cash": Cash(),
    },
)


@handler
def authorise_payment(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{order_id, currency, customer_id?, tenders}`` to ``{order_id, tenders: [… state authorised]}``."""
    refuse_card_numbers(event.get("tenders"))
    return payments.authorise(parse(Authorise, event))


@handler
def capture_payment(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{order_id}`` to ``{order_id, captured, tenders: [… state captured]}``, amounts in minor units."""
    return payments.capture(parse(OrderRef, event).order_id)


@handler
def prevent_capture(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{order_id}`` to ``{order_id, capture: prevented | begun}``; from prevented on a capture is refused."""
    return payments.prevent_capture(parse(OrderRef, event).order_id)


@handler
def reverse_payment(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{order_id}`` to ``{order_id, tenders: [… state voided or refunded]}``; the compensation."""
    return payments.reverse(parse(OrderRef, event).order_id)


@handler
def resolve_capture(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{order_id}`` to ``{order_id, outcome: captured | not_captured, captured, tenders}``."""
    return payments.resolve(parse(OrderRef, event).order_id)
