"""Days that are typed on the command line."""

import re
from datetime import date
from typing import Annotated

import typer

from till.errors import OperatorError

# date.fromisoformat also reads 20261123 and 2026-W48-1, which the API refuses.
_DAY = re.compile(r"20\d\d-\d\d-\d\d", re.ASCII)

FirstDay = Annotated[str | None, typer.Option("--from", help="First day, such as 2026-11-01.")]
LastDay = Annotated[str | None, typer.Option("--to", help="Last day.")]


def typed_period(first: str | None, last: str | None) -> tuple[date | None, date | None]:
    """Return the days of FirstDay and LastDay; OperatorError."""
    return typed_day("--from", first) if first else None, typed_day("--to", last) if last else None


def typed_day(option: str, text: str) -> date:
    """Return the day of an option; OperatorError for text that is not a date from 2000 to 2099."""
    try:
        if not _DAY.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise OperatorError(
            f"Invalid {option} {text!r}.", "Use a date from 2000 to 2099, such as 2026-11-23."
        ) from None
