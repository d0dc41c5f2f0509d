"""Many tills at once, in threads, over HTTP: the local AWS's DynamoDB as it runs, and what it lets through."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from inventory.models import Line, ReceiptLine
from inventory.store import InventoryStore
from payments.cash import Cash
from payments.models import Authorise, TenderRequest
from payments.sandbox import SandboxProvider
from payments.service import Payments
from payments.store import PaymentsStore
from tillflow.errors import DomainError, InsufficientStock, OrderClosed, StoreContention
from tillflow.store import Item, unmarshal

from tests.proof.served import served_dynamodb

TILLS = 16


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with served_dynamodb(connections=TILLS) as client:
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
    """What each returns or raises, all begun together; contention is asked again as the workflow would."""
    ready = threading.Barrier(len(actions))

    def run(action: Callable[[], Any]) -> Any:
        ready.wait()
        while True:
            try:
                return action()
            except StoreContention:
                continue
            except DomainError as refusal:
                return refusal

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
    providers = {"card": SandboxProvider(dynamodb, table), "cash": Cash()}
    return Payments(PaymentsStore(dynamodb, table), providers)


def authorisations(dynamodb: Any, table: str) -> list[Item]:
    """What the card provider says it holds, took and gave back."""
    rows = map(unmarshal, dynamodb.scan(TableName=table, ConsistentRead=True)["Items"])
    return [row for row in rows if row["sk"] == "AUTHORISATION"]


def tendered(order_id: str, *tokens: str) -> Authorise:
    tenders = tuple(
        TenderRequest(tender_no=number, type="card", token=token, amount=100)
        for number, token in enumerate(tokens, 1)
    )
    return Authorise(order_id=order_id, currency="EUR", tenders=tenders)


def test_one_capture_from_many_tills_takes_the_money_once(
    dynamodb: Any, table: str, payments: Payments
) -> None:
    payments.authorise(tendered("ord-1", "tok_visa", "tok_visa"))
    outcomes = at_once(*(lambda: payments.capture("ord-1")["captured"] for _ in range(TILLS)))
    assert outcomes == [200] * TILLS
    assert [row["captured"] for row in authorisations(dynamodb, table)] == [100, 100]


@pytest.mark.parametrize("round_", range(12))
def test_a_cancel_that_races_a_capture_has_one_winner(
    dynamodb: Any, table: str, payments: Payments, round_: int
) -> None:
    order_id = f"ord-{round_}"
    payments.authorise(tendered(order_id, "tok_visa", "tok_visa"))
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
