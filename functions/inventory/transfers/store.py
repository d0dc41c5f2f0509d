"""Transfers on the inventory table: their documents, and the stock they move.

TRANSFER#<id>  TRANSFER  the transfer's document, with its status and version
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from tillflow.documents import Documents, DocumentType
from tillflow.errors import OrderClosed
from tillflow.listing import Page
from tillflow.store import (
    ACTIONS_PER_TRANSACTION,
    Item,
    Marker,
    apply_once,
    chunks,
    retry_on_conflict,
)
from tillflow.times import iso_utc, utc_now

from inventory.errors import UnknownTransfer
from inventory.rows import lists
from inventory.store import InventoryStore
from inventory.transfers import rules
from inventory.transfers.models import Arrival, OpenTransfer, Transfer
from inventory.transfers.rows import TransferRows

LIST = "TRANSFERS"
TRANSFERS = DocumentType(
    model=Transfer,
    prefix="TRANSFER#",
    sort_key="TRANSFER",
    id_name="transfer_id",
    columns=lambda transfer: {
        "status": transfer.status,
        "source": transfer.source,
        "destination": transfer.destination,
        "list": LIST,
        "position": iso_utc(transfer.requested_at),
    },
    not_found=UnknownTransfer,
)
# A level, a movement and a row on order per SKU, next to the marker.
ARRIVED_PER_TRANSACTION = (ACTIONS_PER_TRANSACTION - 1) // 3

type Change = Callable[[Transfer], Transfer]


class TransferStore:
    """Transfers on the inventory table. `client` is a low-level DynamoDB client.

    Every method may be called again and returns the stored transfer.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._documents = Documents(client, table, TRANSFERS)
        self._rows = TransferRows(table)
        self._stock = InventoryStore(client, table, "TRANSFER")

    def open(self, request: OpenTransfer) -> Transfer:
        """Create the transfer, or return the stored one.

        OrderClosed after a cancel, IdempotencyConflict when the id has another transfer, InvalidTransfer for one whose
        arrival would not fit into its row.
        """
        transfer = rules.new_transfer(request, utc_now())
        rules.check_space(transfer)
        stored = self._documents.create(transfer)
        rules.check_same_request(stored, request)
        if stored.status == "CANCELLED":
            raise OrderClosed(request.transfer_id, "open")
        return stored

    def get(self, transfer_id: str) -> Transfer:
        """Return the transfer; UnknownTransfer."""
        return self._documents.get(transfer_id)

    def list_transfers(
        self, limit: int, after: str, status: str | None, location: str | None
    ) -> Page[Transfer]:
        """Return a page of the transfers, the newest first; location: the source or the destination."""
        page = lists(self._client, self._table).page(
            LIST,
            limit,
            after,
            newest_first=True,
            where={"status": status},
            either={"source": location, "destination": location} if location else {},
        )
        ids = [row["pk"].removeprefix(TRANSFERS.prefix) for row in page.rows]
        transfers = {transfer.transfer_id: transfer for transfer in self._documents.get_many(ids)}
        return Page([transfers[one] for one in ids if one in transfers], page.after)

    def ship(self, transfer_id: str) -> Transfer:
        """Take the goods off the source's stock, at their moving average cost.

        TransferCancelled when they do not leave: it was cancelled, or no shipment was reported in time.
        """
        transfer = self.change(transfer_id, rules.decide_shipment)
        rules.check_leaving(transfer)
        if transfer.status != "REQUESTED":
            return transfer
        lines = self._stock.issue(transfer_id, "ship", "transfer_out")
        costs = {line["sku"]: line["cost"] for line in lines}
        return self.change(transfer_id, lambda before: rules.ship(before, costs))

    def record_arrival(self, transfer_id: str, arrival: Arrival) -> Transfer:
        """Record an arrival, once per arrival id; IdempotencyConflict when the id has other lines."""
        request = {"lines": [line.model_dump() for line in arrival.lines]}
        return self.change(
            transfer_id,
            lambda before: rules.record_arrival(before, arrival),
            f"noted-{arrival.arrival_id}",
            request,
        )

    def book(self, transfer_id: str) -> Transfer:
        """Put every arrival that is not booked on the destination's stock.

        All of them, so that a second delivery finds none and returns the same transfer.
        """
        transfer = self.get(transfer_id)
        while arrival := rules.unbooked_arrival(transfer):
            transfer = self._book(transfer, arrival.arrival_id)
        return transfer

    def close(self, transfer_id: str) -> Transfer:
        """Close the transfer."""
        return self.change(transfer_id, lambda before: rules.close(before, utc_now()))

    def cancel(self, transfer_id: str, reason: str) -> None:
        """End the transfer as cancelled, or write a tombstone that refuses its opening."""
        try:
            self.change(transfer_id, lambda before: rules.cancel(before, reason, utc_now()))
        except UnknownTransfer:
            columns = {"status": "CANCELLED", "ended_at": iso_utc(utc_now())}
            self._documents.write_tombstone(transfer_id, columns)

    def change(self, transfer_id: str, rule: Change, step: str = "", request: Item | None = None) -> Transfer:
        """Apply a rule to the stored transfer. With a `step` the rule is applied once."""
        return self._documents.update(transfer_id, rule, step=step, request=request)

    def _book(self, transfer: Transfer, arrival_id: str) -> Transfer:
        goods = rules.goods_by_arrival(transfer)[arrival_id]
        for number, part in enumerate(chunks(goods, ARRIVED_PER_TRANSACTION)):
            retry_on_conflict(partial(self._arrive_part, transfer, arrival_id, number, part))
        return self.change(transfer.transfer_id, lambda before: rules.book(before, arrival_id))

    def _arrive_part(
        self, transfer: Transfer, arrival_id: str, number: int, part: Sequence[rules.ArrivedGoods]
    ) -> None:
        operation = f"booking arrival {arrival_id} of {transfer.transfer_id}"
        step = f"arrival-{arrival_id}"
        marker = Marker(self._rows.document_pk(transfer.transfer_id), step, number)
        effects = [
            action
            for goods in part
            for action in self._rows.arrive(
                transfer.transfer_id, transfer.destination, goods, step, operation
            )
        ]
        result = [asdict(goods) for goods in part]
        apply_once(self._client, self._table, marker, effects, result, operation)
