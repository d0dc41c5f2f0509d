"""Returns to a supplier: the goods of a purchase order leave again. The compensation of receive_goods."""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from tillflow.errors import IdempotencyConflict, InsufficientStock
from tillflow.store import (
    ACTIONS_PER_TRANSACTION,
    Action,
    AlreadyApplied,
    Item,
    Marker,
    apply_once,
    chunks,
    query_rows,
    read_rows,
    retry_on_conflict,
    transact,
)

from inventory import rules
from inventory.models import Returned, SkuCost
from inventory.rows import StockRows, level_pk

RETURN = "supplier_return"
# A level and a movement per SKU, next to the marker.
RETURNED_PER_TRANSACTION = (ACTIONS_PER_TRANSACTION - 1) // 2


class SupplierReturns:
    """Returns on the inventory table. `client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._rows = StockRows(table, "RECEIPT")

    def return_goods(self, business_id: str, location: str, steps: Sequence[str]) -> Returned:
        """Return what a document received in these steps; a step that was not received is refused afterwards.

        Goods leave at the cost at which they were received, or at their present value if the level is worth less.
        Raises InsufficientStock when some of them were sold or reserved since. A document that received nothing
        succeeds.
        """
        for step in steps:
            self._refuse_late_receipt(business_id, step)
        returned: list[SkuCost] = []
        received = self._received(business_id, steps)
        for number, part in enumerate(chunks(sorted(received), RETURNED_PER_TRANSACTION)):
            lines = [received[sku] for sku in part]
            returned += retry_on_conflict(partial(self._return_part, business_id, location, number, lines))
        return {
            "business_id": business_id,
            "returned": returned,
            "cost": sum(line["cost"] for line in returned),
            "received_cost": sum(line["cost"] for line in received.values()),
        }

    def _refuse_late_receipt(self, business_id: str, step: str) -> None:
        """Write the marker of a receipt without lines, unless the receipt exists."""
        marker = Marker(self._rows.document_pk(business_id), step, request={"lines": []})
        put = marker.put(self._table, [])
        try:
            retry_on_conflict(partial(transact, self._client, [put], f"closing {business_id} to {step}"))
        except (AlreadyApplied, IdempotencyConflict):
            return

    def _received(self, business_id: str, steps: Sequence[str]) -> dict[str, SkuCost]:
        """Return the units that these receipts put on hand and their cost, by SKU."""
        received: dict[str, SkuCost] = {}
        for step in steps:
            for row in self._markers(business_id, step):
                for line in json.loads(row["result"]):
                    total = received.setdefault(line["sku"], {"sku": line["sku"], "quantity": 0, "cost": 0})
                    total["quantity"] += line["quantity"]
                    total["cost"] += line["cost"]
        return received

    def _markers(self, business_id: str, step: str) -> Iterator[Item]:
        pk = self._rows.document_pk(business_id)
        return query_rows(self._client, self._table, pk, f"STEP#{step}#")

    def _return_part(
        self, business_id: str, location: str, number: int, lines: Sequence[SkuCost]
    ) -> list[SkuCost]:
        operation = f"returning the goods of {business_id}"
        marker = Marker(self._rows.document_pk(business_id), RETURN, number)
        level_keys = [(level_pk(location, line["sku"]), "LEVEL") for line in lines]
        rows = read_rows(self._client, self._table, level_keys)
        # Read after the levels: a return that they include has its marker by then.
        markers = read_rows(self._client, self._table, [marker.key])
        if marker.key in markers:
            return list(marker.result(markers[marker.key]))
        result: list[SkuCost] = []
        effects: list[Action] = []
        for line, level_key in zip(lines, level_keys, strict=True):
            sku, quantity, level = line["sku"], line["quantity"], rows.get(level_key, {})
            if level.get("available", 0) < quantity:
                raise InsufficientStock(sku, location, quantity, level.get("available", 0))
            cost = rules.cost_of_return(quantity, line["cost"], level["on_hand"], level["stock_value"])
            result.append({"sku": sku, "quantity": quantity, "cost": cost})
            effects += self._rows.correct(business_id, RETURN, level, -quantity, cost, {}, operation)
        return list(apply_once(self._client, self._table, marker, effects, result, operation))
