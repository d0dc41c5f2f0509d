"""Store credit as a tender: a customer's balance with the shop, never below zero.

    CREDIT#<customer>  BALANCE#<currency>  balance, in minor units

A hold leaves the balance at once, so two tills cannot hold the same credit; voiding or refunding puts it
back. Holds and effects are rows of a book on the same table.
"""

from typing import Any

from tillflow.store import Action, Item, Marker, apply_once, key, marshal, retry_on_conflict, unmarshal

from payments.book import Book, Refusal
from payments.provider import Charge, Outcome, refused


class StoreCredit:
    """payments.provider.Provider for store credit."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._book = Book(client, table)

    def authorise(self, key: str, charge: Charge) -> Outcome:
        if charge.customer_id is None:
            return refused("no_customer")
        return self._book.authorise(
            key, charge, [self._add(charge.customer_id, charge.currency, -charge.amount)]
        )

    def capture(self, key: str, authorisation: str, amount: int) -> Outcome:
        return self._book.capture(key, authorisation, amount)

    def void(self, key: str, authorisation: str) -> Outcome:
        held = self._book.authorisation(authorisation)
        return self._book.void(key, authorisation, self._put_back(held, held.get("amount", 0)))

    def refund(self, key: str, authorisation: str, amount: int) -> Outcome:
        held = self._book.authorisation(authorisation)
        return self._book.refund(key, authorisation, amount, self._put_back(held, amount))

    def look_up(self, key: str) -> Outcome | None:
        return self._book.look_up(key)

    def grant(self, grant_id: str, customer_id: str, currency: str, amount: int) -> None:
        """Add `amount` to a customer's balance, once per grant id."""
        marker = Marker(f"GRANT#{grant_id}", "grant")
        effects = [self._add(customer_id, currency, amount)]
        retry_on_conflict(
            lambda: apply_once(
                self._client, self._table, marker, effects, amount, f"granting credit {grant_id}"
            )
        )

    def balance(self, customer_id: str, currency: str) -> int:
        answer = self._client.get_item(
            TableName=self._table, Key=_balance_key(customer_id, currency), ConsistentRead=True
        )
        return int(unmarshal(answer.get("Item")).get("balance", 0))

    def _put_back(self, held: Item, amount: int) -> list[Action]:
        return [self._add(held["customer_id"], held["currency"], amount)] if held else []

    def _add(self, customer_id: str, currency: str, amount: int) -> Action:
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": _balance_key(customer_id, currency),
            "UpdateExpression": "ADD balance :amount",
            "ExpressionAttributeValues": marshal({":amount": amount}),
        }
        if amount < 0:
            request["ConditionExpression"] = "balance >= :least"
            request["ExpressionAttributeValues"] = marshal({":amount": amount, ":least": -amount})
        return Action("Update", request, lambda _: Refusal("insufficient_credit"))


def _balance_key(customer_id: str, currency: str) -> dict[str, Any]:
    return key(f"CREDIT#{customer_id}", f"BALANCE#{currency}")
