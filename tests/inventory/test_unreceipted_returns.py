"""Units that come back without a receipt: their cost, and a return that is sent again."""

from typing import Any

import pytest
from inventory.customer_returns import CustomerReturns
from inventory.errors import CurrencyMismatch
from inventory.models import Line, ReceiptLine, UnreceiptedUnits
from inventory.store import InventoryStore
from tillflow.errors import IdempotencyConflict, InvalidRequest

PLACE = "store-1"


@pytest.fixture
def stock(dynamodb: Any, table: str) -> InventoryStore:
    return InventoryStore(dynamodb, table)


@pytest.fixture
def returns(dynamodb: Any, table: str) -> CustomerReturns:
    return CustomerReturns(dynamodb, table)


def units(quantity: int = 1, **more: Any) -> UnreceiptedUnits:
    fields = {"return_id": "ret-1", "location": PLACE, "currency": "EUR"}
    line = {"sku": "TEA", "quantity": quantity}
    return UnreceiptedUnits.model_validate({**fields, "lines": [line], **more})


def sell_all(stock: InventoryStore, quantity: int) -> None:
    stock.reserve("ord-1", PLACE, [Line(sku="TEA", quantity=quantity)], "EUR")
    stock.commit("ord-1")


def test_unit_back_at_an_empty_level_costs_what_the_last_one_cost(
    stock: InventoryStore, returns: CustomerReturns
) -> None:
    stock.receive("seed", PLACE, [ReceiptLine(sku="TEA", quantity=3, cost=301)], currency="EUR")
    sell_all(stock, 3)
    assert returns.restock_unreceipted(units(2))["returned_cost"] == 201
    assert stock.level(PLACE, "TEA")["stock_value"] == 201
    assert stock.drift() == []


def test_unit_back_at_a_level_with_units_costs_their_average(
    stock: InventoryStore, returns: CustomerReturns
) -> None:
    stock.receive("seed", PLACE, [ReceiptLine(sku="TEA", quantity=2, cost=200)], currency="EUR")
    assert returns.restock_unreceipted(units())["returned_cost"] == 100


def test_unit_of_a_sku_that_was_never_there_costs_nothing(returns: CustomerReturns) -> None:
    assert returns.restock_unreceipted(units())["returned_cost"] == 0


@pytest.mark.parametrize(
    "other",
    [
        {"location": "store-2"},
        {"currency": "JPY"},
        {"lines": [{"sku": "TEA", "quantity": 2}]},
        {"lines": [{"sku": "TEA", "quantity": 1, "condition": "damaged"}]},
    ],
)
def test_other_content_under_a_return_id_is_a_conflict(
    stock: InventoryStore, returns: CustomerReturns, other: dict[str, Any]
) -> None:
    first = returns.restock_unreceipted(units())
    with pytest.raises(IdempotencyConflict):
        returns.restock_unreceipted(units(**other))
    assert returns.restock_unreceipted(units()) == first
    assert stock.level("store-2", "TEA") == {}


def test_units_that_do_not_fit_into_a_level_are_refused_by_the_check(
    stock: InventoryStore, returns: CustomerReturns
) -> None:
    stock.receive("seed", PLACE, [ReceiptLine(sku="TEA", quantity=2, cost=200)], currency="EUR")
    with pytest.raises(InvalidRequest, match="units of a SKU"):
        returns.check_unreceipted(units(lines=[{"sku": "TEA", "quantity": 500_001}] * 2))
    with pytest.raises(CurrencyMismatch):
        returns.check_unreceipted(units(currency="JPY"))
    damaged = [{"sku": "TEA", "quantity": 1, "condition": "damaged"}]
    assert returns.check_unreceipted(units(lines=damaged)) == {"return_id": "ret-1"}
    assert stock.level(PLACE, "TEA")["on_hand"] == 2
