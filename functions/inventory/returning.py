"""Goods go back to their supplier: what a purchase order brought leaves again. Undoes receive_goods."""

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from tillflow.aws import client
from tillflow.errors import InsufficientStock, StoreContention
from tillflow.fields import Identifier, Request
from tillflow.handling import handler
from tillflow.parsing import parse
from tillflow.store import (
    ACTIONS_PER_TRANSACTION,
    Action,
    AlreadyApplied,
    Item,
    apply_once,
    key,
    marker,
    marshal,
    retry_on_conflict,
    transact,
    unmarshal,
)
from tillflow.times import iso_utc

from inventory import rules
from inventory.rows import level_pk, order_pk

RETURN = "supplier_return"
# A level and a movement per SKU, beside the marker.
_RETURNED_PER_TRANSACTION = (ACTIONS_PER_TRANSACTION - 1) // 2


class ReturnGoods(Request):
    """steps: every receipt there may have been; one that did not come yet is refused from now on."""

    business_id: Identifier
    location: Identifier
    steps: tuple[Identifier, ...]


class SupplierReturns:
    """Returns on the inventory table. `client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def send_back(self, business_id: str, location: str, steps: Sequence[str]) -> dict[str, Any]:
        """``{business_id, returned: [{sku, quantity, cost}]}`` at the cost it came with.

        InsufficientStock when some of it was sold or promised since. Nothing received is success.
        """
        for step in steps:
            self._refuse_late(business_id, step)
        returned: list[dict[str, Any]] = []
        parts = rules.chunks(self._received(business_id, steps), _RETURNED_PER_TRANSACTION)
        for number, part in enumerate(parts):
            returned += retry_on_conflict(partial(self._return_part, business_id, location, number, part))
        return {"business_id": business_id, "returned": returned}

    def _refuse_late(self, business_id: str, step: str) -> None:
        """A receipt without its marker gets an empty one: as received, with nothing in it."""
        nothing = marker(self._table, business_id, step, [])
        try:
            retry_on_conflict(lambda: transact(self._client, [nothing], f"closing {business_id} to {step}"))
        except AlreadyApplied:
            return

    def _received(self, business_id: str, steps: Sequence[str]) -> list[dict[str, Any]]:
        """What these receipts brought, by their markers, a line per SKU in SKU order."""
        quantity: Counter[str] = Counter()
        cost: Counter[str] = Counter()
        for row in (row for step in steps for row in self._markers(business_id, step)):
            for line in json.loads(row["result"]):
                quantity[line["sku"]] += line["quantity"]
                cost[line["sku"]] += line["cost"]
        return [{"sku": sku, "quantity": quantity[sku], "cost": cost[sku]} for sku in sorted(quantity)]

    def _markers(self, business_id: str, step: str) -> Iterator[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :order AND begins_with(sk, :step)",
            ExpressionAttributeValues=marshal({":order": order_pk(business_id), ":step": f"STEP#{step}#"}),
            ConsistentRead=True,
        )
        return (unmarshal(row) for page in pages for row in page["Items"])

    def _return_part(
        self, business_id: str, location: str, number: int, part: Sequence[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        effects = [action for line in part for action in self._leave(business_id, location, line)]
        mark = marker(self._table, business_id, RETURN, list(part), number)
        what = f"returning goods of {business_id}"
        return list(apply_once(self._client, mark, effects, list(part), what))

    def _leave(self, business_id: str, location: str, line: dict[str, Any]) -> list[Action]:
        sku, quantity, cost = line["sku"], line["quantity"], line["cost"]

        def short(level: Item) -> Exception:
            if level.get("available", 0) >= quantity:
                return StoreContention(f"the value of {sku} at {location}")
            return InsufficientStock(sku, location, quantity, level.get("available", 0))

        update = {
            "TableName": self._table,
            "Key": key(level_pk(location, sku), "LEVEL"),
            "UpdateExpression": "SET on_hand = on_hand - :quantity, available = available - :quantity, "
            "stock_value = stock_value - :cost",
            "ConditionExpression": "available >= :quantity AND stock_value >= :cost",
            "ExpressionAttributeValues": marshal({":quantity": quantity, ":cost": cost}),
        }
        movement = {
            "pk": level_pk(location, sku),
            "sk": f"MOVE#{business_id}#{RETURN}",
            "business_id": business_id,
            "kind": RETURN,
            "location": location,
            "sku": sku,
            "quantity": -quantity,
            "cost": cost,
            "at": iso_utc(datetime.now(UTC)),
        }
        return [
            Action("Update", update, short),
            Action("Put", {"TableName": self._table, "Item": marshal(movement)}),
        ]


returns = SupplierReturns(client("dynamodb"), os.environ["TABLE_NAME"])


@handler
def return_goods(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{business_id, location, steps}`` to ``{business_id, returned: [{sku, quantity, cost}]}``."""
    request = parse(ReturnGoods, event)
    return returns.send_back(request.business_id, request.location, request.steps)
