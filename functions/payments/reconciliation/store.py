"""Reconciliations in the payments table.

RECONCILIATION#<run id>  RUN             the day, and the counts when it is complete
RECONCILIATION#<run id>  PAGE#<number>   the position, the response and the counts of a page: its idempotency marker;
                         PAGE#<number>#<part> those of its further parts
RECONCILIATION#<run id>  DIFF#<case id>  a difference, once however often it is found
UNSETTLED                <provider>#<reference>  a charge whose order was in progress: the next run compares it

The index `tenders` lists the runs by the time at which they were opened.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from tillflow.errors import check_same
from tillflow.listing import Index, Page
from tillflow.store import (
    Action,
    AlreadyApplied,
    Item,
    key,
    marshal,
    put_from_status,
    put_new,
    put_row,
    query_rows,
    read_row,
    read_rows,
    transact,
    unmarshal,
    write,
)
from tillflow.times import bound_of_times, iso_utc

from payments.reconciliation.errors import UnknownReconciliation
from payments.reconciliation.models import (
    BookedTender,
    ClosedRun,
    ComparedPage,
    ComparePage,
    Difference,
    Finding,
    Reconciliation,
    ReconciliationReport,
    Run,
    Subject,
)
from payments.store import REFUNDS_LIST, TENDERS_LIST, is_tender, tender_key, tender_of

PAGE_LIFETIME = timedelta(days=90)
"""How long the pages of a run are kept: an execution can be redriven within 14 days."""
_RUNS_LIST = "RECONCILIATIONS"
_UNSETTLED = "UNSETTLED"
_SUMS = ("compared", "unsettled", "foreign")


class ReconciliationStore:
    """Reconciliations in one table. client: a DynamoDB client; table: the payments table."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._index = Index(client, table, "tenders", "list", "opened_at")

    def open(self, run_id: str, day: str, now: datetime) -> None:
        """Write a run; the same again changes nothing. IdempotencyConflict for another day."""
        row = {
            "pk": _pk(run_id),
            "sk": "RUN",
            "run_id": run_id,
            "day": day,
            "status": "RUNNING",
            "list": _RUNS_LIST,
            "opened_at": iso_utc(now),
        }
        try:
            write(self._client, self._put_new(row), f"opening reconciliation {run_id}")
        except AlreadyApplied as applied:
            check_same(f"reconciliation {run_id}", {"day": applied.result["day"]}, {"day": day})

    def run(self, run_id: str) -> Run:
        """Return a run; UnknownReconciliation."""
        row = self._run_row(run_id)
        return Run(row["run_id"], row["day"], row["status"])

    def page(self, request: ComparePage, part: int) -> ComparedPage | None:
        """Return the response of a part that was compared; None if it was not. IdempotencyConflict."""
        row = read_row(self._client, self._table, *_page_key(request, part))
        return _response(row, request) if row else None

    def write_page(
        self,
        request: ComparePage,
        part: int,
        findings: Sequence[Finding],
        response: ComparedPage,
        now: datetime,
    ) -> ComparedPage:
        """Store what a part of a page resulted in, in one transaction; return the first response if there is one."""
        pk, sk = _page_key(request, part)
        verdicts = [finding.verdict for finding in findings]
        marker = {
            "pk": pk,
            "sk": sk,
            "cursor": request.cursor.model_dump_json(),
            "response": json.dumps(response),
            "compared": len(findings),
            "unsettled": verdicts.count("unsettled"),
            "foreign": verdicts.count("foreign"),
            "expires_at": int((now + PAGE_LIFETIME).timestamp()),
        }
        actions = [self._put_new(marker)]
        actions += [self._put(_difference_row(request.run_id, one)) for one in findings if one.case]
        carried = request.cursor.stage == "unsettled"
        for finding in _of_each_charge(findings):
            if finding.verdict == "unsettled" and not carried:
                actions.append(self._put(_unsettled_row(finding.subject)))
            elif finding.verdict != "unsettled" and carried:
                keys = key(*_unsettled_key(finding.subject))
                actions.append(Action("Delete", {"TableName": self._table, "Key": keys}))
        try:
            transact(self._client, actions, f"page {request.page} of reconciliation {request.run_id}")
        except AlreadyApplied as applied:
            return _response(applied.result, request)
        return response

    def close(self, run_id: str, now: datetime) -> ClosedRun:
        """Sum the pages of a run and complete it; a second delivery returns the first sums. UnknownReconciliation."""
        run = self._run_row(run_id)
        if run["status"] == "RUNNING":
            pages = list(query_rows(self._client, self._table, _pk(run_id), "PAGE#"))
            counts = {name: sum(page[name] for page in pages) for name in _SUMS}
            counts["differences"] = sum(
                1 for _ in query_rows(self._client, self._table, _pk(run_id), "DIFF#")
            )
            run = {**run, **counts, "status": "COMPLETE", "completed_at": iso_utc(now)}
            complete = put_from_status(self._table, run, "RUNNING", AlreadyApplied)
            try:
                write(self._client, complete, f"completing reconciliation {run_id}")
            except AlreadyApplied as applied:
                run = applied.result
        return {
            "run_id": run_id,
            "day": run["day"],
            "compared": run["compared"],
            "unsettled": run["unsettled"],
            "foreign": run["foreign"],
            "differences": run["differences"],
        }

    def list_runs(self, limit: int, after: str) -> Page[Reconciliation]:
        """Return a page of the runs, the newest first."""
        page = self._index.rows(_RUNS_LIST, limit, after, newest_first=True)
        return page.convert(lambda rows: map(Reconciliation.model_validate, rows))

    def report(self, run_id: str) -> ReconciliationReport:
        """Return a run with its differences; UnknownReconciliation."""
        run = self._run_row(run_id)
        rows = query_rows(self._client, self._table, _pk(run_id), "DIFF#")
        cases = [Difference.model_validate(row) for row in rows]
        return ReconciliationReport.model_validate({**run, "cases": cases})

    def booked(self, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], BookedTender]:
        """Return the tenders that exist by order and number, consistently read."""
        keys = {tender_key(*place): place for place in places}
        rows = read_rows(self._client, self._table, keys)
        return {
            keys[place]: BookedTender(tender_of(row), str(row.get("changed_at") or row.get("opened_at", "")))
            for place, row in rows.items()
            if is_tender(place[1], row)
        }

    def opened_tenders(self, first: datetime, end: datetime, limit: int, after: str) -> Page[tuple[str, int]]:
        """Return a page of the tenders that were opened within a time, by order and number."""
        return self._places(TENDERS_LIST, first, end, limit, after)

    def refunded_tenders(
        self, first: datetime, end: datetime, limit: int, after: str
    ) -> Page[tuple[str, int]]:
        """Return a page of the tenders that got something back within a time, by order and number."""
        return self._places(REFUNDS_LIST, first, end, limit, after)

    def unsettled(self, provider: str, limit: int, after: str) -> Page[Subject]:
        """Return a page of what earlier runs found in progress at a provider."""
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :provider)",
            "ExpressionAttributeValues": marshal({":pk": _UNSETTLED, ":provider": f"{provider}#"}),
            "ConsistentRead": True,
            "Limit": limit,
        }
        if after:
            request["ExclusiveStartKey"] = key(_UNSETTLED, after)
        response = self._client.query(**request)
        rows = [unmarshal(row) for row in response["Items"]]
        last = response.get("LastEvaluatedKey")
        return Page(
            [Subject(provider, row["reference"], row["order_id"], row["tender_no"]) for row in rows],
            str(unmarshal(last)["sk"]) if last else None,
        )

    def _places(
        self, listing: str, first: datetime, end: datetime, limit: int, after: str
    ) -> Page[tuple[str, int]]:
        between = bound_of_times(first), bound_of_times(end)
        page = self._index.page(listing, limit, after, between=between)
        return page.convert(lambda rows: [(row["order_id"], row["tender_no"]) for row in rows])

    def _run_row(self, run_id: str) -> Item:
        row = read_row(self._client, self._table, _pk(run_id), "RUN")
        if not row:
            raise UnknownReconciliation(run_id)
        return row

    def _put_new(self, row: Item) -> Action:
        return put_new(self._table, row, AlreadyApplied)

    def _put(self, row: Item) -> Action:
        return put_row(self._table, row)


