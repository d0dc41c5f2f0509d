"""Drafts of orders on a table: kept, changed by version, sold once, expired."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from orders.drafts.operations import DraftOperations
from orders.drafts.rules import KEPT
from orders.errors import InvalidDraft, UnknownDraft
from orders.operations import OrderOperations
from tillflow.aws import client
from tillflow.errors import IdempotencyConflict, OrderClosed, RecordChanged

from tests.support.interposed import Interposed
from tests.support.references import NONE_UNKNOWN, none_unknown
from verification.harness.services import data_services
from verification.harness.template import Template

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
ORDER: dict[str, Any] = {
    "location": "store-1",
    "register": "till-1",
    "currency": "EUR",
    "lines": [{"sku": "MUG", "quantity": 2, "discount": {"percent": "10"}}],
    "note": "comes back at noon",
}
CHANGED = ORDER | {"lines": [{"sku": "MUG", "quantity": 3}]}
SALE = {"placed_at": "2026-11-23T11:00:00Z", "tenders": [{"type": "cash"}]}


class Clock:
    now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def drafts(clock: Clock) -> Iterator[DraftOperations]:
    with data_services(Template.read()):
        built = DraftOperations(client("dynamodb"), "OrdersTable", NONE_UNKNOWN, clock)
        built.create({"draft_id": "drf-1", "order": ORDER})
        yield built


def sell(drafts: DraftOperations) -> dict[str, Any]:
    order, version = drafts.order_of("drf-1", SALE)
    drafts.sell("drf-1", version)
    return order


def test_draft_is_stored_and_the_same_request_returns_it(drafts: DraftOperations) -> None:
    again = drafts.create({"draft_id": "drf-1", "order": ORDER})
    assert (again, again.version, again.order.lines[0].quantity) == (drafts.get("drf-1"), 1, 2)


def test_same_id_with_another_order_is_a_conflict(drafts: DraftOperations) -> None:
    with pytest.raises(IdempotencyConflict, match="lines"):
        drafts.create({"draft_id": "drf-1", "order": CHANGED})


def test_update_raises_the_version_and_refuses_an_old_one(drafts: DraftOperations) -> None:
    assert drafts.update("drf-1", CHANGED, 1).version == 2
    with pytest.raises(RecordChanged, match="since version 1"):
        drafts.update("drf-1", ORDER, 1)
    assert drafts.get("drf-1").order.lines[0].quantity == 3


def test_sale_that_another_till_overtakes_with_a_change_is_refused(
    drafts: DraftOperations, clock: Clock
) -> None:
    late = Interposed(client("dynamodb"))
    late.before("transact_write_items", lambda: drafts.update("drf-1", CHANGED))
    with pytest.raises(RecordChanged, match="since version 1"):
        DraftOperations(late, "OrdersTable", NONE_UNKNOWN, clock).sell("drf-1", 1)
    draft = drafts.get("drf-1")
    assert (draft.status, draft.order.lines[0].quantity) == ("OPEN", 3)


def test_change_that_the_sale_of_another_till_overtakes_is_refused(
    drafts: DraftOperations, clock: Clock
) -> None:
    late = Interposed(client("dynamodb"))
    late.before("transact_write_items", lambda: sell(drafts))
    with pytest.raises(OrderClosed):
        DraftOperations(late, "OrdersTable", NONE_UNKNOWN, clock).update("drf-1", CHANGED)
    draft = drafts.get("drf-1")
    assert (draft.status, draft.order.lines[0].quantity) == ("PLACED", 2)


def test_sale_that_the_sale_of_another_till_overtakes_ends_the_draft_once(
    drafts: DraftOperations, clock: Clock
) -> None:
    """Their orders have one id, of which one checkout is started."""
    late = Interposed(client("dynamodb"))
    late.before("transact_write_items", lambda: drafts.sell("drf-1", 1))
    assert DraftOperations(late, "OrdersTable", NONE_UNKNOWN, clock).sell("drf-1", 1).version == 2
    assert drafts.get("drf-1").version == 2


def test_sold_draft_becomes_the_same_order_however_often_it_is_sold(drafts: DraftOperations) -> None:
    order = sell(drafts)
    assert (order["order_id"], order["register"], order["tenders"]) == ("drf-1", "till-1", SALE["tenders"])
    assert order["lines"] == [{"sku": "MUG", "quantity": 2, "discount": {"percent": "10"}}]
    assert "note" not in order
    assert sell(drafts) == order


def test_draft_is_not_sold_as_the_order_that_it_was_before_a_change(drafts: DraftOperations) -> None:
    _, version = drafts.order_of("drf-1", SALE)
    drafts.update("drf-1", CHANGED)
    with pytest.raises(RecordChanged, match="since version 1"):
        drafts.sell("drf-1", version)
    sell(drafts)
    with pytest.raises(RecordChanged, match="since version 1"):
        drafts.sell("drf-1", version)


def test_sold_draft_is_neither_changed_nor_discarded_nor_listed(drafts: DraftOperations) -> None:
    sell(drafts)
    with pytest.raises(OrderClosed):
        drafts.update("drf-1", CHANGED)
    with pytest.raises(OrderClosed):
        drafts.discard("drf-1")
    assert drafts.list_drafts("store-1").rows == []


def test_discarded_draft_is_not_sold(drafts: DraftOperations) -> None:
    drafts.discard("drf-1", 1)
    assert drafts.discard("drf-1").status == "DISCARDED"
    with pytest.raises(OrderClosed):
        drafts.order_of("drf-1", SALE)
    with pytest.raises(OrderClosed):
        drafts.sell("drf-1", 1)


def test_draft_expires_after_its_last_change(drafts: DraftOperations, clock: Clock) -> None:
    clock.now = START + timedelta(days=1)
    drafts.update("drf-1", CHANGED)
    clock.now = START + KEPT
    assert drafts.get("drf-1").version == 2
    clock.now = START + KEPT + timedelta(days=1)
    for operation in (drafts.get, drafts.discard, lambda name: drafts.order_of(name, SALE)):
        with pytest.raises(UnknownDraft):
            operation("drf-1")
    assert drafts.list_drafts("store-1").rows == []


def test_drafts_are_listed_by_location_and_are_no_orders(drafts: DraftOperations) -> None:
    assert [draft.draft_id for draft in drafts.list_drafts("store-1").rows] == ["drf-1"]
    assert drafts.list_drafts("store-2").rows == []
    orders = OrderOperations(client("dynamodb"), None, "OrdersTable", "", "", lambda *_: None, none_unknown)
    assert orders.list_orders().rows == orders.list_orders(location="store-1").rows == []


@pytest.mark.parametrize(
    "order",
    [
        ORDER | {"tenders": [{"type": "card", "token": "tok_visa"}]},
        ORDER | {"lines": [{"sku": "MUG", "quantity": 0}]},
        {name: value for name, value in ORDER.items() if name != "location"},
    ],
)
def test_order_that_cannot_be_kept_is_refused(drafts: DraftOperations, order: dict[str, Any]) -> None:
    with pytest.raises(InvalidDraft):
        drafts.create({"draft_id": "drf-2", "order": order})
