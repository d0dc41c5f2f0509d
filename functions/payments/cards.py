"""Card tokens: kept in a table of their own until the provider has them.

CARDS#<order id>  CARD#<reference>  the token until it is used, and its digest; deleted by DynamoDB after a day

An order and its workflow have the reference of a card. Only the function that authorises reads the token.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError
from tillflow.errors import IdempotencyConflict
from tillflow.store import AlreadyApplied, key, put_new, unmarshal, write

LIFETIME = timedelta(days=1)
"""Longer than any order is authorised; DynamoDB deletes expired rows within a few days."""


class CardTokens:
    """Tokens of cards in one table. client: a DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def store(self, order_id: str, cards: Sequence[tuple[str, str]], now: datetime) -> None:
        """Store the token of each reference; the same again changes nothing. IdempotencyConflict for another token."""
        for card, token in cards:
            digest = _digest(order_id, token)
            row = {
                **_key(order_id, card),
                "token": token,
                "digest": digest,
                "expires_at": int((now + LIFETIME).timestamp()),
            }
            try:
                write(
                    self._client,
                    put_new(self._table, row, AlreadyApplied),
                    f"storing {card} of order {order_id}",
                )
            except AlreadyApplied as applied:
                if not hmac.compare_digest(str(applied.result.get("digest")), digest):
                    subject = f"{card} of order {order_id}"
                    raise IdempotencyConflict(subject, {"token": "(hidden)"}, {"token": "another"}) from None

    def token(self, order_id: str, card: str) -> str | None:
        """Return the token of a card; None after it was used or has expired."""
        response = self._client.get_item(
            TableName=self._table, Key=key(*_key(order_id, card).values()), ConsistentRead=True
        )
        return unmarshal(response.get("Item")).get("token")

    def delete(self, order_id: str, card: str) -> None:
        """Remove the token of a card; the digest stays, so that the order can be sent again."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key(*_key(order_id, card).values()),
                UpdateExpression="REMOVE #token",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames={"#token": "token"},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise


def _key(order_id: str, card: str) -> dict[str, str]:
    return {"pk": f"CARDS#{order_id}", "sk": f"CARD#{card}"}


def _digest(order_id: str, token: str) -> str:
    return hashlib.sha256(f"{order_id}#{token}".encode()).hexdigest()
