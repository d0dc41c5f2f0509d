"""Numbers as pictures show them: `$formatNumber(1234.5, "#,##0.00")`.

Source: https://docs.jsonata.org/numeric-functions#formatnumber, after XPath's fn:format-number.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .errors import JsonataError
from .integers import regular_repeat
from .numbers import round_half_even
from .runtime import Native
from .values import UNDEFINED

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


class _Symbols:
    """The characters of a picture, and what they are."""

    def __init__(self, options: Any):
        given = {**_DEFAULTS, **(options if type(options) is dict else {})}
        self.decimal, self.grouping = given["decimal-separator"], given["grouping-separator"]
        self.exponent, self.minus = given["exponent-separator"], given["minus-sign"]
        self.percent, self.per_mille = given["percent"], given["per-mille"]
        self.zero, self.optional = given["zero-digit"], given["digit"]
        self.pattern = given["pattern-separator"]
        self.digits = [chr(ord(self.zero[0]) + at) for at in range(10)]
        self.active = {*self.digits, self.decimal, self.exponent, self.grouping, self.optional, self.pattern}

    def mandatory(self, text: str) -> int:
        """How many digits of the text must be shown."""
        return sum(char in self.digits for char in text)

    def places(self, text: str) -> int:
        """How many digits of the text may be shown."""
        return sum(char in self.digits or char == self.optional for char in text)


class _Picture:
    """One half of a picture, taken apart, checked and measured."""

    def __init__(self, text: str, symbols: _Symbols):
        self.text, self.symbols = text, symbols
        edges = [at for at, char in enumerate(text) if char in symbols.active and char != symbols.exponent]
        first, last = (edges[0], edges[-1]) if edges else (0, len(text) - 1)
        self.prefix, self.suffix = text[:first], text[last + 1 :]
        self.active = text[first : last + 1]
        mantissa, self.exponent = self.active, None
        at = text.find(symbols.exponent, len(self.prefix))
        if 0 <= at <= len(text) - len(self.suffix):
            mantissa, self.exponent = self.active[:at], self.active[at + 1 :]
        self.mantissa = mantissa
        self.integer, found, fraction = mantissa.partition(symbols.decimal)
        self.fraction = fraction if found else self.suffix
        fault = self._fault()
        if fault:
            raise JsonataError(fault)
        self._measure()

    def _fault(self) -> str | None:
        """The last rule the picture breaks, as the reference reports it."""
        symbols, text = self.symbols, self.text
        fault = None
        point = text.find(symbols.decimal)
        if text.count(symbols.decimal) > 1:
            fault = "D3081"
        if text.count(symbols.percent) > 1:
            fault = "D3082"
        if text.count(symbols.per_mille) > 1:
            fault = "D3083"
        if symbols.percent in text and symbols.per_mille in text:
            fault = "D3084"
        if not symbols.places(self.mantissa):
            fault = "D3085"
        if any(char not in symbols.active for char in self.active):
            fault = "D3086"
        if point >= 0:
            if symbols.grouping in (text[point - 1 : point], text[point + 1 : point + 2]):
                fault = "D3087"
        elif self.integer.endswith(symbols.grouping):
            fault = "D3088"
        if symbols.grouping * 2 in text:
            fault = "D3089"
        optional = self.integer.find(symbols.optional)
        if optional >= 0 and symbols.mandatory(self.integer[:optional]):
            fault = "D3090"
        optional = self.fraction.rfind(symbols.optional)
        if optional >= 0 and symbols.mandatory(self.fraction[optional:]):
            fault = "D3091"
        if self.exponent is not None:
            if self.exponent and (symbols.percent in text or symbols.per_mille in text):
                fault = "D3092"
            if not self.exponent or any(char not in symbols.digits for char in self.exponent):
                fault = "D3093"
        return fault

    def _measure(self) -> None:
        symbols = self.symbols
        marks = [at for at, char in enumerate(self.integer) if char == symbols.grouping]
        self.integer_groups = [symbols.places(self.integer[at:]) for at in marks]
        self.regular = regular_repeat(self.integer_groups)
        self.fraction_groups = []
        at = self.fraction.find(symbols.grouping)
        while at >= 0:
            self.fraction_groups.append(symbols.places(self.fraction[:at]))
            # The reference looks for the following separators in the integer part.
            at = self.integer.find(symbols.grouping, at + 1)
        self.least_integer = self.scale = symbols.mandatory(self.integer)
        self.least_fraction = symbols.mandatory(self.fraction)
        self.most_fraction = symbols.places(self.fraction)
        if self.least_integer == 0 and self.most_fraction == 0:
            if self.exponent is not None:
                self.least_fraction = self.most_fraction = 1
            else:
                self.least_integer = 1
        if self.exponent is not None and self.least_integer == 0 and symbols.optional in self.integer:
            self.least_integer = 1
        if self.least_integer == 0 and self.least_fraction == 0:
            self.least_fraction = 1
        self.least_exponent = symbols.mandatory(self.exponent) if self.exponent is not None else 0


@dataclass(slots=True)
class _Scaled:
    mantissa: Any
    exponent: int | None


def _scaled(value: Any, picture: _Picture) -> _Scaled:
    symbols = picture.symbols
    if symbols.percent in picture.text:
        value *= 100
    elif symbols.per_mille in picture.text:
        value *= 1000
    if picture.least_exponent == 0:
        return _Scaled(value, None)
    most, least, exponent = 10.0**picture.scale, 10.0 ** (picture.scale - 1), 0
    while 0 < value < least:
        value *= 10
        exponent -= 1
    while value > most:
        value /= 10
        exponent += 1
    return _Scaled(value, exponent)


def _digits(value: Any, decimals: int, symbols: _Symbols) -> str:
    exact = Decimal(value) if type(value) is int else Decimal(float(value))
    text = format(abs(exact).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP), "f")
    return (
        text if symbols.zero == "0" else "".join(symbols.digits[int(c)] if c.isdigit() else c for c in text)
    )


def format_number(value: Any, picture: Any, options: Any = UNDEFINED) -> Any:
    """The number as the picture shows it; JsonataError D3080 to D3093 for a picture that breaks a rule."""
    if value is UNDEFINED:
        return UNDEFINED
    symbols = _Symbols(options)
    halves = picture.split(symbols.pattern)
    if len(halves) > 2:
        raise JsonataError("D3080")
    pictures = [_Picture(half, symbols) for half in halves]
    chosen, minus = pictures[0], ""
    if value < 0:
        chosen, minus = (pictures[1], "") if len(pictures) == 2 else (pictures[0], symbols.minus)
    scaled = _scaled(value, chosen)
    rounded = round_half_even(scaled.mantissa, chosen.most_fraction)
    whole, _, fraction = _digits(rounded, chosen.most_fraction, symbols).partition(".")
    whole = whole.lstrip(symbols.zero).rjust(chosen.least_integer, symbols.zero)
    fraction = fraction.rstrip(symbols.zero).ljust(chosen.least_fraction, symbols.zero)
    text = _grouped(whole, fraction, chosen)
    if scaled.exponent is not None:
        power = _digits(scaled.exponent, 0, symbols).rjust(chosen.least_exponent, symbols.zero)
        text += symbols.exponent + (symbols.minus if scaled.exponent < 0 else "") + power
    return minus + chosen.prefix + text + chosen.suffix


def _grouped(whole: str, fraction: str, picture: _Picture) -> str:
    symbols = picture.symbols
    if picture.regular:
        first = len(whole) % picture.regular or picture.regular
        parts = [
            whole[:first],
            *(whole[at : at + picture.regular] for at in range(first, len(whole), picture.regular)),
        ]
        whole = symbols.grouping.join(parts) if whole else whole
    else:
        point = len(whole)
        for position in picture.integer_groups:
            at = point - position
            whole = whole[:at] + symbols.grouping + whole[at:] if at >= 0 else whole
            point += 1
    for position in picture.fraction_groups:
        fraction = fraction[:position] + symbols.grouping + fraction[position:]
    if symbols.decimal not in picture.text or not fraction:
        return whole
    return f"{whole}{symbols.decimal}{fraction}"


FUNCTIONS = [Native("formatNumber", format_number, "<n-so?:s>", 3)]
