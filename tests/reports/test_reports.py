"""Reports: what events add to days, once however often they are delivered, and what the audit says about them."""

import importlib
import json
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from reports.errors import InvalidReport
from reports.models import Figures
from reports.operations import ReportOperations
from reports.rules import counted, months_of
from reports.store import ReportsStore
from tillflow.errors import IdempotencyConflict, InvalidRequest
from tillflow.store import unmarshal

from audit import Snapshot
from audit.delivery import WORKFLOW_DELIVERY_TIME
from audit.reports import (
    paid_order_is_counted,
    report_days_are_sums_of_events,
    report_dimensions_add_up_to_days,
    report_event_is_its_journal_entry,
    returned_goods_are_counted,
)

START, END = "2026-11-23T09:59:00Z", "2026-11-23T10:00:00Z"
FIRST, LAST = date(2026, 11, 1), date(2026, 12, 31)


def line(sku: str, quantity: int, net: int, tax: int, **more: Any) -> dict[str, Any]:
    fields = {"tax_rate": "0.20", "category": "kitchen", **more}
    return {"sku": sku, "quantity": quantity, "net": net, "tax": tax, "total": net + tax, **fields}


LINES = [line("MUG", 2, 200, 40), line("TEA", 1, 100, 5, tax_rate="0.05", category="")]


def event(name: str, published: str = "2026-11-23T10:00:01Z", **more: Any) -> dict[str, Any]:
    detail = {
        "event_id": "ord-1#paid",
        "order_id": "ord-1",
        "location": "store-1",
        "register": "till-1",
        "customer_id": None,
        "placed_at": "2026-11-23T10:00:00Z",
        "currency": "EUR",
        "lines": LINES,
        **more,
    }
    return {"detail-type": name, "source": "tillflow.orders", "time": published, "detail": detail}


def paid(**more: Any) -> dict[str, Any]:
    totals = {"subtotal": 345, "discount": 0, "net": 300, "tax": 45, "total": 345}
    tenders = [{"type": "cash", "amount": 100}, {"type": "card", "amount": 245}]
    fields = {"fulfilment": "carry_out", "invoice_number": "INV-1", "totals": totals, "tenders": tenders}
    return event("OrderPaid", **{**fields, **more})


def returned() -> dict[str, Any]:
    lines = [line("MUG", 1, 100, 20) | {"condition": "resell"}]
    return event(
        "OrderReturned",
        "2026-12-01T00:00:00Z",
        event_id="ret-1#returned",
        return_id="ret-1",
        credit_note_number="CN-1",
        total=120,
        refunds=[{"tender_no": 2, "type": "card", "amount": 120}],
        lines=lines,
    )


def cancelled(**more: Any) -> dict[str, Any]:
    fields = {"event_id": "ord-1#cancelled", "reason": "x", "was_paid": True, "credit_note_number": "CN-1"}
    tenders = [{"type": "cash", "amount": 100}, {"type": "card", "amount": 245}]
    return event("OrderCancelled", "2026-11-24T10:00:00Z", total=345, tenders=tenders, **fields | more)


def test_sale_is_counted_by_every_dimension() -> None:
    sale = counted(paid())
    assert sale is not None and sale.day == date(2026, 11, 23)
    assert {(by, value): (one.sales, one.units, one.total) for by, value, one in sale.figures} == {
        ("day", ""): (1, 3, 345),
        ("location", "store-1"): (1, 3, 345),
        ("sku", "MUG"): (0, 2, 240),
        ("sku", "TEA"): (0, 1, 105),
        ("category", "kitchen"): (0, 2, 240),
        ("category", ""): (0, 1, 105),
        ("tax", "0.20"): (0, 2, 240),
        ("tax", "0.05"): (0, 1, 105),
        ("tender", "cash"): (0, 0, 100),
        ("tender", "card"): (0, 0, 245),
    }


def test_return_is_counted_on_its_own_day() -> None:
    back = counted(returned())
    assert back is not None and back.day == date(2026, 12, 1)
    expected = Figures(returns=1, returned_units=1, returned_net=100, returned_tax=20, returned_total=120)
    assert ("day", "", expected) in back.figures
    assert ("tender", "card", Figures(returned_total=120)) in back.figures


def test_return_of_an_order_is_counted_under_the_order() -> None:
    back = counted(returned())
    assert back is not None and (back.event_id, back.business_id) == ("ret-1#returned", "ord-1")


