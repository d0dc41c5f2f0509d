"""Transfers and purchase orders changed by two at once: nothing that was written is buried under what comes next."""

from collections.abc import Callable
from typing import Any

import pytest
from inventory.transfers.models import OpenTransfer
from inventory.transfers.store import TransferStore
from purchasing.errors import UnknownSupplier
from purchasing.models import OpenOrder
from purchasing.rows import SUPPLIER, supplier_pk
from purchasing.store import PurchaseStore
from purchasing.supplier_models import Supplier
from tillflow.errors import StoreContention
from tillflow.store import key, marshal

from tests.support.interposed import Interposed

LINES = [{"sku": "TEA", "quantity": 2}]
NAME = "t-1"


class Transfers:
    pk = f"TRANSFER#{NAME}"

    def __init__(self, client: Any, table: str) -> None:
        self.store = TransferStore(client, table)

    def open(self) -> Any:
        asked = {"source": "store-1", "destination": "store-2", "currency": "EUR", "lines": LINES}
        return self.store.open(OpenTransfer.model_validate({"transfer_id": NAME, **asked}))

    def cancel(self) -> Any:
        return self.store.cancel(NAME, "no")


class Purchases:
    pk = f"PO#{NAME}"

    def __init__(self, client: Any, table: str) -> None:
        self.store = PurchaseStore(client, table)

    def open(self) -> Any:
        lines = [{**line, "unit_cost": 5} for line in LINES]
        asked = {
            "location": "store-1",
            "currency": "EUR",
            "lines": lines,
            "suppliers": [{"supplier_id": "s-1"}],
        }
        return self.store.open(OpenOrder.model_validate({"purchase_order_id": NAME, **asked}))

    def cancel(self) -> Any:
        return self.store.cancel(NAME, "no")


@pytest.fixture(params=[Transfers, Purchases])
def kind(request: pytest.FixtureRequest, dynamodb: Any, table: str) -> Callable[[Any, str], Any]:
    supplier = Supplier(supplier_id="s-1", name="Tea", currency="EUR", account="acct_ok")
    PurchaseStore(dynamodb, table).suppliers.create(supplier)
    made: Callable[[Any, str], Any] = request.param
    return made


def test_document_opened_during_its_cancel_is_cancelled_next(
    kind: Callable[[Any, str], Any], dynamodb: Any, table: str
) -> None:
    between = Interposed(dynamodb)
    first, second = kind(dynamodb, table), kind(between, table)
    between.before("put_item", first.open)
    with pytest.raises(StoreContention):
        second.cancel()
    assert first.store.get(NAME).status in ("REQUESTED", "OPEN")
    second.cancel()
    assert first.store.get(NAME).status == "CANCELLED"


def saying(**said: str) -> Callable[[Any], Any]:
    return lambda document: document.model_copy(update=said)


def test_of_two_changes_at_once_both_stay(kind: Callable[[Any, str], Any], dynamodb: Any, table: str) -> None:
    between = Interposed(dynamodb)
    first, second = kind(dynamodb, table), kind(between, table)
    first.open()
    between.before("transact_write_items", lambda: first.store.change(NAME, saying(reason="for Monday")))
    second.store.change(NAME, saying(cancel_reason="ordered twice"))
    after = first.store.get(NAME)
    assert (after.reason, after.cancel_reason) == ("for Monday", "ordered twice")


def test_step_with_a_concurrent_marker_is_not_applied_twice(dynamodb: Any, table: str) -> None:
    """Though the document does not show it: the marker alone decides."""
    done = {"pk": Transfers(dynamodb, table).pk, "sk": "STEP#noted-dn-1#0", "result": "null"}
    between = Interposed(dynamodb)
    first, second = Transfers(dynamodb, table), Transfers(between, table)
    first.open()
    between.before("transact_write_items", lambda: dynamodb.put_item(TableName=table, Item=marshal(done)))
    second.store.change(NAME, saying(reason="again"), step="noted-dn-1")
    assert first.store.get(NAME).reason == ""


def test_payable_does_not_recreate_a_deleted_supplier(dynamodb: Any, table: str) -> None:
    store, row = PurchaseStore(dynamodb, table), key(supplier_pk("s-1"), SUPPLIER)
    store.suppliers.create(Supplier(supplier_id="s-1", name="Tea", currency="EUR", account="acct_ok"))
    Purchases(dynamodb, table).open()
    store.send(NAME)
    dynamodb.delete_item(TableName=table, Key=row)
    with pytest.raises(UnknownSupplier, match="supplier s-1"):
        store.cancel(NAME, "no")
    assert "Item" not in dynamodb.get_item(TableName=table, Key=row)
