"""Text that a spreadsheet opens."""

import re

_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


def safe_cell(text: str) -> str:
    """Return text that a spreadsheet does not compute: an apostrophe begins what it would take for a formula."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
