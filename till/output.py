"""Output of commands: lines, tables, JSON and CSV on stdout, errors on stderr.

Data is escaped here and nowhere else. Strings are never markup, and characters that control a terminal, start a new
line or change the direction of text are printed as JSON escapes such as `\\u001b`; `styled` adds colour.
"""

import csv
import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import typer
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from till.errors import OperatorError

# A pipe has no width; the default of 80 columns would wrap ARNs.
_PIPED_WIDTH = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 120
# Longer words than this are broken in columns of free text; ids are shorter.
_LONGEST_WORD = 128
_JOINERS = "\u200c\u200d"  # between letters and emoji, without effect on anything else


def printable(text: str) -> str:
    """Return text with JSON escapes in place of control, bidirectional and other invisible characters."""
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    # Spaces of other widths are visible. A line separator is not a space.
    return character if unicodedata.category(character) == "Zs" else json.dumps(character)[1:-1]


class PlainConsole(Console):
    """A console whose strings are data: escaped, without markup and highlighting, and not wrapped in lines."""

    def render_str(self, text: str, **options: Any) -> Text:
        plain = {"markup": False, "emoji": False, "highlight": False}
        return super().render_str(printable(text), **options | plain)

    def print(self, *objects: Any, **options: Any) -> None:
        if all(isinstance(one, str | Text) for one in objects):
            options.setdefault("soft_wrap", True)
        super().print(*objects, **options)

    def status(self, status: Any, **options: Any) -> Status:
        return super().status(Text(printable(str(status))), **options)


out = PlainConsole(width=_PIPED_WIDTH, markup=False, emoji=False, highlight=False)
err = PlainConsole(stderr=True, markup=False, emoji=False, highlight=False)


def styled(text: str, style: str) -> Text:
    """Return text with a style such as `bold red`."""
    return Text(printable(text), style)


def lines(texts: Iterable[str | Text]) -> Text:
    """Return texts below one another, for a cell of a table."""
    return Text("\n").join(text if isinstance(text, Text) else Text(printable(text)) for text in texts)


def stage(text: str) -> Status:
    """Show that a stage of a command runs: a spinner on a terminal, and a line elsewhere."""
    if not err.is_terminal:
        err.print(text)
    return err.status(text)


def print_error(error: OperatorError) -> None:
    """Print an error and its advice on stderr."""
    first, *others = str(error).split("\n")
    err.print(styled("Error:", "bold red"), first)
    for line in others:
        err.print(f"  {line}")
    if error.advice:
        err.print(error.advice)


def confirm(question: str) -> None:
    """Ask on stderr; exit unless the answer is yes."""
    typer.confirm(printable(question), abort=True, err=True)


def print_json(value: Any) -> None:
    """Print a value as indented JSON of ASCII characters, without colours and wrapping."""
    out.print(Text(json.dumps(value, indent=2, default=_plain)))


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON; expected a dictionary of its fields")


def print_csv(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Print comma-separated values: the names of the columns, then the rows.

    Text that a spreadsheet would compute as a formula begins with an apostrophe.
    """
    writer = csv.writer(out.file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_csv_cell(cell) for cell in row] for row in rows)


def _csv_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return json.dumps(value)
    if not isinstance(value, str):
        return value
    from tillflow.spreadsheets import safe_cell

    return printable(safe_cell(value))


def print_table(title: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Print a table, or that there are no rows.

    A column name ending in `>` aligns right; one ending in `!` prevents wrapping. A table that is too narrow for its
    words is as wide as they need: ids are not cut.
    """
    cells = [[value if isinstance(value, Text) else Text(cell_text(value)) for value in row] for row in rows]
    if not cells:
        out.print(f"{title}: none.")
        return
    table = Table(
        title=title,
        title_justify="left",
        header_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    for number, column in enumerate(columns):
        whole = column.endswith(("!", ">"))
        table.add_column(
            column.rstrip(">!"),
            justify="right" if column.endswith(">") else "left",
            no_wrap=whole,
            overflow="fold",
            min_width=max(
                _least_width(cell, whole)
                for cell in (Text(column.rstrip(">!")), *(row[number] for row in cells))
            ),
        )
    for row in cells:
        table.add_row(*row)
    least = sum((column.min_width or 0) + 1 for column in table.columns)
    if least > out.width:
        table.width = least
    out.print(table, crop=False)
    out.print()


def print_fields(title: str, fields: Mapping[str, Any]) -> None:
    """Print a table with a row for each field; those that end in `_at` are times."""
    rows = [
        (name, timestamp(value) if name.endswith("_at") and isinstance(value, str | datetime) else value)
        for name, value in fields.items()
    ]
    print_table(title, ("field!", "value"), rows)


def cell_text(value: Any) -> str:
    """Return a value as a table shows it: `yes` and `no`, and nothing for a missing one."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None or value in ((), []) else printable(str(value))


def _least_width(cell: Text, whole: bool) -> int:
    parts = cell.plain.split("\n") if whole else cell.plain.split()
    longest = max((cell_len(part) for part in parts), default=0)
    return longest if whole else min(longest, _LONGEST_WORD)


def money(amount: int, currency: str) -> str:
    """Format an amount of minor units: 1250 EUR is `12.50 EUR`, 1250 JPY is `1250 JPY`."""
    from tillflow.money import EXPONENT, Money

    return str(Money(int(amount), currency)) if currency in EXPONENT else f"{amount} {currency}".strip()


def timestamp(moment: datetime | str) -> str:
    """Format a time to the second: `2026-11-23T10:00:00Z`. Text that is not a time with its zone is returned."""
    from tillflow.times import iso_utc

    try:
        read = moment if isinstance(moment, datetime) else datetime.fromisoformat(moment)
        return iso_utc(read.replace(microsecond=0)) if read.tzinfo else str(moment)
    except (ValueError, OverflowError):
        return str(moment)
