"""Manual entries: balanced, on allowed accounts, numbered without a gap, once per id."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from ledger.errors import InvalidEntry, UnknownEntry
from ledger.manual.models import PostManualEntry
from ledger.manual.store import ManualEntries
from tillflow.errors import IdempotencyConflict, InvalidRequest
from tillflow.parsing import parse
from tillflow.store import unmarshal

from tests.support.interposed import Interposed

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
LATER = datetime(2028, 11, 23, tzinfo=UTC)
DEPOSIT: list[dict[str, Any]] = [{"account": "1030", "debit": 500}, {"account": "1010", "credit": 500}]


@pytest.fixture
def entries(dynamodb: Any, table: str) -> ManualEntries:
    return ManualEntries(dynamodb, table)


def request(entry_id: str = "je-1", **changes: Any) -> PostManualEntry:
    content = {"day": "2026-11-22", "currency": "EUR", "reason": "cash to the bank", "lines": DEPOSIT}
    return parse(PostManualEntry, {"entry_id": entry_id, **content, **changes}, InvalidEntry)


def numbers(dynamodb: Any, table: str) -> list[str]:
    rows = [unmarshal(row) for row in dynamodb.scan(TableName=table)["Items"]]
    return sorted(row["number"] for row in rows if "number" in row)


def test_entry_has_the_next_number_its_day_and_who_posted_it(entries: ManualEntries) -> None:
    posted = entries.post(request(), "mia", NOW)
    assert (posted.number, posted.day, posted.posted_by) == ("JE-000001", "2026-11-22", "mia")
    assert [(line.account, line.name, line.debit, line.credit) for line in posted.lines] == [
        ("1030", "Bank", 500, 0),
        ("1010", "Cash on hand", 0, 500),
    ]
    assert entries.find("je-1") == posted
    assert entries.post(request("je-2"), "mia", NOW).number == "JE-000002"


def test_same_entry_again_returns_the_first_also_when_its_day_is_too_old_by_then(
    entries: ManualEntries, dynamodb: Any, table: str
) -> None:
    first = entries.post(request(), "mia", NOW)
    assert entries.post(request(), "ola", LATER) == first
    assert numbers(dynamodb, table) == ["JE-000001"]


@pytest.mark.parametrize(
    "change",
    [
        {"day": "2026-11-21"},
        {"currency": "CHF"},
        {"reason": "another"},
        {"lines": [{"account": "1030", "debit": 501}, {"account": "1010", "credit": 501}]},
    ],
)
def test_other_content_under_an_id_is_a_conflict(entries: ManualEntries, change: dict[str, Any]) -> None:
    entries.post(request(), "mia", NOW)
    with pytest.raises(IdempotencyConflict, match="journal entry je-1"):
        entries.post(request(**change), "mia", NOW)


@pytest.mark.parametrize("before", [0, 1])
def test_entry_posted_by_another_writer_meanwhile_keeps_the_numbers_without_a_gap(
    entries: ManualEntries, dynamodb: Any, table: str, before: int
) -> None:
    other = ManualEntries(dynamodb, table)
    for number in range(before):
        other.post(request(f"je-before-{number}"), "mia", NOW)
    client = Interposed(dynamodb)
    client.before("transact_write_items", lambda: other.post(request("je-2"), "mia", NOW))
    slow = ManualEntries(client, table)
    assert slow.post(request(), "mia", NOW).number == f"JE-{before + 2:06}"
    assert numbers(dynamodb, table) == [f"JE-{number + 1:06}" for number in range(before + 2)]


def test_same_entry_posted_by_another_writer_meanwhile_is_posted_once(
    entries: ManualEntries, dynamodb: Any, table: str
) -> None:
    client = Interposed(dynamodb)
    client.before("transact_write_items", lambda: entries.post(request(), "mia", NOW))
    slow = ManualEntries(client, table)
    assert slow.post(request(), "mia", NOW) == entries.find("je-1")
    assert numbers(dynamodb, table) == ["JE-000001"]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (
            [{"account": "1030", "debit": 5}, {"account": "1010", "credit": 4}],
            "debits 0.05 EUR, credits 0.04 EUR",
        ),
        (
            [{"account": "4000", "debit": 5}, {"account": "1010", "credit": 5}],
            r"lines\[0\].account is '4000'",
        ),
        ([{"account": "1030", "debit": 5}, {"account": "1030", "credit": 5}], "each account once"),
        ([{"account": "1030", "debit": 0}, {"account": "1010", "credit": 0}], "either a debit or a credit"),
        (
            [{"account": "1030", "debit": 5, "credit": 5}, *DEPOSIT],
            r"lines\[0\] is 'debit 0.05 EUR, credit 0.05 EUR'",
        ),
        ([{"account": "1030", "debit": -5}, {"account": "1010", "debit": 5}], r"lines\[0\].debit"),
        ([{"account": "1030", "debit": 5.0}, {"account": "1010", "credit": 5}], r"lines\[0\].debit"),
        ([{"account": "1030", "debit": 5}], "at least 2"),
    ],
)
def test_entry_that_is_not_accepted_names_the_line_and_posts_nothing(
    entries: ManualEntries, dynamodb: Any, table: str, lines: list[Any], sentence: str
) -> None:
    with pytest.raises(InvalidEntry, match=sentence):
        entries.post(request(lines=lines), "mia", NOW)
    assert dynamodb.scan(TableName=table)["Count"] == 0


@pytest.mark.parametrize("day", ["2026-11-24", "2025-11-21"])
def test_day_in_the_future_or_over_a_year_ago_is_refused(
    entries: ManualEntries, dynamodb: Any, table: str, day: str
) -> None:
    with pytest.raises(InvalidEntry, match="a day from 2025-11-22 to 2026-11-23"):
        entries.post(request(day=day), "mia", NOW)
    assert dynamodb.scan(TableName=table)["Count"] == 0


def test_entries_are_listed_by_day_the_newest_first_in_pages(entries: ManualEntries) -> None:
    for entry_id, day in (("je-1", 20), ("je-2", 22), ("je-3", 21), ("je-4", 22)):
        entries.post(request(entry_id, day=date(2026, 11, day).isoformat()), "mia", NOW)
    first = entries.list_entries(2, "", None)
    assert [one.entry_id for one in first.rows] == ["je-4", "je-2"]
    rest = entries.list_entries(5, first.after or "", None)
    assert ([one.entry_id for one in rest.rows], rest.after) == (["je-3", "je-1"], None)
    of_days = entries.list_entries(5, "", ("2026-11-21", "2026-11-22~"))
    assert [one.entry_id for one in of_days.rows] == ["je-4", "je-2", "je-3"]


def test_cursor_of_other_days_is_refused(entries: ManualEntries) -> None:
    for entry_id, day in (("je-1", 19), ("je-2", 20)):
        entries.post(request(entry_id, day=f"2026-11-{day}"), "mia", NOW)
    cursor = entries.list_entries(1, "", None).after
    assert cursor
    with pytest.raises(InvalidRequest, match="cursor"):
        entries.list_entries(5, cursor, ("2026-11-21", "2026-11-22~"))


def test_unknown_entry_is_named(entries: ManualEntries) -> None:
    with pytest.raises(UnknownEntry, match="je-404"):
        entries.find("je-404")
