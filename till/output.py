"""Output of commands: tables, JSON and CSV on stdout, errors on stderr."""

import csv
import json
import os
import sys
from collections.abc import Iterable
from datetime import date
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from tillflow.money import Money

from till.errors import OperatorError

# A pipe has no width; the default of 80 columns would wrap ARNs.
_PIPED_WIDTH = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 120

out = Console(width=_PIPED_WIDTH)
err = Console(stderr=True)


def print_error(error: OperatorError) -> None:
    """Print an error and its advice on stderr."""
    err.print(f"[bold red]Error:[/] {escape(str(error))}", soft_wrap=True, highlight=False)
    if error.advice:
        err.print(error.advice, soft_wrap=True, highlight=False, markup=False)


def print_json(value: Any) -> None:
    """Print a value as indented JSON, without colours and wrapping."""
    out.print(json.dumps(value, indent=2, default=_plain), soft_wrap=True, highlight=False, markup=False)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def print_csv(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Print comma-separated values: the names of the columns, then the rows."""
    writer = csv.writer(out.file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)


def print_table(title: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Print a table. A column name ending in `>` aligns right; one ending in `!` prevents wrapping."""
    table = Table(
        title=title,
        title_justify="left",
        header_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    for column in columns:
        table.add_column(
            column.rstrip(">!"),
            justify="right" if column.endswith(">") else "left",
            no_wrap=column.endswith(("!", ">")),
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    out.print(table)
    out.print()


def money(amount: int, currency: str) -> str:
    """Format an amount of minor units: 1250 EUR is `12.50 EUR`, 1250 JPY is `1250 JPY`."""
    return str(Money(int(amount), currency))
