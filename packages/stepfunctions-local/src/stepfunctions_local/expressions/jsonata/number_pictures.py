"""Number pictures: `$formatNumber(1234.5, "#,##0.00")`.

Source: https://docs.jsonata.org/numeric-functions#formatnumber, after XPath's fn:format-number.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from .errors import JsonataError
from .integers import regular_repeat
from .numbers import round_half_even
from .runtime import Native
from .values import UNDEFINED, number_text, to_double_range

_DEFAULTS = {
    "decimal-separator": ".",
    "grouping-separator": ",",
    "exponent-separator": "e",
    "minus-sign": "-",
    "percent": "%",
    "per-mille": "\u2030",
    "zero-digit": "0",
    "digit": "#",
    "pattern-separator": ";",
}

_MAX_FIXED = 1e21
"""JavaScript writes numbers from here on with an exponent, whatever the number of decimals."""


class _Symbols:
    """The characters with a meaning in a picture."""

    def __init__(self, options: Any):
        symbols = {**_DEFAULTS, **(options if type(options) is dict else {})}
        self.decimal, self.grouping = symbols["decimal-separator"], symbols["grouping-separator"]
        self.exponent, self.minus = symbols["exponent-separator"], symbols["minus-sign"]
        self.percent, self.per_mille = symbols["percent"], symbols["per-mille"]
        self.zero, self.optional = symbols["zero-digit"], symbols["digit"]
        self.pattern = symbols["pattern-separator"]
        self.digits = [chr(ord(self.zero[0]) + digit) for digit in range(10)]
        self.active = {*self.digits, self.decimal, self.exponent, self.grouping, self.optional, self.pattern}

    def count_mandatory(self, text: str) -> int:
        """Return the number of mandatory digits."""
        return sum(char in self.digits for char in text)

    def count_digits(self, text: str) -> int:
        """Return the number of mandatory and optional digits."""
        return sum(char in self.digits or char == self.optional for char in text)


class _Picture:
    """A picture for positive or negative numbers.

    Raises JsonataError D3081 to D3093 when it breaks a rule.
    """

    def __init__(self, text: str, symbols: _Symbols):
        self.text, self.symbols = text, symbols
        active = [
            index for index, char in enumerate(text) if char in symbols.active and char != symbols.exponent
        ]
        first, last = (active[0], active[-1]) if active else (0, len(text) - 1)
        self.prefix, self.suffix = text[:first], text[last + 1 :]
        self.active = text[first : last + 1]
        mantissa, self.exponent = self.active, None
        at = text.find(symbols.exponent, len(self.prefix))
        if 0 <= at <= len(text) - len(self.suffix):
            mantissa, self.exponent = self.active[:at], self.active[at + 1 :]
        self.mantissa = mantissa
        self.integer, separator, fraction = mantissa.partition(symbols.decimal)
        self.fraction = fraction if separator else self.suffix
        code = self._error_code()
        if code:
            raise JsonataError(code)
        self._count()

    def _error_code(self) -> str | None:
        """Return the code of the last rule that the picture breaks, as the reference implementation does."""
        symbols, text = self.symbols, self.text
        code = None
        point = text.find(symbols.decimal)
        if text.count(symbols.decimal) > 1:
            code = "D3081"
        if text.count(symbols.percent) > 1:
            code = "D3082"
        if text.count(symbols.per_mille) > 1:
            code = "D3083"
        if symbols.percent in text and symbols.per_mille in text:
            code = "D3084"
        if not symbols.count_digits(self.mantissa):
            code = "D3085"
        if any(char not in symbols.active for char in self.active):
            code = "D3086"
        if point >= 0:
            if symbols.grouping in (text[point - 1 : point], text[point + 1 : point + 2]):
                code = "D3087"
        elif self.integer.endswith(symbols.grouping):
            code = "D3088"
        if symbols.grouping * 2 in text:
            code = "D3089"
        optional = self.integer.find(symbols.optional)
        if optional >= 0 and symbols.count_mandatory(self.integer[:optional]):
            code = "D3090"
        optional = self.fraction.rfind(symbols.optional)
        if optional >= 0 and symbols.count_mandatory(self.fraction[optional:]):
            code = "D3091"
        if self.exponent is not None:
            if self.exponent and (symbols.percent in text or symbols.per_mille in text):
                code = "D3092"
            if not self.exponent or any(char not in symbols.digits for char in self.exponent):
                code = "D3093"
        return code

    def _count(self) -> None:
        """Count the digits and find the grouping positions."""
        symbols = self.symbols
        marks = [at for at, char in enumerate(self.integer) if char == symbols.grouping]
        self.integer_groups = [symbols.count_digits(self.integer[at:]) for at in marks]
        self.regular = regular_repeat(self.integer_groups)
        self.fraction_groups = []
        at = self.fraction.find(symbols.grouping)
        while at >= 0:
            self.fraction_groups.append(symbols.count_digits(self.fraction[:at]))
            # The reference implementation searches the integer part for the following separators.
            at = self.integer.find(symbols.grouping, at + 1)
        self.min_integer = self.scale = symbols.count_mandatory(self.integer)
        self.min_fraction = symbols.count_mandatory(self.fraction)
        self.max_fraction = symbols.count_digits(self.fraction)
        if self.min_integer == 0 and self.max_fraction == 0:
            if self.exponent is not None:
                self.min_fraction = self.max_fraction = 1
            else:
                self.min_integer = 1
        if self.exponent is not None and self.min_integer == 0 and symbols.optional in self.integer:
            self.min_integer = 1
        if self.min_integer == 0 and self.min_fraction == 0:
            self.min_fraction = 1
        self.min_exponent = symbols.count_mandatory(self.exponent) if self.exponent is not None else 0


@dataclass(slots=True)
class _Scaled:
    mantissa: Any
    exponent: int | None


def _scale(value: Any, picture: _Picture) -> _Scaled:
    """Return the mantissa in the range of the picture, and its exponent."""
    symbols = picture.symbols
    if symbols.percent in picture.text:
        value *= 100
    elif symbols.per_mille in picture.text:
        value *= 1000
    value = to_double_range(value)
    if picture.min_exponent == 0:
        return _Scaled(value, None)
    maximum, minimum, exponent = 10.0**picture.scale, 10.0 ** (picture.scale - 1), 0
    while value and abs(value) < minimum:
        value *= 10
        exponent -= 1
    while abs(value) > maximum:
        value /= 10
        exponent += 1
    return _Scaled(value, exponent)


def _format_digits(value: Any, decimals: int, symbols: _Symbols) -> str:
    text = number_text(float(abs(value))) if abs(value) >= _MAX_FIXED else _fixed(value, decimals)
    return (
        text if symbols.zero == "0" else "".join(symbols.digits[int(c)] if c.isdigit() else c for c in text)
    )


def _fixed(value: Any, decimals: int) -> str:
    exact = Decimal(value) if type(value) is int else Decimal(float(value))
    with localcontext(prec=400):
        return format(abs(exact).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP), "f")


def format_number(value: Any, picture: Any, options: Any = UNDEFINED) -> Any:
    """Format the number by the picture.

    Raises JsonataError D3080 to D3093 for a picture that breaks a rule.
    """
    if value is UNDEFINED:
        return UNDEFINED
    if not math.isfinite(value):
        raise ValueError(f"not a finite number: {value}")
    symbols = _Symbols(options)
    halves = picture.split(symbols.pattern)
    if len(halves) > 2:
        raise JsonataError("D3080")
    pictures = [_Picture(half, symbols) for half in halves]
    sub_picture, minus = pictures[0], ""
    if value < 0:
        sub_picture, minus = (pictures[1], "") if len(pictures) == 2 else (pictures[0], symbols.minus)
    scaled = _scale(value, sub_picture)
    rounded = round_half_even(scaled.mantissa, sub_picture.max_fraction)
    whole, _, fraction = _format_digits(rounded, sub_picture.max_fraction, symbols).partition(".")
    whole = whole.lstrip(symbols.zero).rjust(sub_picture.min_integer, symbols.zero)
    fraction = fraction.rstrip(symbols.zero).ljust(sub_picture.min_fraction, symbols.zero)
    text = _insert_separators(whole, fraction, sub_picture)
    if scaled.exponent is not None:
        power = _format_digits(scaled.exponent, 0, symbols).rjust(sub_picture.min_exponent, symbols.zero)
        text += symbols.exponent + (symbols.minus if scaled.exponent < 0 else "") + power
    return minus + sub_picture.prefix + text + sub_picture.suffix


def _insert_separators(whole: str, fraction: str, picture: _Picture) -> str:
    symbols = picture.symbols
    if picture.regular:
        first = len(whole) % picture.regular or picture.regular
        parts = [
            whole[:first],
            *(whole[at : at + picture.regular] for at in range(first, len(whole), picture.regular)),
        ]
        whole = symbols.grouping.join(parts) if whole else whole
    else:
        # A position beyond the start counts from the end of the text, as in the reference implementation.
        text, point = whole + symbols.decimal + fraction, len(whole)
        for position in picture.integer_groups:
            at = point - position
            text = text[:at] + symbols.grouping + text[at:]
            point += 1
        whole, _, fraction = text.partition(symbols.decimal)
    for position in picture.fraction_groups:
        fraction = fraction[:position] + symbols.grouping + fraction[position:]
    number = f"{whole}{symbols.decimal}{fraction}"
    # Without a decimal separator in the picture, the reference implementation drops the last character only.
    return number if symbols.decimal in picture.text and fraction else number[:-1]


FUNCTIONS = [Native("formatNumber", format_number, "<n-so?:s>", 3)]
