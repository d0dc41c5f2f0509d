"""Reserved units of business documents: their rows and the changes of them.

A row holds a chunk of the lines of a document, and is the marker of reserving and of taking them: a write for each line
would cost more than all else that a sale stores. Release 0.1.0 wrote a row for each line and markers of their own; its
rows are read and changed as they are, because a sale can be returned or cancelled long after an update.

<document>  STEP#reserve#<chunk>          `quantities`, and once taken `costs`, by SKU; `state`
<document>  RESERVATION#<location>#<sku>  `quantity` and `cost` of one line; `state` (release 0.1.0)

Both are OPEN, then RELEASED or COMMITTED, then RETURNED. `returned` and `returned_cost` (by SKU in a chunk) are the
units that customers brought back. `closed_at` of the first chunk makes it a tombstone: no units are reserved or taken
any more.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Literal

from tillflow.errors import OrderClosed, StoreContention
from tillflow.store import Action, AlreadyApplied, Item, Marker, put_new, query_rows

from inventory.models import Line
from inventory.rows import ConditionError, StockRows, now
from inventory.rules import ReservedLine

type State = Literal["OPEN", "RELEASED", "COMMITTED", "RETURNED"]

RESERVE = "reserve"
CHUNK = f"STEP#{RESERVE}#"
LINE = "RESERVATION#"


@dataclass(frozen=True, slots=True)
class Reservation:
    """A row of reserved units at a location. returns: how often its returned units were counted."""

    pk: str
    sk: str
    location: str
    state: State
    lines: tuple[ReservedLine, ...]
    returns: int = 0

    @property
    def is_chunk(self) -> bool:
        """Return whether the row is a chunk; one of release 0.1.0 has a single line."""
        return self.sk.startswith(CHUNK)


def read_reservation(row: Item) -> Reservation:
    """Return the reservation that a row of either format holds."""
    if not row["sk"].startswith(CHUNK):
        line = ReservedLine(row["sku"], row["quantity"], *(row.get(name, 0) for name in _AMOUNTS))
        return Reservation(row["pk"], row["sk"], row["location"], row["state"], (line,), line.returned)
    lines = tuple(
        ReservedLine(sku, quantity, *(row.get(name, {}).get(sku, 0) for name in _MAPS))
        for sku, quantity in sorted(row["quantities"].items())
    )
    return Reservation(row["pk"], row["sk"], row["location"], row["state"], lines, row.get("return_count", 0))


_AMOUNTS = ("cost", "returned", "returned_cost")
_MAPS = ("costs", "returned", "returned_costs")


def is_reservation(row: Item) -> bool:
    """Return whether a row holds reserved units; tombstones and the markers of release 0.1.0 do not."""
    return row["sk"].startswith(LINE) or (row["sk"].startswith(CHUNK) and "quantities" in row)


def reservations_of(client: Any, table: str, pk: str) -> list[Reservation]:
    """Return the reservations of a document, in any state, by SKU."""
    rows = list(query_rows(client, table, pk, CHUNK))
    if any("result" in row for row in rows):  # a marker of release 0.1.0
        rows += query_rows(client, table, pk, LINE)
    reservations = [read_reservation(row) for row in rows if is_reservation(row)]
    return sorted(reservations, key=lambda reservation: reservation.lines[0].sku)


def reservation_lines(rows: Iterable[Item]) -> list[Item]:
    """Return location, SKU, quantity and state of each line of rows, for the reservations among them."""
    return [
        {
            "location": reservation.location,
            "sku": line.sku,
            "quantity": line.quantity,
            "state": reservation.state,
        }
        for reservation in map(read_reservation, filter(is_reservation, rows))
        for line in reservation.lines
    ]


@dataclass(frozen=True, slots=True)
class ReserveRequest:
    """All merged lines that a document reserves at a location."""

    business_id: str
    location: str
    lines: Sequence[Line]
    currency: str | None

    @property
    def content(self) -> Item:
        """Return the request as release 0.1.0 stored it in the marker of the first chunk."""
        return {
            "location": self.location,
            "lines": {line.sku: line.quantity for line in self.lines},
            **({"currency": self.currency} if self.currency else {}),
        }

    @property
    def digest(self) -> str:
        """Return the digest of all lines, by which a chunk detects that those of another chunk differ."""
        return sha256(json.dumps(self.content, sort_keys=True).encode()).hexdigest()[:32]


class ReservationRows(StockRows):
    """Builds the changes of reservations as actions of a transaction."""

    def reserve_chunk(self, request: ReserveRequest, number: int, lines: Sequence[Line]) -> Action:
        """Return the put of a chunk.

        It raises AlreadyApplied when the chunk was reserved before, IdempotencyConflict when it was for other lines,
        OrderClosed after a release.
        """
        pk = self.document_pk(request.business_id)
        row = {
            "pk": pk,
            "sk": f"{CHUNK}{number}",
            "location": request.location,
            "quantities": {line.sku: line.quantity for line in lines},
            "digest": request.digest,
            "state": "OPEN",
            "reserved_at": now(),
            **({"currency": request.currency} if request.currency else {}),
        }

        def existing(stored: Item) -> Exception:
            if "quantities" in stored:
                stored = stored | {"request": json.dumps(_content(stored)), "result": "null"}
                return Marker(pk, RESERVE, number, _content(row)).existing(stored)
            return Marker(pk, RESERVE, number, None if number else request.content).existing(stored)

        return put_new(self._table, row, existing)

    def check_first_open(self, business_id: str, step: str) -> Action:
        """Return the check that the first chunk was reserved and not closed; OrderClosed otherwise."""
        return self.check(
            self.first_chunk(business_id),
            "attribute_exists(pk) AND attribute_not_exists(closed_at)",
            lambda _: OrderClosed(business_id, step),
        )

    def close(self, business_id: str, *, unless_committed: bool) -> Action:
        """Return the update that makes the first chunk a tombstone, whether it was reserved or not.

        unless_committed: AlreadyApplied when its units were taken.
        """
        values, names = {":now": now()}, None
        condition = ""
        if unless_committed:
            values[":committed"] = "COMMITTED"
            names = {"#state": "state"}
            condition = "attribute_not_exists(#state) OR #state <> :committed"
        return self.update(
            self.first_chunk(business_id),
            "SET closed_at = :now",
            values,
            condition,
            (lambda _: AlreadyApplied(None)) if unless_committed else None,
            names,
        )

    def first_chunk(self, business_id: str) -> tuple[str, str]:
        """Return the key of a document's first chunk."""
        return self.document_pk(business_id), f"{CHUNK}0"

    def take(self, reservation: Reservation, costs: Mapping[str, int], step: str, operation: str) -> Action:
        """Return the update of a reservation whose units leave at these costs by SKU.

        It raises StoreContention when they were just taken, OrderClosed after a release.
        """

        def refused(stored: Item) -> Exception:
            if stored.get("state") == "COMMITTED":
                return StoreContention(operation)
            return OrderClosed(reservation.pk.partition("#")[2], step)

        change = "costs = :cost"
        values: dict[str, Any] = {":cost": dict(costs)}
        if not reservation.is_chunk:
            change, values = "cost = :cost", {":cost": costs[reservation.lines[0].sku]}
        return self._change_state(
            reservation, "COMMITTED", refused, change, values, "attribute_not_exists(closed_at)"
        )

    def end(self, reservation: Reservation, state: State, operation: str) -> Action:
        """Return the update of a reservation that is released or returned; StoreContention if it has changed."""
        return self._change_state(reservation, state, lambda _: StoreContention(operation))

    def count_returned(
        self, reservation: Reservation, returned: Iterable[tuple[str, int, int]], operation: str
    ) -> Action:
        """Return the update that adds SKUs, units and costs that were brought back.

        StoreContention when another return has changed the reservation.
        """
        lines = {line.sku: line for line in reservation.lines}
        for sku, quantity, cost in returned:
            line = lines[sku]
            lines[sku] = replace(
                line, returned=line.returned + quantity, returned_cost=line.returned_cost + cost
            )
        values: dict[str, Any] = {":committed": "COMMITTED", ":before": reservation.returns}
        if reservation.is_chunk:
            counter, change = (
                "return_count",
                "returned = :returned, returned_costs = :cost, return_count = :count",
            )
            values |= {
                ":returned": {sku: line.returned for sku, line in lines.items() if line.returned},
                ":cost": {sku: line.returned_cost for sku, line in lines.items() if line.returned},
                ":count": reservation.returns + 1,
            }
        else:
            (line,) = lines.values()
            counter, change = "returned", "returned = :returned, returned_cost = :cost"
            values |= {":returned": line.returned, ":cost": line.returned_cost}
        unchanged = f"{counter} = :before"
        if not reservation.returns:
            unchanged = f"attribute_not_exists({counter})"
            del values[":before"]
        return self.update(
            (reservation.pk, reservation.sk),
            f"SET {change}",
            values,
            f"#state = :committed AND {unchanged}",
            lambda _: StoreContention(operation),
            {"#state": "state"},
        )

    def _change_state(
        self,
        reservation: Reservation,
        state: State,
        condition_error: ConditionError,
        change: str = "",
        values: Mapping[str, Any] | None = None,
        condition: str = "",
    ) -> Action:
        return self.update(
            (reservation.pk, reservation.sk),
            ", ".join(filter(None, ("SET #state = :state", "ended_at = :now", change))),
            {":state": state, ":before": reservation.state, ":now": now(), **(values or {})},
            " AND ".join(filter(None, ("#state = :before", condition))),
            condition_error,
            {"#state": "state"},
        )


def _content(row: Item) -> Item:
    """Return what a chunk was requested with."""
    return {
        "location": row["location"],
        "lines": row["quantities"],
        "digest": row["digest"],
        **({"currency": row["currency"]} if "currency" in row else {}),
    }
