"""Reports: the same rows as a table, as CSV and as JSON, a page at a time."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Annotated, Any

import typer

from till.output import out, print_csv, print_json, print_table

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
Page = Annotated[int, typer.Option(min=1, help="Which page.")]
PageSize = Annotated[int, typer.Option(min=1, max=1000, help="Rows per page.")]


def print_report(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    as_json: bool,
    as_csv: bool,
    page: int,
    page_size: int,
    shown_as: Mapping[str, Any] | None = None,
) -> None:
    """One page of rows, as asked for.

    A column of whole numbers is aligned right. `shown_as` has a function of the row for columns that people read
    in other words, such as amounts of money, which say their currency themselves.
    """
    start = (page - 1) * page_size
    found = list(islice(rows, start, start + page_size + 1))
    shown = [{name: row.get(name) for name in columns} for row in found[:page_size]]
    if as_json:
        print_json(shown)
        return
    if as_csv:
        print_csv(columns, ([_blank(value) for value in row.values()] for row in shown))
        return
    words = shown_as or {}
    said = [name for name in columns if not (words and name == "currency")]
    cells = [
        [words[name](row) if name in words else _blank(row.get(name)) for name in said]
        for row in found[:page_size]
    ]
    print_table(title, [_head(name, shown, words) for name in said], cells)
    if len(found) > page_size:
        out.print(f"There is more: --page {page + 1}.", highlight=False)


def _head(name: str, rows: Sequence[Mapping[str, Any]], words: Mapping[str, Any]) -> str:
    numeric = name in words or any(isinstance(row[name], int) for row in rows)
    return name.replace("_", " ") + (">" if numeric else "")


def _blank(value: Any) -> Any:
    return "" if value is None else value