def test_day_of_a_sale_is_that_in_utc() -> None:
    sale = counted(paid(placed_at="2026-11-24T01:30:00+02:00"))
    assert sale is not None and sale.day == date(2026, 11, 23)


def test_cancel_of_an_unpaid_order_counts_nothing() -> None:
    assert counted(cancelled(was_paid=False)) is None


def test_event_of_an_earlier_release_is_counted_without_the_newer_fields() -> None:
    plain = {
        name: value for name, value in line("MUG", 1, 100, 20).items() if name not in ("tax_rate", "category")
    }
    old = paid(lines=[plain])
    del old["detail"]["tenders"]
    sale = counted(old)
    assert sale is not None and {value for by, value, _ in sale.figures if by == "category"} == {""}


def test_return_without_a_receipt_is_counted_under_its_own_id() -> None:
    event = returned()
    event["detail"]["order_id"] = None
    back = counted(event)
    assert back is not None and back.business_id == "ret-1"


def test_malformed_event_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="quantity"):
        counted(paid(lines=[line("MUG", 0, 100, 20)]))


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2026-11-23", "2026-11-23", ["2026-11"]),
        ("2026-11-30", "2027-01-01", ["2026-11", "2026-12", "2027-01"]),
    ],
)
def test_months_of_a_period(first: str, last: str, months: list[str]) -> None:
    assert months_of(date.fromisoformat(first), date.fromisoformat(last)) == months


@pytest.mark.parametrize(("first", "last"), [("2026-11-23", "2026-11-22"), ("2026-01-01", "2027-01-02")])
def test_period_is_at_most_a_year_forward(first: str, last: str) -> None:
    with pytest.raises(InvalidReport, match="last_day"):
        months_of(date.fromisoformat(first), date.fromisoformat(last))


def handle(monkeypatch: pytest.MonkeyPatch, table: str, *events: dict[str, Any]) -> Any:
    monkeypatch.setenv("TABLE_NAME", table)
    handler = importlib.import_module("reports.handlers").count_sales
    records = [{"messageId": str(n), "body": json.dumps(one)} for n, one in enumerate(events)]
    return handler({"Records": records}, SimpleNamespace(aws_request_id="request"))["batchItemFailures"]


def rows(dynamodb: Any, table: str) -> list[dict[str, Any]]:
    return [unmarshal(row) for row in dynamodb.scan(TableName=table)["Items"]]


