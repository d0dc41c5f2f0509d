"""Amounts of money that a person typed."""

from till.errors import OperatorError

_ADVICE = "Give an amount such as 12.50, and --currency."


def minor_units(amount: str, currency: str, *, positive: bool = False) -> int:
    """Return an amount such as 12.50 in minor units.

    OperatorError below 0, above what one request accepts, and for 0 if it has to be positive.
    """
    from tillflow.fields import MAX_UNIT_AMOUNT
    from tillflow.money import Money

    try:
        minor = Money.parse(amount, currency).amount
    except ValueError as error:
        raise OperatorError(f"{error}.", _ADVICE) from error
    if minor < int(positive):
        accepted = "more than 0" if positive else "0 or more"
        raise OperatorError(f"amount is {amount!r}; expected {accepted}.", _ADVICE)
    if minor > MAX_UNIT_AMOUNT:
        accepted = f"at most {Money(MAX_UNIT_AMOUNT, currency)}"
        raise OperatorError(f"amount is {amount!r}; expected {accepted}.", _ADVICE)
    return minor
