"""Sales are counted once per event, on the day they were made, and taken back from it."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from demand.rules import sales_of
from demand.store import DemandStore
from tillflow.errors import IdempotencyConflict, InvalidRequest

DAY = date(2026, 11, 23)


@pytest.fixture
def store(dynamodb: Any, table: str) -> DemandStore:
    return DemandStore(dynamodb, table)


def event(kind: str = "OrderPaid", lines: Mapping[str, int] | None = None, **more: Any) -> dict[str, Any]:
    with (Path(__file__).parents[2] / "events" / "count_demand.json").open() as sample:
        detail = json.loads(json.load(sample)["Records"][0]["body"])["detail"]
    if kind == "OrderCancelled":
        for name in ("fulfilment", "invoice_number", "totals"):
            del detail[name]
        detail |= {"reason": "r", "was_paid": True, "credit_note_number": None, "total": 0}
    if kind == "OrderReturned":
        for name in ("fulfilment", "invoice_number", "totals"):
            del detail[name]
        detail |= {"return_id": "ret-1", "credit_note_number": None, "total": 0, "refunds": []}
    money = {"net": 0, "tax": 0, "total": 0}
    detail["lines"] = [
        {"sku": sku, "quantity": units, **money} for sku, units in (lines or {"TEA": 2}).items()
    ]
    if kind == "OrderReturned":
        detail["lines"] = [line | {"condition": "resell"} for line in detail["lines"]]
    return {"detail-type": kind, "detail": {**detail, **more}}


def count(store: DemandStore, envelope: dict[str, Any]) -> None:
    sales = sales_of(envelope)
    if sales:
        store.count(sales)


def test_an_event_counts_once(store: DemandStore) -> None:
    for _ in range(3):
        count(store, event())
    count(store, event(event_id="another"))
    assert store.daily("store-1", "TEA", DAY, DAY) == {"2026-11-23": 4}


def test_day_of_a_sale_is_that_in_utc(store: DemandStore) -> None:
    count(store, event(placed_at="2026-11-24T01:30:00+02:00"))
    assert store.daily("store-1", "TEA", DAY, DAY) == {"2026-11-23": 2}


def test_returned_units_are_subtracted_once_from_the_day_of_their_sale(store: DemandStore) -> None:
    count(store, event())
    for _ in range(3):
        count(store, event("OrderReturned", {"TEA": 1}, event_id="ret-1#returned"))
    assert store.daily("store-1", "TEA", DAY, DAY) == {"2026-11-23": 1}


def test_cancelled_sale_is_subtracted_and_an_unpaid_one_is_not_counted(store: DemandStore) -> None:
    count(store, event())
    count(store, event("OrderCancelled", event_id="cancel"))
    assert store.daily("store-1", "TEA", DAY, DAY) == {"2026-11-23": 0}
    assert sales_of(event("OrderCancelled", was_paid=False)) is None


def test_sums_are_of_the_days_before(store: DemandStore) -> None:
    for number, (day, units) in enumerate({"21": 3, "22": 4, "23": 9}.items()):
        placed = f"2026-11-{day}T23:59:00Z"
        count(store, event(lines={"TEA": units}, event_id=str(number), placed_at=placed))
    (sums,) = store.sums([("store-1", "TEA")], 28, DAY)
    assert (sums["total"], sums["squares"], sums["days"]) == (7, 25, 28)


@pytest.mark.parametrize("count_", [99, 100, 199])
def test_events_around_the_size_of_a_transaction_count_every_line_once(
    store: DemandStore, count_: int
) -> None:
    many = event(lines={f"S{n:03}": n + 1 for n in range(count_)})
    count(store, many)
    count(store, many)
    around = {0, 97, 98, 99, 100, count_ - 1} & set(range(count_))
    assert all(store.daily("store-1", f"S{n:03}", DAY, DAY) == {"2026-11-23": n + 1} for n in around)


def test_another_event_under_a_counted_id_is_a_conflict(store: DemandStore) -> None:
    count(store, event())
    with pytest.raises(IdempotencyConflict, match="sales"):
        count(store, event(lines={"TEA": 3}))
    with pytest.raises(IdempotencyConflict):
        count(store, event(location="store-2"))
    with pytest.raises(IdempotencyConflict):
        count(store, event(placed_at="2026-11-22T10:00:00Z"))
    assert store.daily("store-1", "TEA", DAY, DAY) == {"2026-11-23": 2}


@pytest.mark.parametrize(
    "envelope",
    [
        {},
        {"detail-type": "OrderPaid"},
        {"detail-type": "OrderShipped", "detail": {}},
        {"detail-type": "OrderPaid", "detail": {"event_id": "e"}},
        event(placed_at="0001-01-01T00:00:00+14:00"),
        event(lines={"TEA": 10**30}),
        event("OrderCancelled", was_paid="maybe"),
    ],
)
def test_an_envelope_that_is_not_an_order_event_is_refused_by_name(envelope: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        sales_of(envelope)


def test_a_days_units_are_bounded_so_that_the_sum_of_squares_is_exact(store: DemandStore) -> None:
    for number in range(3):
        count(store, event(lines={"TEA": 900_000}, event_id=str(number), placed_at="2026-11-22T10:00:00Z"))
    (sums,) = store.sums([("store-1", "TEA")], 28, DAY)
    assert (sums["total"], sums["squares"]) == (1_000_000, 10**12)


def test_marker_of_an_event_expires_after_the_event_can_be_sent_again(
    store: DemandStore, dynamodb: Any, table: str
) -> None:
    count(store, event())
    rows = dynamodb.scan(TableName=table)["Items"]
    (expiry,) = [int(row["expires_at"]["N"]) for row in rows if "expires_at" in row]
    day = datetime.combine(DAY, time(), UTC).timestamp()
    assert (
        expiry - day > (366 + 14 + 28) * 86_400
    )  # an execution, its redrive, and dead letters redriven once
    assert all("expires_at" not in row for row in rows if row["pk"]["S"].startswith("SALES#"))
