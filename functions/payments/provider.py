"""The payment gateway port: what the shop needs of whoever holds the customer's money.

Every effect carries a key, and a provider applies a key once: asked again with the same key it gives the
first answer. So an effect whose answer was lost is looked up, or sent again, without fear.
Amounts are integer minor units.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Charge:
    """What a tender wants authorised. `token` stands for a card; `customer_id` for a store credit."""

    amount: int
    currency: str
    token: str | None = None
    customer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A provider's definite answer: accepted, with its `reference`, or refused, with its `reason`.

    `reference` of an authorise names the authorisation that capture, void and refund are about.
    """

    accepted: bool
    reference: str = ""
    reason: str = ""


class AnswerLost(Exception):
    """No usable answer came: the effect may have happened. Look it up by its key."""


class ProviderDown(Exception):
    """The request was not taken: the effect did not happen."""


class Provider(Protocol):
    """Each effect returns an Outcome, or raises AnswerLost or ProviderDown."""

    def authorise(self, key: str, charge: Charge) -> Outcome: ...

    def capture(self, key: str, authorisation: str, amount: int) -> Outcome: ...

    def void(self, key: str, authorisation: str) -> Outcome: ...

    def refund(self, key: str, authorisation: str, amount: int) -> Outcome: ...

    def look_up(self, key: str) -> Outcome | None:
        """What became of the effect with this key; None when the provider never applied one."""


def accepted(reference: str) -> Outcome:
    return Outcome(True, reference)


def refused(reason: str) -> Outcome:
    return Outcome(False, reason=reason)
