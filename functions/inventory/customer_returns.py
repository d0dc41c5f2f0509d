"""Returns of customers: units come back on hand at the cost of their sale, or are written off."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from tillflow.errors import InvalidRequest
from tillflow.store import (
    ACTIONS_PER_TRANSACTION,
    Action,
    Item,
    Marker,
    apply_once,
    chunks,
    read_rows,
    retry_on_conflict,
)

from inventory import rules
from inventory.levels import Levels
from inventory.models import (
    ReceiptLine,
    Restockable,
    Restocked,
    ReturnedUnits,
    SkuCost,
    UnreceiptedUnits,
)
from inventory.reservations import Reservation, ReservationRows, reservations_of
from inventory.rows import StockRows, currency_mismatch, level_pk
from inventory.rules import ReservedLine, ReturnedSku

type RestockPart = Callable[[Marker, Sequence[ReturnedSku]], list[tuple[SkuCost, SkuCost]]]
"""Puts a chunk of a return's lines back once, and returns the units on hand and written off of each."""

RETURN = "return"
# A level, a movement and at most a reservation per SKU, next to the marker.
RETURNED_PER_TRANSACTION = (ACTIONS_PER_TRANSACTION - 1) // 3


class CustomerReturns:
    """Returns on the inventory table. `client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._rows = ReservationRows(table, "ORDER")
        self._unreceipted = StockRows(table, "RETURN")
        self._levels = Levels(client, table)

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

        They cost the average of the units on hand there, or what the last units that moved cost. A second delivery
        returns the first result; IdempotencyConflict when the return had other lines, or came back elsewhere, before.
        CurrencyMismatch.
        """
        return self._restock(
            self._unreceipted.document_pk(returned.return_id),
            returned,
            partial(self._restock_unreceipted_part, returned),
            {"location": returned.location, "currency": returned.currency},
        )

    def check_unreceipted(self, returned: UnreceiptedUnits) -> Restockable:
        """Raise what putting the units of a return without a receipt on hand would raise now; nothing is changed.

        CurrencyMismatch, InvalidRequest if a level would have more units or value than its numbers are exact for.
        """
        for part in chunks(rules.merge_returned(returned.lines), RETURNED_PER_TRANSACTION):
            for line, level, (restocked, _) in self._unreceipted_costs(returned, part):
                if mismatch := currency_mismatch(level, returned.currency):
                    raise mismatch
                rules.check_level(
                    level.get("on_hand", 0) + line.quantity - line.damaged,
                    level.get("stock_value", 0) + restocked,
                )
        return {"return_id": returned.return_id}

    def _restock(
        self,
        document_pk: str,
        returned: ReturnedUnits,
        restock_part: RestockPart,
        place: Mapping[str, str] = MappingProxyType({}),
    ) -> Restocked:
        """place: where the units come back, for a return that belongs to no order."""
        merged = rules.merge_returned(returned.lines)
        request = {"lines": [[line.sku, line.quantity, line.damaged] for line in merged], **place}
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
        counted: defaultdict[Reservation, list[tuple[str, int, int]]] = defaultdict(list)
        for line in part:
            reservation, sold_line = sold.get(line.sku, (None, None))
            taken = sold_line.quantity - sold_line.returned if sold_line else 0
            if not (reservation and sold_line) or taken < line.quantity:
                raise InvalidRequest("lines", f"{line.quantity} of {line.sku}", f"at most {taken}, as sold")
            restocked, written_off = rules.cost_of_customer_return(line, sold_line)
            result.append(_pair(line, restocked, written_off))
            counted[reservation].append((line.sku, line.quantity, restocked + written_off))
            if resold := line.quantity - line.damaged:
                effects += self._rows.put_back(
                    return_id, RETURN, reservation.location, line.sku, resold, restocked
                )
        effects += [
            self._rows.count_returned(reservation, lines, operation) for reservation, lines in counted.items()
        ]
        return _pairs(apply_once(self._client, self._table, marker, effects, result, operation))

    def _restock_unreceipted_part(
        self, returned: UnreceiptedUnits, marker: Marker, part: Sequence[ReturnedSku]
    ) -> list[tuple[SkuCost, SkuCost]]:
        result: list[tuple[SkuCost, SkuCost]] = []
        effects: list[Action] = []
        for line, _, (restocked, written_off) in self._unreceipted_costs(returned, part):
            result.append(_pair(line, restocked, written_off))
            if resold := line.quantity - line.damaged:
                receipt = ReceiptLine(sku=line.sku, quantity=resold, cost=restocked)
                effects += self._unreceipted.receive(
                    returned.return_id, returned.location, receipt, None, returned.currency, RETURN
                )
        operation = f"restocking return {returned.return_id}"
        return _pairs(apply_once(self._client, self._table, marker, effects, result, operation))

    def _unreceipted_costs(
        self, returned: UnreceiptedUnits, part: Sequence[ReturnedSku]
    ) -> Iterator[tuple[ReturnedSku, Item, tuple[int, int]]]:
        """Return each line with its level, {} if there is none, and its costs on hand and written off."""
        keys = {line.sku: (level_pk(returned.location, line.sku), "LEVEL") for line in part}
        levels = read_rows(self._client, self._table, keys.values())
        for line in part:
            level = levels.get(keys[line.sku], {})
            last = None if level.get("on_hand") else self._last_movement(returned.location, line.sku)
            yield line, level, rules.cost_of_unreceipted(line, level, last)

    def _last_movement(self, location: str, sku: str) -> Item | None:
        rows = self._levels.list_movements(location, sku, 1, "", None).rows
        return rows[0] if rows else None

    def _sold(self, order_id: str) -> dict[str, tuple[Reservation, ReservedLine]]:
        """Return what the order took from stock by SKU: an order takes a SKU from one location."""
        pk = self._rows.document_pk(order_id)
        return {
            line.sku: (reservation, line)
            for reservation in reservations_of(self._client, self._table, pk)
            if reservation.state == "COMMITTED"
            for line in reservation.lines
        }


def _pair(line: ReturnedSku, restocked: int, written_off: int) -> tuple[SkuCost, SkuCost]:
    return (
        {"sku": line.sku, "quantity": line.quantity - line.damaged, "cost": restocked},
        {"sku": line.sku, "quantity": line.damaged, "cost": written_off},
    )


def _pairs(result: Sequence[Sequence[SkuCost]]) -> list[tuple[SkuCost, SkuCost]]:
    return [(restocked, written_off) for restocked, written_off in result]
