"""Times as they are stored and sent."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present time, in UTC."""
    return datetime.now(UTC)


def iso_utc(moment: datetime) -> str:
    """Return a moment that has a time zone as ISO 8601 in UTC, such as ``2026-11-23T10:00:00Z``."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def bound_of_times(moment: datetime) -> str:
    """Return a whole second as the bound of stored times: compared as text, no time before it sorts after it.

    A time with a fraction of a second sorts before the "Z" of one without.
    """
    return iso_utc(moment).removesuffix("Z")
