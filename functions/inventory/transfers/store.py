"""Transfers on the inventory table, beside the levels they move.

TRANSFER#<id>  TRANSFER                     the transfer's document, its status and version
ORDER#<id>     STEP#<step>#<chunk>          this effect happened, and its answer
ORDER#<id>     RESERVATION#…, ONORDER#…     units promised at the source; units in transit (rows.py)

A change reads the document, lets a rule make the next, and writes it if nobody wrote in between.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Any

from tillflow.errors import OrderClosed, StoreContention, UnknownTransfer
from tillflow.store import (
    ACTIONS_PER_TRANSACTION,
    Action,
    AlreadyDone,
    Item,
    marker,
    marshal,
    read_rows,
    through_contention,
    transact,
    unmarshal,
)
from tillflow.times import iso_utc

from inventory import rules as stock_rules
from inventory.rows import Rows, level_pk, order_pk
from inventory.store import InventoryStore
from inventory.transfers import rules
from inventory.transfers.models import Arrival, OpenTransfer, Transfer

TRANSFER = "TRANSFER"
# A level, a movement and a reservation (or a row on order) per SKU, beside the marker and the tombstone check.
_MOVED_PER_TRANSACTION = (ACTIONS_PER_TRANSACTION - 2) // 3

type Change = Callable[[Transfer], Transfer]


class TransfersStore:
    """Transfers on the inventory table. `client` is a low-level DynamoDB client.

    Every verb may be delivered again and gives the transfer as it is then.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._rows = Rows(table)
        self._stock = InventoryStore(client, table)

    def open(self, request: OpenTransfer) -> Transfer:
        """Note the transfer; the one there is when it was noted before. OrderClosed after a cancel."""
        transfer = rules.opened(request, _now())
        put = {
            "TableName": self._table,
            "Item": marshal(_row(transfer, 1)),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        action = Action("Put", put, AlreadyDone)
        try:
            through_contention(lambda: transact(self._client, [action], f"opening {request.transfer_id}"))
        except AlreadyDone as done:
            first = transfer_of(done.answer)
            if first is None or first.status == "CANCELLED":
                raise OrderClosed(request.transfer_id, "open") from None
            return first
        return transfer

    def get(self, transfer_id: str) -> Transfer:
        """The transfer; UnknownTransfer."""
        return self._read(transfer_id)[0]

    def every(self) -> Iterator[Transfer]:
        """Every transfer. Reads the whole table: for people, not for workflows."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="sk = :transfer",
            ExpressionAttributeValues=marshal({":transfer": TRANSFER}),
        )
        for page in pages:
            for row in page["Items"]:
                if transfer := transfer_of(unmarshal(row)):
                    yield transfer

    def ship(self, transfer_id: str) -> Transfer:
        """Take the goods off the source's stock, at their moving-average cost, if they leave.

        TransferCancelled when they do not: it was cancelled, or nobody said in time that they left.
        """
        transfer = self.change(transfer_id, rules.decided)
        rules.check_leaving(transfer)
        if transfer.status != "REQUESTED":
            return transfer
        held = self._stock.reservations(transfer_id)
        costs: dict[str, int] = {}
        for number, part in enumerate(stock_rules.chunks(held, _MOVED_PER_TRANSACTION)):
            costs |= through_contention(partial(self._ship_part, transfer_id, number, part))
        return self.change(transfer_id, lambda before: rules.shipped(before, costs))

    def note_arrival(self, transfer_id: str, arrival: Arrival) -> Transfer:
        """Note goods that came, once per arrival id."""
        return self.change(
            transfer_id, lambda before: rules.arrived(before, arrival), f"noted-{arrival.arrival_id}"
        )

    def book(self, transfer_id: str) -> Transfer:
        """Put the first arrival that is not booked on the destination's stock; as it is when there is none."""
        transfer = self.get(transfer_id)
        arrival = rules.to_book(transfer)
        if arrival is None:
            return transfer
        moved = rules.moves(transfer)[arrival.arrival_id]
        for number, part in enumerate(stock_rules.chunks(moved, _MOVED_PER_TRANSACTION)):
            through_contention(partial(self._arrive_part, transfer, arrival.arrival_id, number, part))
        return self.change(transfer_id, lambda before: rules.booked(before, arrival.arrival_id))

    def close(self, transfer_id: str) -> Transfer:
        return self.change(transfer_id, lambda before: rules.closed(before, _now()))

    def cancel(self, transfer_id: str, reason: str) -> None:
        """End the transfer as cancelled; one nobody opened gets a tombstone that refuses its opening."""
        try:
            self.change(transfer_id, lambda before: rules.ended_cancelled(before, reason, _now()))
        except UnknownTransfer:
            through_contention(lambda: self._entomb(transfer_id))

    def change(self, transfer_id: str, rule: Change, step: str = "") -> Transfer:
        """The transfer after a rule changed it. With a `step` the rule runs once."""
        return through_contention(lambda: self._change(transfer_id, rule, step))

    def _change(self, transfer_id: str, rule: Change, step: str) -> Transfer:
        done = (order_pk(transfer_id), f"STEP#{step}#0")
        if step and done in read_rows(self._client, self._table, [done]):
            return self.get(transfer_id)
        before, version = self._read(transfer_id)
        after = rule(before)
        if after == before:
            return before
        what = f"changing {transfer_id}"
        put = {
            "TableName": self._table,
            "Item": marshal(_row(after, version + 1)),
            "ConditionExpression": "version = :version",
            "ExpressionAttributeValues": marshal({":version": version}),
        }
        write = Action("Put", put, lambda _: StoreContention(what))
        marked = [marker(self._table, transfer_id, step, None)] if step else []
        try:
            transact(self._client, [*marked, write], what)
        except AlreadyDone:
            return self.get(transfer_id)
        return after

    def _read(self, transfer_id: str) -> tuple[Transfer, int]:
        place = (_pk(transfer_id), TRANSFER)
        row = read_rows(self._client, self._table, [place]).get(place, {})
        transfer = transfer_of(row)
        if transfer is None:
            raise UnknownTransfer(transfer_id)
        return transfer, int(row["version"])

    def _ship_part(self, transfer_id: str, number: int, part: Sequence[Item]) -> dict[str, int]:
        what = f"shipping {transfer_id}"
        done = (order_pk(transfer_id), f"STEP#ship#{number}")
        places = [(level_pk(row["location"], row["sku"]), "LEVEL") for row in part]
        rows = read_rows(self._client, self._table, [done, *places])
        if done in rows:
            return dict(json.loads(rows[done]["answer"]))
        costs: dict[str, int] = {}
        effects: list[Action] = []
        for row, place in zip(part, places, strict=True):
            level = rows[place]
            if level["on_hand"] < row["quantity"]:
                # Another delivery took the units between the two reads.
                raise StoreContention(what)
            cost = stock_rules.cost_of(row["quantity"], level["on_hand"], level["stock_value"])
            costs[row["sku"]] = cost
            effects += self._rows.sell(row, level, cost, what, kind="transfer_out")
        actions = [
            self._rows.not_released(transfer_id, "shipment"),
            marker(self._table, transfer_id, "ship", costs, number),
            *effects,
        ]
        try:
            transact(self._client, actions, what)
        except AlreadyDone as first:
            return dict(first.answer)
        return costs

    def _arrive_part(
        self, transfer: Transfer, arrival_id: str, number: int, part: Sequence[rules.Moved]
    ) -> None:
        what = f"booking arrival {arrival_id} of {transfer.transfer_id}"
        step = f"arrival-{arrival_id}"
        actions = [marker(self._table, transfer.transfer_id, step, [asdict(line) for line in part], number)]
        for line in part:
            actions += self._rows.arrive(
                transfer.transfer_id,
                transfer.destination,
                line.sku,
                line.quantity,
                line.cost,
                line.lost,
                step,
                what,
            )
        try:
            transact(self._client, actions, what)
        except AlreadyDone:
            return

    def _entomb(self, transfer_id: str) -> None:
        row = {"pk": _pk(transfer_id), "sk": TRANSFER, "transfer_id": transfer_id, "status": "CANCELLED"}
        put = {
            "TableName": self._table,
            "Item": marshal(row | {"version": 0, "ended_at": iso_utc(_now())}),
            "ConditionExpression": "attribute_not_exists(pk) OR version = :none",
            "ExpressionAttributeValues": marshal({":none": 0}),
        }
        what = f"closing {transfer_id}"
        transact(self._client, [Action("Put", put, lambda _: StoreContention(what))], what)


def transfer_of(row: Item) -> Transfer | None:
    """The transfer in a row; None for no row, and for the tombstone of one never opened."""
    return Transfer.model_validate_json(row["document"]) if "document" in row else None


def _pk(transfer_id: str) -> str:
    return f"TRANSFER#{transfer_id}"


def _row(transfer: Transfer, version: int) -> Item:
    return {
        "pk": _pk(transfer.transfer_id),
        "sk": TRANSFER,
        "transfer_id": transfer.transfer_id,
        "status": transfer.status,
        "version": version,
        "document": transfer.model_dump_json(),
    }


def _now() -> datetime:
    return datetime.now(UTC)
