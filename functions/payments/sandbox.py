"""A card provider for tests. It stands for an external system: its table is the provider's, not the shop's.

A test card (a token) selects a behaviour. The table has the book's rows, and:

    CALLS#<key>  CALLS  number of calls with this key, for cards whose first response is lost
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import quote

from tillflow.errors import StoreContention
from tillflow.store import key, marshal

from payments.book import Book
from payments.provider import (
    CHARGE_DISPUTED,
    NO_SUCH_CARD,
    ActionRequired,
    Charge,
    Outcome,
    ProviderDown,
    ResponseLost,
    Step,
    accepted,
    refused,
)

CONFIRMED_CALL: Final = 3
"""The call of an authorise that finds it confirmed, for the card whose holder has to confirm."""


@dataclass(frozen=True, slots=True)
class Fault:
    """How an operation fails: always refused for `reason`, or its first response lost.

    `lost_before` and `lost_after` lose the response before or after the effect; `duplicate` applies the effect and
    responds as if the key had been used before, as when a proxy sends a request twice. `confirmed_late` requires an
    action of the cardholder, who confirms before the third call; `never_confirmed` always requires it.
    """

    kind: Literal["refuse", "lost_before", "lost_after", "duplicate", "confirmed_late", "never_confirmed"]
    reason: str = ""


TEST_CARDS: Mapping[str, Mapping[str, Fault]] = {
    "tok_visa": {},
    "tok_declined": {"authorise": Fault("refuse", "card_declined")},
    "tok_insufficient_funds": {"authorise": Fault("refuse", "insufficient_funds")},
    "tok_timeout_before_effect": {"capture": Fault("lost_before")},
    "tok_timeout_after_effect": {"capture": Fault("lost_after")},
    "tok_authorise_timeout_after_effect": {"authorise": Fault("lost_after")},
    "tok_action_required": {"authorise": Fault("confirmed_late")},
    "tok_action_abandoned": {"authorise": Fault("never_confirmed")},
    "tok_capture_refused": {"capture": Fault("refuse", "capture_refused")},
    "tok_void_refused": {"void": Fault("refuse", "void_refused")},
    "tok_refund_refused": {"refund": Fault("refuse", "charge_too_old")},
    "tok_disputed": {"refund": Fault("refuse", CHARGE_DISPUTED)},
    "tok_refund_timeout_before_effect": {"refund": Fault("lost_before")},
    "tok_refund_timeout_after_effect": {"refund": Fault("lost_after")},
    "tok_duplicate": {"capture": Fault("duplicate")},
}


def _applied(effect: Callable[[], Outcome]) -> Outcome:
    try:
        return effect()
    except StoreContention as busy:
        raise ProviderDown(str(busy)) from busy


class SandboxProvider:
    """A Provider on a DynamoDB table of its own."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self.book = Book(client, table, "card", listed=True)

    def prepare(self, key: str, charge: Charge) -> Outcome:
        return accepted("")

    def authorise(self, key: str, reference: str, charge: Charge) -> Outcome:
        return self._behave(charge.token or "", "authorise", key, lambda: self.book.authorise(key, charge))

    def capture(self, key: str, authorisation: str, amount: int, currency: str) -> Outcome:
        token = self._token(authorisation)
        return self._behave(token, "capture", key, lambda: self.book.capture(key, authorisation, amount))

    def void(self, key: str, authorisation: str) -> Outcome:
        token = self._token(authorisation)
        return self._behave(token, "void", key, lambda: self.book.void(key, authorisation))

    def refund(self, key: str, authorisation: str, amount: int, currency: str) -> Outcome:
        token = self._token(authorisation)
        return self._behave(token, "refund", key, lambda: self.book.refund(key, authorisation, amount))

    def look_up(self, step: Step, key: str, authorisation: str) -> Outcome | None:
        return self.book.look_up(key)

    def is_withdrawn(self, authorisation: str) -> bool:
        fault = TEST_CARDS.get(self._token(authorisation), {}).get("refund")
        return fault is not None and fault.reason == CHARGE_DISPUTED

    def _token(self, authorisation: str) -> str:
        return str(self.book.authorisation(authorisation).get("token"))

    def _behave(self, token: str, operation: str, effect_key: str, effect: Callable[[], Outcome]) -> Outcome:
        if token not in TEST_CARDS:
            return refused(NO_SUCH_CARD)
        fault = TEST_CARDS[token].get(operation)
        if fault and fault.kind == "refuse":
            return refused(fault.reason)
        if not fault:
            return _applied(effect)
        calls = self._count(effect_key)
        if fault.kind == "never_confirmed" or (fault.kind == "confirmed_late" and calls < CONFIRMED_CALL):
            raise ActionRequired(f"https://sandbox.invalid/confirm?payment={quote(effect_key, safe='')}")
        first_call = calls == 1
        if first_call and fault.kind == "lost_before":
            raise ResponseLost(f"{operation} {effect_key}: no response in time")
        outcome = _applied(effect)
        if first_call and fault.kind in ("lost_after", "duplicate"):
            cause = "duplicate request" if fault.kind == "duplicate" else "no response in time"
            raise ResponseLost(f"{operation} {effect_key}: {cause}")
        return outcome

    def _count(self, effect_key: str) -> int:
        counted = self._client.update_item(
            TableName=self._table,
            Key=key(f"CALLS#{effect_key}", "CALLS"),
            UpdateExpression="ADD calls :one",
            ExpressionAttributeValues=marshal({":one": 1}),
            ReturnValues="UPDATED_NEW",
        )
        return int(counted["Attributes"]["calls"]["N"])
