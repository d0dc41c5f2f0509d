"""Operations of reports. The command line and the HTTP API call them."""

from datetime import date
from typing import Any

from tillflow.listing import Page

from reports.dimensions import Dimension
from reports.models import SalesRow
from reports.store import ReportsStore


class ReportOperations:
    """Reports of sales. dynamodb: a client; table: the reports table."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._store = ReportsStore(dynamodb, table)

    def sales(
        self,
        by: Dimension,
        currency: str,
        first_day: date,
        last_day: date,
        limit: int = 100,
        after: str = "",
    ) -> Page[SalesRow]:
        """Return a page of the sales of each day by a dimension, in the order of days and values. InvalidReport."""
        return self._store.sales(by, currency, first_day, last_day, limit, after)
