"""Integer pictures: `$formatInteger` and `$parseInteger`, as digits, words, letters or Roman numerals.

Source: https://docs.jsonata.org/numeric-functions#formatinteger, after XPath's fn:format-integer.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from .errors import JsonataError
from .runtime import Native
from .values import UNDEFINED, number_text, to_double_range

_CARDINALS = [
    "Zero",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
    "Thirteen",
    "Fourteen",
    "Fifteen",
    "Sixteen",
    "Seventeen",
    "Eighteen",
    "Nineteen",
]
_ORDINALS = [
    "Zeroth",
    "First",
    "Second",
    "Third",
    "Fourth",
    "Fifth",
    "Sixth",
    "Seventh",
    "Eighth",
    "Ninth",
    "Tenth",
    "Eleventh",
    "Twelfth",
    "Thirteenth",
    "Fourteenth",
    "Fifteenth",
    "Sixteenth",
    "Seventeenth",
    "Eighteenth",
    "Nineteenth",
]
_DECADES = ["Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety", "Hundred"]
_MAGNITUDES = ["Thousand", "Million", "Billion", "Trillion"]
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
    (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
MAX_NUMERALS = 10_000
"""The most equal Roman numerals in a row; the reference implementation needs a call for each."""
_ROMAN_VALUES = {"M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1}
_ZEROS = (
    0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0,
    0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620,
    0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
)  # fmt: skip


def _word_values() -> dict[str, int]:
    values = {word.lower(): at for words in (_CARDINALS, _ORDINALS) for at, word in enumerate(words)}
    for at, word in enumerate(_DECADES):
        values[word.lower()] = values[word.lower()[:-1] + "ieth"] = (at + 2) * 10
    values["hundredth"] = 100
    for at, word in enumerate(_MAGNITUDES):
        values[word.lower()] = values[word.lower() + "th"] = 1000 ** (at + 1)
    return values


WORD_VALUES = _word_values()


@dataclass(slots=True)
class IntegerPicture:
    """A parsed picture; `primary` is decimal, letters, roman, words or sequence (unsupported)."""

    primary: str = "decimal"
    case: str = "lower"
    ordinal: bool = False
    zero: int = 0x30
    mandatory: int = 0
    optional: int = 0
    grouping: list[tuple[int, str]] = field(default_factory=list)
    regular: int = 0
    token: str = ""
    width: int = -1


_NAMED = {
    "A": ("letters", "upper"), "a": ("letters", "lower"), "I": ("roman", "upper"), "i": ("roman", "lower"),
    "W": ("words", "upper"), "Ww": ("words", "title"), "w": ("words", "lower"),
}  # fmt: skip


def parse_picture(picture: str) -> IntegerPicture:
    """Parse an integer picture.

    Raises JsonataError D3131 when its digits are of two families.
    """
    primary, separator, modifier = picture.rpartition(";")
    if not separator:
        primary, modifier = picture, ""
    format = IntegerPicture(ordinal=modifier.startswith("o"))
    if primary in _NAMED:
        format.primary, format.case = _NAMED[primary]
        return format
    zero: int | None = None
    position = 0
    for char in reversed(primary):
        family = next((start for start in _ZEROS if start <= ord(char) <= start + 9), None)
        if family is not None:
            format.mandatory += 1
            position += 1
            if zero is not None and family != zero:
                raise JsonataError("D3131")
            zero = family
        elif char == "#":
            position += 1
            format.optional += 1
        else:
            format.grouping.append((position, char))
    if zero is None:
        format.primary, format.token = "sequence", primary
        return format
    format.zero = zero
    if format.grouping and len({char for _, char in format.grouping}) == 1:
        format.regular = regular_repeat([at for at, _ in format.grouping])
    return format


def regular_repeat(positions: list[int]) -> int:
    """Return the distance between grouping separators when they repeat regularly, else 0."""
    if not positions:
        return 0
    factor = reduce(math.gcd, positions)
    return factor if all(n * factor in positions for n in range(1, len(positions) + 1)) else 0


def write_integer(value: Any, format: IntegerPicture) -> str:
    """Format an integer by the picture.

    Raises JsonataError D3130 for a sequence picture, which is not supported.
    """
    size = abs(value)
    if format.primary == "sequence":
        raise JsonataError("D3130", value=format.token)
    if format.primary == "letters":
        text = _letters(size, "A" if format.case == "upper" else "a")
    elif format.primary == "roman":
        text = _roman(size)
    elif format.primary == "words":
        text = _words(size, False, format.ordinal)
    else:
        text = _decimal(size, format)
    if format.primary in ("roman", "words"):
        text = text.upper() if format.case == "upper" else text.lower() if format.case == "lower" else text
    return ("-" if value < 0 else "") + text


def _decimal(size: float, format: IntegerPicture) -> str:
    text = number_text(size).rjust(format.mandatory, "0")
    if format.zero != 0x30:
        text = "".join(chr(ord(digit) + format.zero - 0x30) for digit in text)
    if format.regular:
        mark = format.grouping[0][1]
        for group in range((len(text) - 1) // format.regular, 0, -1):
            at = len(text) - group * format.regular
            text = text[:at] + mark + text[at:]
    else:
        for position, mark in reversed(format.grouping):
            at = len(text) - position
            # A position beyond the start counts from the end, as in the reference implementation.
            text = (text[:at] if at >= 0 else "") + mark + text[at:]
    if format.ordinal:
        teen = len(text) > 1 and text[-2] == "1"
        text += "th" if teen else {"1": "st", "2": "nd", "3": "rd"}.get(text[-1], "th")
    return text


def _letters(value: float, first: str) -> str:
    letters, value = "", float(value)
    while value > 0:
        letters = chr(int((value - 1) % 26) + ord(first)) + letters
        value = float(math.floor((value - 1) / 26))
    return letters


def _roman(value: float) -> str:
    text = ""
    for size, numeral in _ROMAN:
        if value >= size:
            times, value = divmod(value, size)
            if times > MAX_NUMERALS:
                raise RecursionError(f"more than {MAX_NUMERALS} Roman numerals")
            text += numeral * int(times)
    return text


def _words(value: float, follows: bool, ordinal: bool) -> str:
    """Return the number in words; `follows` when larger parts precede it."""
    number = int(value)
    separator = " and " if follows else ""
    if number <= 19:
        return separator + (_ORDINALS if ordinal else _CARDINALS)[number]
    if number < 100:
        tens, rest = divmod(number, 10)
        words = separator + _DECADES[tens - 2]
        if rest:
            return words + "-" + _words(rest, False, ordinal)
        return words[:-1] + "ieth" if ordinal else words
    separator = ", " if follows else ""
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        words = separator + _CARDINALS[hundreds] + " Hundred"
    else:
        size = min((len(str(number)) - 1) // 3, len(_MAGNITUDES))
        # Numbers are doubles: what remains of a large one is as in JavaScript.
        mantissa = math.floor(float(number) / 1000.0**size)
        rest = int(float(number) - float(mantissa) * 1000.0**size)
        words = separator + _words(mantissa, False, False) + " " + _MAGNITUDES[size - 1]
    return words + (_words(rest, True, ordinal) if rest else "th" if ordinal else "")


def integer_parser(format: IntegerPicture) -> tuple[str, Callable[[str], Any]]:
    """Return the regular expression of the picture's text, and the function that parses it."""
    upper = format.case == "upper"
    if format.primary == "letters":
        return ("[A-Z]+" if upper else "[a-z]+"), lambda text: _from_letters(text, "A" if upper else "a")
    if format.primary == "roman":
        return ("[MDCLXVI]+" if upper else "[mdclxvi]+"), lambda text: _from_roman(text.upper())
    if format.primary == "words":
        return "(?:" + "|".join([*WORD_VALUES, "and", "[\\-, ]"]) + ")+", lambda text: _from_words(
            text.lower()
        )
    if format.primary == "sequence":
        raise JsonataError("D3130", value=format.token)
    times = "+"
    if format.width > 0:
        least = format.width - format.optional
        times = f"{{{format.width}}}" if format.optional == 0 else f"{{{least},{format.width}}}"
    return f"[0-9]{times}" + ("(?:th|st|nd|rd)" if format.ordinal else ""), lambda text: _from_digits(
        text, format
    )


