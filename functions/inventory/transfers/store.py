"""Transfers on the inventory table, beside the levels they move.

TRANSFER#<id>  TRANSFER                     the transfer's document, its status and version
ORDER#<id>     STEP#<step>#<chunk>          this effect happened, and its answer
ORDER#<id>     RESERVATION#…, ONORDER#…     units promised at the source; units in transit (rows.py)
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Any

from tillflow.documents import Documents, DocumentType
from tillflow.errors import OrderClosed, UnknownTransfer
from tillflow.store import (
    ACTIONS_PER_TRANSACTION,
    AlreadyApplied,
    marker,
    retry_on_conflict,
    transact,
)
from tillflow.times import iso_utc

from inventory import rules as stock_rules
from inventory.rows import Rows
from inventory.store import InventoryStore
from inventory.transfers import rules
from inventory.transfers.models import Arrival, OpenTransfer, Transfer

TRANSFERS = DocumentType(
    model=Transfer,
    prefix="TRANSFER#",
    sort_key="TRANSFER",
    id_name="transfer_id",
    columns=lambda transfer: {"status": transfer.status},
    not_found=UnknownTransfer,
)
# A level, a movement and a row on order per SKU, beside the marker.
_MOVED_PER_TRANSACTION = (ACTIONS_PER_TRANSACTION - 1) // 3

type Change = Callable[[Transfer], Transfer]


class TransfersStore:
    """Transfers on the inventory table. `client` is a low-level DynamoDB client.

    Every verb may be delivered again and gives the transfer as it is then.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._documents = Documents(client, table, TRANSFERS)
        self._rows = Rows(table)
        self._stock = InventoryStore(client, table)

    def open(self, request: OpenTransfer) -> Transfer:
        """Note the transfer; the one there is when it was noted before. OrderClosed after a cancel."""
        first = self._documents.create(rules.opened(request, _now()))
        if first.status == "CANCELLED":
            raise OrderClosed(request.transfer_id, "open")
        return first

    def get(self, transfer_id: str) -> Transfer:
        """The transfer; UnknownTransfer."""
        return self._documents.get(transfer_id)

    def every(self) -> Iterator[Transfer]:
        """Every transfer. Reads the whole table: for people, not for workflows."""
        return self._documents.list_all()

    def ship(self, transfer_id: str) -> Transfer:
        """Take the goods off the source's stock, at their moving-average cost, if they leave.

        TransferCancelled when they do not: it was cancelled, or nobody said in time that they left.
        """
        transfer = self.change(transfer_id, rules.decided)
        rules.check_leaving(transfer)
        if transfer.status != "REQUESTED":
            return transfer
        held = self._stock.reservations(transfer_id)
        costs = {
            line["sku"]: line["cost"] for line in self._stock.take(transfer_id, held, "ship", "transfer_out")
        }
        return self.change(transfer_id, lambda before: rules.shipped(before, costs))

    def note_arrival(self, transfer_id: str, arrival: Arrival) -> Transfer:
        """Note goods that came, once per arrival id."""
        return self.change(
            transfer_id, lambda before: rules.arrived(before, arrival), f"noted-{arrival.arrival_id}"
        )

    def book(self, transfer_id: str) -> Transfer:
        """Put every arrival that is not booked on the destination's stock; as it is when there is none.

        All of them, so that a second delivery finds none and answers as the first.
        """
        transfer = self.get(transfer_id)
        while arrival := rules.to_book(transfer):
            transfer = self._book(transfer, arrival.arrival_id)
        return transfer

    def _book(self, transfer: Transfer, arrival_id: str) -> Transfer:
        moved = rules.moves(transfer)[arrival_id]
        for number, part in enumerate(stock_rules.chunks(moved, _MOVED_PER_TRANSACTION)):
            retry_on_conflict(partial(self._arrive_part, transfer, arrival_id, number, part))
        return self.change(transfer.transfer_id, lambda before: rules.booked(before, arrival_id))

    def close(self, transfer_id: str) -> Transfer:
        return self.change(transfer_id, lambda before: rules.closed(before, _now()))

    def cancel(self, transfer_id: str, reason: str) -> None:
        """End the transfer as cancelled; one nobody opened gets a tombstone that refuses its opening."""
        try:
            self.change(transfer_id, lambda before: rules.ended_cancelled(before, reason, _now()))
        except UnknownTransfer:
            self._documents.write_tombstone(transfer_id, {"status": "CANCELLED", "ended_at": iso_utc(_now())})

    def change(self, transfer_id: str, rule: Change, step: str = "") -> Transfer:
        """The transfer after a rule changed it. With a `step` the rule runs once."""
        return self._documents.update(transfer_id, rule, step=step)

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
        except AlreadyApplied:
            return


def _now() -> datetime:
    return datetime.now(UTC)
