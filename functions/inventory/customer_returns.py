"""Returns of customers: units come back on hand at the cost of their sale, or are written off."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tillflow.errors import InvalidRequest, StoreContention
from tillflow.store import (
    ACTIONS_PER_TRANSACTION,
    Action,
    Item,
    Marker,
    apply_once,
    chunks,
    query_rows,
    read_rows,
    retry_on_conflict,
)

from inventory import rules
from inventory.models import ReceiptLine, Restocked, ReturnedUnits, SkuCost, UnreceiptedUnits
from inventory.rows import StockRows, level_pk
from inventory.rules import ReturnedSku

type RestockPart = Callable[[Marker, Sequence[ReturnedSku]], list[tuple[SkuCost, SkuCost]]]
"""Puts a chunk of a return's lines back once, and returns the units on hand and written off of each."""

RETURN = "return"
# A level, a movement and a reservation per SKU, next to the marker.
RETURNED_PER_TRANSACTION = (ACTIONS_PER_TRANSACTION - 1) // 3


class CustomerReturns:
    """Returns on the inventory table. `client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._rows = StockRows(table, "ORDER")
        self._unreceipted = StockRows(table, "RETURN")

    def restock(self, order_id: str, returned: ReturnedUnits) -> Restocked:
        """Put the units of a return back on hand at their share of the sale's cost; damaged ones are written off.

        The last units of a SKU take exactly the rest of its cost. A second delivery returns the first result;
        IdempotencyConflict when the return had other lines before. InvalidRequest for units that the order did not take
        from stock.
        """
        return self._restock(
            self._rows.document_pk(order_id),
            returned,
            partial(self._restock_part, order_id, returned.return_id),
        )

    def restock_unreceipted(self, returned: UnreceiptedUnits) -> Restocked:
        """Put the units of a return without a receipt on hand at a location; damaged ones are written off.

        They cost the average of the units on hand there, or nothing if there are none. A second delivery returns the
        first result; IdempotencyConflict when the return had other lines before. CurrencyMismatch.
        """
        return self._restock(
            self._unreceipted.document_pk(returned.return_id),
            returned,
            partial(self._restock_unreceipted_part, returned),
        )

    def _restock(self, document_pk: str, returned: ReturnedUnits, restock_part: RestockPart) -> Restocked:
        merged = rules.merge_returned(returned.lines)
        request = {"lines": [[line.sku, line.quantity, line.damaged] for line in merged]}
        lines: list[tuple[SkuCost, SkuCost]] = []
        for number, part in enumerate(chunks(merged, RETURNED_PER_TRANSACTION)):
            step = f"{RETURN}-{returned.return_id}"
            marker = Marker(document_pk, step, number, request if number == 0 else None)
            lines += retry_on_conflict(partial(restock_part, marker, part))
        restocked = [line for line, _ in lines if line["quantity"]]
        written_off = [line for _, line in lines if line["quantity"]]
        return {
            "business_id": returned.return_id,
            "returned": restocked,
            "released": [],
            "written_off": written_off,
            "returned_cost": sum(line["cost"] for line in restocked),
            "written_off_cost": sum(line["cost"] for line in written_off),
        }

    def _restock_part(
        self, order_id: str, return_id: str, marker: Marker, part: Sequence[ReturnedSku]
    ) -> list[tuple[SkuCost, SkuCost]]:
        operation = f"restocking return {return_id}"
        sold = self._sold(order_id)
        # Read after the reservations: a return that they include has its marker by then.
        markers = read_rows(self._client, self._table, [marker.key])
        if marker.key in markers:
            return _pairs(marker.result(markers[marker.key]))
        result: list[tuple[SkuCost, SkuCost]] = []
        effects: list[Action] = []
        for line in part:
            reservation = sold.get(line.sku, {})
            taken = reservation.get("quantity", 0) - reservation.get("returned", 0)
            if reservation.get("state") != "COMMITTED" or taken < line.quantity:
                raise InvalidRequest("lines", f"{line.quantity} of {line.sku}", f"at most {taken}, as sold")
            restocked, written_off = rules.cost_of_customer_return(line, reservation)
            result.append(_pair(line, restocked, written_off))
            effects.append(self._count(reservation, line.quantity, restocked + written_off, operation))
            if resold := line.quantity - line.damaged:
                effects += self._put_back(return_id, reservation, resold, restocked)
        return _pairs(apply_once(self._client, self._table, marker, effects, result, operation))

    def _restock_unreceipted_part(
        self, returned: UnreceiptedUnits, marker: Marker, part: Sequence[ReturnedSku]
    ) -> list[tuple[SkuCost, SkuCost]]:
        levels = read_rows(
            self._client, self._table, [(level_pk(returned.location, line.sku), "LEVEL") for line in part]
        )
        result: list[tuple[SkuCost, SkuCost]] = []
        effects: list[Action] = []
        for line in part:
            level = levels.get((level_pk(returned.location, line.sku), "LEVEL"), {})
            restocked, written_off = rules.cost_of_unreceipted(line, level)
            result.append(_pair(line, restocked, written_off))
            if resold := line.quantity - line.damaged:
                receipt = ReceiptLine(sku=line.sku, quantity=resold, cost=restocked)
                effects += self._unreceipted.receive(
                    returned.return_id, returned.location, receipt, None, returned.currency, RETURN
                )
        operation = f"restocking return {returned.return_id}"
        return _pairs(apply_once(self._client, self._table, marker, effects, result, operation))

    def _sold(self, order_id: str) -> dict[str, Item]:
        """Return the order's reservations by SKU: an order takes a SKU from one location."""
        rows = query_rows(self._client, self._table, self._rows.document_pk(order_id), "RESERVATION#")
        return {row["sku"]: row for row in rows}

    def _count(self, reservation: Item, quantity: int, cost: int, operation: str) -> Action:
        """Return the update of what came back of a reservation; StoreContention when another return changed it."""
        before = reservation.get("returned")
        unchanged = "attribute_not_exists(returned)" if before is None else "returned = :before"
        values = {
            ":returned": (before or 0) + quantity,
            ":cost": reservation.get("returned_cost", 0) + cost,
            ":committed": "COMMITTED",
        }
        return self._rows.update(
            (reservation["pk"], reservation["sk"]),
            "SET returned = :returned, returned_cost = :cost",
            values if before is None else {**values, ":before": before},
            f"#state = :committed AND {unchanged}",
            lambda _: StoreContention(operation),
            {"#state": "state"},
        )

    def _put_back(self, return_id: str, reservation: Item, quantity: int, cost: int) -> list[Action]:
        location, sku = reservation["location"], reservation["sku"]
        level = self._rows.update(
            (level_pk(location, sku), "LEVEL"),
            "SET on_hand = on_hand + :quantity, available = available + :quantity, "
            "stock_value = stock_value + :cost",
            {":quantity": quantity, ":cost": cost},
        )
        return [level, self._rows.move(return_id, RETURN, location, sku, quantity, cost)]


def _pair(line: ReturnedSku, restocked: int, written_off: int) -> tuple[SkuCost, SkuCost]:
    return (
        {"sku": line.sku, "quantity": line.quantity - line.damaged, "cost": restocked},
        {"sku": line.sku, "quantity": line.damaged, "cost": written_off},
    )


def _pairs(result: Sequence[Sequence[SkuCost]]) -> list[tuple[SkuCost, SkuCost]]:
    return [(restocked, written_off) for restocked, written_off in result]