def _from_digits(text: str, format: IntegerPicture) -> Any:
    digits = text[:-2] if format.ordinal else text
    for mark in {","} if format.regular else {char for _, char in format.grouping}:
        digits = digits.replace(mark, "")
    if format.zero != 0x30:
        digits = "".join(chr(ord(digit) - format.zero + 0x30) for digit in digits)
    match = re.match(r"\s*([+-]?)(?:0[xX]([0-9a-fA-F]*)|([0-9]+))", digits)
    if match is None or match[2] == "":
        return math.nan
    number = int(match[3]) if match[3] else int(match[2], 16)
    return -number if match[1] == "-" else number


def _from_letters(text: str, first: str) -> int:
    value = 0
    for letter in text:
        value = value * 26 + ord(letter) - ord(first) + 1
    return value


def _from_roman(text: str) -> Any:
    value, largest = 0, 1
    for digit in reversed(text):
        size = _ROMAN_VALUES.get(digit)
        if size is None:
            return math.nan
        if size < largest:
            value -= size
        else:
            largest = size
            value += size
    return value


def _from_words(text: str) -> Any:
    parts = [0]
    for word in re.split(r",\s|\sand\s|[\s\\-]", text):
        value = WORD_VALUES.get(word)
        if value is None:
            return math.nan
        if value < 100:
            top = parts.pop()
            if top >= 1000:
                parts.append(top)
                top = 0
            parts.append(top + value)
        else:
            parts.append(parts.pop() * value)
    return sum(parts)


def format_integer(value: Any, picture: Any) -> Any:
    """Round the number down and format it by the picture."""
    if value is UNDEFINED:
        return UNDEFINED
    number = to_double_range(value)
    return write_integer(math.floor(number) if math.isfinite(number) else number, parse_picture(picture))


def parse_integer(text: Any, picture: Any) -> Any:
    """Parse an integer that was formatted by the picture."""
    return UNDEFINED if text is UNDEFINED else integer_parser(parse_picture(picture))[1](text)


FUNCTIONS = [
    Native("formatInteger", format_integer, "<n-s:s>", 2),
    Native("parseInteger", parse_integer, "<s-s:n>", 2),
]
