"""A book of authorisations in a table: held, then captured or voided; refunds never exceed the capture.

    AUTHORISATION#<reference>   AUTHORISATION  amount, captured, refunded, state held | captured | voided
    EFFECT#<key>                EFFECT         the later effect with this key was applied; look_up reads it

The effect's row is its idempotency marker: it is written in one transaction with what it changes. An authorisation has
the key in its reference, so that its row is the marker itself.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from tillflow.store import (
    Action,
    AlreadyApplied,
    Item,
    key,
    marshal,
    put_new,
    read_row,
    retry_on_conflict,
    transact,
    write,
)
from tillflow.times import iso_utc, utc_now

from payments.provider import NO_SUCH_AUTHORISATION, Charge, Outcome, accepted, refused

CHARGES, REFUNDS = "CHARGES", "REFUNDS"
"""The partitions of the index `listing`."""


class Refusal(Exception):
    """A condition of the book does not hold; `reason` is the provider's code for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Book:
    """Authorisations in one table, which several books can share. name: the type of their tenders; `also` are further
    actions of the effect, such as the change of a balance.

    listed: rows of authorisations and refunds have the key of the index `listing`, by which they are found by time.
    """

    def __init__(self, client: Any, table: str, name: str, listed: bool = False) -> None:
        self._client = client
        self._table = table
        self._name = name
        self._listed = listed

    def authorise(self, effect_key: str, charge: Charge, also: Sequence[Action] = ()) -> Outcome:
        reference = _reference(effect_key)
        row = {
            "pk": f"AUTHORISATION#{reference}",
            "sk": "AUTHORISATION",
            "reference": reference,
            "book": self._name,
            "amount": charge.amount,
            "currency": charge.currency,
            "token": charge.token,
            "customer_id": charge.customer_id,
            "captured": 0,
            "refunded": 0,
            "refundable": 0,
            "state": "held",
            "authorised_at": iso_utc(now := utc_now()),
            **self._listing(CHARGES, now),
        }
        return self._write([self._put_once(row, reference), *also], reference, f"authorise {effect_key}")

    def capture(self, effect_key: str, reference: str, amount: int, also: Sequence[Action] = ()) -> Outcome:
        change = self._change(
            reference,
            "SET #state = :captured, captured = :amount, refundable = :amount",
            "#state = :held AND amount >= :amount",
            {":captured": "captured", ":held": "held", ":amount": amount},
        )
        return self._apply(effect_key, "capture", reference, amount, [change, *also])

    def void(self, effect_key: str, reference: str, also: Sequence[Action] = ()) -> Outcome:
        change = self._change(
            reference, "SET #state = :voided", "#state = :held", {":voided": "voided", ":held": "held"}
        )
        return self._apply(effect_key, "void", reference, 0, [change, *also])

    def refund(self, effect_key: str, reference: str, amount: int, also: Sequence[Action] = ()) -> Outcome:
        change = self._change(
            reference,
            "SET refunded = refunded + :amount, refundable = refundable - :amount",
            "#state = :captured AND refundable >= :amount",
            {":captured": "captured", ":amount": amount},
        )
        return self._apply(effect_key, "refund", reference, amount, [change, *also])

    def look_up(self, effect_key: str) -> Outcome | None:
        row = self._read(f"EFFECT#{effect_key}", "EFFECT") or self.authorisation(_reference(effect_key))
        return accepted(row["reference"]) if row else None

    def authorisation(self, reference: str) -> Item:
        """Return the row of an authorisation, {} if there is none."""
        return self._read(f"AUTHORISATION#{reference}", "AUTHORISATION")

    def _listing(self, listing: str, now: datetime) -> dict[str, str]:
        return {"listing": listing, "at": iso_utc(now)} if self._listed else {}

    def _read(self, pk: str, sk: str) -> Item:
        return read_row(self._client, self._table, pk, sk)

    def _change(self, reference: str, expression: str, condition: str, values: dict[str, Any]) -> Action:
        request = {
            "TableName": self._table,
            "Key": key(f"AUTHORISATION#{reference}", "AUTHORISATION"),
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": marshal(values),
        }
        return Action("Update", request, _refusal)

    def _apply(
        self, effect_key: str, kind: str, reference: str, amount: int, actions: Sequence[Action]
    ) -> Outcome:
        now = utc_now()
        effect = {
            "pk": f"EFFECT#{effect_key}",
            "sk": "EFFECT",
            "key": effect_key,
            "kind": kind,
            "reference": reference,
            "amount": amount,
            "at": iso_utc(now),
            **(self._listing(REFUNDS, now) if kind == "refund" else {}),
        }
        return self._write([self._put_once(effect, reference), *actions], reference, f"{kind} {effect_key}")

    def _put_once(self, row: Item, reference: str) -> Action:
        return put_new(self._table, row, lambda _: AlreadyApplied(reference))

    def _write(self, actions: Sequence[Action], reference: str, operation: str) -> Outcome:
        """Apply an effect; the first action is its marker."""
        apply: Callable[[], object]
        if len(actions) == 1:
            apply = partial(write, self._client, actions[0], operation)
        else:
            apply = partial(transact, self._client, actions, operation)
        try:
            retry_on_conflict(apply)
        except AlreadyApplied:
            return accepted(reference)
        except Refusal as refusal:
            return refused(refusal.reason)
        return accepted(reference)


def _reference(effect_key: str) -> str:
    return f"auth-{effect_key}"


def _refusal(authorisation: Item) -> Refusal:
    state = authorisation.get("state")
    return Refusal(f"authorisation_{state}" if state else NO_SUCH_AUTHORISATION)