def test_repeated_deliveries_count_once(dynamodb: Any, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    again = paid() | {"time": "2026-11-25T10:00:00Z"}
    assert handle(monkeypatch, table, paid(), paid(), again, returned()) == []
    before = rows(dynamodb, table)
    assert handle(monkeypatch, table, returned(), paid(), cancelled(was_paid=False)) == []
    assert rows(dynamodb, table) == before
    (first, second) = ReportOperations(dynamodb, table).sales("day", "EUR", FIRST, LAST).rows
    assert (first.sales, first.total, first.returned_total) == (1, 345, 0)
    assert (second.sales, second.returns, second.returned_total) == (0, 1, 120)


def test_event_with_other_figures_under_its_id_is_redelivered(
    dynamodb: Any, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = paid(lines=[line("MUG", 3, 300, 60)])
    assert handle(monkeypatch, table, paid(), other) == [{"itemIdentifier": "1"}]
    changed = counted(other)
    assert changed is not None
    with pytest.raises(IdempotencyConflict):
        ReportsStore(dynamodb, table).count(changed)


def test_sale_of_more_skus_than_a_transaction_is_counted_in_parts(
    dynamodb: Any, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale = paid(lines=[line(f"SKU-{number:03}", 1, 10, 2) for number in range(150)])
    assert handle(monkeypatch, table, sale, sale) == []
    reports = ReportOperations(dynamodb, table)
    skus, after = [], ""
    while after is not None:
        page = reports.sales("sku", "EUR", FIRST, LAST, 40, after)
        skus += [row.value for row in page.rows]
        after = page.after
    assert skus == [f"SKU-{number:03}" for number in range(150)]


def test_pages_continue_over_months(dynamodb: Any, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    handle(monkeypatch, table, paid(), returned())
    reports = ReportOperations(dynamodb, table)
    first = reports.sales("day", "EUR", FIRST, LAST, 1)
    assert [row.day.isoformat() for row in first.rows] == ["2026-11-23"]
    second = reports.sales("day", "EUR", FIRST, LAST, 1, str(first.after))
    assert [row.day.isoformat() for row in second.rows] == ["2026-12-01"] and second.after is None
    assert reports.sales("day", "CHF", FIRST, LAST).rows == []
    with pytest.raises(InvalidReport, match="cursor"):
        reports.sales("day", "EUR", FIRST, LAST, 1, "2025-01-01#")


def snapshot(dynamodb: Any, table: str, *entries: dict[str, Any], **more: Any) -> Snapshot:
    return Snapshot({"ReportsTable": rows(dynamodb, table), "LedgerTable": list(entries), **more})


def entry(name: str, revenue: int, tax: int) -> dict[str, Any]:
    side = "credit" if name.endswith("#sale") else "debit"
    account = "4010" if "#return#" in name else "4000"
    lines = [{"account": account, side: revenue}, {"account": "2200", side: tax}]
    return {"pk": f"ENTRY#{name}", "sk": "ENTRY", "entry_id": name, "lines": lines}


def test_audit_of_counted_events(dynamodb: Any, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    handle(monkeypatch, table, paid(), returned(), cancelled())
    books = (
        entry("ord-1#sale", 300, 45),
        entry("ord-1#return#ret-1", 100, 20),
        entry("ord-1#cancel", 300, 45),
    )
    shop = snapshot(dynamodb, table, *books)
    for rule in (
        report_days_are_sums_of_events,
        report_dimensions_add_up_to_days,
        report_event_is_its_journal_entry,
    ):
        assert list(rule(shop)) == []
    wrong = snapshot(dynamodb, table, entry("ord-1#sale", 299, 45), *books[1:])
    (violation,) = report_event_is_its_journal_entry(wrong)
    assert violation.message == "net and tax are (300, 45); the entry has (299, 45)"


def test_audit_names_lost_and_double_figures(
    dynamodb: Any, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle(monkeypatch, table, paid())
    shop = snapshot(dynamodb, table)
    next(shop.items("ReportsTable", "", "SALES#day#"))["total"] = 690
    (violation,) = report_days_are_sums_of_events(shop)
    assert violation.message == "total is 690; its events add up to 345"
    assert {one.message for one in report_dimensions_add_up_to_days(shop)} == {
        f"total by {by} is 345, by day 690" for by in ("sku", "category", "location", "tax")
    }


@pytest.mark.parametrize(
    ("rule", "row"),
    [
        (paid_order_is_counted, {"pk": "ORDER#ord-2", "sk": "ORDER", "order_id": "ord-2", "paid_at": END}),
        (
            returned_goods_are_counted,
            {"pk": "ORDER#ord-2", "sk": "ORDER", "order_id": "ord-2", "paid_at": START, "cancelled_at": END},
        ),
        (
            returned_goods_are_counted,
            {"pk": "RETURN#ret-2", "sk": "RETURN", "return_id": "ret-2", "completed_at": END},
        ),
    ],
    ids=["sale", "cancel", "return"],
)
def test_audit_names_an_event_that_is_not_counted(
    rule: Any, row: dict[str, Any], dynamodb: Any, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = row["pk"].partition("#")[2]
    assert list(rule(snapshot(dynamodb, table, OrdersTable=[row]))) == []
    handle(monkeypatch, table, paid())
    tables = snapshot(dynamodb, table, OrdersTable=[row]).tables
    due = datetime.fromisoformat(END) + WORKFLOW_DELIVERY_TIME
    for read_at, missing in ((due - timedelta(seconds=1), []), (due, [name])):
        assert [one.subject for one in rule(Snapshot(tables, read_at=read_at))] == missing
    assert list(rule(Snapshot(tables, running=frozenset({name})))) == []
    case = {"pk": f"CASE#{name}", "sk": "CASE", "business_id": name}
    assert list(rule(Snapshot({**tables, "CasesTable": [case]}))) == []


def test_audit_expects_no_count_of_the_cancel_of_an_unpaid_order(
    dynamodb: Any, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle(monkeypatch, table, paid())
    order = {"pk": "ORDER#ord-2", "sk": "ORDER", "order_id": "ord-2", "cancelled_at": END}
    assert list(returned_goods_are_counted(snapshot(dynamodb, table, OrdersTable=[order]))) == []
