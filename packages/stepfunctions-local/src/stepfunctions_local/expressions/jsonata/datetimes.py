"""Date and time functions.

Source: https://docs.jsonata.org/date-time-functions
"""

import math
import re
from typing import Any

from .date_formatter import format_time
from .date_parser import parse_time
from .errors import JsonataError
from .js_dates import parse_iso
from .runtime import Caller, Native
from .values import UNDEFINED

_ISO = re.compile(
    r"\d{4}(-[01]\d)*(-[0-3]\d)*(T[0-2]\d:[0-5]\d:[0-5]\d)*(\.\d+)?([+-][0-2]\d:?[0-5]\d|Z)?", re.ASCII
)


def from_millis(millis: Any, picture: Any = UNDEFINED, timezone: Any = UNDEFINED) -> Any:
    """Format milliseconds since 1970, by default as ISO 8601 in UTC; the time zone is `±hhmm`."""
    if millis is UNDEFINED:
        return UNDEFINED
    return format_time(math.nan if not math.isfinite(millis) else millis, picture, timezone)


def to_millis(call: Caller, text: Any, picture: Any = UNDEFINED) -> Any:
    """Return the milliseconds since 1970 of an ISO 8601 text, or of a text that the picture describes.

    Raises JsonataError D3110 for a text that is not ISO 8601.
    """
    if text is UNDEFINED:
        return UNDEFINED
    if picture is not UNDEFINED:
        return parse_time(text, picture, call.run.millis)
    if not _ISO.fullmatch(text):
        raise JsonataError("D3110", value=text)
    return parse_iso(text)


def now(call: Caller, picture: Any = UNDEFINED, timezone: Any = UNDEFINED) -> Any:
    """Format the time of the evaluation, which is constant during the evaluation."""
    return format_time(call.run.millis, picture, timezone)


def millis(call: Caller) -> int:
    """Return the time of the evaluation in milliseconds since 1970."""
    return call.run.millis


FUNCTIONS = [
    Native("now", now, "<s?s?:s>", 2, calls=True),
    Native("millis", millis, "<:n>", 0, calls=True),
    Native("fromMillis", from_millis, "<n-s?s?:s>", 3),
    Native("toMillis", to_millis, "<s-s?:n>", 2, calls=True),
]
