"""The query of a paged list."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from tillflow.fields import Day, QueryNumber, Timestamp
from tillflow.listing import Period


class PageQuery(BaseModel):
    """limit: how many; cursor: the next_cursor of the page before."""

    model_config = ConfigDict(frozen=True)

    limit: Annotated[QueryNumber, Field(ge=1, le=100)] = 50
    cursor: Annotated[str | None, Field(max_length=2048)] = None


class DaysQuery(PageQuery):
    """first_day, last_day: only from and to these days, in UTC, both included."""

    first_day: Day | None = None
    last_day: Day | None = None


class PeriodQuery(DaysQuery):
    """start, end: instead of days, only from this time on and before that one."""

    start: Timestamp | None = None
    end: Timestamp | None = None

    @property
    def period(self) -> Period:
        """Return the times that are listed."""
        return Period(self.first_day, self.last_day, self.start, self.end)
