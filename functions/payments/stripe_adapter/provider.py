"""Stripe as a Provider.

A PaymentIntent is created without being confirmed, its id is stored, and only then is it confirmed: whatever response
is lost, the effect is looked up by that id, after Stripe has forgotten the idempotency key (24 hours) too. Stripe's
search is not used for that: it can be a minute behind.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import stripe
from tillflow.times import iso_utc

from payments.provider import (
    NO_SUCH_CARD,
    ActionRequired,
    Charge,
    Outcome,
    ResponseLost,
    Step,
    accepted,
    refused,
)
from payments.stripe_adapter.access import Access
from payments.stripe_adapter.amounts import to_stripe
from payments.stripe_adapter.failures import without_outcome
from payments.stripe_adapter.reasons import EFFECT, decline_reason, intent_reason, refusal_reason

NOT_EXACT = "amount_not_supported"

_HELD = ("requires_capture", "succeeded")
_ACTION = "requires_action"
_WITHDRAWN = ("needs_response", "under_review", "lost")
"""The statuses of disputes whose amount Stripe has withdrawn: https://docs.stripe.com/api/disputes/object"""


class StripeProvider:
    """A Provider for cards. The references are ids of PaymentIntents.

    return_url: where the cardholder's bank sends the browser after a confirmation (3-D Secure); without one a card that
    needs it is declined. https://docs.stripe.com/payments/3d-secure/authentication-flow
    """

    def __init__(self, access: Access, return_url: str = "") -> None:
        self._access = access
        self._confirmation: dict[str, Any] = (
            {"return_url": return_url} if return_url else {"error_on_requires_action": True}
        )

    def prepare(self, key: str, charge: Charge) -> Outcome:
        amount = to_stripe(charge.amount, charge.currency)
        if amount is None:
            return refused(NOT_EXACT)
        params = {
            "amount": amount,
            "currency": charge.currency.lower(),
            "capture_method": "manual",
            "payment_method_types": ["card"],
            "payment_method": charge.token,
            "metadata": {EFFECT: key},
        }
        options = {"idempotency_key": f"{key}#prepare"}
        return self._effect(
            lambda client: client.v1.payment_intents.create(params, options).to_dict(),
            lambda intent: accepted(intent["id"]),
        )

    def authorise(self, key: str, reference: str, charge: Charge) -> Outcome:
        params = {**self._confirmation, "expand": ["latest_charge"]}
        options = {"idempotency_key": key}
        return self._effect(
            lambda client: client.v1.payment_intents.confirm(reference, params, options).to_dict(),
            _authorised,
        )

    def capture(self, key: str, authorisation: str, amount: int, currency: str) -> Outcome:
        params = {"amount_to_capture": to_stripe(amount, currency)}
        options = {"idempotency_key": key}
        return self._effect(
            lambda client: client.v1.payment_intents.capture(authorisation, params, options).to_dict(),
            lambda intent: accepted(intent["id"]),
        )

    def void(self, key: str, authorisation: str) -> Outcome:
        options = {"idempotency_key": key}
        outcome = self._effect(
            lambda client: client.v1.payment_intents.cancel(authorisation, {}, options).to_dict(),
            lambda intent: accepted(intent["id"]),
        )
        if outcome.accepted:
            return outcome
        # One that has expired holds nothing any more.
        return self.look_up("void", key, authorisation) or outcome

    def refund(self, key: str, authorisation: str, amount: int, currency: str) -> Outcome:
        params = {
            "payment_intent": authorisation,
            "amount": to_stripe(amount, currency),
            "metadata": {EFFECT: key},
        }
        options = {"idempotency_key": key}
        return self._effect(lambda client: client.v1.refunds.create(params, options).to_dict(), _refunded)

    def look_up(self, step: Step, key: str, authorisation: str) -> Outcome | None:
        if not authorisation:
            return None
        if step == "refund":
            return self._look_up_refund(key, authorisation)
        intent = self._retrieve(authorisation)
        if intent is None:
            return None
        match step, intent["status"]:
            case "authorise", status if status in (*_HELD, _ACTION):
                return _authorised(intent)
            case "authorise", "requires_payment_method":
                error = intent.get("last_payment_error") or {}
                return refused(decline_reason(error.get("code"), error.get("decline_code")))
            case (("authorise" | "capture"), "canceled"):
                return refused(intent_reason(intent))
            case "capture", "succeeded":
                return accepted(intent["id"])
            case "void", "canceled":
                return accepted(intent["id"])
        return None

    def is_withdrawn(self, authorisation: str) -> bool:
        params = {"payment_intent": authorisation, "limit": 100}
        disputes = self._read(
            lambda client: [one.to_dict() for one in client.v1.disputes.list(params).auto_paging_iter()],
            missing=[],
        )
        return any(dispute["status"] in _WITHDRAWN for dispute in disputes)

    def _look_up_refund(self, key: str, authorisation: str) -> Outcome | None:
        params = {"payment_intent": authorisation, "limit": 100}
        refunds = self._read(
            lambda client: [one.to_dict() for one in client.v1.refunds.list(params).auto_paging_iter()],
            missing=[],
        )
        for refund in refunds:
            if (refund.get("metadata") or {}).get(EFFECT) == key:
                return _refunded(refund)
        return None

    def _retrieve(self, authorisation: str) -> Any:
        params = {"expand": ["latest_charge"]}
        return self._read(
            lambda client: client.v1.payment_intents.retrieve(authorisation, params).to_dict(), missing=None
        )

    def _read(self, request: Callable[[stripe.StripeClient], Any], missing: Any) -> Any:
        try:
            return self._access.call(request)
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing":
                return missing
            raise
        except stripe.StripeError as error:
            raise without_outcome(error) from None

    def _effect(
        self, request: Callable[[stripe.StripeClient], Any], outcome: Callable[[Any], Outcome]
    ) -> Outcome:
        """Return the definite outcome of an effect. ResponseLost and ProviderDown when there is none."""
        try:
            return outcome(self._access.call(request))
        except stripe.CardError as error:
            body = _body(error)
            return refused(decline_reason(error.code, body.get("decline_code")))
        except stripe.InvalidRequestError as error:
            if error.param == "payment_method":
                return refused(NO_SUCH_CARD)
            return refused(refusal_reason(error.code, _body(error).get("payment_intent")))
        except stripe.StripeError as error:
            raise without_outcome(error) from None


def _authorised(intent: Any) -> Outcome:
    """Return the outcome of a confirmed PaymentIntent. ActionRequired while the cardholder has to confirm it too."""
    if intent["status"] == _ACTION:
        raise ActionRequired(intent["next_action"]["redirect_to_url"]["url"])
    if intent["status"] not in _HELD:
        raise ResponseLost(f"PaymentIntent {intent['id']} is {intent['status']}")
    charge = intent.get("latest_charge") or {}
    card = (charge.get("payment_method_details") or {}).get("card") or {}
    until = card.get("capture_before")
    expires_at = iso_utc(datetime.fromtimestamp(until, UTC)) if until else ""
    return Outcome(True, intent["id"], expires_at=expires_at)


def _refunded(refund: Any) -> Outcome:
    """Return the outcome of a refund: a pending one is accepted, and reported by an event if it fails later."""
    if refund["status"] in ("failed", "canceled"):
        return refused(refund.get("failure_reason") or f"refund_{refund['status']}")
    return accepted(refund["id"])


def _body(error: stripe.StripeError) -> dict[str, Any]:
    body = error.json_body
    return dict(body["error"]) if isinstance(body, dict) else {}
