"""Days that are typed on the command line."""

from datetime import date

from till.errors import OperatorError


def typed_day(option: str, text: str) -> date:
    """Return the day of an option; OperatorError for text that is not a date."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise OperatorError(f"Invalid {option} {text!r}.", "Use a date such as 2026-11-23.") from None
