"""JSON and times as AWS formats them in strings."""

from datetime import UTC, datetime
from typing import Any, Literal

from ..expressions.json_values import dumps_encodable


def json_text(value: Any) -> str:
    """Encode compact JSON, without escapes unless half a surrogate pair occurs."""
    return dumps_encodable(value)


def iso(moment: datetime | float, timespec: Literal["milliseconds", "microseconds"] = "microseconds") -> str:
    """Format a time as the Java SDK does: UTC, no fraction when whole, else milliseconds or microseconds.

    What is smaller than `timespec` is cut off.
    """
    if not isinstance(moment, datetime):
        moment = datetime.fromtimestamp(moment, UTC)
    moment = moment.astimezone(UTC)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{moment.microsecond:06d}"
    if timespec == "milliseconds":
        fraction = fraction[:3] + "000"
    if fraction != "000000":
        text += "." + fraction.removesuffix("000")
    return text + "Z"


def milliseconds(moment: datetime | float) -> int:
    """Return a time as the Java SDK v1 writes it in JSON: milliseconds since 1970."""
    if isinstance(moment, datetime):
        moment = moment.timestamp()
    return round(moment * 1000)
