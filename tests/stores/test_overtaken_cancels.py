"""A cancel of what nobody opened, while it is being opened: what was opened is not buried."""

from collections.abc import Callable
from typing import Any

import pytest
from inventory.transfers.models import OpenTransfer
from inventory.transfers.store import TransfersStore
from purchasing.models import OpenOrder, Supplier
from purchasing.store import PurchasesStore
from tillflow.errors import StoreContention

from tests.stores.interposed import Interposed

LINES = [{"sku": "TEA", "quantity": 2}]


def transfers(client: Any, table: str) -> tuple[Callable[[], Any], Callable[[], Any], Callable[[], Any]]:
    """Opening one, cancelling it, and looking at it."""
    store = TransfersStore(client, table)
    asked = OpenTransfer.model_validate(
        {
            "transfer_id": "t-1",
            "source": "store-1",
            "destination": "store-2",
            "currency": "EUR",
            "lines": LINES,
        }
    )
    return lambda: store.open(asked), lambda: store.cancel("t-1", "no"), lambda: store.get("t-1")


def purchases(client: Any, table: str) -> tuple[Callable[[], Any], Callable[[], Any], Callable[[], Any]]:
    store = PurchasesStore(client, table)
    asked = OpenOrder.model_validate(
        {
            "purchase_order_id": "t-1",
            "location": "store-1",
            "currency": "EUR",
            "lines": [{**line, "unit_cost": 5} for line in LINES],
            "suppliers": [{"supplier_id": "s-1"}],
            "reason": "",
            "needs": [],
            "execution": "e",
        }
    )
    return lambda: store.open(asked), lambda: store.cancelled("t-1", "no"), lambda: store.get("t-1")


@pytest.mark.parametrize("kind", [transfers, purchases])
def test_what_is_opened_while_it_is_cancelled_is_kept_and_cancelled_next(
    kind: Callable[[Any, str], Any], dynamodb: Any, table: str
) -> None:
    PurchasesStore(dynamodb, table).suppliers.create(
        Supplier(supplier_id="s-1", name="Tea", currency="EUR", account="acct_ok")
    )
    between = Interposed(dynamodb)
    opening, _, look = kind(dynamodb, table)
    _, cancel, _ = kind(between, table)
    between.before("transact_write_items", opening)
    with pytest.raises(StoreContention):
        cancel()
    assert look().status in ("REQUESTED", "OPEN")
    cancel()
    assert look().status == "CANCELLED"
