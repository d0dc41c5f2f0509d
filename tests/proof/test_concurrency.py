"""Many tills at once, in threads, over HTTP: the local AWS's DynamoDB as it runs, and what it lets through."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from inventory.errors import InvalidTransfer, TransferCancelled
from inventory.models import Line, Need, OrderedLine, ReceiptLine
from inventory.on_order import OnOrder
from inventory.store import InventoryStore
from inventory.transfers import rules
from inventory.transfers.models import Arrival, ArrivedLine, AwaitTransfer, OpenTransfer
from inventory.transfers.store import TransferStore
from payments.cards import CardTokens
from payments.cash import Cash
from payments.models import Authorise, TenderRequest
from payments.providers import Providers
from payments.sandbox import SandboxProvider
from payments.service import Payments
from payments.store import PaymentsStore
from tillflow.errors import (
    DomainError,
    InsufficientStock,
    OrderClosed,
    StoreContention,
)
from tillflow.store import Item, unmarshal

from verification.proof.http_dynamodb import serve_dynamodb

TILLS = 16
DELIVERIES = 30
_places = count(1)


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with serve_dynamodb(connections=TILLS) as client:
        yield client


@pytest.fixture
def table(dynamodb: Any, request: pytest.FixtureRequest) -> str:
    name = f"{request.node.name}".replace("[", "-").replace("]", "")
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        KeySchema=[
            {"AttributeName": key, "KeyType": kind} for key, kind in (("pk", "HASH"), ("sk", "RANGE"))
        ],
    )
    return name


def at_once(*actions: Callable[[], Any]) -> list[Any]:
    """What each returns or raises, all begun together; contention is asked again as the workflow would, a few times."""
    ready = threading.Barrier(len(actions))

    def run(action: Callable[[], Any]) -> Any:
        ready.wait()
        told: DomainError | None = None
        for _ in range(DELIVERIES):
            try:
                return action()
            except StoreContention as contention:
                told = contention
            except DomainError as refusal:
                return refusal
        return told

    with ThreadPoolExecutor(len(actions)) as tills:
        return list(tills.map(run, actions))


def test_the_last_units_are_sold_once_each(dynamodb: Any, table: str) -> None:
    store = InventoryStore(dynamodb, table)
    store.receive("seed", "store-1", [ReceiptLine(sku="A", quantity=5, cost=500)])

    def buy(number: int) -> Callable[[], Any]:
        def sale() -> Any:
            store.reserve(f"ord-{number}", "store-1", [Line(sku="A", quantity=1)])
            return store.commit(f"ord-{number}")["cost"]

        return sale

    outcomes = at_once(*(buy(number) for number in range(TILLS)))
    assert Counter(map(type, outcomes)) == {int: 5, InsufficientStock: TILLS - 5}
    assert sum(cost for cost in outcomes if isinstance(cost, int)) == 500
    assert store.drift() == []


@dataclass(frozen=True)
class Sent:
    """An order as tills send it: units by SKU, from how many tills at once, and whether somebody cancels it too."""

    units: dict[str, int]
    tills: int
    cancelled: bool


wanted = st.dictionaries(st.sampled_from("AB"), st.integers(1, 3), min_size=1)
orders = st.lists(st.builds(Sent, wanted, st.integers(1, 3), st.booleans()), min_size=2, max_size=5)


@settings(
    max_examples=10,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # a race shrinks to no smaller story
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(shelves=st.fixed_dictionaries({"A": st.integers(1, 8), "B": st.integers(1, 8)}), sent=orders)
def test_concurrent_orders_reserve_exactly_the_stock(
    dynamodb: Any, table: str, shelves: dict[str, int], sent: list[Sent]
) -> None:
    """Every order is sold whole or not at all, a cancelled one leaves nothing, and none is refused without want."""
    store, place = InventoryStore(dynamodb, table), f"store-{next(_places)}"
    receipt = [ReceiptLine(sku=sku, quantity=units, cost=units * 100) for sku, units in shelves.items()]
    store.receive(place, place, receipt)
    actions: list[tuple[int, Callable[[], Any]]] = []
    for number, order in enumerate(sent):
        actions += [(number, sale(store, place, number, order.units))] * order.tills
        actions += [(number, partial(store.restock, f"{place}-{number}"))] * order.cancelled
    outcomes = at_once(*(action for _, action in actions))
    sold = {number for (number, _), told in zip(actions, outcomes, strict=True) if isinstance(told, int)}
    kept = [order for number, order in enumerate(sent) if number in sold and not order.cancelled]
    for sku, there in shelves.items():
        level = store.level(place, sku)
        taken = sum(order.units.get(sku, 0) for order in kept)
        assert (level["on_hand"], level["reserved"]) == (there - taken, 0)
    refusals = {type(told) for told in outcomes if isinstance(told, DomainError)}
    assert refusals <= {InsufficientStock, OrderClosed}
    if all(sum(order.units.get(sku, 0) for order in sent) <= there for sku, there in shelves.items()):
        assert InsufficientStock not in refusals
    assert store.drift() == []


def sale(store: InventoryStore, place: str, number: int, units: dict[str, int]) -> Callable[[], int]:
    """Reserves and commits an order's units; its cost."""

    def sell() -> int:
        lines = [Line(sku=sku, quantity=quantity) for sku, quantity in units.items()]
        store.reserve(f"{place}-{number}", place, lines)
        return int(store.commit(f"{place}-{number}")["cost"])

    return sell


