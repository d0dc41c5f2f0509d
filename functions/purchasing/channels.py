"""Send messages to suppliers: by signed webhook, by mail through a topic, or not at all (manual).

A message has a key, `<order>#<attempt>#<kind>`, by which a supplier recognises a repeated one.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tillflow.errors import InvalidRequest, ProviderUnavailable
from tillflow.outbound import CallFailed, post
from tillflow.signatures import signature

from purchasing.models import Purchase
from purchasing.supplier_models import Channel


class Channels:
    """`topic` is the SNS topic of the mails; `secret_of` returns a webhook's secret by its name."""

    def __init__(self, sns: Any, topic: str, secret_of: Callable[[str], str]) -> None:
        self._sns = sns
        self._topic = topic
        self._secret_of = secret_of

    def send(self, channel: Channel, key: str, message: Mapping[str, Any]) -> None:
        """Send a message; raise ProviderUnavailable if the supplier's webhook did not accept it."""
        body = json.dumps({"key": key, **message}, separators=(",", ":"), sort_keys=True)
        match channel.type:
            case "webhook":
                self._post(channel, key, body)
            case "mail":
                self._sns.publish(
                    TopicArn=self._topic,
                    Subject=f"{message['type']} {message['purchase_order_id']}"[:100],
                    Message=body,
                    MessageAttributes={
                        "address": {"DataType": "String", "StringValue": channel.address or "none"}
                    },
                )

    def _post(self, channel: Channel, key: str, body: str) -> None:
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "X-Tillflow-Signature": signature(self._secret_of(channel.secret), body),
        }
        try:
            post(channel.address, body.encode(), headers)
        except (CallFailed, InvalidRequest) as failure:
            raise ProviderUnavailable(f"webhook of {key}: {failure}") from None


def order_message(purchase: Purchase) -> dict[str, Any]:
    """Return the message that orders the goods."""
    return {
        "type": "PurchaseOrder",
        "purchase_order_id": purchase.purchase_order_id,
        "deliver_to": purchase.location,
        "currency": purchase.currency,
        "lines": [
            {"sku": line.sku, "quantity": line.quantity, "unit_cost": line.unit_cost}
            for line in purchase.lines
        ],
    }


def withdrawal_message(purchase: Purchase) -> dict[str, Any]:
    """Return the message that withdraws the order."""
    return {"type": "PurchaseOrderWithdrawn", "purchase_order_id": purchase.purchase_order_id}
