"""The components of a time, by their letters in pictures.

Source: https://docs.jsonata.org/date-time
"""

import math
from typing import Any

from .js_dates import DAY, calendar_date, utc, weekday
from .values import UNDEFINED

_WEEK = 7 * DAY


class TimeComponents:
    """The components of a time; each number of an invalid time (NaN) is NaN."""

    __slots__ = ("_date", "_days", "_millis", "_time")

    def __init__(self, millis: float):
        self._millis = millis
        if not math.isnan(millis):
            self._days, self._time = divmod(int(millis), DAY)
            self._date = calendar_date(self._days)

    def __getitem__(self, letter: str) -> Any:
        """Return the component of a letter, UNDEFINED for an unknown one."""
        if math.isnan(self._millis):
            return "am" if letter == "P" else "ISO" if letter in "CE" else math.nan
        year, month, day = self._date
        hour = self._time // 3_600_000
        match letter:
            case "Y":
                return year
            case "M":
                return month
            case "D":
                return day
            case "F":
                return weekday(self._days)
            case "H":
                return hour
            case "h":
                return hour % 12 or 12
            case "P":
                return "pm" if hour >= 12 else "am"
            case "m":
                return self._time // 60_000 % 60
            case "s":
                return self._time // 1000 % 60
            case "f":
                return self._time % 1000
            case "C" | "E":
                return "ISO"
        return self._of_year(letter)

    def _of_year(self, letter: str) -> Any:
        """Return the day of the year, or the number, year or month of the week."""
        year, month, day = self._date
        today = utc(year, month, day)
        match letter:
            case "d":
                return (today - utc(year, 1)) // DAY + 1
            case "W":
                return _week(today, (year, 1), 12)
            case "w":
                return _week(today, (year, month), 1)
            case "X":
                after = self._millis >= _first_week(year, 13)
                return year + (-1 if self._millis < _first_week(year, 1) else int(after))
            case "x":
                before = self._millis < _first_week(year, month)
                after = self._millis >= _first_week(year, month + 1)
                return (month - 1 + (-1 if before else int(after))) % 12 + 1
        return UNDEFINED


def _first_week(year: int, month: int) -> float:
    """Return the Monday of a year's or month's first week, which contains the first Thursday."""
    first = utc(year + (month - 1) // 12, (month - 1) % 12 + 1)
    day = weekday(int(first) // DAY)
    return first + (8 - day if day > 4 else 1 - day) * DAY


def _week(millis: float, start: tuple[int, int], step: int) -> Any:
    """Return the number of a day's week in the year (step 12) or month (step 1) that starts at `start`."""
    year, month = start
    weeks = (millis - _first_week(year, month)) // _WEEK + 1
    if weeks > (52 if step == 12 else 4) and millis >= _first_week(year, month + step):
        return 1
    if weeks < 1:
        return (millis - _first_week(year, month - step)) // _WEEK + 1
    return weeks
