"""Stock on its table: reserve, release, commit, restock, receive. What the rows are is told in rows.py."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from tillflow.errors import InvalidRequest, OrderClosed, StoreContention
from tillflow.store import (
    ACTIONS_PER_TRANSACTION,
    Action,
    AlreadyApplied,
    Item,
    apply_once,
    key,
    marker,
    marshal,
    read_rows,
    retry_on_conflict,
    transact,
    unmarshal,
)

from inventory import rules
from inventory.models import Line, ReceiptLine
from inventory.rows import TOMBSTONE, Rows, level_pk, order_pk

# A level and a reservation per SKU, beside the marker and the tombstone check.
_RESERVED_PER_TRANSACTION = (ACTIONS_PER_TRANSACTION - 2) // 2
_RELEASED_PER_TRANSACTION = ACTIONS_PER_TRANSACTION // 2
# A level, a movement and a reservation per SKU, beside the same two.
_TAKEN_PER_TRANSACTION = (ACTIONS_PER_TRANSACTION - 2) // 3
# A level and a movement per SKU, beside the marker.
_RECEIVED_PER_TRANSACTION = (ACTIONS_PER_TRANSACTION - 1) // 2
# A level, a movement and a reservation per SKU.
_RESTOCKED_PER_TRANSACTION = ACTIONS_PER_TRANSACTION // 3


class InventoryStore:
    """Stock on one DynamoDB table. `client` is a low-level DynamoDB client.

    Every verb may be delivered again and returns its first answer. StoreContention is tried again here a
    few times and then left to the workflow; what a large order had done by then stays done and is found.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._rows = Rows(table)

    def reserve(self, order_id: str, location: str, lines: Iterable[Line]) -> dict[str, Any]:
        """Promise units to an order: ``{order_id, reserved: [{sku, quantity}]}``, merged and in SKU order.

        Raises InsufficientStock, OrderClosed after a release, and InvalidRequest when the order was
        reserved before with other lines. An order larger than one transaction can stop half way; what it
        had reserved by then goes with `release`.
        """
        reserved: list[dict[str, Any]] = []
        parts = rules.chunks(rules.merge_lines(lines), _RESERVED_PER_TRANSACTION)
        for number, part in enumerate(parts):
            reserved += retry_on_conflict(partial(self._reserve_part, order_id, location, number, part))
        return {"order_id": order_id, "reserved": reserved}

    def release(self, order_id: str) -> dict[str, Any]:
        """Give back what an order still holds: ``{order_id, released: [{sku, quantity}]}``.

        Nothing to give back is success, and a reserve that arrives later is refused. Of an order whose
        stock left (commit was first) nothing is released, and the list says so.
        """
        if self._close(order_id):
            retry_on_conflict(partial(self._release_open, order_id))
        released = [row for row in self.reservations(order_id) if row["state"] == "RELEASED"]
        return {
            "order_id": order_id,
            "released": [{"sku": row["sku"], "quantity": row["quantity"]} for row in released],
        }

    def commit(self, order_id: str) -> dict[str, Any]:
        """Turn an order's reservations into sale movements.

        Returns ``{order_id, cost, lines: [{sku, quantity, cost}]}``, costs at moving average. Raises
        OrderClosed after a release, InvalidRequest when the order reserved nothing.
        """
        held = self.reservations(order_id)
        if not held:
            self._refuse_commit_of_nothing(order_id)
        lines = self.take(order_id, held, "commit", "sale")
        return {"order_id": order_id, "cost": sum(line["cost"] for line in lines), "lines": lines}

    def take(self, order_id: str, held: Sequence[Item], step: str, kind: str) -> list[dict[str, Any]]:
        """Let reserved units leave the shelves, as movements of a kind, once per step of an order.

        `held` are the reservations. Returns ``[{sku, quantity, cost}]``, costs at moving average. Raises
        OrderClosed after a release.
        """
        lines: list[dict[str, Any]] = []
        for number, part in enumerate(rules.chunks(held, _TAKEN_PER_TRANSACTION)):
            lines += retry_on_conflict(partial(self._take_part, order_id, step, kind, number, part))
        return lines

    def restock(self, order_id: str) -> dict[str, Any]:
        """Put back all an order took or still holds; a reserve or a commit that arrives later is refused.

        Returns ``{order_id, returned: [{sku, quantity, cost}], released: [{sku, quantity}]}``: what had left
        comes back at the cost it left with. Nothing to put back is success.
        """
        what = f"restocking order {order_id}"
        retry_on_conflict(partial(transact, self._client, [self._rows.tombstone(order_id)], what))
        retry_on_conflict(partial(self._put_back, order_id, what))
        ended = self.reservations(order_id)
        return {
            "order_id": order_id,
            "returned": [
                {"sku": row["sku"], "quantity": row["quantity"], "cost": row["cost"]}
                for row in ended
                if row["state"] == "RETURNED"
            ],
            "released": [
                {"sku": row["sku"], "quantity": row["quantity"]}
                for row in ended
                if row["state"] == "RELEASED"
            ],
        }

    def receive(
        self, receipt_id: str, location: str, lines: Iterable[ReceiptLine], step: str = "receipt"
    ) -> dict[str, Any]:
        """Put received units on hand at their cost, once per receipt id and step.

        Returns ``{receipt_id, received: [{sku, quantity, cost}]}``. Raises InvalidRequest when the receipt
        id and step were used for other lines.
        """
        received: list[dict[str, Any]] = []
        parts = rules.chunks(rules.merge_receipt_lines(lines), _RECEIVED_PER_TRANSACTION)
        for number, part in enumerate(parts):
            received += retry_on_conflict(
                partial(self._receive_part, receipt_id, location, step, number, part)
            )
        return {"receipt_id": receipt_id, "received": received}

    def set_reorder_point(self, location: str, sku: str, reorder_point: int | None) -> None:
        """Say from which position on a SKU is to be ordered again; None for never. Raises InvalidRequest when
        the SKU has no level there."""
        pk = level_pk(location, sku)
        change: dict[str, Any] = {"UpdateExpression": "REMOVE reorder_point, reorder_part"}
        if reorder_point is not None:
            change = {
                "UpdateExpression": "SET reorder_point = :point, reorder_part = :part",
                "ExpressionAttributeValues": marshal(
                    {":point": reorder_point, ":part": rules.reorder_part(pk)}
                ),
            }
        name = {"TableName": self._table, "Key": key(pk, "LEVEL")}
        request = {**name, **change, "ConditionExpression": "attribute_exists(pk)"}
        missing = InvalidRequest("sku", sku, f"a SKU that was stocked at {location}")
        what = f"the reorder point of {sku}"
        transact(self._client, [Action("Update", request, lambda _: missing)], what)

    def levels(self, location: str | None = None) -> Iterator[Item]:
        """Every level, or those of one location, as they come. Reads the whole table: for people, not for
        workflows."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            ConsistentRead=True,
            FilterExpression="sk = :level",
            ExpressionAttributeValues=marshal({":level": "LEVEL"}),
        )
        rows = (unmarshal(row) for page in pages for row in page["Items"])
        return (row for row in rows if location in (None, row["location"]))

    def reordered_levels(self, segment: int = 0, segments: int = 1) -> Iterator[Item]:
        """The levels that have a reorder point, or one of `segments` shares of them.

        Reads them alone, by the index, however many other levels and movements there are.
        """
        pages = self._client.get_paginator("query")
        for part in range(segment, rules.REORDER_PARTS, segments):
            found = pages.paginate(
                TableName=self._table,
                IndexName="reorder",
                KeyConditionExpression="reorder_part = :part",
                ExpressionAttributeValues=marshal({":part": part}),
            )
            for page in found:
                places = [(row["pk"], row["sk"]) for row in map(unmarshal, page["Items"])]
                yield from read_rows(self._client, self._table, places).values()

    def needs(
        self, places: Iterable[tuple[str, str]] = (), segment: int = 0, segments: int = 1
    ) -> list[dict[str, Any]]:
        """The levels at or below their reorder point: of those named, or else of a share of all."""
        keys = [(level_pk(*place), "LEVEL") for place in places]
        levels: Iterable[Item] = (
            read_rows(self._client, self._table, keys).values()
            if keys
            else self.reordered_levels(segment, segments)
        )
        return [
            {
                "location": level["location"],
                "sku": level["sku"],
                "available": level["available"],
                "on_order": level.get("on_order", 0),
                "reorder_point": level["reorder_point"],
            }
            for level in levels
            if rules.needs_order(level)
        ]

    def movements(self, location: str, sku: str) -> list[Item]:
        """Every movement of a SKU at a location, the oldest first."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :level AND begins_with(sk, :move)",
            ExpressionAttributeValues=marshal({":level": level_pk(location, sku), ":move": "MOVE#"}),
            ConsistentRead=True,
        )
        rows = [unmarshal(row) for page in pages for row in page["Items"]]
        return sorted(rows, key=lambda row: (row["at"], row["sk"]))

    def level(self, location: str, sku: str) -> Item:
        """The level's row (on_hand, reserved, available, stock_value); {} when the SKU was never there."""
        place = (level_pk(location, sku), "LEVEL")
        return read_rows(self._client, self._table, [place]).get(place, {})

    def reservations(self, order_id: str) -> list[Item]:
        """Every reservation row of an order, whatever its state, in key order."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :order AND begins_with(sk, :reservation)",
            ExpressionAttributeValues=marshal({":order": order_pk(order_id), ":reservation": "RESERVATION#"}),
            ConsistentRead=True,
        )
        return [unmarshal(row) for page in pages for row in page["Items"]]

    def drift(self) -> list[rules.Drift]:
        """Levels whose counters differ from their movements and open reservations.

        Reads the whole table, and not at one instant: ask while nothing is being sold.
        """
        rows = list(self._scan())
        return rules.rebuild(
            levels=[row for row in rows if row["sk"] == "LEVEL"],
            movements=[row for row in rows if row["sk"].startswith("MOVE#")],
            reservations=[row for row in rows if row["sk"].startswith("RESERVATION#")],
        )

    def mend(self, drift: rules.Drift) -> bool:
        """Set a level's counters to what its history adds up to; False when it was changed since it was read."""
        stored, rebuilt = asdict(drift.stored), asdict(drift.rebuilt)
        request = {
            "TableName": self._table,
            "Key": key(level_pk(drift.location, drift.sku), "LEVEL"),
            "UpdateExpression": "SET sku = :sku, #location = :location, "
            + ", ".join(f"{name} = :{name}" for name in rebuilt),
            "ConditionExpression": "attribute_not_exists(pk) OR ("
            + " AND ".join(f"{name} = :was_{name}" for name in stored)
            + ")",
            "ExpressionAttributeNames": {"#location": "location"},
            "ExpressionAttributeValues": marshal(
                {":sku": drift.sku, ":location": drift.location}
                | {f":{name}": value for name, value in rebuilt.items()}
                | {f":was_{name}": value for name, value in stored.items()}
            ),
        }
        mend = Action("Update", request, lambda _: AlreadyApplied(False))
        try:
            transact(self._client, [mend], f"mending {drift.sku} at {drift.location}")
        except AlreadyApplied:
            return False
        return True

    def _scan(self) -> Iterator[Item]:
        pages = self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True)
        return (unmarshal(row) for page in pages for row in page["Items"])

    def _reserve_part(
        self, order_id: str, location: str, number: int, part: Sequence[Line]
    ) -> list[dict[str, Any]]:
        answer = [{"sku": line.sku, "quantity": line.quantity} for line in part]
        actions = [
            self._rows.not_released(order_id, "reserve"),
            marker(self._table, order_id, "reserve", answer, number),
        ]
        for line in part:
            actions += self._rows.promise(order_id, location, line)
        try:
            transact(self._client, actions, f"reserving stock for order {order_id}")
        except AlreadyApplied as done:
            if done.result != answer:
                raise InvalidRequest("lines", answer, f"those first reserved, {done.result}") from None
        return answer

    def _close(self, order_id: str) -> bool:
        """Write the tombstone; False when the order's commit came first and there is none to write."""
        actions = [
            self._rows.tombstone(order_id),
            self._rows.absent(order_pk(order_id), "STEP#commit#0", lambda _: AlreadyApplied(None)),
        ]
        try:
            retry_on_conflict(partial(transact, self._client, actions, f"closing order {order_id}"))
        except AlreadyApplied:
            return False
        return True

    def _release_open(self, order_id: str) -> None:
        what = f"releasing stock of order {order_id}"
        held = [row for row in self.reservations(order_id) if row["state"] == "OPEN"]
        for part in rules.chunks(held, _RELEASED_PER_TRANSACTION):
            actions = [action for row in part for action in self._rows.give_back(row, what)]
            transact(self._client, actions, what)

    def _put_back(self, order_id: str, what: str) -> None:
        undo = {"OPEN": self._rows.give_back, "COMMITTED": self._rows.take_back}
        held = [row for row in self.reservations(order_id) if row["state"] in undo]
        for part in rules.chunks(held, _RESTOCKED_PER_TRANSACTION):
            transact(self._client, [action for row in part for action in undo[row["state"]](row, what)], what)

    def _take_part(
        self, order_id: str, step: str, kind: str, number: int, part: Sequence[Item]
    ) -> list[dict[str, Any]]:
        what = f"{step} of stock for {order_id}"
        done_before, released = (order_pk(order_id), f"STEP#{step}#{number}"), (order_pk(order_id), TOMBSTONE)
        places = [(level_pk(row["location"], row["sku"]), "LEVEL") for row in part]
        rows = read_rows(self._client, self._table, [done_before, released, *places])
        if released in rows:
            raise OrderClosed(order_id, step)
        if done_before in rows:
            return list(json.loads(rows[done_before]["result"]))
        answer: list[dict[str, Any]] = []
        effects: list[Action] = []
        for row, place in zip(part, places, strict=True):
            level = rows[place]
            if level["on_hand"] < row["quantity"]:
                # Another delivery of this step took the units between the two reads.
                raise StoreContention(what)
            cost = rules.cost_of(row["quantity"], level["on_hand"], level["stock_value"])
            answer.append({"sku": row["sku"], "quantity": row["quantity"], "cost": cost})
            effects += self._rows.take(row, level, cost, what, kind)
        actions = [
            self._rows.not_released(order_id, step),
            marker(self._table, order_id, step, answer, number),
            *effects,
        ]
        try:
            transact(self._client, actions, what)
        except AlreadyApplied as done:
            return list(done.result)
        return answer

    def _receive_part(
        self, receipt_id: str, location: str, step: str, number: int, part: Sequence[ReceiptLine]
    ) -> list[dict[str, Any]]:
        answer = [line.model_dump() for line in part]
        effects = [action for line in part for action in self._rows.receive(receipt_id, location, line, step)]
        mark = marker(self._table, receipt_id, step, answer, number)
        first = apply_once(self._client, mark, effects, answer, f"receiving {receipt_id}")
        if first != answer:
            raise InvalidRequest("lines", answer, f"those first received, {first}")
        return answer

    def _refuse_commit_of_nothing(self, order_id: str) -> None:
        tombstone = (order_pk(order_id), TOMBSTONE)
        if tombstone in read_rows(self._client, self._table, [tombstone]):
            raise OrderClosed(order_id, "commit")
        raise InvalidRequest("order_id", order_id, "an order with reserved stock")