def _pk(run_id: str) -> str:
    return f"RECONCILIATION#{run_id}"


def _page_key(request: ComparePage, part: int) -> tuple[str, str]:
    # The first part is stored as pages were before they had parts: an execution may have begun then.
    sk = f"PAGE#{request.page:06}"
    return _pk(request.run_id), f"{sk}#{part:02}" if part else sk


def _response(row: Item, request: ComparePage) -> ComparedPage:
    check_same(
        f"page {request.page} of reconciliation {request.run_id}",
        {"cursor": row["cursor"]},
        {"cursor": request.cursor.model_dump_json()},
    )
    return cast(ComparedPage, json.loads(row["response"]))


def _difference_row(run_id: str, finding: Finding) -> Item:
    assert finding.case
    return {
        "pk": _pk(run_id),
        "sk": f"DIFF#{finding.case['case_id']}",
        "case_id": finding.case["case_id"],
        "order_id": finding.subject.order_id,
        "kind": finding.verdict,
        "description": finding.case["cause"],
    }


def _unsettled_key(subject: Subject) -> tuple[str, str]:
    return _UNSETTLED, f"{subject.provider}#{subject.reference}"


def _unsettled_row(subject: Subject) -> Item:
    pk, sk = _unsettled_key(subject)
    place = {"order_id": subject.order_id, "tender_no": subject.tender_no, "reference": subject.reference}
    return {"pk": pk, "sk": sk, "provider": subject.provider, **place}


def _of_each_charge(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield the findings without those of a charge that is in the page twice: a transaction writes a row once."""
    yield from {_unsettled_key(finding.subject): finding for finding in findings}.values()
