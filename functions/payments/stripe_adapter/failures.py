"""Errors of Stripe's library as those of a provider."""

import stripe

from payments.provider import ProviderDown, ResponseLost


def without_outcome(error: stripe.StripeError) -> Exception:
    """Return the error of a call without a definite outcome: not applied, or possibly applied.

    Stripe refuses before any effect what exceeds its limits, meets a locked object, or has no valid key. Anything else,
    a key that is in use by a call in flight among it, may have been applied.
    """
    what = f"{type(error).__name__} {error.http_status or ''} {error.code or ''}".strip()
    if isinstance(error, stripe.RateLimitError | stripe.AuthenticationError | stripe.PermissionError):
        return ProviderDown(what)
    return ResponseLost(what)
