"""Reports: rows as a table, as CSV or as JSON, by page."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Annotated, Any

import typer

from till.numbers import number_option
from till.output import out, print_csv, print_json, print_table

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
Page = Annotated[int, number_option(min=1, max=1_000_000, help="Page number.")]
PageSize = Annotated[int, number_option(min=1, max=1000, help="Rows per page.")]


def print_report(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    as_json: bool,
    as_csv: bool,
    page: int,
    page_size: int,
    formats: Mapping[str, Any] | None = None,
) -> None:
    """Print one page of rows.

    Columns of integers align right. `formats` maps a column to a function that formats it for the table; with
    formats, amounts include their currency and the column `currency` is left out.
    """
    start = (page - 1) * page_size
    read = list(islice(rows, start, start + page_size + 1))
    page_rows = [{name: row.get(name) for name in columns} for row in read[:page_size]]
    if as_json:
        print_json(page_rows)
        return
    if as_csv:
        print_csv(columns, ([_blank(value) for value in row.values()] for row in page_rows))
        return
    formats = formats or {}
    names = [name for name in columns if not (formats and name == "currency")]
    cells = [
        [formats[name](row) if name in formats else _blank(row.get(name)) for name in names]
        for row in read[:page_size]
    ]
    print_table(title, [_heading(name, page_rows, formats) for name in names], cells)
    if len(read) > page_size:
        out.print(f"Next page: --page {page + 1}.")


def _heading(name: str, rows: Sequence[Mapping[str, Any]], formats: Mapping[str, Any]) -> str:
    numeric = name in formats or any(isinstance(row[name], int) for row in rows)
    return name.replace("_", " ") + (">" if numeric else "")


def _blank(value: Any) -> Any:
    return "" if value is None else value
