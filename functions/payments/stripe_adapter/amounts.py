"""Amounts as Stripe's API counts them. Pure.

Amounts of this system are in the minor units of ISO 4217. Stripe's differ for some currencies
(https://docs.stripe.com/currencies): MGA has no decimals there; ISK and UGX have two, which must be 00; and of an
amount with three decimals the last digit must be 0.
"""

from tillflow.money import EXPONENT

_ZERO_DECIMALS = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
_THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def to_stripe(amount: int, currency: str) -> int | None:
    """Return an amount in minor units as Stripe counts it; None for one that Stripe cannot charge exactly."""
    theirs = _decimals(currency) - EXPONENT[currency]
    if theirs >= 0:
        converted = amount * 10**theirs
    else:
        converted, rest = divmod(amount, 10**-theirs)
        if rest:
            return None
    return None if currency in _THREE_DECIMALS and converted % 10 else converted


def from_stripe(amount: int, currency: str) -> int:
    """Return Stripe's amount in minor units; in those of Stripe for a currency that this system does not have.

    What is less than a minor unit is left out: this system charges nothing of that.
    """
    theirs = _decimals(currency) - EXPONENT.get(currency, _decimals(currency))
    return amount // int(10**theirs) if theirs >= 0 else amount * int(10**-theirs)


def _decimals(currency: str) -> int:
    if currency in _ZERO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2
