"""Changes of stock: reserve, release, commit, restock, receive. rows.py describes the rows."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Literal

from tillflow.errors import DomainError, InvalidRequest, OrderClosed, StoreContention
from tillflow.fields import MAX_AMOUNT
from tillflow.store import (
    ACTIONS_PER_TRANSACTION,
    Action,
    AlreadyApplied,
    Item,
    Marker,
    apply_once,
    chunks,
    read_row,
    read_rows,
    retry_on_conflict,
    transact,
    write,
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
from inventory.reservations import (
    RESERVE,
    Reservation,
    ReservationRows,
    ReserveRequest,
    State,
    read_reservation,
    reservations_of,
)
from inventory.rows import StockRows, ValuableStock, level_pk

# Reserving and taking a chunk are a transaction each: a level and a movement per SKU, next to the chunk. Later releases
# must keep the number: a reserve that stopped between two chunks continues at a multiple of it.
LINES_PER_CHUNK = 49
# A check of the first chunk comes next to these.
ACTIONS_PER_GROUP = ACTIONS_PER_TRANSACTION - 1
# A level and a movement per SKU, next to the marker.
RECEIVED_PER_TRANSACTION = (ACTIONS_PER_TRANSACTION - 1) // 2


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
        self._rows = ReservationRows(table, document_type)
        self._receipt_rows = StockRows(table, "RECEIPT")

    def reserve(
        self, business_id: str, location: str, lines: Iterable[Line], currency: str | None = None
    ) -> Reserved:
        """Reserve units for a document; lines of one SKU are merged.

        Raises InsufficientStock, CurrencyMismatch, OrderClosed after a release, IdempotencyConflict when the document
        has reserved other lines, InvalidRequest if the units cost more than can be posted. `release` undoes a
        reservation that stopped between two chunks.
        """
        merged = rules.merge_lines(lines)
        request = ReserveRequest(business_id, location, merged, currency)
        for number, part in enumerate(chunks(merged, LINES_PER_CHUNK)):
            retry_on_conflict(partial(self._reserve_chunk, request, number, part))
        reserved: list[SkuQuantity] = [{"sku": line.sku, "quantity": line.quantity} for line in merged]
        return {"business_id": business_id, "reserved": reserved}

    def release(self, business_id: str) -> Released:
        """Release what a document has reserved; a later reserve is refused.

        A document without reservations succeeds, and so does one whose stock was committed: it releases nothing.
        """
        if self._close(business_id):
            operation = f"releasing the stock of {business_id}"
            retry_on_conflict(partial(self._release_open, business_id, operation))
        return {"business_id": business_id, "released": self._ended(business_id, "RELEASED")}

    def commit(self, business_id: str) -> Committed:
        """Turn a document's reservations into sale movements, at the moving average cost.

        Raises OrderClosed after a release, InvalidRequest when the document reserved nothing.
        """
        lines = self.issue(business_id, "commit", "sale")
        if not lines:
            self._refuse_commit_of_nothing(business_id)
        return _committed(business_id, lines)

    def commit_by_hand(self, business_id: str) -> Committed:
        """Release what a document still reserves of units that left otherwise; return the cost of those taken before.

        A later reserve or commit is refused. A document without reservations succeeds.
        """
        operation = f"settling the stock of {business_id}"
        self._close_and_undo(business_id, operation, {"OPEN"})
        taken = _costs_in(self.reservations(business_id), "COMMITTED", "RETURNED")
        return _committed(business_id, taken)

    def reserved(self, business_id: str) -> list[SkuQuantity]:
        """Return the units that a document has reserved, and neither taken nor released."""
        return _lines_in(self.reservations(business_id), "OPEN")

    def issue(self, business_id: str, step: str, kind: str) -> list[SkuCost]:
        """Take reserved units off on hand as movements of a kind, at the moving average cost, once.

        Raises OrderClosed after a release.
        """
        lines: list[SkuCost] = []
        for group in _groups(self.reservations(business_id)):
            lines += retry_on_conflict(partial(self._issue_group, business_id, step, kind, group))
        return lines

    def restock(self, business_id: str) -> Restocked:
        """Undo a sale: put its units back at the cost of the sale, and release what is still reserved.

        A later reserve or commit is refused. A document without reservations succeeds.
        """
        operation = f"restocking {business_id}"
        self._close_and_undo(business_id, operation, {"OPEN", "COMMITTED"})
        reservations = self.reservations(business_id)
        returned = _costs_in(reservations, "RETURNED")
        return {
            "business_id": business_id,
            "returned": returned,
            "released": _lines_in(reservations, "RELEASED"),
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

    def reservations(self, business_id: str) -> list[Reservation]:
        """Return the reservations of a document, in any state, by SKU."""
        return reservations_of(self._client, self._table, self._rows.document_pk(business_id))

    def _ended(self, business_id: str, state: State) -> list[SkuQuantity]:
        return _lines_in(self.reservations(business_id), state)

    def _reserve_chunk(self, request: ReserveRequest, number: int, lines: Sequence[Line]) -> None:
        try:
            self._reserve(request, number, lines, rules.MAX_COST // len(request.lines))
        except ValuableStock:
            # Levels are read for such goods alone: a read for each line of a sale would cost more than its writes.
            self._check_cost(request)
            self._reserve(request, number, lines, MAX_AMOUNT)

    def _check_cost(self, request: ReserveRequest) -> None:
        keys = {line.sku: (level_pk(request.location, line.sku), "LEVEL") for line in request.lines}
        rows = read_rows(self._client, self._table, list(keys.values()))
        rules.check_cost(request.lines, {sku: rows.get(place, {}) for sku, place in keys.items()})

    def _reserve(self, request: ReserveRequest, number: int, lines: Sequence[Line], most_value: int) -> None:
        """most_value: of a level, so that its units cost no more."""
        actions = [self._rows.reserve_chunk(request, number, lines)]
        if number:  # the first chunk is the tombstone itself
            actions.append(self._rows.check_first_open(request.business_id, RESERVE))
        actions += [
            self._rows.reserve(request.location, line, request.currency, most_value) for line in lines
        ]
        try:
            transact(self._client, actions, f"reserving stock for {request.business_id}")
        except AlreadyApplied:
            return

    def _close(self, business_id: str) -> bool:
        """Write the tombstone; return False if the stock was taken, which needs none."""
        if _is_taken(self.reservations(business_id)):
            return False
        closing = self._rows.close(business_id, unless_committed=True)
        try:
            retry_on_conflict(partial(write, self._client, closing, f"closing {business_id}"))
        except AlreadyApplied:
            return False
        return True

    def _release_open(self, business_id: str, operation: str) -> None:
        reservations = self.reservations(business_id)
        if not _is_taken(reservations):
            self._undo(business_id, reservations, operation)

    def _close_and_undo(self, business_id: str, operation: str, states: Collection[State]) -> None:
        """Write the tombstone, then undo the reservations in these states."""
        closing = self._rows.close(business_id, unless_committed=False)
        retry_on_conflict(partial(write, self._client, closing, operation))
        retry_on_conflict(
            lambda: self._undo(
                business_id,
                [one for one in self.reservations(business_id) if one.state in states],
                operation,
            )
        )

    def _undo(self, business_id: str, reservations: Iterable[Reservation], operation: str) -> None:
        """Release what is open and put back what was taken."""
        for group in _groups(one for one in reservations if one.state in ("OPEN", "COMMITTED")):
            actions: list[Action] = []
            for reservation in group:
                location, is_open = reservation.location, reservation.state == "OPEN"
                actions.append(self._rows.end(reservation, "RELEASED" if is_open else "RETURNED", operation))
                for line in reservation.lines:
                    if is_open:
                        actions.append(self._rows.release(location, line.sku, line.quantity))
                    else:
                        actions += self._rows.put_back(
                            business_id, "cancel", location, line.sku, line.quantity, line.cost
                        )
            transact(self._client, actions, operation)

    def _issue_group(
        self, business_id: str, step: str, kind: str, group: Sequence[Reservation]
    ) -> list[SkuCost]:
        operation = f"{step} of the stock of {business_id}"
        keys = [(reservation.pk, reservation.sk) for reservation in group]
        level_keys = [
            (level_pk(reservation.location, line.sku), "LEVEL")
            for reservation in group
            for line in reservation.lines
        ]
        rows = read_rows(self._client, self._table, [*keys, *level_keys])
        result: list[SkuCost] = []
        actions: list[Action] = []
        for reservation in (read_reservation(rows[row_key]) for row_key in keys):
            if reservation.state == "COMMITTED":
                result += _costs_of(reservation)
                continue
            if reservation.state != "OPEN":
                raise OrderClosed(business_id, step)
            costs: dict[str, int] = {}
            effects: list[Action] = []
            for line in reservation.lines:
                level = rows[level_pk(reservation.location, line.sku), "LEVEL"]
                for counter in ("on_hand", "reserved"):
                    if level[counter] < line.quantity:
                        raise self._lower_than_reserved(reservation, line.sku, counter, operation)
                costs[line.sku] = rules.cost_of(line.quantity, level["on_hand"], level["stock_value"])
                result.append({"sku": line.sku, "quantity": line.quantity, "cost": costs[line.sku]})
                effects += self._rows.issue(
                    business_id, kind, level, line.quantity, costs[line.sku], operation
                )
            actions += [self._rows.take(reservation, costs, step, operation), *effects]
        if not all(reservation.is_chunk for reservation in group):
            actions.append(self._rows.check_first_open(business_id, step))
        if actions:
            transact(self._client, actions, operation)
        return result

    def _lower_than_reserved(
        self, reservation: Reservation, sku: str, counter: str, operation: str
    ) -> DomainError:
        """Return the error for a counter that is lower than a reservation.

        StoreContention if the reservation ended since it was read; StockDrift if it is open, which does not pass.
        """
        row = read_row(self._client, self._table, reservation.pk, reservation.sk)
        if row.get("state") != "OPEN":
            return StoreContention(operation)
        return StockDrift(sku, reservation.location, counter)

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
        if "closed_at" in read_row(self._client, self._table, *self._rows.first_chunk(business_id)):
            raise OrderClosed(business_id, "commit")
        raise InvalidRequest("business_id", business_id, "a document with reserved stock")


def _groups(reservations: Iterable[Reservation]) -> Iterator[list[Reservation]]:
    """Yield runs of reservations that fit into one transaction."""
    group: list[Reservation] = []
    actions = 0
    for reservation in reservations:
        size = 1 + 2 * len(reservation.lines)
        if group and actions + size > ACTIONS_PER_GROUP:
            yield group
            group, actions = [], 0
        group.append(reservation)
        actions += size
    if group:
        yield group


def _is_taken(reservations: Iterable[Reservation]) -> bool:
    return any(reservation.state == "COMMITTED" for reservation in reservations)


def _lines_in(reservations: Iterable[Reservation], state: State) -> list[SkuQuantity]:
    return [
        {"sku": line.sku, "quantity": line.quantity}
        for reservation in reservations
        if reservation.state == state
        for line in reservation.lines
    ]


def _costs_in(reservations: Iterable[Reservation], *states: State) -> list[SkuCost]:
    """Return the lines of the reservations in these states, at their costs."""
    return [line for one in reservations if one.state in states for line in _costs_of(one)]


def _committed(business_id: str, lines: list[SkuCost]) -> Committed:
    return {"business_id": business_id, "cost": sum(line["cost"] for line in lines), "lines": lines}


def _costs_of(reservation: Reservation) -> list[SkuCost]:
    return [{"sku": line.sku, "quantity": line.quantity, "cost": line.cost} for line in reservation.lines]
