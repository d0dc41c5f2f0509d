"""The rows of the inventory table, and the effects on them as actions of a transaction.

<document> is the business document that a row belongs to: ``ORDER#<id>``, ``TRANSFER#<id>``, ``PURCHASE#<id>``,
``RECEIPT#<id>``, ``CORRECTION#<id>``, or ``RETURN#<id>`` for a return without a receipt.

LEVEL#<location>#<sku>  LEVEL                           the counters of one SKU at one location
LEVEL#<location>#<sku>  MOVE#<business id>#<kind>       append-only: why on hand changed, and the cost that moved
<document>              RESERVATION#<location>#<sku>    reserved units: OPEN, then RELEASED or COMMITTED, then RETURNED
<document>              ONORDER#<location>#<sku>        ordered units of a purchase or transfer, and those still open
<document>              CLOSED#on_order                 tombstone: a late raise is refused
<document>              STEP#<step>#<chunk>             idempotency marker of a step, with its request and result; with
                                                        closed_at a tombstone that refuses the step

The index `lists` has the levels of each location by SKU, the movements of each level by time, and the transfers.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tillflow.errors import InsufficientStock, InvalidRequest, OrderClosed, StoreContention
from tillflow.listing import Index
from tillflow.store import Action, Item, Marker, key, marshal
from tillflow.times import iso_utc

from inventory.errors import CurrencyMismatch, StockDrift
from inventory.models import Line, ReceiptLine

type ConditionError = Callable[[Item], Exception]


def level_pk(location: str, sku: str) -> str:
    """Return the partition key of a level and its movements."""
    return f"LEVEL#{location}#{sku}"


def lists(client: Any, table: str) -> Index:
    """Return the index of the lists."""
    return Index(client, table, "lists", "list", "position")


def levels_list(location: str) -> str:
    """Return the name of the list of a location's levels."""
    return f"LEVELS#{location}"


def movements_list(location: str, sku: str) -> str:
    """Return the name of the list of a level's movements."""
    return f"MOVEMENTS#{location}#{sku}"


SET_LEVEL = "sku = :sku, #location = :location, #list = :list, #position = :sku"
"""What identifies a level, and its place in the list; a part of the update that may create it."""
LEVEL_NAMES = {"#location": "location", "#list": "list", "#position": "position"}


def level_values(location: str, sku: str) -> Item:
    """Return the expression values of SET_LEVEL."""
    return {":sku": sku, ":location": location, ":list": levels_list(location)}


IS_CURRENCY = "(attribute_not_exists(currency) OR currency = :currency)"
SET_CURRENCY = ", currency = if_not_exists(currency, :currency)"


