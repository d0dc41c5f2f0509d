"""Units on order: the `on_order` counter of a level, and the documents that it counts.

on_order of a level = the open units of its purchase orders and transfers. A line with a need is raised only if the
level still matches the need, so that concurrent triggers order once.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Literal

from tillflow.errors import IdempotencyConflict
from tillflow.store import (
    ACTIONS_PER_TRANSACTION,
    AlreadyApplied,
    Item,
    Marker,
    chunks,
    marshal,
    query_rows,
    read_rows,
    retry_on_conflict,
    transact,
)

from inventory import rules
from inventory.models import Line, Lowered, OrderedLine, Raised, SkuQuantity
from inventory.on_order_rows import OnOrderRows
from inventory.rows import MOVEMENT, level_pk

# A level and a row of its own per SKU, next to the marker and the tombstone check.
LINES_PER_TRANSACTION = (ACTIONS_PER_TRANSACTION - 2) // 2


class OnOrder:
    """The units on order of one type of business document. `client` is a low-level DynamoDB client.

    Every method may be called again with the same request and returns the first result.
    """

    def __init__(
        self, client: Any, table: str, document_type: Literal["PURCHASE", "TRANSFER"] = "PURCHASE"
    ) -> None:
        self._client = client
        self._table = table
        self._rows = OnOrderRows(table, document_type)

    def raise_units(
        self, business_id: str, location: str, lines: Iterable[OrderedLine], currency: str | None = None
    ) -> Raised:
        """Put units on order, in SKU order; a line whose need no longer matches its level is left out.

        Lines that the document has on order already, such as those a reorder claimed for it, are not raised again.
        Raises OrderClosed after `lower_units` without lines, IdempotencyConflict when the document ordered other
        lines before, CurrencyMismatch, InvalidRequest when lines repeat a SKU with a need.
        """
        merged = rules.merge_ordered_lines(lines)
        request = {
            "location": location,
            "lines": [line.model_dump(exclude_none=True) for line in merged],
            **({"currency": currency} if currency else {}),
        }
        raised: list[SkuQuantity] = []
        try:
            for number, part in enumerate(chunks(merged, LINES_PER_TRANSACTION)):
                marker = self._marker(business_id, "on_order", number, request)
                raised += retry_on_conflict(
                    partial(self._raise_part, business_id, location, marker, part, currency)
                )
        except IdempotencyConflict:
            if not self._is_ordered(business_id, location, merged, currency):
                raise
            raised = [_quantity(line) for line in merged]
        return {"business_id": business_id, "raised": raised}

    def lower_units(self, business_id: str, step: str, lines: Iterable[Line] | None) -> Lowered:
        """Lower the open units of a document, of each line at most what is open.

        Without lines all open units are lowered, and a later `raise_units` is refused. A level that never had units and
        on which nothing else is on order no longer has the currency of the document.
        """
        operation = f"lowering the units {business_id} has on order"
        if lines is None:
            close = self._rows.close(business_id)
            retry_on_conflict(partial(transact, self._client, [close], operation))
            quantities = {row["sku"]: row["open"] for row in self.rows(business_id)}
            request: Item = {"lines": None}
        else:
            quantities = {line.sku: line.quantity for line in rules.merge_lines(lines)}
            request = {"lines": quantities}
        lowered: Counter[str] = Counter()
        for number, skus in enumerate(chunks(sorted(quantities), LINES_PER_TRANSACTION)):
            marker = self._marker(business_id, step, number, request)
            part = {sku: quantities[sku] for sku in skus}
            lower = partial(self._lower_part, business_id, marker, part, operation, is_end=lines is None)
            for line in retry_on_conflict(lower):
                lowered[line["sku"]] += line["quantity"]
        return {
            "business_id": business_id,
            "step": step,
            "lowered": [{"sku": sku, "quantity": lowered[sku]} for sku in sorted(lowered)],
        }

    def rows(self, business_id: str) -> list[Item]:
        """Return the rows of a document with `ordered` and `open` units, in key order."""
        return list(query_rows(self._client, self._table, self._rows.document_pk(business_id), "ONORDER#"))

    def _is_ordered(
        self, business_id: str, location: str, lines: Sequence[OrderedLine], currency: str | None
    ) -> bool:
        """Return True if the document ordered these lines, which have no need, in this currency."""
        marker = self._marker(business_id, "on_order", 0, None)
        stored = json.loads(read_rows(self._client, self._table, [marker.key])[marker.key]["request"])
        other = currency is not None and stored.get("currency", currency) != currency
        if other or any(line.need for line in lines):
            return False
        ordered = {(row["location"], row["sku"]): row["ordered"] for row in self.rows(business_id)}
        return ordered == {(location, line.sku): line.quantity for line in lines}

    def _marker(self, business_id: str, step: str, number: int, request: Item | None) -> Marker:
        pk = self._rows.document_pk(business_id)
        return Marker(pk, step, number, request if number == 0 else None)

    def _raise_part(
        self,
        business_id: str,
        location: str,
        marker: Marker,
        part: Sequence[OrderedLine],
        currency: str | None,
    ) -> list[SkuQuantity]:
        operation = f"putting {business_id} on order"
        keys = [(level_pk(location, line.sku), "LEVEL") for line in part]
        rows = read_rows(self._client, self._table, keys)
        levels = [rows.get(level_key, {}) for level_key in keys]
        needed = [
            (line, level) for line, level in zip(part, levels, strict=True) if rules.matches_need(line, level)
        ]
        result = [_quantity(line) for line, _ in needed]
        actions = [marker.put(self._table, result), self._rows.check_not_closed(business_id)]
        for line, level in needed:
            point = rules.raised_reorder_point(line, level)
            actions += self._rows.raise_on_order(business_id, location, line, point, currency, operation)
        try:
            transact(self._client, actions, operation)
        except AlreadyApplied as applied:
            return list(applied.result)
        return result

    def _lower_part(
        self, business_id: str, marker: Marker, quantities: dict[str, int], operation: str, *, is_end: bool
    ) -> list[SkuQuantity]:
        lowered = []
        for row in self.rows(business_id):
            quantity = min(quantities.get(row["sku"], 0), row["open"])
            if quantity:
                lowered.append((row, quantity))
        result: list[SkuQuantity] = [{"sku": row["sku"], "quantity": quantity} for row, quantity in lowered]
        actions = [marker.put(self._table, result)]
        unused = self._left_unused(lowered) if is_end else frozenset()
        for row, quantity in lowered:
            place = level_pk(row["location"], row["sku"])
            actions += self._rows.lower_on_order(row, quantity, operation, is_unused=place in unused)
        try:
            transact(self._client, actions, operation)
        except AlreadyApplied as applied:
            return list(applied.result)
        return result

    def _left_unused(self, lowered: Sequence[tuple[Item, int]]) -> frozenset[str]:
        """Return the keys of those levels that nothing is left of once these units are lowered."""
        lowered_by = {level_pk(row["location"], row["sku"]): quantity for row, quantity in lowered}
        levels = read_rows(self._client, self._table, [(place, "LEVEL") for place in lowered_by])
        return frozenset(
            place
            for (place, _), level in levels.items()
            if rules.is_unused(level, lowered_by[place]) and not self._has_moved(place)
        )

    def _has_moved(self, place: str) -> bool:
        """Return whether a level has ever had units."""
        response = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :movement)",
            ExpressionAttributeValues=marshal({":pk": place, ":movement": MOVEMENT}),
            ConsistentRead=True,
            Limit=1,
        )
        return bool(response["Items"])


def _quantity(line: Line) -> SkuQuantity:
    return {"sku": line.sku, "quantity": line.quantity}
