"""The rows of the inventory table, and each effect on them as actions of one transaction.

LEVEL#<location>#<sku>  LEVEL                        the counters of one SKU at one location
LEVEL#<location>#<sku>  MOVE#<business id>#<kind>    append-only: why on hand changed, and what it cost
ORDER#<order id>        RESERVATION#<location>#<sku> units promised: OPEN, then RELEASED or COMMITTED, then RETURNED
ORDER#<order id>        STEP#<step>#<chunk>          this effect happened, and its answer
ORDER#<order id>        CLOSED#reserve               released or restocked: refuse a late reserve or commit
ORDER#<business id>     ONORDER#<location>#<sku>     units a purchase or a transfer is to bring: ordered, still open
ORDER#<business id>     CLOSED#on_order              what was open was lowered: refuse a late raise
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tillflow.errors import InsufficientStock, InvalidRequest, OrderClosed, StoreContention
from tillflow.store import Action, Item, key, marshal
from tillflow.times import iso_utc

from inventory.models import Line, OrderedLine, ReceiptLine

TOMBSTONE = "CLOSED#reserve"
NOTHING_MORE_ON_ORDER = "CLOSED#on_order"

type Refusal = Callable[[Item], Exception]


def order_pk(order_id: str) -> str:
    return f"ORDER#{order_id}"


def level_pk(location: str, sku: str) -> str:
    return f"LEVEL#{location}#{sku}"


class Rows:
    """Builds actions on `table`; writes nothing itself."""

    def __init__(self, table: str) -> None:
        self._table = table

    def not_released(self, order_id: str, step: str) -> Action:
        """Holds while the order has no tombstone; OrderClosed otherwise."""
        return self.absent(order_pk(order_id), TOMBSTONE, lambda _: OrderClosed(order_id, step))

    def tombstone(self, order_id: str) -> Action:
        """A reserve or a commit that arrives later is refused; has no condition, closing twice is closing."""
        return self._closed(order_id, TOMBSTONE, "order_id")

    def promise(self, order_id: str, location: str, line: Line) -> Iterator[Action]:
        """available -> reserved, with the reservation; InsufficientStock when not that many are available."""

        def short(level: Item) -> Exception:
            return InsufficientStock(line.sku, location, line.quantity, level.get("available", 0))

        yield self._update(
            (level_pk(location, line.sku), "LEVEL"),
            "SET reserved = reserved + :quantity, available = available - :quantity",
            {":quantity": line.quantity},
            "available >= :quantity",
            short,
        )
        reservation = {
            "pk": order_pk(order_id),
            "sk": f"RESERVATION#{location}#{line.sku}",
            "order_id": order_id,
            "location": location,
            "sku": line.sku,
            "quantity": line.quantity,
            "state": "OPEN",
            "reserved_at": iso_utc(datetime.now(UTC)),
        }
        yield self._put_new(
            reservation,
            lambda first: InvalidRequest(
                "lines", f"{line.quantity} of {line.sku}", f"the {first['quantity']} first reserved"
            ),
        )

    def give_back(self, reservation: Item, what: str) -> Iterator[Action]:
        """reserved -> available, ending the reservation; StoreContention(what) when it just ended."""
        yield self._update(
            (level_pk(reservation["location"], reservation["sku"]), "LEVEL"),
            "SET reserved = reserved - :quantity, available = available + :quantity",
            {":quantity": reservation["quantity"]},
            "reserved >= :quantity",
            lambda _: StoreContention(what),
        )
        yield self._end(reservation, "RELEASED", lambda _: StoreContention(what))

    def take(self, reservation: Item, level: Item, cost: int, what: str, kind: str) -> Iterator[Action]:
        """Reserved units leave on hand as a movement of a kind, at `cost`, ending the reservation.

        The cost was worked out from `level` as read, so it stands only while that is still true:
        StoreContention(what) otherwise.
        """
        quantity = reservation["quantity"]
        yield self._update(
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
            lambda _: StoreContention(what),
        )
        order_id = reservation["order_id"]
        yield self._move(order_id, kind, reservation["location"], reservation["sku"], -quantity, cost)
        yield self._end(reservation, "COMMITTED", lambda _: OrderClosed(order_id, "commit"), cost=cost)

    def take_back(self, reservation: Item, what: str) -> Iterator[Action]:
        """Sold units come back on hand as a movement, at the cost they left with; StoreContention(what) when
        they just did."""
        location, sku, quantity = reservation["location"], reservation["sku"], reservation["quantity"]
        cost = reservation["cost"]
        yield self._update(
            (level_pk(location, sku), "LEVEL"),
            "SET on_hand = on_hand + :quantity, available = available + :quantity, "
            "stock_value = stock_value + :cost",
            {":quantity": quantity, ":cost": cost},
        )
        yield self._end(reservation, "RETURNED", lambda _: StoreContention(what), before="COMMITTED")
        yield self._move(reservation["order_id"], "cancel", location, sku, quantity, cost)

    def receive(
        self, business_id: str, location: str, line: ReceiptLine, step: str = "receipt"
    ) -> Iterator[Action]:
        """Units come on hand as a movement, at their cost; makes the level when it is the SKU's first."""
        yield self._update(
            (level_pk(location, line.sku), "LEVEL"),
            "SET on_hand = if_not_exists(on_hand, :none) + :quantity, "
            "available = if_not_exists(available, :none) + :quantity, "
            "reserved = if_not_exists(reserved, :none), "
            "stock_value = if_not_exists(stock_value, :none) + :cost, "
            "sku = :sku, #location = :location",
            {
                ":none": 0,
                ":quantity": line.quantity,
                ":cost": line.cost,
                ":sku": line.sku,
                ":location": location,
            },
            names={"#location": "location"},
        )
        yield self._move(business_id, "receipt", location, line.sku, line.quantity, line.cost, step)

    def correct(
        self,
        business_id: str,
        kind: str,
        level: Item,
        quantity: int,
        cost: int,
        why: Mapping[str, str],
        what: str,
    ) -> Iterator[Action]:
        """Units are found (quantity above 0) or lost as a movement, at `cost`, which is never negative.

        The movement says why: its reason, and the currency of its cost. Worked out from `level` as read, so it
        stands only while that is still true: StoreContention(what) otherwise.
        """
        value = cost if quantity > 0 else -cost
        yield self._update(
            (level["pk"], "LEVEL"),
            "SET on_hand = on_hand + :quantity, available = available + :quantity, "
            "stock_value = stock_value + :value",
            {
                ":quantity": quantity,
                ":value": value,
                ":on_hand": level["on_hand"],
                ":reserved": level["reserved"],
                ":stock_value": level["stock_value"],
            },
            "on_hand = :on_hand AND reserved = :reserved AND stock_value = :stock_value",
            lambda _: StoreContention(what),
        )
        location, sku = level["location"], level["sku"]
        yield self._move(business_id, kind, location, sku, quantity, cost, why=why)

    def put_on_order(
        self, business_id: str, location: str, line: OrderedLine, reorder_point: int | None, refused: Refusal
    ) -> Iterator[Action]:
        """Units are on order; refused when the need they answer is no longer there.

        A need was seen with so many on order already and at most so many available: each order for it has
        to find that still so, and the first that does changes it. `reorder_point` is the level's from now on,
        None when it stays.
        """
        values: Item = {":none": 0, ":quantity": line.quantity, ":sku": line.sku, ":location": location}
        conditions, also = [], ""
        if line.need is not None:
            values |= {":seen": line.need.on_order, ":most": line.need.available}
            unseen = "attribute_not_exists(on_order) OR " if line.need.on_order == 0 else ""
            conditions += [
                f"({unseen}on_order = :seen)",
                "(attribute_not_exists(available) OR available <= :most)",
            ]
        if reorder_point is not None:
            values |= {":point": reorder_point}
            conditions.append("attribute_exists(reorder_part)")
            also = ", reorder_point = :point"
        condition = " AND ".join(conditions)
        yield self._update(
            (level_pk(location, line.sku), "LEVEL"),
            "SET on_order = if_not_exists(on_order, :none) + :quantity, "
            "on_hand = if_not_exists(on_hand, :none), reserved = if_not_exists(reserved, :none), "
            "available = if_not_exists(available, :none), "
            f"stock_value = if_not_exists(stock_value, :none), sku = :sku, #location = :location{also}",
            values,
            condition,
            refused if condition else None,
            names={"#location": "location"},
        )
        row = {
            "pk": order_pk(business_id),
            "sk": f"ONORDER#{location}#{line.sku}",
            "business_id": business_id,
            "location": location,
            "sku": line.sku,
            "ordered": line.quantity,
            "open": line.quantity,
            "at": iso_utc(datetime.now(UTC)),
        }
        yield self._put_new(row, refused)

    def take_off_order(self, row: Item, quantity: int, what: str) -> Iterator[Action]:
        """`quantity` of what a purchase order has open is open no longer; StoreContention when less is."""
        yield self._update(
            (level_pk(row["location"], row["sku"]), "LEVEL"),
            "SET on_order = on_order - :quantity",
            {":quantity": quantity},
            "on_order >= :quantity",
            lambda _: StoreContention(what),
        )
        yield self._update(
            (row["pk"], row["sk"]),
            "SET #open = #open - :quantity",
            {":quantity": quantity},
            "#open >= :quantity",
            lambda _: StoreContention(what),
            {"#open": "open"},
        )

    def arrive(
        self,
        transfer_id: str,
        location: str,
        sku: str,
        quantity: int,
        cost: int,
        lost: int,
        step: str,
        what: str,
    ) -> Iterator[Action]:
        """Units of a transfer are on hand at its destination as a movement, at their cost; they and the lost
        ones are in transit no longer. StoreContention(what) when fewer are."""
        gone = quantity + lost
        yield self._update(
            (level_pk(location, sku), "LEVEL"),
            "SET on_hand = on_hand + :quantity, available = available + :quantity, "
            "stock_value = stock_value + :cost, on_order = on_order - :gone",
            {":quantity": quantity, ":cost": cost, ":gone": gone},
            "on_order >= :gone",
            lambda _: StoreContention(what),
        )
        yield self._update(
            (order_pk(transfer_id), f"ONORDER#{location}#{sku}"),
            "SET #open = #open - :gone",
            {":gone": gone},
            "#open >= :gone",
            lambda _: StoreContention(what),
            {"#open": "open"},
        )
        if quantity:
            yield self._move(transfer_id, "transfer_in", location, sku, quantity, cost, step)

    def still_ordering(self, business_id: str) -> Action:
        """Holds while a purchase order may still put units on order; OrderClosed otherwise."""
        return self.absent(
            order_pk(business_id), NOTHING_MORE_ON_ORDER, lambda _: OrderClosed(business_id, "on order")
        )

    def no_more_orders(self, business_id: str) -> Action:
        """A raise that arrives later is refused; has no condition, closing twice is closing."""
        return self._closed(business_id, NOTHING_MORE_ON_ORDER, "business_id")

    def absent(self, pk: str, sk: str, refused: Refusal) -> Action:
        request = {
            "TableName": self._table,
            "Key": key(pk, sk),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        return Action("ConditionCheck", request, refused)

    def _closed(self, business_id: str, tombstone: str, name: str) -> Action:
        row = {
            "pk": order_pk(business_id),
            "sk": tombstone,
            name: business_id,
            "closed_at": iso_utc(datetime.now(UTC)),
        }
        return Action("Put", {"TableName": self._table, "Item": marshal(row)})

    def _end(
        self,
        reservation: Item,
        state: str,
        refused: Refusal,
        before: str = "OPEN",
        cost: int | None = None,
    ) -> Action:
        costed = {} if cost is None else {":cost": cost}
        return self._update(
            (reservation["pk"], reservation["sk"]),
            "SET #state = :state, ended_at = :now" + (", cost = :cost" if costed else ""),
            {":state": state, ":before": before, ":now": iso_utc(datetime.now(UTC)), **costed},
            "#state = :before",
            refused,
            {"#state": "state"},
        )

    def _move(
        self,
        business_id: str,
        kind: str,
        location: str,
        sku: str,
        quantity: int,
        cost: int,
        step: str | None = None,
        why: Mapping[str, str] | None = None,
    ) -> Action:
        movement = {
            "pk": level_pk(location, sku),
            "sk": f"MOVE#{business_id}#{step or kind}",
            "business_id": business_id,
            "kind": kind,
            "location": location,
            "sku": sku,
            "quantity": quantity,
            "cost": cost,
            "at": iso_utc(datetime.now(UTC)),
            **(why or {}),
        }
        return self._put_new(movement, lambda _: InvalidRequest("business_id", business_id, "a new movement"))

    def _put_new(self, row: Mapping[str, Any], refused: Refusal) -> Action:
        request = {
            "TableName": self._table,
            "Item": marshal(row),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        return Action("Put", request, refused)

    def _update(
        self,
        place: tuple[str, str],
        expression: str,
        values: Mapping[str, Any],
        condition: str = "",
        refused: Refusal | None = None,
        names: Mapping[str, str] | None = None,
    ) -> Action:
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": key(*place),
            "UpdateExpression": expression,
            "ExpressionAttributeValues": marshal(values),
        }
        if condition:
            request["ConditionExpression"] = condition
        if names:
            request["ExpressionAttributeNames"] = names
        return Action("Update", request, refused)