def test_one_order_from_many_tills_is_reserved_and_sold_once(dynamodb: Any, table: str) -> None:
    store = InventoryStore(dynamodb, table)
    store.receive("seed", "store-1", [ReceiptLine(sku="A", quantity=5, cost=500)])

    def sale() -> Any:
        store.reserve("ord-1", "store-1", [Line(sku="A", quantity=2)])
        return store.commit("ord-1")

    outcomes = at_once(*(sale for _ in range(TILLS)))
    assert all(outcome == outcomes[0] for outcome in outcomes)
    level = store.level("store-1", "A")
    assert (level["on_hand"], level["reserved"], level["stock_value"]) == (3, 0, 300)


@pytest.fixture
def payments(dynamodb: Any, table: str) -> Payments:
    sandbox = SandboxProvider(dynamodb, table)
    providers = Providers(
        "card=sandbox",
        {
            "sandbox": lambda: sandbox,
            "cash": Cash,
            "store_credit": Cash,
            "gift_card": Cash,
            "on_account": Cash,
            "exchange": Cash,
        },
    )
    cards = CardTokens(dynamodb, table)
    for order_id in ("ord-1", *(f"ord-{number}" for number in range(12))):
        cards.store(order_id, [("card_1", "tok_visa"), ("card_2", "tok_visa")], datetime.now(UTC))
    return Payments(PaymentsStore(dynamodb, table), providers, cards)


def authorisations(dynamodb: Any, table: str) -> list[Item]:
    """What the card provider says it holds, took and gave back."""
    rows = map(unmarshal, dynamodb.scan(TableName=table, ConsistentRead=True)["Items"])
    return [row for row in rows if row["sk"] == "AUTHORISATION"]


def tendered(order_id: str) -> Authorise:
    tenders = tuple(
        TenderRequest(tender_no=number, type="card", card=f"card_{number}", amount=100) for number in (1, 2)
    )
    return Authorise(order_id=order_id, currency="EUR", location="shop-1", tenders=tenders)


def test_one_capture_from_many_tills_takes_the_money_once(
    dynamodb: Any, table: str, payments: Payments
) -> None:
    payments.authorise(tendered("ord-1"))
    outcomes = at_once(*(lambda: payments.capture("ord-1")["captured"] for _ in range(TILLS)))
    assert outcomes == [200] * TILLS
    assert [row["captured"] for row in authorisations(dynamodb, table)] == [100, 100]


@pytest.mark.parametrize("round_", range(12))
def test_a_cancel_that_races_a_capture_has_one_winner(
    dynamodb: Any, table: str, payments: Payments, round_: int
) -> None:
    order_id = f"ord-{round_}"
    payments.authorise(tendered(order_id))
    captured, prevented = at_once(
        lambda: payments.capture(order_id), lambda: payments.prevent_capture(order_id)["capture"]
    )
    if prevented == "prevented":
        assert isinstance(captured, OrderClosed)
    else:
        assert captured["captured"] == 200
    payments.reverse(order_id)
    assert all(row["captured"] == row["refunded"] for row in authorisations(dynamodb, table))
    assert payments.prevent_capture(order_id)["capture"] == prevented


