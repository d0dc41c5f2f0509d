"""Pages of rows by an index: every row once, whatever the size of the page, the filter and the writes meanwhile."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pytest
from tillflow.aws import client
from tillflow.errors import InvalidRequest
from tillflow.listing import MOST_READS, MOST_ROWS, Index, Period, days_between, every
from tillflow.store import write_rows

from verification.harness.dynamodb import local_dynamodb
from verification.harness.template import Template

TABLE = "OrdersTable"


@pytest.fixture(scope="module")
def template() -> Template:
    return Template.read()


@pytest.fixture
def index(template: Template) -> Iterator[Index]:
    with local_dynamodb(template):
        yield Index(client("dynamodb"), TABLE, "all", "list", "placed_at")


def write(*numbers: int, **more: str) -> None:
    rows = [
        {
            "pk": f"ORDER#{number}",
            "sk": "ORDER",
            "order_id": str(number),
            "list": "ORDERS",
            "placed_at": f"2026-11-{1 + number // 24:02}T{number % 24:02}:00:00Z",
            **more,
        }
        for number in numbers
    ]
    write_rows(client("dynamodb"), TABLE, rows)


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [int(row["pk"].removeprefix("ORDER#")) for row in rows]


@pytest.mark.parametrize("limit", [1, 4, 5, 6])
def test_pages_follow_one_another_without_an_empty_last_one(index: Index, limit: int) -> None:
    write(*range(5))
    pages, after = [], ""
    while True:
        page = index.page("ORDERS", limit, after, newest_first=True)
        pages.append(ids(page.rows))
        if page.after is None:
            break
        after = page.after
    assert [number for page in pages for number in page] == [4, 3, 2, 1, 0]
    assert all(len(page) == limit for page in pages[:-1])


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
@pytest.mark.parametrize("status", [None, "PAID"])
def test_pages_of_several_partitions_have_every_row_once_the_newest_first(
    index: Index, limit: int, status: str | None
) -> None:
    for number in range(17):
        write(
            number,
            list=("A", "B", "C")[number * number % 5 % 3],
            status=("PAID", "REJECTED")[number % 3 == 0],
        )
    expected = [number for number in range(16, -1, -1) if status is None or number % 3]
    fetch = partial(index.rows_of_several, ["A", "B", "C", "D"], limit, where={"status": status})
    listed: list[int] = []
    after: str | None = ""
    while after is not None:
        page = fetch(after)
        assert len(page.rows) <= limit
        listed += ids(page.rows)
        after = page.after
    assert listed == expected


def test_cursor_of_one_partition_is_not_one_of_several(index: Index) -> None:
    write(1, 2)
    first = index.page("ORDERS", 1, newest_first=True)
    with pytest.raises(InvalidRequest, match="cursor"):
        index.rows_of_several(["ORDERS", "A"], 1, first.after or "")


def test_rows_written_between_two_pages_move_no_other(index: Index) -> None:
    write(1, 3, 5, 7)
    first = index.page("ORDERS", 2, newest_first=True)
    write(8, 2)
    second = index.page("ORDERS", 9, first.after or "", newest_first=True)
    assert (ids(first.rows), ids(second.rows)) == ([7, 5], [3, 2, 1])


def test_rows_of_one_moment_are_all_listed(index: Index) -> None:
    write(*range(6), placed_at="2026-11-01T00:00:00Z")
    rows = every(partial(index.page, "ORDERS", 2))
    assert sorted(ids(list(rows))) == list(range(6))


def test_filter_returns_full_pages_of_the_rows_that_pass(index: Index) -> None:
    write(*range(0, 40, 2), status="PAID")
    write(*range(1, 40, 2), status="PLACED")
    page = index.rows("ORDERS", 15, where={"status": "PAID", "location": None})
    assert ids(page.rows) == list(range(0, 30, 2))
    assert ids(index.rows("ORDERS", 15, page.after or "", where={"status": "PAID"}).rows) == [
        30,
        32,
        34,
        36,
        38,
    ]


def test_rows_of_an_index_of_keys_are_those_of_the_table(index: Index) -> None:
    write(1, 2, 3, status="PAID")
    assert "status" not in index.page("ORDERS", 9).rows[0]
    first = index.rows("ORDERS", 2, newest_first=True)
    assert [(row["order_id"], row["status"]) for row in first.rows] == [("3", "PAID"), ("2", "PAID")]
    second = index.rows("ORDERS", 2, first.after or "", newest_first=True)
    assert (ids(second.rows), second.after) == ([1], None)


def test_rows_of_a_partition_of_the_table_are_in_the_order_of_its_sort_key(index: Index) -> None:
    rows = [{"pk": "A", "sk": f"X#{number}"} for number in range(4)] + [{"pk": "A", "sk": "Y"}]
    write_rows(client("dynamodb"), TABLE, rows)
    table = Index(client("dynamodb"), TABLE, None, "pk", "sk")
    page = partial(table.page, "A", between=("X#1", "X#~"))
    assert [row["sk"] for row in every(lambda after: page(2, after))] == ["X#1", "X#2", "X#3"]
    assert [row["sk"] for row in page(1, newest_first=True).rows] == ["X#3"]
    with pytest.raises(InvalidRequest, match="cursor"):
        page(1, '["A", "Y", "Y"]')


def test_filter_that_nothing_passes_ends_early_with_a_position(index: Index) -> None:
    write(*range(MOST_ROWS * MOST_READS + 1), placed_at="2026-11-01T00:00:00Z", status="PAID")
    page = index.rows("ORDERS", 10, where={"status": "PLACED"})
    assert (page.rows, page.after is not None) == ([], True)
    assert index.rows("ORDERS", 10, page.after or "", where={"status": "PLACED"}).after is None


def test_attributes_of_an_index_are_filtered_by_dynamodb(template: Template) -> None:
    places = [("a", "x"), ("b", "a"), ("b", "x")]
    rows = [
        {
            "pk": f"{number}",
            "sk": "S",
            "list": "L",
            "position": f"{number}",
            "source": one,
            "destination": other,
        }
        for number, (one, other) in enumerate(places)
    ]
    with local_dynamodb(template):
        write_rows(client("dynamodb"), "InventoryTable", rows)
        index = Index(client("dynamodb"), "InventoryTable", "lists", "list", "position")
        either = index.page("L", 10, either={"source": "a", "destination": "a"})
        where = index.page("L", 1, where={"source": "b", "destination": None})
        rest = index.page("L", 1, where.after or "", where={"source": "b"})
    assert [row["pk"] for row in either.rows] == ["0", "1"]
    assert [row["pk"] for row in (*where.rows, *rest.rows)] == ["1", "2"]


def test_days_include_the_first_and_the_last(index: Index) -> None:
    write(*range(72))
    day = date(2026, 11, 2)
    page = index.page("ORDERS", 100, between=days_between(day, day))
    assert ids(page.rows) == list(range(24, 48))
    assert days_between(None, None) is None


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        # A day in Berlin in summer, and one on which its clocks are put back: it has 25 hours.
        ("2026-11-01T22:00:00Z", "2026-11-02T22:00:00Z", range(22, 46)),
        ("2026-11-02T00:00:00+02:00", "2026-11-03T00:00:00+01:00", range(22, 47)),
        ("2026-11-02T00:00:00.9Z", None, range(24, 72)),
        (None, "2026-11-01T02:00:00Z", range(2)),
    ],
)
def test_period_includes_its_start_and_not_its_end(
    index: Index, start: str | None, end: str | None, expected: range
) -> None:
    write(*range(72))
    first, last = (datetime.fromisoformat(one) if one else None for one in (start, end))
    page = index.page("ORDERS", 100, between=Period(start=first, end=last).bounds())
    assert ids(page.rows) == list(expected)


def test_period_without_a_bound_is_all_times() -> None:
    assert Period().bounds() is None
    assert Period(date(2026, 11, 2)).bounds() == days_between(date(2026, 11, 2), None)


NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "refusal"),
    [
        (Period(start=NOON, end=NOON), "end.*a time after 2026-11-02T12:00:00Z"),
        (Period(NOON.date(), start=NOON), "start.*no time where days are given"),
        (Period(last_day=NOON.date(), end=NOON), "end.*no time where days are given"),
    ],
)
def test_period_without_a_time_is_refused(period: Period, refusal: str) -> None:
    with pytest.raises(InvalidRequest, match=refusal):
        period.bounds()


def test_last_day_before_the_first_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="last_day"):
        days_between(date(2026, 11, 2), date(2026, 11, 1))


@pytest.mark.parametrize(
    "after", ["x", "1", "[]", '["a", "b"]', '["a", 1, "c"]', '["a", "b", null]', '{"a": 1}']
)
def test_position_that_is_not_of_the_list_is_refused(index: Index, after: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        index.page("ORDERS", 1, after)


def test_position_of_other_days_is_refused(index: Index) -> None:
    write(1, 30, 60)
    first = index.page("ORDERS", 1).after
    assert first
    with pytest.raises(InvalidRequest, match="cursor"):
        index.page("ORDERS", 1, first, between=("2026-11-02", "2026-11-03~"))
