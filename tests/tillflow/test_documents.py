"""Documents that rules change, with concurrent writers."""

from typing import Any

import pytest
from inventory.errors import UnknownTransfer
from pydantic import BaseModel
from tillflow.documents import Documents, DocumentType
from tillflow.errors import IdempotencyConflict, OrderClosed, StoreContention
from tillflow.store import Action, marshal

from tests.support.interposed import Interposed


class Crate(BaseModel):
    crate_id: str
    apples: int


CRATES = DocumentType(
    Crate, "CRATE#", "CRATE", "crate_id", lambda crate: {"full": crate.apples > 9}, not_found=UnknownTransfer
)


def more(crate: Crate) -> Crate:
    return crate.model_copy(update={"apples": crate.apples + 1})


@pytest.fixture
def client(dynamodb: Any) -> Interposed:
    return Interposed(dynamodb)


@pytest.fixture
def crates(client: Interposed, table: str) -> Documents[Crate]:
    return Documents(client, table, CRATES)


def test_a_document_is_opened_once(crates: Documents[Crate]) -> None:
    assert crates.create(Crate(crate_id="c1", apples=1)).apples == 1
    assert crates.create(Crate(crate_id="c1", apples=7)).apples == 1


def test_conflicting_change_is_recomputed_from_the_current_row(
    crates: Documents[Crate], client: Interposed
) -> None:
    crates.create(Crate(crate_id="c1", apples=1))
    client.before("transact_write_items", lambda: crates.update("c1", more))
    assert crates.update("c1", more).apples == 3
    assert crates.get("c1").apples == 3


def test_a_step_is_done_once_even_when_both_deliveries_are_under_way(
    crates: Documents[Crate], client: Interposed
) -> None:
    crates.create(Crate(crate_id="c1", apples=1))
    client.before("transact_write_items", lambda: crates.update("c1", more, step="fill"))
    assert crates.update("c1", more, step="fill").apples == 2
    assert crates.update("c1", more, step="fill").apples == 2


def test_step_applied_between_two_reads_returns_its_stored_response(
    crates: Documents[Crate], client: Interposed
) -> None:
    def last(crate: Crate) -> Crate:
        if not crate.apples:
            raise ValueError("no apple is left")
        return crate.model_copy(update={"apples": crate.apples - 1})

    crates.create(Crate(crate_id="c1", apples=1))
    client.before("batch_get_item", lambda: crates.update("c1", last, step="eat"), nth=2)
    assert crates.update("c1", last, step="eat").apples == 0


def test_rows_of_a_change_are_written_in_its_transaction(
    crates: Documents[Crate], dynamodb: Any, table: str
) -> None:
    crates.create(Crate(crate_id="c1", apples=1))
    request = {
        "TableName": table,
        "Item": marshal({"pk": "CRATE#c1", "sk": "NOTE"}),
        "ConditionExpression": "attribute_exists(pk)",
    }
    refused = Action("Put", request, lambda _: StoreContention("a note that has to be there"))
    with pytest.raises(StoreContention):
        crates.update("c1", more, lambda before, after: [refused])
    assert crates.get("c1").apples == 1


def test_tombstone_refuses_the_opening_and_is_not_a_document(crates: Documents[Crate]) -> None:
    crates.write_tombstone("c1", {"status": "CANCELLED"})
    crates.write_tombstone("c1", {"status": "CANCELLED"})
    with pytest.raises(OrderClosed):
        crates.create(Crate(crate_id="c1", apples=1))
    with pytest.raises(UnknownTransfer):
        crates.get("c1")
    assert crates.get_many(["c1"]) == []


def test_a_document_that_is_there_is_not_entombed(crates: Documents[Crate]) -> None:
    crates.create(Crate(crate_id="c1", apples=1))
    with pytest.raises(StoreContention):
        crates.write_tombstone("c1", {})
    assert crates.get("c1").apples == 1


def test_a_step_with_another_request_is_a_conflict(crates: Documents[Crate]) -> None:
    crates.create(Crate(crate_id="c1", apples=1))
    for _ in range(2):
        crates.update("c1", more, step="fill", request={"apples": 1})
    with pytest.raises(IdempotencyConflict, match=r"fill of crate c1 exists .* apples is 1, sent 2"):
        crates.update("c1", more, step="fill", request={"apples": 2})
    assert crates.get("c1").apples == 2
