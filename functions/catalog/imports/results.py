"""The result file of an import: a line of each row, and of each of its problems. Pure."""

import csv
import io
from collections.abc import Iterable

from tillflow.spreadsheets import safe_cell

from catalog.imports.models import RowResult

COLUMNS = ("row", "sku", "verdict", "field", "value", "accepted")


def result_file(results: Iterable[RowResult]) -> bytes:
    """Return the CSV file, in UTF-8 with a mark of it, since spreadsheets take another encoding without one."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for result in results:
        start = [result["row"], safe_cell(result["sku"]), result["verdict"]]
        if not result["problems"]:
            writer.writerow([*start, "", "", ""])
        for one in result["problems"]:
            texts = (one["field"], one["value"], one["accepted"])
            writer.writerow([*start, *map(safe_cell, texts)])
    return text.getvalue().encode("utf-8-sig")
