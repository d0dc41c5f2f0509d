"""Store credit as a tender: a customer's balance with the shop, never below zero.

    CREDIT#<customer>  BALANCE#<currency>  balance in minor units
    GRANT#<grant id>   GRANT               credit added to a balance: the request, written once

An authorisation reduces the balance at once, so that two tills cannot hold the same credit; a void or a refund adds it
back. Authorisations and effects are rows of a book in the same table.
"""

from datetime import datetime
from typing import Any

from tillflow.errors import IdempotencyConflict, InvalidRequest
from tillflow.fields import MAX_AMOUNT
from tillflow.store import Action, AlreadyApplied, Item, key, marshal, retry_on_conflict, transact, unmarshal
from tillflow.times import iso_utc

from payments.book import Book, Refusal
from payments.models import GrantCredit
from payments.provider import Charge, Outcome, refused

_BALANCE = "BALANCE#"


class StoreCredit:
    """A Provider for store credit."""

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
        return self._book.void(key, authorisation, self._restore(held, held.get("amount", 0)))

    def refund(self, key: str, authorisation: str, amount: int) -> Outcome:
        held = self._book.authorisation(authorisation)
        return self._book.refund(key, authorisation, amount, self._restore(held, amount))

    def look_up(self, key: str) -> Outcome | None:
        return self._book.look_up(key)

    def grant(self, request: GrantCredit, now: datetime) -> None:
        """Add to a customer's balance, once per grant id.

        IdempotencyConflict for another request under the id, InvalidRequest if the balance would exceed its bound.
        """
        granted = request.model_dump()
        row = {"pk": f"GRANT#{request.grant_id}", "sk": "GRANT", **granted, "granted_at": iso_utc(now)}
        put = {
            "TableName": self._table,
            "Item": marshal(row),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        actions = [
            Action("Put", put, AlreadyApplied),
            self._add_bounded(request),
        ]
        what = f"granting credit {request.grant_id}"
        try:
            retry_on_conflict(lambda: transact(self._client, actions, what))
        except AlreadyApplied as applied:
            stored = {name: applied.result.get(name) for name in granted}
            if stored != granted:
                raise IdempotencyConflict(f"credit grant {request.grant_id}", stored, granted) from None

    def balance(self, customer_id: str, currency: str) -> int:
        """Return a customer's balance in minor units."""
        response = self._client.get_item(
            TableName=self._table, Key=_balance_key(customer_id, currency), ConsistentRead=True
        )
        return int(unmarshal(response.get("Item")).get("balance", 0))

    def balances(self, customer_id: str) -> dict[str, int]:
        """Return a customer's balances by currency."""
        page = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :customer AND begins_with(sk, :balance)",
            ExpressionAttributeValues=marshal({":customer": f"CREDIT#{customer_id}", ":balance": _BALANCE}),
            ConsistentRead=True,
        )
        rows = map(unmarshal, page["Items"])
        return {row["sk"].removeprefix(_BALANCE): row["balance"] for row in rows}

    def _restore(self, held: Item, amount: int) -> list[Action]:
        return [self._add(held["customer_id"], held["currency"], amount)] if held else []

    def _add_bounded(self, request: GrantCredit) -> Action:
        most = MAX_AMOUNT - request.amount
        add = self._add(request.customer_id, request.currency, request.amount)
        condition = {
            **add.request,
            "ConditionExpression": "attribute_not_exists(balance) OR balance <= :most",
            "ExpressionAttributeValues": marshal({":amount": request.amount, ":most": most}),
        }
        return Action(
            "Update",
            condition,
            lambda _: InvalidRequest("amount", request.amount, "a balance below 10^15 minor units"),
        )

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
    return key(f"CREDIT#{customer_id}", f"{_BALANCE}{currency}")
