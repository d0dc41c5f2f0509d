"""JavaScript's dates: milliseconds since 1970 in the proleptic Gregorian calendar, without a range of years.

A date that JavaScript calls invalid is NaN.
Source: https://tc39.es/ecma262/#sec-date-objects
"""

import math
import re
from typing import NamedTuple

DAY = 86_400_000
"""Milliseconds of a day."""
_MAX_MILLIS = 8.64e15
_DAYS_OF_400_YEARS = 146_097
_EPOCH_DAY = 719_468
"""Days from 0000-03-01, from which leap days are counted, to 1970-01-01."""


class CalendarDate(NamedTuple):
    """A day of the calendar; months are 1 to 12."""

    year: int
    month: int
    day: int


def days_since_epoch(year: int, month: int, day: int) -> int:
    """Return the days since 1970-01-01; `month` and `day` may exceed their range and are carried over."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    year -= month <= 2
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5
    return 365 * year + year // 4 - year // 100 + year // 400 + day_of_year + day - 1 - _EPOCH_DAY


def calendar_date(days: int) -> CalendarDate:
    """Return the calendar date of the days since 1970-01-01."""
    era, day_of_era = divmod(days + _EPOCH_DAY, _DAYS_OF_400_YEARS)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    month = shifted_month % 12 + 3 if shifted_month < 10 else shifted_month - 9
    return CalendarDate(
        era * 400 + year_of_era + (month <= 2), month, day_of_year - (153 * shifted_month + 2) // 5 + 1
    )


def weekday(days: int) -> int:
    """Return the ISO day of the week, Monday is 1."""
    return (days + 3) % 7 + 1


def utc(year: float, month: float, day: float = 1, *time: float) -> float:
    """Return the milliseconds as JavaScript's Date.UTC: the years 0 to 99 are 1900 to 1999.

    `month` is 1 to 12; `time` are hours, minutes, seconds and milliseconds. Values beyond their range are
    carried over.
    """
    if any(math.isnan(value) for value in (year, month, day, *time)):
        return math.nan
    whole_year = int(year)
    if 0 <= whole_year <= 99:
        whole_year += 1900
    millis = days_since_epoch(whole_year, int(month), int(day)) * DAY
    for value, unit in zip(time, (3_600_000, 60_000, 1000, 1), strict=False):
        millis += int(value) * unit
    return time_clip(millis)


def time_clip(millis: float) -> float:
    """Return the milliseconds as an integer, or NaN when they are out of the range of dates."""
    if not math.isfinite(millis) or abs(millis) > _MAX_MILLIS:
        return math.nan
    return int(millis)


_ISO = re.compile(
    r"(\d{4})(?:-([01]\d))?(?:-([0-3]\d))?"
    r"(?:T([0-2]\d):([0-5]\d):([0-5]\d)(?:\.(\d+))?(?:Z|([+-])([0-2]\d):?([0-5]\d))?|Z)?"
)


def parse_iso(text: str) -> float:
    """Return the milliseconds of an ISO 8601 text as JavaScript's Date.parse, or NaN.

    Days up to 31 are carried over to the next month, hour 24 to the next day. A time without an offset is UTC.
    """
    match = _ISO.fullmatch(text)
    if match is None:
        return math.nan
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    month, day = month if match[2] else 1, day if match[3] else 1
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour <= 24):
        return math.nan
    fraction = match[7] or ""
    if hour == 24 and (minute or second or fraction.strip("0")):
        return math.nan
    millis = days_since_epoch(year, month, day) * DAY
    millis += ((hour * 60 + minute) * 60 + second) * 1000 + int(fraction[:3].ljust(3, "0"))
    if match[8]:
        if int(match[9]) > 23:
            return math.nan
        offset = (int(match[9]) * 60 + int(match[10])) * 60_000
        millis += offset if match[8] == "-" else -offset
    return millis
