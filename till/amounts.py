"""Amounts of money that a person typed."""

from till.errors import OperatorError


def minor_units(amount: str, currency: str) -> int:
    """Return an amount such as 12.50 in minor units."""
    from tillflow.money import Money

    try:
        return Money.parse(amount, currency).amount
    except ValueError as error:
        raise OperatorError(f"{error}.", "Give an amount such as 12.50, and --currency.") from error
