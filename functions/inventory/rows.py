"""The rows of the inventory table, and the effects on them as actions of a transaction.

<document> is the business document that a row belongs to: ``ORDER#<id>``, ``TRANSFER#<id>``, ``PURCHASE#<id>``,
``RECEIPT#<id>``, ``CORRECTION#<id>``, or ``RETURN#<id>`` for a return without a receipt.

LEVEL#<location>#<sku>  LEVEL                           the counters of one SKU at one location
LEVEL#<location>#<sku>  MOVE##<time>#<business id>#<kind>   append-only: why on hand changed, and the cost that moved
                                                        (release 0.1.0: MOVE#<business id>#<kind>, in no list)
<document>              STEP#reserve#<chunk>            reserved units: reservations.py
<document>              ONORDER#<location>#<sku>        ordered units of a purchase or transfer, and those still open
<document>              CLOSED#on_order                 tombstone: a late raise is refused
<document>              STEP#<step>#<chunk>             idempotency marker of a step, with its request and result; with
                                                        closed_at a tombstone that refuses the step

The index `lists` has the levels of each location by SKU, and the transfers. Movements need none: they are sorted by
time in their partition.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tillflow.errors import InsufficientStock, InvalidRequest, StoreContention
from tillflow.fields import MAX_AMOUNT, MAX_STOCK
from tillflow.listing import Index
from tillflow.plurals import counted
from tillflow.store import Action, Item, key, marshal, put_new, put_row
from tillflow.times import iso_utc, utc_now

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


MOVEMENT = "MOVE##"
"""Followed by the time. No business id begins with `#`."""


def movements(client: Any, table: str) -> Index:
    """Return the partitions of the table, in which movements are sorted by time."""
    return Index(client, table, None, "pk", "sk")


def movements_between(times: tuple[str, str] | None) -> tuple[str, str]:
    """Return the bounds of the sort keys of movements at times, both included; None for all."""
    first, last = times or ("", "~")
    return f"{MOVEMENT}{first}", f"{MOVEMENT}{last}"


SET_LEVEL = "sku = :sku, #location = :location, #list = :list, #position = :sku"
"""What identifies a level, and its place in the list; a part of the update that may create it."""
LEVEL_NAMES = {"#location": "location", "#list": "list", "#position": "position"}


def level_values(location: str, sku: str) -> Item:
    """Return the expression values of SET_LEVEL."""
    return {":sku": sku, ":location": location, ":list": levels_list(location)}


HAS_ROOM = "(attribute_not_exists(on_hand) OR (on_hand <= :most AND stock_value <= :most_value))"
IS_CURRENCY = "(attribute_not_exists(currency) OR currency = :currency)"
SET_CURRENCY = ", currency = if_not_exists(currency, :currency)"


class ValuableStock(Exception):
    """A level is worth so much that the cost of its units has to be computed before they are reserved."""

    def __init__(self, sku: str, location: str) -> None:
        super().__init__(f"the value of sku {sku} at {location}")


class TableActions:
    """Builds actions on one table."""

    def __init__(self, table: str) -> None:
        self._table = table

    def check(self, row_key: tuple[str, str], condition: str, condition_error: ConditionError) -> Action:
        """Return the check of a condition on a row."""
        request = {"TableName": self._table, "Key": key(*row_key), "ConditionExpression": condition}
        return Action("ConditionCheck", request, condition_error)

    def put_tombstone(self, pk: str, sk: str) -> Action:
        """Return the unconditional put of a tombstone: closing twice is closing."""
        return put_row(self._table, {"pk": pk, "sk": sk, "closed_at": now()})

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
    """Builds the effects on levels and movements of one type of business document."""

    def __init__(self, table: str, document_type: str) -> None:
        super().__init__(table)
        self._document_type = document_type

    def document_pk(self, business_id: str) -> str:
        """Return the partition key of a business document."""
        return f"{self._document_type}#{business_id}"

    def reserve(self, location: str, line: Line, currency: str | None, most_value: int) -> Action:
        """Move units from available to reserved; InsufficientStock when fewer are available, CurrencyMismatch.

        ValuableStock if all units of the level are worth more than `most_value`.
        """

        def refused(level: Item) -> Exception:
            if mismatch := currency_mismatch(level, currency):
                return mismatch
            available = level.get("available", 0)
            if available >= line.quantity:
                return ValuableStock(line.sku, location)
            return InsufficientStock(line.sku, location, line.quantity, available)

        return self.update(
            (level_pk(location, line.sku), "LEVEL"),
            "SET reserved = reserved + :quantity, available = available - :quantity",
            {":quantity": line.quantity, ":most_value": most_value} | currency_value(currency),
            "available >= :quantity AND stock_value <= :most_value"
            + (f" AND {IS_CURRENCY}" if currency else ""),
            refused,
        )

    def release(self, location: str, sku: str, quantity: int) -> Action:
        """Move units from reserved to available."""
        return self.update(
            (level_pk(location, sku), "LEVEL"),
            "SET reserved = reserved - :quantity, available = available + :quantity",
            {":quantity": quantity},
            "reserved >= :quantity",
            lambda _: StockDrift(sku, location, "reserved"),
        )

    def issue(
        self, business_id: str, kind: str, level: Item, quantity: int, cost: int, operation: str
    ) -> Iterator[Action]:
        """Take reserved units off on hand as a movement of a kind.

        The cost was computed from `level`: StoreContention when the level has changed since it was read, its currency
        included.
        """
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
        yield self.move(business_id, kind, level["location"], level["sku"], -quantity, cost)

    def put_back(
        self, business_id: str, kind: str, location: str, sku: str, quantity: int, cost: int
    ) -> Iterator[Action]:
        """Put sold units back on hand as a movement of a kind, at this cost."""
        yield self.update(
            (level_pk(location, sku), "LEVEL"),
            "SET on_hand = on_hand + :quantity, available = available + :quantity, "
            "stock_value = stock_value + :cost",
            {":quantity": quantity, ":cost": cost},
        )
        yield self.move(business_id, kind, location, sku, quantity, cost)

    def receive(
        self,
        business_id: str,
        location: str,
        line: ReceiptLine,
        step: str | None,
        currency: str | None,
        kind: str = "receipt",
    ) -> Iterator[Action]:
        """Put received units on hand as a movement; create the level if there is none.

        CurrencyMismatch, InvalidRequest if the level would have more units or value than its numbers are exact for.
        """

        def refused(level: Item) -> Exception:
            if mismatch := currency_mismatch(level, currency):
                return mismatch
            limit = f"at most {MAX_STOCK:,} units of {line.sku} on hand, worth {MAX_AMOUNT:,} minor units"
            return InvalidRequest("lines", f"{counted(line.quantity, 'unit')} that cost {line.cost:,}", limit)

        yield self.update(
            (level_pk(location, line.sku), "LEVEL"),
            "SET on_hand = if_not_exists(on_hand, :none) + :quantity, "
            "available = if_not_exists(available, :none) + :quantity, "
            "reserved = if_not_exists(reserved, :none), "
            "stock_value = if_not_exists(stock_value, :none) + :cost, "
            + SET_LEVEL
            + (SET_CURRENCY if currency else ""),
            {
                ":none": 0,
                ":quantity": line.quantity,
                ":cost": line.cost,
                ":most": MAX_STOCK - line.quantity,
                ":most_value": MAX_AMOUNT - line.cost,
            }
            | level_values(location, line.sku)
            | currency_value(currency),
            HAS_ROOM + (f" AND {IS_CURRENCY}" if currency else ""),
            refused,
            names=LEVEL_NAMES,
        )
        yield self.move(business_id, kind, location, line.sku, line.quantity, line.cost, step)

    @staticmethod
    def empty_level(location: str, sku: str) -> Item:
        """Return the row of a level that does not exist yet."""
        counters = dict.fromkeys(("on_hand", "available", "reserved", "stock_value"), 0)
        place = {"location": location, "sku": sku, "list": levels_list(location), "position": sku}
        return {"pk": level_pk(location, sku), "sk": "LEVEL", **place, **counters}

    def open(
        self,
        business_id: str,
        kind: str,
        level: Item,
        quantity: int,
        cost: int,
        details: Mapping[str, Any],
        operation: str,
    ) -> Iterator[Action]:
        """Put the first units of an empty level on hand as a movement with `details`, which has the currency.

        StoreContention when the level exists by then.
        """
        counters = {"on_hand": quantity, "available": quantity, "stock_value": cost}
        row = level | counters | {"currency": details["currency"]}
        yield put_new(self._table, row, lambda _: StoreContention(operation))
        yield self.move(business_id, kind, level["location"], level["sku"], quantity, cost, details=details)

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
        currency = details.get("currency")
        yield self.update(
            (level["pk"], "LEVEL"),
            "SET on_hand = on_hand + :quantity, available = available + :quantity, "
            "stock_value = stock_value + :value" + (SET_CURRENCY if currency else ""),
            {
                ":quantity": quantity,
                ":value": cost if quantity > 0 else -cost,
                ":on_hand": level["on_hand"],
                ":reserved": level["reserved"],
                ":stock_value": level["stock_value"],
            }
            | currency_value(currency),
            "on_hand = :on_hand AND reserved = :reserved AND stock_value = :stock_value"
            + (f" AND {IS_CURRENCY}" if currency else ""),
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
            "sk": f"{MOVEMENT}{at}#{business_id}#{step or kind}",
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
        return put_new(self._table, movement, lambda _: error)


def now() -> str:
    """Return the present time as rows store it."""
    return iso_utc(utc_now())


def currency_value(currency: str | None) -> Item:
    """Return the expression value of a currency, none for None."""
    return {":currency": currency} if currency else {}


def currency_mismatch(level: Item, currency: str | None) -> CurrencyMismatch | None:
    """Return the error if a level is valued in another currency."""
    stored = level.get("currency")
    if not stored or not currency or stored == currency:
        return None
    return CurrencyMismatch(level["sku"], level["location"], stored, currency)
