"""A write of stock that another delivery or process overtakes keeps what that wrote, and is applied once."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from inventory.corrections import Corrections
from inventory.customer_returns import CustomerReturns
from inventory.models import (
    Adjust,
    Count,
    Line,
    Need,
    OrderedLine,
    ReceiptLine,
    ReturnedUnits,
    UnreceiptedUnits,
)
from inventory.on_order import OnOrder
from inventory.store import InventoryStore
from inventory.supplier_returns import SupplierReturns
from inventory.transfers.models import Arrival, ArrivedLine, OpenTransfer
from inventory.transfers.store import TransferStore
from tillflow.errors import IdempotencyConflict, InvalidRequest

from tests.support.interposed import Interposed
from tests.support.released_reservations import rewrite_as_released

PLACE, THERE = "store-1", "store-2"
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SHIPMENT_RETURN = f"shipment-{40 * 'a'}"
"""The id of the return of a shipment that did not arrive."""


class Shop:
    """Ten units of two products. `late` is a client whose next transaction another process overtakes."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self.dynamodb, self.table = dynamodb, table
        self.stock = InventoryStore(dynamodb, table)
        goods = [ReceiptLine(sku=sku, quantity=10, cost=1000) for sku in ("MUG", "TEA")]
        self.stock.receive("seed", PLACE, goods, currency="EUR")

    def late(
        self, action: Callable[[], object], operation: str = "transact_write_items", nth: int = 1
    ) -> Interposed:
        client = Interposed(self.dynamodb)
        client.before(operation, action, nth)
        return client

    def counters(self, sku: str = "TEA", place: str = PLACE) -> tuple[int, int, int]:
        """Return the units on hand, reserved and on order."""
        level = self.stock.level(place, sku)
        return level["on_hand"], level["reserved"], level.get("on_order", 0)

    def sell(self, *skus: str, quantity: int = 3, order_id: str = "ord-1") -> None:
        self.stock.reserve(order_id, PLACE, [Line(sku=sku, quantity=quantity) for sku in skus])
        self.stock.commit(order_id)


@pytest.fixture
def shop(dynamodb: Any, table: str) -> Shop:
    return Shop(dynamodb, table)


def units(sku: str = "TEA", return_id: str = "ret-1", **place: str) -> dict[str, Any]:
    return {"return_id": return_id, "lines": [{"sku": sku, "quantity": 1}], **place}


@pytest.mark.parametrize("verb", ["release", "restock"])
def test_release_overtaken_by_its_second_delivery_releases_once(shop: Shop, verb: str) -> None:
    for order_id in ("ord-1", "ord-2"):
        shop.stock.reserve(order_id, PLACE, [Line(sku="TEA", quantity=3)])
    client = shop.late(lambda: getattr(shop.stock, verb)("ord-1"))
    getattr(InventoryStore(client, shop.table), verb)("ord-1")
    assert shop.counters() == (10, 3, 0)


def test_release_overtaken_by_the_commit_leaves_the_sale_open(shop: Shop) -> None:
    lines = [Line(sku="TEA", quantity=3)]
    shop.stock.reserve("ord-1", PLACE, lines)
    client = shop.late(lambda: shop.stock.commit("ord-1"), "update_item")
    assert InventoryStore(client, shop.table).release("ord-1")["released"] == []
    assert shop.stock.reserve("ord-1", PLACE, lines)["reserved"] == [{"sku": "TEA", "quantity": 3}]
    assert shop.counters() == (7, 0, 0)


@pytest.mark.parametrize("before", [0, 1])
def test_return_overtaken_by_another_of_its_sale_adds_to_what_that_brought_back(
    shop: Shop, before: int
) -> None:
    """Of three units, `before` were brought back earlier."""
    shop.sell("TEA")
    other = CustomerReturns(shop.dynamodb, shop.table)
    for number in range(before):
        other.restock("ord-1", ReturnedUnits(**units(return_id=f"ret-before-{number}")))
    client = shop.late(lambda: other.restock("ord-1", ReturnedUnits(**units(return_id="ret-2"))))
    CustomerReturns(client, shop.table).restock("ord-1", ReturnedUnits(**units()))
    with pytest.raises(InvalidRequest, match=f"at most {1 - before}, as sold"):
        lines = {"lines": [{"sku": "TEA", "quantity": 2}]}
        other.restock("ord-1", ReturnedUnits(**units(return_id="ret-3") | lines))
    assert shop.counters() == (9 + before, 0, 0)


