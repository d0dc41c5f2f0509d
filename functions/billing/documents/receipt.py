"""A receipt for a roll of 80 mm as plain text: 42 columns. Pure."""

import unicodedata
from collections.abc import Iterator

from billing.documents.models import Printed

type Row = tuple[str, str]
"""The text at the left edge and the one at the right edge."""

COLUMNS = 42
RULE = ("-" * COLUMNS, "")


def receipt(printed: Printed) -> str:
    """Return a document as the lines of a receipt."""
    return "".join(f"{left}{_gap(left, right)}{right}\n" for left, right in receipt_rows(printed))


def receipt_rows(printed: Printed) -> Iterator[Row]:
    """Yield the rows of a receipt, none wider than the roll; RULE is a line across it."""
    for line in printed.seller:
        yield from paragraph(line)
    yield RULE
    yield from pair(printed.title, printed.number)
    yield from pair("Date", printed.date)
    for label, value in printed.facts:
        yield from pair(label, value)
    if printed.buyer:
        yield RULE
        for line in printed.buyer:
            yield from paragraph(line)
    yield RULE
    for bought in printed.lines:
        yield from paragraph(bought.description)
        each = f" x {bought.unit_price}" if bought.unit_price else ""
        yield from pair(f"  {bought.quantity}{each}  ({bought.tax_rate})", bought.total)
        if bought.discount:
            yield from pair("  Discount included", bought.discount)
    yield RULE
    for label, value in printed.totals:
        yield from pair(label, value)
    yield RULE
    for rate, net, tax in printed.taxes:
        yield from pair(f"Tax {rate} of {net}", tax)
    for note in printed.notes:
        yield from paragraph(note)


def paragraph(text: str) -> Iterator[Row]:
    """Yield the rows of a text at the left edge."""
    for line in wrap(text):
        yield line, ""


def pair(label: str, value: str) -> Iterator[Row]:
    """Yield a label and a value at the right edge; below the label if both do not fit on a line."""
    if columns_of(label) + columns_of(value) < COLUMNS:
        yield label, value
        return
    yield from paragraph(label)
    for line in wrap(value):
        yield "", line


def wrap(text: str) -> Iterator[str]:
    """Yield the lines of a text: broken at spaces, a word that is wider than the roll within it."""
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if columns_of(joined) <= COLUMNS:
            line = joined
            continue
        if line:
            yield line
        *full, line = _pieces(word)
        yield from full
    yield line


def columns_of(text: str) -> int:
    """Return the columns that a text takes on a printer of fixed width: two for a wide character."""
    return sum(map(_width, text))


def _gap(left: str, right: str) -> str:
    return " " * (COLUMNS - columns_of(left) - columns_of(right)) if right else ""


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _pieces(word: str) -> Iterator[str]:
    piece, width = "", 0
    for character in word:
        if width + _width(character) > COLUMNS:
            yield piece
            piece, width = "", 0
        piece, width = piece + character, width + _width(character)
    yield piece
