"""The payment gateway port.

Every effect has an idempotency key, and a provider applies a key once: called again with the same key it returns the
first outcome. So an effect whose response was lost can be looked up, or sent again. Amounts are integer minor units.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol

from tillflow.listing import Page

type Step = Literal["authorise", "capture", "void", "refund"]

# Reasons of refusals that every provider has in common.
AUTHORISATION_HELD: Final = "authorisation_held"
AUTHORISATION_CAPTURED: Final = "authorisation_captured"
AUTHORISATION_VOIDED: Final = "authorisation_voided"
AUTHORISATION_EXPIRED: Final = "authorisation_expired"
NO_SUCH_AUTHORISATION: Final = "no_such_authorisation"
NO_SUCH_CARD: Final = "no_such_card"
CHARGE_DISPUTED: Final = "charge_disputed"


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

    The `reference` of an authorise identifies the authorisation that capture, void and refund are about; after
    `expires_at` it can no longer be captured ("" if it does not expire).
    """

    accepted: bool
    reference: str = ""
    reason: str = ""
    expires_at: str = ""


@dataclass(frozen=True, slots=True)
class ChargeRecord:
    """A charge in the books of a provider. `reference` is that of its authorisation.

    `key` is the idempotency key of the authorisation, "" for a charge that this system did not make. `refunded` has no
    refund that has failed. `is_held`: the authorisation can still be captured.
    """

    reference: str
    key: str
    currency: str
    amount: int
    captured: int
    refunded: int
    is_held: bool


class ResponseLost(Exception):
    """No usable response arrived: the effect may have been applied. Look it up by its key."""


class ProviderDown(Exception):
    """The request was not accepted: the effect was not applied."""


class ActionRequired(Exception):
    """The cardholder has to confirm the payment first, at `url`: it is neither accepted nor refused yet."""

    def __init__(self, url: str) -> None:
        super().__init__("the cardholder has not confirmed the payment")
        self.url = url


class Provider(Protocol):
    """Each effect returns an Outcome, or raises ResponseLost or ProviderDown; authorise ActionRequired too."""

    def prepare(self, key: str, charge: Charge) -> Outcome:
        """Create an authorisation that holds nothing yet; its reference is stored before it is authorised.

        The reference is "" for a provider that creates it when it authorises. Once there is one, `void` ends the
        authorisation whatever its state, so that a call in flight cannot authorise it later.
        """

    def authorise(self, key: str, reference: str, charge: Charge) -> Outcome:
        """Authorise a charge. `reference`: what prepare returned."""

    def capture(self, key: str, authorisation: str, amount: int, currency: str) -> Outcome: ...

    def void(self, key: str, authorisation: str) -> Outcome: ...

    def refund(self, key: str, authorisation: str, amount: int, currency: str) -> Outcome: ...

    def look_up(self, step: Step, key: str, authorisation: str) -> Outcome | None:
        """Return the outcome of the effect with this key; None if the provider never applied it.

        Raises ActionRequired for an authorise that waits for the cardholder.
        `authorisation`: the reference as far as it is stored; "" before.
        """

    def is_withdrawn(self, authorisation: str) -> bool:
        """Return whether the bank of the cardholder has withdrawn a payment, because it is disputed.

        False for an inquiry, which precedes a dispute, and for a dispute that was won.
        """


class ProviderBooks(Protocol):
    """The books of a provider outside this system. Each call may raise ResponseLost or ProviderDown.

    Times are those of the provider; `end` is not included. A page continues after the position of the one before.
    """

    def list_charges(self, first: datetime, end: datetime, limit: int, after: str) -> Page[ChargeRecord]:
        """Return a page of the charges that were created within a time."""

    def list_refunded(self, first: datetime, end: datetime, limit: int, after: str) -> Page[str]:
        """Return a page of the references of charges that have a refund created within a time."""

    def find_charge(self, reference: str) -> ChargeRecord | None:
        """Return a charge as it is now; None if the provider has no such charge."""

    def failed_refunds(self, reference: str) -> list[str]:
        """Return the idempotency keys of the refunds of a charge that were accepted and have failed."""


def accepted(reference: str) -> Outcome:
    return Outcome(True, reference)


def refused(reason: str) -> Outcome:
    return Outcome(False, reason=reason)
