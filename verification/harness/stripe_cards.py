"""The test payment methods of Stripe, and those of the fake account alone."""

from collections.abc import Mapping

# The code and decline code of the test payment methods; "" for one that is accepted.
PAYMENT_METHODS: Mapping[str, tuple[str, str]] = {
    "pm_card_visa": ("", ""),
    "pm_card_mastercard": ("", ""),
    "pm_card_authenticationRequired": ("authentication_required", "authentication_required"),
    "pm_card_visa_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_visa_chargeDeclinedLostCard": ("card_declined", "lost_card"),
    "pm_card_visa_chargeDeclinedStolenCard": ("card_declined", "stolen_card"),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", "expired_card"),
    "pm_card_chargeDeclinedIncorrectCvc": ("incorrect_cvc", "incorrect_cvc"),
    "pm_card_chargeDeclinedProcessingError": ("processing_error", "processing_error"),
}
# Their holders have to confirm a payment at the bank. "pm_fake_confirmedLate": before the second question.
THREE_D_SECURE = frozenset({"pm_card_threeDSecure2Required", "pm_fake_confirmedLate"})
# Payment methods of this fake alone: what happens in an operation, "refused" always, the others in its first call.
BEHAVIOURS: Mapping[str, Mapping[str, str]] = {
    "pm_fake_authoriseLostAfter": {"confirm_intent": "lost after"},
    "pm_fake_captureLostBefore": {"capture_intent": "lost before"},
    "pm_fake_captureLostAfter": {"capture_intent": "lost after"},
    "pm_fake_captureRefused": {"capture_intent": "refused"},
    "pm_fake_cancelRefused": {"cancel_intent": "refused"},
}
SANDBOX_CARDS: Mapping[str, str] = {
    "tok_visa": "pm_card_visa",
    "tok_declined": "pm_card_visa_chargeDeclined",
    "tok_insufficient_funds": "pm_card_visa_chargeDeclinedInsufficientFunds",
    "tok_timeout_before_effect": "pm_fake_captureLostBefore",
    "tok_timeout_after_effect": "pm_fake_captureLostAfter",
    "tok_action_required": "pm_fake_confirmedLate",
    "tok_action_abandoned": "pm_card_threeDSecure2Required",
    "tok_authorise_timeout_after_effect": "pm_fake_authoriseLostAfter",
    "tok_capture_refused": "pm_fake_captureRefused",
    "tok_void_refused": "pm_fake_cancelRefused",
    "tok_duplicate": "pm_fake_captureLostAfter",
}
"""The payment methods that behave as the test cards of the sandbox."""
