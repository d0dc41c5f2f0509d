"""Numbers that a person typed. `int` and `Decimal` also take `1_0`, digits of other scripts, spaces and NaN."""

import re
from decimal import Decimal

_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")


def whole_number(text: str | int) -> int:
    """Return a whole number of up to 15 digits. ValueError with what is accepted.

    An int is the default of an option, which typer passes to the option's parser too.
    """
    if not _WHOLE.fullmatch(str(text)):
        raise ValueError(f"{text!r} is not a whole number of up to 15 digits")
    return int(text)


def decimal_number(text: str) -> Decimal:
    """Return a decimal number such as 0.95. ValueError with what is accepted."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"{text!r} is not a decimal number such as 0.95")
    return Decimal(text)
