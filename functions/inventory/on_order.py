"""What purchase orders are to bring: the `on_order` counter of a level, and whose order it is.

on order = the sum of what its purchase orders have open. A need that was seen is answered by one order: the
counter is raised only while it is still as it was seen.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from tillflow.errors import StoreContention
from tillflow.store import (
    ACTIONS_PER_TRANSACTION,
    AlreadyApplied,
    Item,
    marker,
    marshal,
    read_rows,
    retry_on_conflict,
    transact,
    unmarshal,
)

from inventory import rules
from inventory.models import Line, OrderedLine
from inventory.rows import Rows, level_pk, order_pk

# A level and a row of its own per SKU, beside the marker and the tombstone.
_PER_TRANSACTION = (ACTIONS_PER_TRANSACTION - 2) // 2


class OnOrder:
    """Units on order, on the inventory table. Every verb may be delivered again and returns its first answer."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._rows = Rows(table)

    def put(self, business_id: str, location: str, lines: Iterable[OrderedLine]) -> dict[str, Any]:
        """Put units on order: ``{business_id, raised: [{sku, quantity}]}``, in SKU order.

        A line whose need is no longer there is left out. Raises OrderClosed when the rest was taken off
        before, InvalidRequest when lines repeat a SKU with a need.
        """
        raised: list[dict[str, Any]] = []
        for number, part in enumerate(rules.chunks(rules.merge_ordered_lines(lines), _PER_TRANSACTION)):
            raised += retry_on_conflict(partial(self._put_part, business_id, location, number, part))
        return {"business_id": business_id, "raised": raised}

    def take_off(self, business_id: str, step: str, lines: Iterable[Line] | None) -> dict[str, Any]:
        """Lower what a purchase order has open: ``{business_id, step, lowered: [{sku, quantity}]}``.

        Of each line as many as are open; without lines all of them, and what is put later is refused.
        """
        what = f"lowering what {business_id} has on order"
        lowered: Counter[str] = Counter()
        if lines is None:
            retry_on_conflict(partial(transact, self._client, [self._rows.no_more_orders(business_id)], what))
            wanted = {row["sku"]: row["open"] for row in self.rows(business_id)}
        else:
            wanted = {line.sku: line.quantity for line in rules.merge_lines(lines)}
        for number, part in enumerate(rules.chunks(sorted(wanted), _PER_TRANSACTION)):
            quantities = {sku: wanted[sku] for sku in part}
            for line in retry_on_conflict(
                partial(self._take_off_part, business_id, step, number, quantities, what)
            ):
                lowered[line["sku"]] += line["quantity"]
        return {
            "business_id": business_id,
            "step": step,
            "lowered": [{"sku": sku, "quantity": lowered[sku]} for sku in sorted(lowered)],
        }

    def rows(self, business_id: str) -> list[Item]:
        """What a purchase order has on order, each row with `ordered` and `open`, in key order."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :order AND begins_with(sk, :row)",
            ExpressionAttributeValues=marshal({":order": order_pk(business_id), ":row": "ONORDER#"}),
            ConsistentRead=True,
        )
        return [unmarshal(row) for page in pages for row in page["Items"]]

    def _put_part(
        self, business_id: str, location: str, number: int, part: Sequence[OrderedLine]
    ) -> list[dict[str, Any]]:
        what = f"putting {business_id} on order"
        places = [(level_pk(location, line.sku), "LEVEL") for line in part]
        levels = read_rows(self._client, self._table, places)
        needed = [
            line
            for line, place in zip(part, places, strict=True)
            if rules.still_needed(line, levels.get(place, {}))
        ]
        answer = [{"sku": line.sku, "quantity": line.quantity} for line in needed]
        actions = [
            marker(self._table, business_id, "on_order", answer, number),
            self._rows.still_ordering(business_id),
        ]
        for line in needed:
            point = rules.raised_point(line, levels.get((level_pk(location, line.sku), "LEVEL"), {}))
            actions += self._rows.put_on_order(
                business_id, location, line, point, lambda _: StoreContention(what)
            )
        try:
            transact(self._client, actions, what)
        except AlreadyApplied as done:
            return list(done.result)
        return answer

    def _take_off_part(
        self, business_id: str, step: str, number: int, wanted: dict[str, int], what: str
    ) -> list[dict[str, Any]]:
        taken = []
        for row in self.rows(business_id):
            quantity = min(wanted.get(row["sku"], 0), row["open"])
            if quantity:
                taken.append((row, quantity))
        answer = [{"sku": row["sku"], "quantity": quantity} for row, quantity in taken]
        actions = [marker(self._table, business_id, step, answer, number)]
        for row, quantity in taken:
            actions += self._rows.take_off_order(row, quantity, what)
        try:
            transact(self._client, actions, what)
        except AlreadyApplied as done:
            return list(done.result)
        return answer
