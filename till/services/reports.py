"""Reports of sales, by the reports service's API function."""

from datetime import date

from reports.dimensions import Dimension
from reports.models import SalesRow
from tillflow.listing import Page

from till.services.client import Service
from till.stack import Stack


class Reports:
    """Reports of sales."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, "ReportsApiFunction")

    def sales(
        self, by: Dimension, currency: str, first_day: date, last_day: date, limit: int, after: str
    ) -> Page[SalesRow]:
        """Return a page of the sales of each day by a dimension. InvalidReport."""
        filters = {"by": by, "currency": currency, "first_day": first_day, "last_day": last_day}
        return self._service.pages("GET /reports/sales", "manage", "rows", SalesRow, limit, after, **filters)
