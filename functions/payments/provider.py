"""The payment gateway port.

Every effect has an idempotency key, and a provider applies a key once: called again with the same key it returns the
first outcome. So an effect whose response was lost can be looked up, or sent again. Amounts are integer minor units.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Charge:
    """What is to be authorised. `token` identifies a card, `customer_id` a store credit."""

    amount: int
    currency: str
    token: str | None = None
    customer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A provider's definite outcome: accepted, with a `reference`, or refused, with a `reason`.

    The `reference` of an authorise identifies the authorisation that capture, void and refund are about.
    """

    accepted: bool
    reference: str = ""
    reason: str = ""


class ResponseLost(Exception):
    """No usable response arrived: the effect may have been applied. Look it up by its key."""


class ProviderDown(Exception):
    """The request was not accepted: the effect was not applied."""


class Provider(Protocol):
    """Each effect returns an Outcome, or raises ResponseLost or ProviderDown."""

    def authorise(self, key: str, charge: Charge) -> Outcome: ...

    def capture(self, key: str, authorisation: str, amount: int) -> Outcome: ...

    def void(self, key: str, authorisation: str) -> Outcome: ...

    def refund(self, key: str, authorisation: str, amount: int) -> Outcome: ...

    def look_up(self, key: str) -> Outcome | None:
        """Return the outcome of the effect with this key; None if the provider never applied it."""


def accepted(reference: str) -> Outcome:
    return Outcome(True, reference)


def refused(reason: str) -> Outcome:
    return Outcome(False, reason=reason)
