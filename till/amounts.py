"""Amounts of money that a person typed, such as 12.50 in EUR, 1250 in JPY and 1.250 in KWD."""

from till.errors import OperatorError
from till.numbers import decimal_number

_ADVICE = "Give an amount such as 12.50, and --currency."


def minor_units(amount: str, currency: str, *, positive: bool = False) -> int:
    """Return an amount such as 12.50 in minor units.

    OperatorError below 0, above what one request accepts, and for 0 if it has to be positive.
    """
    return _minor_units("amount", amount, currency, least=int(positive))


def cost_in_minor_units(name: str, cost: str, currency: str) -> int:
    """Return what a supplier charges, such as 10.20, in minor units. name: of the field, for the OperatorError.

    A whole number but 0 is refused in a currency with decimals: price lists are JSON files, whose 1020 is 10.20.
    """
    from tillflow.money import EXPONENT, Money

    minor = _minor_units(name, cost, currency)
    if minor and EXPONENT[currency] and "." not in cost:
        amount = str(Money(minor, currency)).removesuffix(f" {currency}")
        raise OperatorError(
            f"{name} is {cost!r}; expected its decimals too in {currency}, such as {amount}.",
            "Amounts are typed in units of the currency, not in cents.",
        )
    return minor


def amount_text(text: str) -> str:
    """Return the text of an amount whose currency is not known yet. ValueError if it is none in any currency."""
    try:
        decimal_number(text)
    except ValueError:
        raise ValueError(f"{text!r} is not an amount such as 12.50") from None
    return text


def _minor_units(name: str, amount: str, currency: str, least: int = 0) -> int:
    from tillflow.fields import MAX_UNIT_AMOUNT
    from tillflow.money import Money

    try:
        minor = Money.parse(amount, currency, name).amount
    except ValueError as error:
        raise OperatorError(f"{error}.", _ADVICE) from error
    if minor < least:
        accepted = "more than 0" if least else "0 or more"
        raise OperatorError(f"{name} is {amount!r}; expected {accepted}.", _ADVICE)
    if minor > MAX_UNIT_AMOUNT:
        accepted = f"at most {Money(MAX_UNIT_AMOUNT, currency)}"
        raise OperatorError(f"{name} is {amount!r}; expected {accepted}.", _ADVICE)
    return minor
