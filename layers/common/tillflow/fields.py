"""Field types and base classes of the services' models.

Every number, text and date of a request or record has a range. Whole numbers up to 15 digits are exact in JSON, in
JSONata and in DynamoDB, so no amount or sum of amounts exceeds MAX_AMOUNT.

=============  ==============================================================================
Identifier     1 to 128 bytes of UTF-8 without `#` (it separates the parts of a key) and controls
BusinessId     1 to 80 of A-Z a-z 0-9 _ - : also the name of the document's execution
QueryNumber    a whole number as text of at most 15 digits, without the "_", spaces and other scripts that int() takes
Quantity       1 to 1,000,000: units on a line
Units          0 to 1,000,000: units on a line, possibly none
StockUnits     0 to 1,000,000,000: units of a SKU at a location
Amount         0 to 10^15 - 1 minor units
UnitAmount     0 to 10^12 - 1 minor units: price or cost of one unit
PositiveAmount 1 to 10^12 - 1 minor units: what one request moves
Timestamp      ISO 8601 with its zone, from 2000 to 2099
Day            ISO 8601 date, from 2000 to 2099
Reason         up to 200 characters of one line
Note           1 to 200 characters of one line, not blank
ProviderToken  3 to 255 of A-Z a-z 0-9 _ -, the first a letter: a payment provider's token of a card
=============  ==============================================================================
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

MAX_AMOUNT = 10**15 - 1
MAX_UNIT_AMOUNT = 10**12 - 1
MAX_UNITS = 1_000_000
MAX_STOCK = 1_000_000_000
MAX_DOCUMENT_BYTES = 390_000
"""Of a document in one row: DynamoDB refuses an item above 400 KiB, the other attributes of the row included."""

# pydantic reads a text of digits as seconds since 1970.
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# Another zone, or none, is left to pydantic, which names what is missing.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,15}", re.ASCII)
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def _not_a_number(value: Any) -> Any:
    if not isinstance(value, datetime) and not (isinstance(value, str) and _TIME.fullmatch(value)):
        raise ValueError("an ISO 8601 time such as 2026-11-23T10:00:00Z")
    return value


def _in_range(moment: datetime) -> datetime:
    if not _EARLIEST <= moment < _LATEST:
        raise ValueError("a time from 2000 to 2099")
    return moment


def _only_date(value: Any) -> Any:
    if not isinstance(value, date) and not (isinstance(value, str) and _DAY.fullmatch(value)):
        raise ValueError("a date such as 2026-11-23")
    return value


def _day_in_range(day: date) -> date:
    if not _EARLIEST.year <= day.year < _LATEST.year:
        raise ValueError("a date from 2000 to 2099")
    return day


def _whole(value: Any) -> Any:
    if isinstance(value, str) and not _WHOLE.fullmatch(value):
        raise ValueError("a whole number")
    return value


def _short_enough(identifier: str) -> str:
    if len(identifier.encode()) > 128:
        raise ValueError("at most 128 bytes of UTF-8")
    return identifier


Identifier = Annotated[
    str, Field(min_length=1, max_length=128, pattern=r"^[^#\p{Cc}]+$"), AfterValidator(_short_enough)
]
BusinessId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,80}$")]
QueryNumber = Annotated[int, BeforeValidator(_whole)]
Quantity = Annotated[StrictInt, Field(gt=0, le=MAX_UNITS)]
Units = Annotated[StrictInt, Field(ge=0, le=MAX_UNITS)]
StockUnits = Annotated[StrictInt, Field(ge=0, le=MAX_STOCK)]
_MINOR = "In minor units of the currency: 1250 is 12.50 EUR, 1250 JPY and 1.250 KWD."
Amount = Annotated[StrictInt, Field(ge=0, le=MAX_AMOUNT, description=_MINOR)]
UnitAmount = Annotated[StrictInt, Field(ge=0, lt=MAX_UNIT_AMOUNT + 1, description=_MINOR)]
PositiveAmount = Annotated[StrictInt, Field(gt=0, lt=MAX_UNIT_AMOUNT + 1, description=_MINOR)]
Timestamp = Annotated[AwareDatetime, BeforeValidator(_not_a_number), AfterValidator(_in_range)]
Day = Annotated[date, BeforeValidator(_only_date), AfterValidator(_day_in_range)]
Reason = Annotated[str, Field(max_length=200, pattern=r"^\P{Cc}*$")]
CODE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
"""The pattern of the id of a product, location, register, customer or tax class: a part of keys."""
# Default_Ignorable_Code_Point of Unicode in its first plane, and the blank pattern of Braille.
_INVISIBLE = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
)
VISIBLE_LINE = rf"^\P{{Cc}}*[^\p{{Cc}}\s{_INVISIBLE}]\P{{Cc}}*$"
"""The pattern of one line of text that is not blank: one of its characters is not invisible."""
Note = Annotated[str, Field(min_length=1, max_length=200, pattern=VISIBLE_LINE)]
# Begins with a letter, so that a card number is never accepted as a provider's token.
ProviderToken = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{2,254}$")]


class Request(BaseModel):
    """A function's request. Unknown fields are ignored, so that a caller may send more than a release reads."""

    model_config = ConfigDict(frozen=True)


class Record(BaseModel):
    """A part of a stored document. Unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def check_total(amount: int) -> int:
    """Return a sum or product of amounts; ValueError when it exceeds MAX_AMOUNT."""
    if amount > MAX_AMOUNT:
        raise ValueError(f"a total of at most {MAX_AMOUNT:,} minor units")
    return amount
