"""Any sequence of receipts, orders and second deliveries against a model of a page; and many at once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from inventory.models import Line, ReceiptLine
from inventory.store import InventoryStore
from tillflow.errors import (
    IdempotencyConflict,
    InsufficientStock,
    InvalidRequest,
    OrderClosed,
    StoreContention,
)
from tillflow.store import unmarshal

from tests.support.interposed import Interposed, TakingTurns, conflict
from tests.support.simulated_aws import simulated_aws

SKUS = ("A", "B", "C")
orders = st.sampled_from([f"ord-{number}" for number in range(5)])
quantities = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 4), min_size=1)


class StockAndItsModel(RuleBasedStateMachine):
    """The model: units on hand and their value per SKU, and per order its lines and where it stands."""

    def __init__(self) -> None:
        super().__init__()
        self._aws = ExitStack()
        self.dynamodb = self._aws.enter_context(simulated_aws())
        keys = [("pk", "HASH"), ("sk", "RANGE")]
        self.dynamodb.create_table(
            TableName="stock",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        )
        self.client = Interposed(self.dynamodb)
        self.store = InventoryStore(self.client, "stock")
        self.on_hand: Counter[str] = Counter()
        self.value: Counter[str] = Counter()
        self.receipts: dict[str, list[ReceiptLine]] = {}
        self.held: dict[str, dict[str, int]] = {}
        self.sold: dict[str, Any] = {}
        self.closed: set[str] = set()

    def teardown(self) -> None:
        self._aws.close()

    @initialize()
    def stock_up(self) -> None:
        self.receive({"A": 5, "B": 2}, 700)

    @rule(units=quantities, cost=st.integers(0, 999))
    def receive(self, units: dict[str, int], cost: int) -> None:
        receipt = f"rec-{len(self.receipts)}"
        lines = [ReceiptLine(sku=sku, quantity=quantity, cost=cost) for sku, quantity in units.items()]
        self.store.receive(receipt, "store-1", lines)
        self.receipts[receipt] = lines
        for sku, quantity in units.items():
            self.on_hand[sku] += quantity
            self.value[sku] += cost

    @rule(pick=st.integers(0, 50))
    def receive_again(self, pick: int) -> None:
        receipt = list(self.receipts)[pick % len(self.receipts)]
        self.store.receive(receipt, "store-1", self.receipts[receipt])

    @rule(order=orders, units=quantities)
    def reserve(self, order: str, units: dict[str, int]) -> None:
        expected = self._refusal(order, units)
        lines = [Line(sku=sku, quantity=quantity) for sku, quantity in units.items()]
        assert outcome(lambda: self.store.reserve(order, "store-1", lines)) == expected
        if expected is None:
            self.held.setdefault(order, units)

    def _refusal(self, order: str, units: dict[str, int]) -> type[Exception] | None:
        if order in self.closed:
            return OrderClosed
        known = self.held.get(order) or self.sold.get(order, {}).get("units")
        if known:
            return None if known == units else IdempotencyConflict
        short = any(self.on_hand[sku] - self._reserved(sku) < units[sku] for sku in units)
        return InsufficientStock if short else None

    @rule(order=orders)
    def release(self, order: str) -> None:
        self.store.release(order)
        if order not in self.sold:
            self.held.pop(order, None)
            self.closed.add(order)

    @rule(order=orders)
    def commit(self, order: str) -> None:
        if order in self.sold:
            assert self.store.commit(order) == self.sold[order]["result"]
        elif order not in self.held:
            expected = OrderClosed if order in self.closed else InvalidRequest
            assert outcome(lambda: self.store.commit(order)) == expected
        else:
            units = self.held.pop(order)
            committed = self.store.commit(order)
            self.sold[order] = {"units": units, "result": committed}
            for line in committed["lines"]:
                self.on_hand[line["sku"]] -= line["quantity"]
                self.value[line["sku"]] -= line["cost"]

    @rule(times=st.integers(1, 4))
    def others_are_in_the_way(self, times: int) -> None:
        for nth in range(1, times + 1):
            self.client.before("transact_write_items", conflict, nth)

    @invariant()
    def counters_are_the_model_and_their_history(self) -> None:
        for sku in SKUS:
            level = self.store.level("store-1", sku)
            if level:
                told = (level["on_hand"], level["reserved"], level["available"], level["stock_value"])
                reserved = self._reserved(sku)
                assert told == (self.on_hand[sku], reserved, self.on_hand[sku] - reserved, self.value[sku])
                assert 0 <= level["reserved"] <= level["on_hand"]
                assert level["stock_value"] >= 0
                assert level["on_hand"] or not level["stock_value"]
        assert self.store.drift() == []

    def _reserved(self, sku: str) -> int:
        return sum(units.get(sku, 0) for units in self.held.values())


def outcome(verb: Callable[[], Any]) -> type[Exception] | None:
    try:
        verb()
    except (IdempotencyConflict, InsufficientStock, InvalidRequest, OrderClosed) as refusal:
        return type(refusal)
    return None


StockAndItsModel.TestCase.settings = settings(
    max_examples=10,
    derandomize=True,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
TestStockAndItsModel = StockAndItsModel.TestCase


def test_fifty_buyers_at_once_for_the_last_twenty_units(dynamodb: Any, table: str) -> None:
    store = InventoryStore(TakingTurns(dynamodb), table)
    store.receive("rec-1", "store-1", [ReceiptLine(sku="A", quantity=20, cost=999)])
    buyers = [f"ord-{number}" for number in range(50)]

    def buy(order: str) -> str:
        line = [Line(sku="A", quantity=1)]
        if outcome(lambda: store.reserve(order, "store-1", line)) is InsufficientStock:
            return "short"
        if order.endswith("0"):
            store.release(order)
            return "changed their mind"
        as_the_workflow_retries(lambda: store.commit(order))
        return "sold"

    with ThreadPoolExecutor(25) as shop:
        first = dict(zip(buyers, shop.map(buy, buyers), strict=True))
        again = list(
            shop.map(lambda order: as_the_workflow_retries(lambda: store.commit(order)), sold(first))
        )
    late = {order: buy(order) for order in ("late-1", "late-2", "late-3", "late-4", "late-5")}
    everyone = sold(first) + sold(late)
    assert len(everyone) == 20
    level = store.level("store-1", "A")
    assert (level["on_hand"], level["reserved"], level["stock_value"]) == (0, 0, 0)
    rows = [unmarshal(row) for page in pages(dynamodb, table) for row in page["Items"]]
    sales = [row for row in rows if row["sk"].startswith("MOVE#") and row["kind"] == "sale"]
    assert sum(row["cost"] for row in sales) == 999
    assert {row["business_id"] for row in sales} == set(everyone)
    assert [committed["lines"][0]["quantity"] for committed in again] == [1] * len(sold(first))
    assert store.drift() == []


def sold(ends: dict[str, str]) -> list[str]:
    return [order for order, end in ends.items() if end == "sold"]


def as_the_workflow_retries(verb: Callable[[], Any]) -> Any:
    for _ in range(50):
        try:
            return verb()
        except StoreContention:
            continue
    raise AssertionError("contention never passed")


def pages(dynamodb: Any, table: str) -> Any:
    return dynamodb.get_paginator("scan").paginate(TableName=table)
