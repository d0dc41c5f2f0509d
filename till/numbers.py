"""Numbers that a person typed. `int` and `Decimal` also take `1_0`, digits of other scripts, spaces, signs and NaN."""

import re
from decimal import Decimal
from typing import Any

import typer

_WHOLE = re.compile(r"-?[0-9]{1,15}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")


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


def number_option(*names: str, help: str, min: int | None = None, max: int | None = None) -> Any:
    """Return the option of a whole number. min, max: its bounds, both included.

    Typer reads numbers as `int` does.
    """

    def parse(text: str | int | None) -> int | None:
        if text is None:
            return None
        number = whole_number(text)
        if (min is not None and number < min) or (max is not None and number > max):
            least = "" if min is None else f"at least {min:,}"
            most = "" if max is None else f"at most {max:,}"
            raise ValueError(f"{number} is not {' and '.join(bound for bound in (least, most) if bound)}")
        return number

    return typer.Option(*names, help=help, min=min, max=max, parser=parse)