@pytest.mark.parametrize("return_id", ["ret-1", SHIPMENT_RETURN])
def test_return_overtaken_by_other_units_under_its_id_is_a_conflict(shop: Shop, return_id: str) -> None:
    """The two products have a reservation each, as in release 0.1.0."""
    shop.sell("MUG", "TEA")
    rewrite_as_released(shop.dynamodb, shop.table, "ORDER#ord-1")
    other = CustomerReturns(shop.dynamodb, shop.table)
    first = ReturnedUnits(**units("MUG", return_id))
    client = shop.late(lambda: other.restock("ord-1", first))
    with pytest.raises(IdempotencyConflict):
        CustomerReturns(client, shop.table).restock("ord-1", ReturnedUnits(**units("TEA", return_id)))
    assert other.restock("ord-1", first) == other.restock("ord-1", first)
    assert (shop.counters("MUG"), shop.counters("TEA")) == ((8, 0, 0), (7, 0, 0))


def test_movement_is_never_overwritten(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A return of an order and one without a receipt have markers of their own."""
    monkeypatch.setattr("inventory.rows.now", lambda: "2026-11-23T10:00:00Z")
    shop.sell("TEA")
    returns = CustomerReturns(shop.dynamodb, shop.table)
    returns.restock("ord-1", ReturnedUnits(**units()))
    with pytest.raises(InvalidRequest, match="an id without a return movement of TEA"):
        returns.restock_unreceipted(UnreceiptedUnits(**units(location=PLACE, currency="EUR")))
    assert shop.stock.drift() == []


def test_adjustment_overtaken_by_another_under_its_id_is_a_conflict(shop: Shop) -> None:
    def adjustment(sku: str) -> Adjust:
        fields: dict[str, Any] = {
            "adjustment_id": "adj-1",
            "location": PLACE,
            "currency": "EUR",
            "reason": "broken",
        }
        return Adjust(**fields, sku=sku, quantity=-1)

    other = Corrections(shop.dynamodb, shop.table)
    client = shop.late(lambda: other.adjust(adjustment("MUG")))
    with pytest.raises(IdempotencyConflict, match="sku"):
        Corrections(client, shop.table).adjust(adjustment("TEA"))
    assert (shop.counters("MUG"), shop.counters("TEA")) == ((9, 0, 0), (10, 0, 0))


def test_count_overtaken_by_another_under_its_id_is_a_conflict(shop: Shop) -> None:
    """Both agree with the shelves, so that no level or movement is written."""

    def count(sku: str) -> Count:
        return Count(count_id="cnt-1", location=PLACE, currency="EUR", sku=sku, counted=10)

    other = Corrections(shop.dynamodb, shop.table)
    client = shop.late(lambda: other.count(count("MUG")))
    with pytest.raises(IdempotencyConflict, match="sku"):
        Corrections(client, shop.table).count(count("TEA"))
    assert other.count(count("MUG"))["sku"] == "MUG"


def test_return_to_a_supplier_overtaken_by_another_of_its_order_returns_what_that_did(shop: Shop) -> None:
    """They see other receipts: that of the tea was booked between them."""
    for sku, step in (("MUG", "receipt-dn-1"), ("TEA", "receipt-dn-2")):
        shop.stock.receive("po-1", PLACE, [ReceiptLine(sku=sku, quantity=2, cost=200)], step)
    other = SupplierReturns(shop.dynamodb, shop.table)
    # The first transaction closes the step.
    client = shop.late(lambda: other.return_goods("po-1", PLACE, ["receipt-dn-1"]), nth=2)
    returned = SupplierReturns(client, shop.table).return_goods("po-1", PLACE, ["receipt-dn-2"])
    assert [line["sku"] for line in returned["returned"]] == ["MUG"]
    assert (shop.counters("MUG"), shop.counters("TEA")) == ((10, 0, 0), (12, 0, 0))


LOWERED = pytest.mark.parametrize(
    ("step", "quantity"),
    [("received-dn-1", 2), ("not-ordered", 2), ("closed", None), ("cancelled", None)],
)
"""The steps that lower the units on order: some units, or all that are open."""


def lower(shop: Shop, client: Any, step: str, quantity: int | None) -> Any:
    lines = None if quantity is None else [Line(sku="TEA", quantity=quantity)]
    return OnOrder(client, shop.table).lower_units("po-1", step, lines)["lowered"]


@LOWERED
@pytest.mark.parametrize("overtaken", [True, False], ids=["overtaken", "afterwards"])
def test_units_on_order_are_lowered_once(
    shop: Shop, step: str, quantity: int | None, overtaken: bool
) -> None:
    OnOrder(shop.dynamodb, shop.table).raise_units("po-1", PLACE, [OrderedLine(sku="TEA", quantity=6)])
    lowered = [{"sku": "TEA", "quantity": 6 if quantity is None else quantity}]
    if overtaken:
        # Before all open units are lowered, a transaction refuses a later raise.
        nth = 2 if quantity is None else 1
        client = shop.late(lambda: lower(shop, shop.dynamodb, step, quantity), nth=nth)
        assert lower(shop, client, step, quantity) == lowered
    else:
        assert lower(shop, shop.dynamodb, step, quantity) == lowered
    assert lower(shop, shop.dynamodb, step, quantity) == lowered
    assert shop.counters() == (10, 0, 0 if quantity is None else 4)


def test_need_in_a_currency_that_another_order_meets_meanwhile_is_not_ordered_again(shop: Shop) -> None:
    lines = [OrderedLine(sku="TEA", quantity=24, need=Need(on_order=0, available=10))]
    other = OnOrder(shop.dynamodb, shop.table)
    client = shop.late(lambda: other.raise_units("po-2", PLACE, lines, "EUR"))
    assert OnOrder(client, shop.table).raise_units("po-1", PLACE, lines, "EUR")["raised"] == []
    assert shop.counters() == (10, 0, 24)


def test_reorder_point_that_another_user_removes_meanwhile_stays_removed(shop: Shop) -> None:
    shop.stock.set_reorder_point(PLACE, "TEA", 12)
    need = Need(on_order=0, available=10, reorder_point=20)
    client = shop.late(lambda: shop.stock.set_reorder_point(PLACE, "TEA", None))
    OnOrder(client, shop.table).raise_units(
        "po-1", PLACE, [OrderedLine(sku="TEA", quantity=24, need=need)], "EUR"
    )
    assert "reorder_point" not in shop.stock.level(PLACE, "TEA")
    assert shop.counters() == (10, 0, 24)


def opening(quantity: int = 3) -> OpenTransfer:
    lines = [{"sku": "TEA", "quantity": quantity}]
    places = {"source": PLACE, "destination": THERE, "currency": "EUR"}
    return OpenTransfer.model_validate({"transfer_id": "trf-1", **places, "lines": lines})


def shipped(shop: Shop) -> TransferStore:
    """Return the transfers, of which the goods of one have left."""
    transfers = TransferStore(shop.dynamodb, shop.table)
    transfers.open(opening())
    lines = [Line(sku="TEA", quantity=3)]
    InventoryStore(shop.dynamodb, shop.table, "TRANSFER").reserve("trf-1", PLACE, lines)
    ordered = [OrderedLine(sku="TEA", quantity=3)]
    OnOrder(shop.dynamodb, shop.table, "TRANSFER").raise_units("trf-1", THERE, ordered)
    transfers.change("trf-1", lambda transfer: transfer.model_copy(update={"left_at": NOW}))
    transfers.ship("trf-1")
    return transfers


def arrival(arrival_id: str) -> Arrival:
    lines = (ArrivedLine(sku="TEA", quantity=1, lost=0),)
    return Arrival(arrival_id=arrival_id, arrived_at=NOW, lines=lines)


def test_transfer_overtaken_by_another_under_its_id_is_a_conflict(shop: Shop) -> None:
    transfers = TransferStore(shop.dynamodb, shop.table)
    client = shop.late(lambda: transfers.open(opening(2)))
    with pytest.raises(IdempotencyConflict, match="lines"):
        TransferStore(client, shop.table).open(opening())


def test_arrival_overtaken_by_its_second_delivery_is_booked_once(shop: Shop) -> None:
    transfers = shipped(shop)
    transfers.record_arrival("trf-1", arrival("van-1"))
    client = shop.late(lambda: transfers.book("trf-1"))
    TransferStore(client, shop.table).book("trf-1")
    assert shop.counters(place=THERE) == (1, 0, 2)
