"""Adjustments and counts."""

import re
from typing import Any

import pytest
from inventory.corrections import Corrections
from inventory.errors import ImplausibleCorrection
from inventory.models import Adjust, Count, Line, ReceiptLine
from inventory.store import InventoryStore
from tillflow.errors import IdempotencyConflict, InsufficientStock, InvalidRequest
from tillflow.parsing import parse

from tests.support.interposed import Interposed

PLACE = "store-1"


@pytest.fixture
def stock(dynamodb: Any, table: str) -> InventoryStore:
    store = InventoryStore(dynamodb, table)
    store.receive("seed", PLACE, [ReceiptLine(sku="TEA", quantity=10, cost=1000)])
    return store


@pytest.fixture
def corrections(dynamodb: Any, table: str) -> Corrections:
    return Corrections(dynamodb, table)


def adjustment(quantity: int, name: str = "adj-1", reason: str = "broken", **more: Any) -> Adjust:
    return Adjust(
        adjustment_id=name,
        location=PLACE,
        sku="TEA",
        quantity=quantity,
        currency="EUR",
        reason=reason,
        **more,
    )


def count(units: int, name: str = "count-1", currency: str = "EUR") -> Count:
    return Count(count_id=name, location=PLACE, sku="TEA", counted=units, currency=currency)


def test_found_and_lost_units_move_at_the_average_cost(
    corrections: Corrections, stock: InventoryStore
) -> None:
    assert corrections.adjust(adjustment(-3))["cost"] == 300
    assert corrections.adjust(adjustment(2, "adj-2"))["cost"] == 200
    assert corrections.adjust(adjustment(1, "adj-3", unit_cost=150))["cost"] == 150
    level = stock.level(PLACE, "TEA")
    assert (level["on_hand"], level["available"], level["stock_value"]) == (10, 10, 1050)
    assert stock.drift() == []


def test_reserved_units_cannot_be_removed(corrections: Corrections, stock: InventoryStore) -> None:
    stock.reserve("ord-1", PLACE, [Line(sku="TEA", quantity=4)])
    with pytest.raises(InsufficientStock):
        corrections.adjust(adjustment(-7))
    with pytest.raises(InsufficientStock):
        corrections.count(count(3))
    assert corrections.count(count(4))["quantity"] == -6
    assert corrections.count(count(4))["quantity"] == -6
    assert stock.level(PLACE, "TEA")["available"] == 0


def test_a_second_delivery_returns_the_first_result(corrections: Corrections, stock: InventoryStore) -> None:
    first = corrections.adjust(adjustment(-8))
    assert corrections.adjust(adjustment(-8)) == first
    assert stock.level(PLACE, "TEA")["on_hand"] == 2


def test_an_adjustment_and_a_count_cannot_share_an_id(
    corrections: Corrections, stock: InventoryStore
) -> None:
    corrections.adjust(adjustment(-1, "dropped-1"))
    with pytest.raises(InvalidRequest, match="count_id"):
        corrections.count(count(5, "dropped-1"))
    corrections.count(count(8, "shelf-1"))
    with pytest.raises(InvalidRequest, match="adjustment_id"):
        corrections.adjust(adjustment(-1, "shelf-1"))
    assert stock.level(PLACE, "TEA")["on_hand"] == 8


def test_a_movement_has_the_reason_and_the_currency(corrections: Corrections, stock: InventoryStore) -> None:
    corrections.adjust(adjustment(-3))
    corrections.count(count(8))
    details = {
        row["kind"]: (row["reason"], row["currency"])
        for row in stock.list_movements(PLACE, "TEA", 2, "", None).rows
    }
    assert details == {"adjustment": ("broken", "EUR"), "count": ("counted", "EUR")}


def test_a_count_includes_a_concurrent_sale(dynamodb: Any, table: str, stock: InventoryStore) -> None:
    client = Interposed(dynamodb)

    def sale() -> None:
        stock.reserve("ord-1", PLACE, [Line(sku="TEA", quantity=2)])
        stock.commit("ord-1")

    client.before("transact_write_items", sale)
    assert Corrections(client, table).count(count(7))["quantity"] == -1
    assert stock.level(PLACE, "TEA")["on_hand"] == 7
    assert stock.drift() == []


def test_a_count_that_agrees_has_no_movement(corrections: Corrections, stock: InventoryStore) -> None:
    assert corrections.count(count(10))["quantity"] == 0
    assert len(stock.list_movements(PLACE, "TEA", 100, "", None).rows) == 1


def first_count(units: int, name: str = "c-1", unit_cost: int | None = 150, currency: str = "EUR") -> Count:
    return Count(
        count_id=name, location="store-2", sku="NEW", counted=units, unit_cost=unit_cost, currency=currency
    )


def test_the_first_count_of_a_sku_creates_its_level_once(
    corrections: Corrections, stock: InventoryStore
) -> None:
    first = corrections.count(first_count(4, currency="CHF"))
    assert (first["quantity"], first["cost"], first["on_hand"]) == (4, 600, 4)
    assert corrections.count(first_count(4, currency="CHF")) == first
    level = stock.level("store-2", "NEW")
    counters = ("on_hand", "available", "reserved", "stock_value", "currency")
    assert tuple(level[name] for name in counters) == (4, 4, 0, 600, "CHF")
    (movement,) = stock.list_movements("store-2", "NEW", 10, "", None).rows
    assert (movement["kind"], movement["quantity"], movement["cost"]) == ("count", 4, 600)
    (listed,) = stock.list_levels("store-2", 10, "").rows
    assert (listed["sku"], listed["on_hand"]) == ("NEW", 4)
    assert stock.drift() == []
    stock.reserve("ord-1", "store-2", [Line(sku="NEW", quantity=4)], "CHF")


