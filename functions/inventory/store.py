"""Changes of stock: reserve, release, commit, restock, receive. rows.py describes the rows."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Literal

from tillflow.errors import DomainError, InvalidRequest, OrderClosed, StoreContention
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
from inventory.errors import StockDrift
from inventory.levels import Levels
from inventory.models import (
    Committed,
    Line,
    ReceiptLine,
    Received,
    Released,
    Reserved,
    Restocked,
    SkuCost,
    SkuQuantity,
)
from inventory.rows import StockRows, level_pk

# A level and a reservation per SKU, next to the marker and the tombstone check of a later chunk.
RESERVED_PER_TRANSACTION = (ACTIONS_PER_TRANSACTION - 2) // 2
RELEASED_PER_TRANSACTION = ACTIONS_PER_TRANSACTION // 2
# A level, a movement and a reservation per SKU, next to the marker.
ISSUED_PER_TRANSACTION = (ACTIONS_PER_TRANSACTION - 2) // 3
# A level and a movement per SKU, next to the marker.
RECEIVED_PER_TRANSACTION = (ACTIONS_PER_TRANSACTION - 1) // 2
# A level, a movement and a reservation per SKU.
RESTOCKED_PER_TRANSACTION = ACTIONS_PER_TRANSACTION // 3
# The step that takes the reserved units of a type of document.
ISSUE_STEP = {"ORDER": "commit", "TRANSFER": "ship"}


class InventoryStore(Levels):
    """Stock on one DynamoDB table, reserved by business documents of one type.

    `client` is a low-level DynamoDB client. Every method may be called again with the same request and returns
    the first result. A document of more lines than one transaction holds is written in chunks; what was written
    before an error stays, and the next call continues after it.
    """

    def __init__(
        self, client: Any, table: str, document_type: Literal["ORDER", "TRANSFER"] = "ORDER"
    ) -> None:
        super().__init__(client, table)
        self._rows = StockRows(table, document_type)
        self._issue_step = ISSUE_STEP[document_type]
        self._receipt_rows = StockRows(table, "RECEIPT")

    def reserve(
        self, business_id: str, location: str, lines: Iterable[Line], currency: str | None = None
    ) -> Reserved:
        """Reserve units for a document; lines of one SKU are merged.

        Raises InsufficientStock, CurrencyMismatch, OrderClosed after a release, IdempotencyConflict when the document
        has reserved other lines. `release` undoes a reservation that stopped between two chunks.
        """
        merged = rules.merge_lines(lines)
        request = {
            "location": location,
            "lines": {line.sku: line.quantity for line in merged},
            **({"currency": currency} if currency else {}),
        }
        for number, part in enumerate(chunks(merged, RESERVED_PER_TRANSACTION)):
            marker = self._marker(business_id, "reserve", number, request)
            retry_on_conflict(partial(self._reserve_part, business_id, location, marker, part, currency))
        reserved: list[SkuQuantity] = [{"sku": line.sku, "quantity": line.quantity} for line in merged]
        return {"business_id": business_id, "reserved": reserved}

    def release(self, business_id: str) -> Released:
        """Release what a document has reserved; a later reserve is refused.

        A document without reservations succeeds, and so does one whose stock was committed: it releases nothing.
        """
        if self._close(business_id):
            retry_on_conflict(partial(self._release_open, business_id))
        return {"business_id": business_id, "released": self._ended(business_id, "RELEASED")}

    def commit(self, business_id: str) -> Committed:
        """Turn a document's reservations into sale movements, at the moving average cost.

        Raises OrderClosed after a release, InvalidRequest when the document reserved nothing.
        """
        reservations = self.reservations(business_id)
        if not reservations:
            self._refuse_commit_of_nothing(business_id)
        lines = self.issue(business_id, reservations, "commit", "sale")
        return {"business_id": business_id, "cost": sum(line["cost"] for line in lines), "lines": lines}

    def issue(self, business_id: str, reservations: Sequence[Item], step: str, kind: str) -> list[SkuCost]:
        """Take reserved units off on hand as movements of a kind, at the moving average cost, once per step.

        Raises OrderClosed after a release.
        """
        lines: list[SkuCost] = []
        first = self._marker(business_id, step, 0)
        for number, part in enumerate(chunks(reservations, ISSUED_PER_TRANSACTION)):
            marker = self._marker(business_id, step, number)
            lines += retry_on_conflict(partial(self._issue_part, business_id, marker, first, kind, part))
        return lines

    def restock(self, business_id: str) -> Restocked:
        """Undo a sale: put its units back at the cost of the sale, and release what is still reserved.

        A later reserve or commit is refused. A document without reservations succeeds.
        """
        operation = f"restocking {business_id}"
        closing = [self._rows.close_step(marker) for marker in self._first_markers(business_id)]
        retry_on_conflict(partial(transact, self._client, closing, operation))
        retry_on_conflict(partial(self._restock_all, business_id, operation))
        returned: list[SkuCost] = [
            {"sku": row["sku"], "quantity": row["quantity"], "cost": row["cost"]}
            for row in self.reservations(business_id)
            if row["state"] == "RETURNED"
        ]
        released = self._ended(business_id, "RELEASED")
        return {
            "business_id": business_id,
            "returned": returned,
            "released": released,
            "written_off": [],
            "returned_cost": sum(line["cost"] for line in returned),
            "written_off_cost": 0,
        }

    def receive(
        self,
        business_id: str,
        location: str,
        lines: Iterable[ReceiptLine],
        step: str = "receipt",
        currency: str | None = None,
    ) -> Received:
        """Put received units on hand at their cost, once per business id and step.

        Raises IdempotencyConflict when the receipt had other lines before, CurrencyMismatch.
        """
        merged = rules.merge_receipt_lines(lines)
        received: list[SkuCost] = [
            {"sku": line.sku, "quantity": line.quantity, "cost": line.cost} for line in merged
        ]
        request: Item = {"location": location, "lines": received}
        if currency:
            request["currency"] = currency
        for number, part in enumerate(chunks(merged, RECEIVED_PER_TRANSACTION)):
            pk = self._receipt_rows.document_pk(business_id)
            marker = Marker(pk, step, number, request if number == 0 else None)
            retry_on_conflict(
                partial(self._receive_part, business_id, location, step, marker, part, currency)
            )
        return {"business_id": business_id, "step": step, "received": received}

    def reservations(self, business_id: str) -> list[Item]:
        """Return the reservation rows of a document, in any state, in key order."""
        pk = self._rows.document_pk(business_id)
        return list(query_rows(self._client, self._table, pk, "RESERVATION#"))

    def _ended(self, business_id: str, state: str) -> list[SkuQuantity]:
        rows = self.reservations(business_id)
        return [{"sku": row["sku"], "quantity": row["quantity"]} for row in rows if row["state"] == state]

    def _marker(self, business_id: str, step: str, number: int, request: Item | None = None) -> Marker:
        pk = self._rows.document_pk(business_id)
        return Marker(pk, step, number, request if number == 0 else None)

    def _first_markers(self, business_id: str) -> tuple[Marker, Marker]:
        """Return the markers of the first chunks of reserving and of taking; closed, they are the tombstones.

        A later chunk that takes stock follows the first one, or fails at a reservation that was released.
        """
        return self._marker(business_id, "reserve", 0), self._marker(business_id, self._issue_step, 0)

    def _check_not_closed(self, business_id: str, step: str) -> Action:
        """Return the check that a document was not released; OrderClosed otherwise."""
        error = OrderClosed(business_id, step)
        return self._rows.check_absent(*self._marker(business_id, self._issue_step, 0).key, lambda _: error)

    def _reserve_part(
        self, business_id: str, location: str, marker: Marker, part: Sequence[Line], currency: str | None
    ) -> None:
        actions = [marker.put(self._table, None)]
        if marker.chunk:  # the marker of the first chunk is the tombstone itself
            actions.append(self._check_not_closed(business_id, marker.step))
        for line in part:
            actions += self._rows.reserve(business_id, location, line, currency)
        try:
            transact(self._client, actions, f"reserving stock for {business_id}")
        except AlreadyApplied:
            return

    def _close(self, business_id: str) -> bool:
        """Write the tombstones; return False if the stock was taken, which needs none."""
        reserving, issuing = self._first_markers(business_id)
        unissued = "attribute_not_exists(pk) OR attribute_exists(closed_at)"
        actions = [
            self._rows.close_step(reserving),
            self._rows.close_step(issuing, unissued, lambda _: AlreadyApplied(None)),
        ]
        try:
            retry_on_conflict(partial(transact, self._client, actions, f"closing {business_id}"))
        except AlreadyApplied:
            return False
        return True

    def _release_open(self, business_id: str) -> None:
        operation = f"releasing the stock of {business_id}"
        reservations = [row for row in self.reservations(business_id) if row["state"] == "OPEN"]
        for part in chunks(reservations, RELEASED_PER_TRANSACTION):
            actions = [action for row in part for action in self._rows.release(row, operation)]
            transact(self._client, actions, operation)

    def _restock_all(self, business_id: str, operation: str) -> None:
        undo = {"OPEN": self._rows.release, "COMMITTED": self._rows.restock}
        reservations = [row for row in self.reservations(business_id) if row["state"] in undo]
        for part in chunks(reservations, RESTOCKED_PER_TRANSACTION):
            actions = [action for row in part for action in undo[row["state"]](row, operation)]
            transact(self._client, actions, operation)

    def _issue_part(
        self, business_id: str, marker: Marker, first: Marker, kind: str, part: Sequence[Item]
    ) -> list[SkuCost]:
        operation = f"{marker.step} of the stock of {business_id}"
        level_keys = [(level_pk(row["location"], row["sku"]), "LEVEL") for row in part]
        rows = read_rows(self._client, self._table, [marker.key, first.key, *level_keys])
        if marker.key in rows:
            return list(marker.result(rows[marker.key]))
        if "closed_at" in rows.get(first.key, {}):
            raise OrderClosed(business_id, marker.step)
        result: list[SkuCost] = []
        effects: list[Action] = []
        for row, level_key in zip(part, level_keys, strict=True):
            level = rows[level_key]
            for counter in ("on_hand", "reserved"):
                if level[counter] < row["quantity"]:
                    raise self._lower_than_reserved(row, counter, operation)
            cost = rules.cost_of(row["quantity"], level["on_hand"], level["stock_value"])
            result.append({"sku": row["sku"], "quantity": row["quantity"], "cost": cost})
            effects += self._rows.issue(row, level, cost, operation, kind)
        return list(apply_once(self._client, self._table, marker, effects, result, operation))

    def _lower_than_reserved(self, reservation: Item, counter: str, operation: str) -> DomainError:
        """Return the error for a counter that is lower than a reservation.

        StoreContention if the reservation ended since it was read; StockDrift if it is open, which does not pass.
        """
        reservation_key = (reservation["pk"], reservation["sk"])
        row = read_rows(self._client, self._table, [reservation_key]).get(reservation_key, {})
        if row.get("state") != "OPEN":
            return StoreContention(operation)
        return StockDrift(reservation["sku"], reservation["location"], counter)

    def _receive_part(
        self,
        business_id: str,
        location: str,
        step: str,
        marker: Marker,
        part: Sequence[ReceiptLine],
        currency: str | None,
    ) -> None:
        effects = [
            action
            for line in part
            for action in self._receipt_rows.receive(business_id, location, line, step, currency)
        ]
        result = [line.model_dump() for line in part]
        apply_once(self._client, self._table, marker, effects, result, f"receiving {business_id}")

    def _refuse_commit_of_nothing(self, business_id: str) -> None:
        issuing = self._marker(business_id, self._issue_step, 0)
        if issuing.key in read_rows(self._client, self._table, [issuing.key]):
            raise OrderClosed(business_id, issuing.step)
        raise InvalidRequest("business_id", business_id, "a document with reserved stock")