def test_need_of_concurrent_triggers_is_ordered_once(dynamodb: Any, table: str) -> None:
    stock, orders = InventoryStore(dynamodb, table), OnOrder(dynamodb, table)
    stock.receive("seed", "store-1", [ReceiptLine(sku="A", quantity=5, cost=500)])
    need = OrderedLine(sku="A", quantity=24, need=Need(on_order=0, available=10))
    outcomes = at_once(
        *(partial(orders.raise_units, f"po-{number}", "store-1", [need]) for number in range(TILLS))
    )
    assert sum(line["quantity"] for outcome in outcomes for line in outcome["raised"]) == 24
    assert stock.level("store-1", "A")["on_order"] == 24


@pytest.mark.parametrize("round_", range(6))
def test_goods_leave_or_are_cancelled(dynamodb: Any, table: str, round_: int) -> None:
    """Both ends speak at once, and the workflow's steps after them from several deliveries."""
    name = f"trf-{round_}"
    stock, transfers = InventoryStore(dynamodb, table), TransferStore(dynamodb, table)
    stock.receive(name, "warehouse", [ReceiptLine(sku="A", quantity=5, cost=501)])
    lines = [{"sku": "A", "quantity": 5}]
    asked = {"source": "warehouse", "destination": "store-1", "currency": "EUR", "lines": lines}
    transfers.open(OpenTransfer.model_validate({"transfer_id": name, **asked}))
    InventoryStore(dynamodb, table, "TRANSFER").reserve(name, "warehouse", [Line(sku="A", quantity=5)])
    OnOrder(dynamodb, table, "TRANSFER").raise_units(name, "store-1", [OrderedLine(sku="A", quantity=5)])
    waits = AwaitTransfer(transfer_id=name, waiting_for="shipment", waiting_since="1", task_token="t")
    transfers.change(name, lambda before: rules.wait_for(before, waits))

    now = datetime.now(UTC)
    said = at_once(
        lambda: transfers.change(name, lambda before: rules.report_shipment(before, now)).left_at,
        lambda: transfers.change(name, lambda before: rules.request_cancel(before, "no van")).cancel_reason,
    )
    assert sum(isinstance(one, DomainError) for one in said) == 1
    outcomes = at_once(*(partial(transfers.ship, name) for _ in range(4)))
    if isinstance(said[0], DomainError):
        assert all(isinstance(one, TransferCancelled) for one in outcomes)
        assert stock.level("warehouse", "A")["on_hand"] == 5
    else:
        assert {one.lines[0].cost for one in outcomes} == {501}
        assert stock.level("warehouse", "A")["on_hand"] == 0
    assert stock.drift() == []


def test_an_arrival_from_many_desks_arrives_once(dynamodb: Any, table: str) -> None:
    stock, transfers = InventoryStore(dynamodb, table), TransferStore(dynamodb, table)
    stock.receive("seed", "warehouse", [ReceiptLine(sku="A", quantity=10, cost=1003)])
    lines = [{"sku": "A", "quantity": 10}]
    asked = {"source": "warehouse", "destination": "store-1", "currency": "EUR", "lines": lines}
    transfers.open(OpenTransfer.model_validate({"transfer_id": "trf-1", **asked}))
    InventoryStore(dynamodb, table, "TRANSFER").reserve("trf-1", "warehouse", [Line(sku="A", quantity=10)])
    OnOrder(dynamodb, table, "TRANSFER").raise_units("trf-1", "store-1", [OrderedLine(sku="A", quantity=10)])
    waits = AwaitTransfer(transfer_id="trf-1", waiting_for="shipment", waiting_since="1", task_token="t")
    now = datetime.now(UTC)
    transfers.change("trf-1", lambda before: rules.report_shipment(rules.wait_for(before, waits), now))
    transfers.ship("trf-1")

    def arrives(number: int) -> None:
        lines = (ArrivedLine(sku="A", quantity=3, lost=1),)
        arrival = Arrival(arrival_id=f"van-{number}", arrived_at=now, lines=lines)
        transfers.record_arrival("trf-1", arrival)
        transfers.book("trf-1")

    refused = at_once(*(partial(arrives, number) for number in (1, 2, 3) for _ in range(4)))
    while rules.next_step(transfers.get("trf-1")) == "receive":
        transfers.book("trf-1")
    # Four units each: two of the three fit into the ten, said by however many desks.
    assert sum(isinstance(one, InvalidTransfer) for one in refused) == 4
    line = transfers.get("trf-1").lines[0]
    assert (line.received, line.lost, line.in_transit) == (6, 2, 2)
    level = stock.level("store-1", "A")
    assert (level["on_hand"], level["on_order"]) == (6, 2)
    assert level["stock_value"] + rules.loss(transfers.get("trf-1")) in (802, 803)
    assert stock.drift() == []
