"""Read the CSV file of an import, and check its shape: what its rows say is checked row by row. Pure."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import NamedTuple

from tillflow.errors import shown_json
from tillflow.money import EXPONENT
from tillflow.plurals import counted

from catalog.imports.models import MAX_BYTES, MAX_ROWS, RowProblem

PRICE = "price:"
REQUIRED = ("sku",)
OPTIONAL = ("name", "description", "barcode", "category", "tax_class", "tax_included", "version")
COLUMNS = (*REQUIRED, *OPTIONAL)
MAX_PROBLEMS = 500
_UNIQUE = ("sku", "barcode")
_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
"""What spreadsheets write in place of commas, depending on their language."""


class CheckedFile(NamedTuple):
    """The number of rows of a file, and why it is rejected."""

    rows: int
    problems: list[RowProblem]


def too_large(size: int) -> CheckedFile:
    """Return the rejection of a file of more than MAX_BYTES bytes, which is not read."""
    return CheckedFile(0, [problem(1, "", "file", f"{size} bytes", f"at most {MAX_BYTES:,} bytes")])


def check_file(body: bytes) -> CheckedFile:
    """Return the number of rows of a file, and at most MAX_PROBLEMS reasons for which it cannot be read one way."""
    try:
        text = body.decode("utf-8-sig")
        if delimiter := _other_delimiter(text):
            accepted = "columns separated by commas"
            return CheckedFile(0, [problem(1, "", "header", f"columns separated by {delimiter}", accepted)])
        records = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except UnicodeDecodeError as error:
        return CheckedFile(0, [problem(1, "", "file", f"byte {error.start}", "a file in UTF-8")])
    except csv.Error as error:
        return CheckedFile(0, [problem(1, "", "file", str(error), "a CSV file (RFC 4180) with commas")])
    while records and not records[-1]:
        records.pop()
    if not records:
        return CheckedFile(0, [problem(1, "", "file", "an empty file", "a header and rows")])
    header, rows = records[0], records[1:]
    problems = _first(_of_header(header), _of_count(rows))
    if not problems:
        problems = _first(_of_shape(header, rows), _of_repeats(header, rows))
    return CheckedFile(len(rows), problems)


def problem(row: int, sku: str, field: str, value: object, accepted: str) -> RowProblem:
    """Return a problem with its value as it is shown."""
    shown = value[:60] if isinstance(value, str) else shown_json(value)
    return {"row": row, "sku": sku[:64], "field": field, "value": shown, "accepted": accepted}


def price_columns(cells: Mapping[str, str]) -> dict[str, str]:
    """Return the prices of a row by currency, as they are written; empty cells have none."""
    return {name.removeprefix(PRICE): cell for name, cell in cells.items() if name.startswith(PRICE) and cell}


def stored_barcode(text: str) -> str:
    """Return a barcode as it is stored: a UPC-A as the EAN-13 that it is."""
    return text.zfill(13) if len(text) == 12 else text


def _first(*problems: Iterator[RowProblem]) -> list[RowProblem]:
    """Return the problems that are shown: a file of 10 MiB can have millions."""
    return list(islice(chain(*problems), MAX_PROBLEMS))


def _other_delimiter(text: str) -> str | None:
    """Return what separates the columns of a header in place of commas; csv.Error."""
    header = io.StringIO(text, newline=None).readline().rstrip("\n")
    if "," in header:
        return None
    for mark, name in _DELIMITERS.items():
        if mark in header and "sku" in next(csv.reader([header], delimiter=mark)):
            return name
    return None


def _of_header(header: list[str]) -> Iterator[RowProblem]:
    known = f"one of {', '.join(COLUMNS)}, or {PRICE} and a currency, such as {PRICE}EUR"
    counts = Counter(header)
    for name in header:
        if counts[name] > 1:
            yield problem(1, "", "header", name, "each column once")
        elif name not in COLUMNS and not (name.startswith(PRICE) and name.removeprefix(PRICE) in EXPONENT):
            yield problem(1, "", "header", name, known)
    for name in REQUIRED:
        if name not in header:
            yield problem(1, "", "header", ", ".join(header), f"a column {name}")


def _of_count(rows: list[list[str]]) -> Iterator[RowProblem]:
    if not 1 <= len(rows) <= MAX_ROWS:
        yield problem(1, "", "file", counted(len(rows), "row"), f"1 to {MAX_ROWS:,} rows after the header")


def _of_shape(header: list[str], rows: list[list[str]]) -> Iterator[RowProblem]:
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            yield problem(
                number,
                "",
                "row",
                counted(len(row), "cell"),
                f"{counted(len(header), 'cell')}, as the header has",
            )


def _of_repeats(header: list[str], rows: Iterable[list[str]]) -> Iterator[RowProblem]:
    places = {name: header.index(name) for name in _UNIQUE if name in header}
    first: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows, 2):
        for name, place in places.items():
            value = row[place].strip() if place < len(row) else ""
            same = stored_barcode(value) if name == "barcode" else value
            if value and (before := first.setdefault((name, same), number)) != number:
                yield problem(number, "", name, value, f"a {name} of one row; row {before} has it")
