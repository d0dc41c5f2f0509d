"""Days that are typed on the command line."""

import re
from datetime import date

from till.errors import OperatorError

# date.fromisoformat also reads 20261123 and 2026-W48-1, which the API refuses.
_DAY = re.compile(r"20\d\d-\d\d-\d\d", re.ASCII)


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