def test_the_first_count_includes_a_concurrent_receipt(
    dynamodb: Any, table: str, stock: InventoryStore
) -> None:
    client = Interposed(dynamodb)
    received = [ReceiptLine(sku="NEW", quantity=3, cost=300)]
    client.before("transact_write_items", lambda: stock.receive("r-1", "store-2", received, currency="EUR"))
    assert Corrections(client, table).count(first_count(4))["quantity"] == 1
    level = stock.level("store-2", "NEW")
    assert (level["on_hand"], level["stock_value"]) == (4, 450)
    assert stock.drift() == []


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (first_count(0), "sku is 'NEW'; expected a SKU that was stocked at store-2"),
        (first_count(4, unit_cost=None), "unit_cost is missing; expected the cost of one unit"),
        (
            Adjust(
                adjustment_id="a-1", location="store-2", sku="NEW", quantity=4, currency="EUR", reason="found"
            ),
            "sku is 'NEW'; expected a SKU that was stocked at store-2",
        ),
    ],
)
def test_what_gives_no_first_stock_is_refused(
    corrections: Corrections, stock: InventoryStore, request_: Any, field: str
) -> None:
    correct: Any = corrections.count if isinstance(request_, Count) else corrections.adjust
    with pytest.raises(InvalidRequest, match=re.escape(field)):
        correct(request_)
    assert stock.level("store-2", "NEW") == {}


def test_an_adjustment_of_nothing_is_refused(corrections: Corrections, stock: InventoryStore) -> None:
    with pytest.raises(InvalidRequest, match="quantity"):
        corrections.adjust(adjustment(0))


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [
        (adjustment(-3), adjustment(-4), "quantity is -3, sent -4"),
        (adjustment(-3), adjustment(-3, reason="stolen"), "reason is 'broken', sent 'stolen'"),
        (adjustment(3), adjustment(3, unit_cost=1), "unit_cost is missing, sent 0.01 EUR"),
        (count(9), count(4), "counted is 9, sent 4"),
        (count(9), count(9, currency="JPY"), "currency is 'EUR', sent 'JPY'"),
    ],
)
def test_an_id_with_another_request_is_a_conflict(
    corrections: Corrections, stock: InventoryStore, first: Any, second: Any, field: str
) -> None:
    correct: Any = corrections.count if isinstance(first, Count) else corrections.adjust
    result = correct(first)
    with pytest.raises(IdempotencyConflict, match=field):
        correct(second)
    assert stock.level(PLACE, "TEA")["on_hand"] == result["on_hand"]
    assert correct(first) == result


def test_a_second_delivery_that_read_the_level_too_late_is_not_refused(
    dynamodb: Any, table: str, corrections: Corrections, stock: InventoryStore
) -> None:
    client = Interposed(dynamodb)
    client.before("batch_get_item", lambda: corrections.adjust(adjustment(-10)))
    assert Corrections(client, table).adjust(adjustment(-10))["on_hand"] == 0
    assert stock.level(PLACE, "TEA")["on_hand"] == 0


@pytest.mark.parametrize(
    ("correction", "problem"),
    [
        (count(40_063_813), "a change by +40,063,803 units, with 10 on hand"),
        (count(1_011), "a change by +1,001 units"),
        (adjustment(1_001), "a change by +1,001 units"),
        (adjustment(1, unit_cost=1_001), "a unit cost of 1,001, with an average of 100"),
    ],
)
def test_an_implausible_correction_has_to_be_confirmed(
    corrections: Corrections, stock: InventoryStore, correction: Any, problem: str
) -> None:
    correct: Any = corrections.count if isinstance(correction, Count) else corrections.adjust
    with pytest.raises(ImplausibleCorrection, match=re.escape(problem)):
        correct(correction)
    assert stock.level(PLACE, "TEA")["on_hand"] == 10
    result = correct(correction.model_copy(update={"confirmed": True}))
    assert correct(correction) == result, "the same request, whether confirmed or not"


@pytest.mark.parametrize(
    "correction", [count(1_010), count(0), adjustment(1_000), adjustment(1, unit_cost=1_000)]
)
def test_a_plausible_correction_needs_no_confirmation(
    corrections: Corrections, stock: InventoryStore, correction: Any
) -> None:
    correct: Any = corrections.count if isinstance(correction, Count) else corrections.adjust
    assert correct(correction)["business_id"] in ("adj-1", "count-1")


def test_units_found_where_none_are_on_hand_need_a_unit_cost(
    corrections: Corrections, stock: InventoryStore
) -> None:
    corrections.count(count(0, "count-0"))
    with pytest.raises(InvalidRequest, match="unit_cost is missing"):
        corrections.count(count(2))
    with pytest.raises(InvalidRequest, match="unit_cost is missing"):
        corrections.adjust(adjustment(2))
    found = count(2).model_copy(update={"unit_cost": 100})
    assert corrections.count(found)["cost"] == 200
    assert stock.level(PLACE, "TEA")["stock_value"] == 200


@pytest.mark.parametrize("field", ["counted", "quantity", "unit_cost"])
def test_a_number_out_of_range_is_refused(field: str) -> None:
    model = Count if field == "counted" else Adjust
    request = (count(1) if field == "counted" else adjustment(1)).model_dump()
    for value in (10**29, 4_006_381_333_931, -(10**29), 1.5, "1"):
        with pytest.raises(InvalidRequest, match=field):
            parse(model, request | {field: value})
