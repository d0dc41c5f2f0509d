"""Reports over HTTP."""

import os
from functools import cache

from pydantic import BaseModel
from tillflow.api import Api, Call, PageQuery
from tillflow.aws import client
from tillflow.fields import Day
from tillflow.money import Currency

from reports.dimensions import Dimension
from reports.models import SalesRow
from reports.operations import ReportOperations

api = Api("reports")
handle = api.handle


class SalesQuery(PageQuery):
    """by: what the sales of each day are grouped by; days are in UTC, both included, at most 366."""

    by: Dimension = "day"
    currency: Currency
    first_day: Day
    last_day: Day


class SalesPage(BaseModel):
    """A page of sales by day and value; next_cursor is null on the last page."""

    rows: list[SalesRow]
    next_cursor: str | None


@cache
def _reports() -> ReportOperations:
    return ReportOperations(client("dynamodb"), os.environ["TABLE_NAME"])


@api.route("GET /reports/sales", "manage", query=SalesQuery, response=SalesPage)
def report_sales(call: Call) -> SalesPage:
    """Return what was sold and what came back on each day, in all or by SKU, category, location, tender or tax rate."""
    query: SalesQuery = call.query
    page = _reports().sales(
        query.by, query.currency, query.first_day, query.last_day, query.limit, call.after
    )
    return SalesPage(rows=page.rows, next_cursor=call.cursor(page.after))