class TableActions:
    """Builds actions on one table."""

    def __init__(self, table: str) -> None:
        self._table = table

    def check_absent(self, pk: str, sk: str, condition_error: ConditionError) -> Action:
        """Return the check that a row does not exist."""
        request = {
            "TableName": self._table,
            "Key": key(pk, sk),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        return Action("ConditionCheck", request, condition_error)

    def put_tombstone(self, pk: str, sk: str) -> Action:
        """Return the unconditional put of a tombstone: closing twice is closing."""
        row = {"pk": pk, "sk": sk, "closed_at": now()}
        return Action("Put", {"TableName": self._table, "Item": marshal(row)})

    def put_new(self, row: Mapping[str, Any], condition_error: ConditionError) -> Action:
        """Return the put of a row that must not exist."""
        request = {
            "TableName": self._table,
            "Item": marshal(row),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        return Action("Put", request, condition_error)

    def update(
        self,
        row_key: tuple[str, str],
        expression: str,
        values: Mapping[str, Any],
        condition: str = "",
        condition_error: ConditionError | None = None,
        names: Mapping[str, str] | None = None,
    ) -> Action:
        """Return the update of a row."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": key(*row_key),
            "UpdateExpression": expression,
            "ExpressionAttributeValues": marshal(values),
        }
        if condition:
            request["ConditionExpression"] = condition
        if names:
            request["ExpressionAttributeNames"] = names
        return Action("Update", request, condition_error)


class StockRows(TableActions):
    """Builds the effects on levels, movements and reservations of one type of business document."""

    def __init__(self, table: str, document_type: str) -> None:
        super().__init__(table)
        self._document_type = document_type

    def document_pk(self, business_id: str) -> str:
        """Return the partition key of a business document."""
        return f"{self._document_type}#{business_id}"

    def close_step(
        self, marker: Marker, condition: str = "", condition_error: ConditionError | None = None
    ) -> Action:
        """Return the update that makes a marker the tombstone of its step, whether it was written or not."""
        closed_at = {":now": now()}
        return self.update(marker.key, "SET closed_at = :now", closed_at, condition, condition_error)

    def reserve(self, business_id: str, location: str, line: Line, currency: str | None) -> Iterator[Action]:
        """Move units from available to reserved; InsufficientStock when fewer are available, CurrencyMismatch."""

        def refused(level: Item) -> Exception:
            mismatch = currency_mismatch(level, currency)
            return mismatch or InsufficientStock(line.sku, location, line.quantity, level.get("available", 0))

        yield self.update(
            (level_pk(location, line.sku), "LEVEL"),
            "SET reserved = reserved + :quantity, available = available - :quantity",
            {":quantity": line.quantity} | currency_value(currency),
            "available >= :quantity" + (f" AND {IS_CURRENCY}" if currency else ""),
            refused,
        )
        reservation = {
            "pk": self.document_pk(business_id),
            "sk": f"RESERVATION#{location}#{line.sku}",
            "business_id": business_id,
            "location": location,
            "sku": line.sku,
            "quantity": line.quantity,
            "state": "OPEN",
            "reserved_at": now(),
        }
        yield self.put_new(
            reservation,
            lambda stored: InvalidRequest(
                "lines", f"{line.quantity} of {line.sku}", f"the {stored['quantity']} that are reserved"
            ),
        )

    def release(self, reservation: Item, operation: str) -> Iterator[Action]:
        """Move units from reserved to available; StoreContention when the reservation has just ended."""
        yield self._end(reservation, "RELEASED", lambda _: StoreContention(operation))
        location, sku = reservation["location"], reservation["sku"]
        yield self.update(
            (level_pk(location, sku), "LEVEL"),
            "SET reserved = reserved - :quantity, available = available + :quantity",
            {":quantity": reservation["quantity"]},
            "reserved >= :quantity",
            lambda _: StockDrift(sku, location, "reserved"),
        )

    def issue(self, reservation: Item, level: Item, cost: int, operation: str, kind: str) -> Iterator[Action]:
        """Take reserved units off on hand as a movement of a kind.

        The cost was computed from `level`: StoreContention when the level has changed since it was read.
        """
        quantity = reservation["quantity"]
        yield self.update(
            (level["pk"], "LEVEL"),
            "SET on_hand = on_hand - :quantity, reserved = reserved - :quantity, "
            "stock_value = stock_value - :cost",
            {
                ":quantity": quantity,
                ":cost": cost,
                ":on_hand": level["on_hand"],
                ":stock_value": level["stock_value"],
            },
            "on_hand = :on_hand AND stock_value = :stock_value AND reserved >= :quantity",
            lambda _: StoreContention(operation),
        )
        business_id = reservation["business_id"]
        yield self.move(business_id, kind, reservation["location"], reservation["sku"], -quantity, cost)
        yield self._end(reservation, "COMMITTED", lambda _: OrderClosed(business_id, "commit"), cost=cost)

    def restock(self, reservation: Item, operation: str) -> Iterator[Action]:
        """Put sold units back on hand as a movement, at the cost of the sale."""
        location, sku, quantity = reservation["location"], reservation["sku"], reservation["quantity"]
        cost = reservation["cost"]
        yield self.update(
            (level_pk(location, sku), "LEVEL"),
            "SET on_hand = on_hand + :quantity, available = available + :quantity, "
            "stock_value = stock_value + :cost",
            {":quantity": quantity, ":cost": cost},
        )
        yield self._end(reservation, "RETURNED", lambda _: StoreContention(operation), before="COMMITTED")
        yield self.move(reservation["business_id"], "cancel", location, sku, quantity, cost)

    def receive(
        self,
        business_id: str,
        location: str,
        line: ReceiptLine,
        step: str | None,
        currency: str | None,
        kind: str = "receipt",
    ) -> Iterator[Action]:
        """Put received units on hand as a movement; create the level if there is none. CurrencyMismatch."""
        yield self.update(
            (level_pk(location, line.sku), "LEVEL"),
            "SET on_hand = if_not_exists(on_hand, :none) + :quantity, "
            "available = if_not_exists(available, :none) + :quantity, "
            "reserved = if_not_exists(reserved, :none), "
            "stock_value = if_not_exists(stock_value, :none) + :cost, "
            + SET_LEVEL
            + (SET_CURRENCY if currency else ""),
            {":none": 0, ":quantity": line.quantity, ":cost": line.cost}
            | level_values(location, line.sku)
            | currency_value(currency),
            IS_CURRENCY if currency else "",
            (lambda level: currency_mismatch(level, currency) or StoreContention(business_id))
            if currency
            else None,
            names=LEVEL_NAMES,
        )
        yield self.move(business_id, kind, location, line.sku, line.quantity, line.cost, step)

    def correct(
        self,
        business_id: str,
        kind: str,
        level: Item,
        quantity: int,
        cost: int,
        details: Mapping[str, Any],
        operation: str,
    ) -> Iterator[Action]:
        """Add (quantity above 0) or take available units as a movement with `details`; the cost is never negative.

        The cost was computed from `level`: StoreContention when the level has changed since it was read.
        """
        yield self.update(
            (level["pk"], "LEVEL"),
            "SET on_hand = on_hand + :quantity, available = available + :quantity, "
            "stock_value = stock_value + :value",
            {
                ":quantity": quantity,
                ":value": cost if quantity > 0 else -cost,
                ":on_hand": level["on_hand"],
                ":reserved": level["reserved"],
                ":stock_value": level["stock_value"],
            },
            "on_hand = :on_hand AND reserved = :reserved AND stock_value = :stock_value",
            lambda _: StoreContention(operation),
        )
        location, sku = level["location"], level["sku"]
        yield self.move(business_id, kind, location, sku, quantity, cost, details=details)

    def move(
        self,
        business_id: str,
        kind: str,
        location: str,
        sku: str,
        quantity: int,
        cost: int,
        step: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> Action:
        """Return the put of a movement; it is never overwritten."""
        at = now()
        movement = {
            "pk": level_pk(location, sku),
            "sk": f"MOVE#{business_id}#{step or kind}",
            "list": movements_list(location, sku),
            "position": at,
            "business_id": business_id,
            "kind": kind,
            "location": location,
            "sku": sku,
            "quantity": quantity,
            "cost": cost,
            "at": at,
            **(details or {}),
        }
        error = InvalidRequest(
            "business_id", business_id, f"an id without a {step or kind} movement of {sku}"
        )
        return self.put_new(movement, lambda _: error)

    def _end(
        self,
        reservation: Item,
        state: str,
        condition_error: ConditionError,
        before: str = "OPEN",
        cost: int | None = None,
    ) -> Action:
        values = {} if cost is None else {":cost": cost}
        return self.update(
            (reservation["pk"], reservation["sk"]),
            "SET #state = :state, ended_at = :now" + (", cost = :cost" if values else ""),
            {":state": state, ":before": before, ":now": now(), **values},
            "#state = :before",
            condition_error,
            {"#state": "state"},
        )


def now() -> str:
    """Return the present time as rows store it."""
    return iso_utc(datetime.now(UTC))


def currency_value(currency: str | None) -> Item:
    """Return the expression value of a currency, none for None."""
    return {":currency": currency} if currency else {}


def currency_mismatch(level: Item, currency: str | None) -> CurrencyMismatch | None:
    """Return the error if a level is valued in another currency."""
    stored = level.get("currency")
    if not stored or not currency or stored == currency:
        return None
    return CurrencyMismatch(level["sku"], level["location"], stored, currency)
