"""Why Stripe refused: its decline and error codes as the reasons of this system. Pure.

Stripe's codes: https://docs.stripe.com/declines/codes and https://docs.stripe.com/error-codes.
"""

from collections.abc import Mapping
from typing import Any, Final

from payments.provider import (
    AUTHORISATION_CAPTURED,
    AUTHORISATION_EXPIRED,
    AUTHORISATION_HELD,
    AUTHORISATION_VOIDED,
    CHARGE_DISPUTED,
    NO_SUCH_AUTHORISATION,
)

EFFECT: Final = "tillflow_effect"
"""The metadata that names the effect of a PaymentIntent or refund: its idempotency key."""
CARD_DECLINED: Final = "card_declined"

# A lost, stolen or suspected card is reported as declined: its holder must not learn more from a cashier.
_DECLINES: Final[Mapping[str, str]] = {
    "authentication_required": "authentication_required",
    "approve_with_id": "try_again",
    "card_not_supported": "card_not_supported",
    "card_velocity_exceeded": "limit_exceeded",
    "currency_not_supported": "currency_not_supported",
    "expired_card": "expired_card",
    "incorrect_cvc": "incorrect_details",
    "incorrect_number": "incorrect_details",
    "incorrect_pin": "incorrect_pin",
    "incorrect_zip": "incorrect_details",
    "insufficient_funds": "insufficient_funds",
    "invalid_cvc": "incorrect_details",
    "invalid_expiry_month": "incorrect_details",
    "invalid_expiry_year": "incorrect_details",
    "invalid_number": "incorrect_details",
    "invalid_pin": "incorrect_pin",
    "issuer_not_available": "try_again",
    "offline_pin_required": "pin_required",
    "online_or_offline_pin_required": "pin_required",
    "pin_try_exceeded": "incorrect_pin",
    "processing_error": "try_again",
    "reenter_transaction": "try_again",
    "try_again_later": "try_again",
    "withdrawal_count_limit_exceeded": "limit_exceeded",
}
_ERRORS: Final[Mapping[str, str]] = {
    "amount_too_large": "amount_too_large",
    "amount_too_small": "amount_too_small",
    "charge_already_captured": AUTHORISATION_CAPTURED,
    "charge_already_refunded": "already_refunded",
    "charge_disputed": CHARGE_DISPUTED,
    "charge_expired_for_capture": AUTHORISATION_EXPIRED,
    "expired_card": "expired_card",
    "payment_intent_authentication_failure": "authentication_failed",
    "payment_method_unactivated": "card_not_supported",
    "resource_missing": NO_SUCH_AUTHORISATION,
}
_STATES: Final[Mapping[str, str]] = {
    "canceled": AUTHORISATION_VOIDED,
    "requires_capture": AUTHORISATION_HELD,
    "succeeded": AUTHORISATION_CAPTURED,
}
EXPIRED_BY: Final = frozenset({"automatic", "expired"})
"""The cancellation reasons of a PaymentIntent that Stripe cancelled because it was not captured in time."""


def decline_reason(code: str | None, decline_code: str | None) -> str:
    """Return the reason of a declined card by Stripe's `code` and `decline_code`."""
    if decline_code and decline_code in _DECLINES:
        return _DECLINES[decline_code]
    return _DECLINES.get(code or "") or _ERRORS.get(code or "") or CARD_DECLINED


def refusal_reason(code: str | None, intent: Mapping[str, Any] | None) -> str:
    """Return the reason of a refused request by its error code, or by the state of the PaymentIntent it names."""
    if intent and code == "payment_intent_unexpected_state":
        return intent_reason(intent)
    return _ERRORS.get(code or "") or code or "refused"


def intent_reason(intent: Mapping[str, Any]) -> str:
    """Return the state of a PaymentIntent as the reason why an effect on it is refused."""
    if intent["status"] == "canceled" and intent.get("cancellation_reason") in EXPIRED_BY:
        return AUTHORISATION_EXPIRED
    return _STATES.get(intent["status"], "not_authorised")
