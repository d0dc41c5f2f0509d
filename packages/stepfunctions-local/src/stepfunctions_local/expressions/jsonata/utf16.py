"""Conversion between Python strings and JavaScript's UTF-16 code units.

A string of units has one character per code unit: characters beyond U+FFFF are two surrogates, so that its
positions are JavaScript's.
"""

import array
import sys

_CODEC = "utf-16-le" if sys.byteorder == "little" else "utf-16-be"


def to_units(text: str) -> str:
    """Return the string with each character beyond U+FFFF replaced by its two surrogates."""
    if text.isascii() or max(text) <= "\uffff":
        return text
    return "".join(map(chr, array.array("H", text.encode(_CODEC, "surrogatepass"))))


def from_units(units: str) -> str:
    """Return the string with each pair of surrogates replaced by its character; keep lone surrogates."""
    if units.isascii():
        return units
    return units.encode(_CODEC, "surrogatepass").decode(_CODEC, "surrogatepass")
