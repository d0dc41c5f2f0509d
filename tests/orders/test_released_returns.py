"""An order lists the returns that claimed units of it and were then refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from orders.returns.models import ReleaseReturn
from orders.returns.operations import MAX_RELEASED, ReturnOperations
from orders.returns.store import ReturnsStore
from tillflow.store import marshal

from tests.orders.test_overtaken_claims import Shop, without_receipt
from tests.orders.test_return_rules import request

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
REFUSED = {"execution": "arn:return", "error": "RefundRefused", "cause": "charge_too_old"}


@pytest.fixture
def shop(dynamodb: Any, table: str) -> Shop:
    return Shop(dynamodb, table)


def returns_of(shop: Shop) -> list[tuple[str, str, str | None]]:
    stored = ReturnOperations(shop.dynamodb, None, shop.table, "arn").list_of_order(shop.order())
    return [(one.return_id, one.status, one.reason) for one in stored]


def claim_and_release(store: ReturnsStore, return_id: str, now: datetime) -> None:
    store.claim(request(return_id, 1), "arn:return", now)
    store.release(ReleaseReturn.model_validate({"return_id": return_id, **REFUSED}))


def test_refused_return_is_listed_among_the_others_by_its_claim(shop: Shop) -> None:
    shop.other.claim(request("ret-1", 1), "arn:return", NOW)
    claim_and_release(shop.other, "ret-2", NOW + timedelta(minutes=1))
    shop.other.claim(request("ret-3", 1), "arn:return", NOW + timedelta(minutes=2))
    assert returns_of(shop) == [
        ("ret-1", "CLAIMED", None),
        ("ret-2", "RELEASED", "RefundRefused"),
        ("ret-3", "CLAIMED", None),
    ]
    assert shop.claimed() == {"ret-1": 1, "ret-3": 1}


def test_second_release_lists_the_return_once(shop: Shop) -> None:
    claim_and_release(shop.other, "ret-1", NOW)
    shop.other.release(ReleaseReturn.model_validate({"return_id": "ret-1", **REFUSED}))
    assert returns_of(shop) == [("ret-1", "RELEASED", "RefundRefused")]


def test_release_that_is_overtaken_lists_the_return(shop: Shop) -> None:
    shop.other.claim(request("ret-1", 1), "arn:return", NOW)
    shop.overtake(lambda: shop.other.claim(request("ret-2", 2), "arn:return", NOW))
    shop.returns.release(ReleaseReturn.model_validate({"return_id": "ret-1", **REFUSED}))
    assert sorted(returns_of(shop)) == [("ret-1", "RELEASED", "RefundRefused"), ("ret-2", "CLAIMED", None)]


def test_last_refused_returns_are_listed(shop: Shop) -> None:
    for number in range(MAX_RELEASED + 1):
        claim_and_release(shop.other, f"ret-{number}", NOW + timedelta(seconds=number))
    assert [return_id for return_id, *_ in returns_of(shop)] == [
        f"ret-{number}" for number in range(1, MAX_RELEASED + 1)
    ]


def test_refused_return_without_a_receipt_is_of_no_order(shop: Shop) -> None:
    shop.other.claim(without_receipt(), "arn:return", NOW)
    shop.other.release(ReleaseReturn.model_validate({"return_id": "ret-1", **REFUSED}))
    assert (shop.status("ret-1"), returns_of(shop)) == ("RELEASED", [])


def test_refused_return_of_another_order_is_not_listed(shop: Shop) -> None:
    row = shop.dynamodb.get_item(TableName=shop.table, Key=marshal({"pk": "ORDER#ord-1", "sk": "ORDER"}))[
        "Item"
    ]
    other = row | marshal({"pk": "ORDER#ord-10", "order_id": "ord-10"})
    shop.dynamodb.put_item(TableName=shop.table, Item=other)
    of_other = request("ret-1", 1).model_copy(update={"order_id": "ord-10"})
    shop.other.claim(of_other, "arn:return", NOW)
    shop.other.release(ReleaseReturn.model_validate({"return_id": "ret-1", **REFUSED}))
    assert returns_of(shop) == []
