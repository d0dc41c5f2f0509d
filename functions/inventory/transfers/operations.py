"""What people and other systems ask of transfers. The command line and an HTTP API call the same methods.

A change is written to the transfer's document, then the waiting workflow's task is completed. If no task waits, the
workflow reads the document when it gets to it: the callback carries no data.
"""

from typing import Any, get_args

from tillflow.callbacks import complete_task
from tillflow.executions import Started, start_once
from tillflow.listing import Page
from tillflow.parsing import parse
from tillflow.references import FindUnknown, check_references
from tillflow.times import utc_now

from inventory.errors import InvalidTransfer
from inventory.locations import Locations
from inventory.transfers import rules
from inventory.transfers.models import Arrival, OpenTransfer, Status, Transfer, TransferRef, TransferSummary
from inventory.transfers.store import TransferStore

STATUSES: tuple[str, ...] = get_args(Status.__value__)


class TransferOperations:
    """Transfers. states: a Step Functions client; machine: the ARN of the workflow.

    find_unknown_products: the lookup by the catalog. Each change returns the changed transfer.
    """

    def __init__(
        self, dynamodb: Any, states: Any, table: str, machine: str, find_unknown_products: FindUnknown
    ) -> None:
        self._find_unknown_products = find_unknown_products
        self._store = TransferStore(dynamodb, table)
        self._machine = machine
        self._locations = Locations(dynamodb, table)
        self._states = states

    def create(self, request: OpenTransfer) -> Started:
        """Start a transfer; the same transfer again starts nothing.

        InvalidTransfer without space for its arrival, UnknownReferences, IdempotencyConflict.
        """
        rules.check_space(rules.new_transfer(request, utc_now()))
        check_references(
            rules.references(request),
            {"location": self._locations.find_unknown, "product": self._find_unknown_products},
        )
        sent = request.model_dump(mode="json", exclude={"transfer_id"})
        return start_once(
            self._states, self._machine, request.transfer_id, sent, f"transfer {request.transfer_id}"
        )

    def get(self, transfer_id: str) -> Transfer:
        """Return the transfer; UnknownTransfer, InvalidTransfer for an id that no transfer has."""
        return self._store.get(parse(TransferRef, {"transfer_id": transfer_id}, InvalidTransfer).transfer_id)

    def list_transfers(
        self, limit: int = 50, after: str = "", *, status: str | None = None, location: str | None = None
    ) -> Page[TransferSummary]:
        """Return a page of the transfers, of one status and from or to one location if given, the newest first.

        InvalidTransfer for an unknown status.
        """
        if status is not None and status not in STATUSES:
            raise InvalidTransfer("status", status, f"one of {', '.join(STATUSES)}")
        page = self._store.list_transfers(limit, after, status, location)
        return page.convert(lambda transfers: map(rules.summary, transfers))

    def ship(self, transfer_id: str) -> Transfer:
        """Report that the goods left their source, before or after they are reserved."""
        now = utc_now()
        return self._notify(
            self._store.change(transfer_id, lambda transfer: rules.report_shipment(transfer, now))
        )

    def cancel(self, transfer_id: str, reason: str) -> Transfer:
        """Cancel a transfer whose goods did not leave."""
        return self._notify(
            self._store.change(transfer_id, lambda transfer: rules.request_cancel(transfer, reason))
        )

    def receive(self, transfer_id: str, arrival: Arrival) -> Transfer:
        """Record an arrival, once per arrival id. InvalidTransfer for one that is to come."""
        rules.check_arrived(arrival, utc_now())
        return self._notify(self._store.record_arrival(transfer_id, arrival))

    def lose_rest(self, transfer_id: str, arrival_id: str) -> Transfer:
        """Record that the units in transit are lost."""
        now = utc_now()
        return self._notify(
            self._store.change(transfer_id, lambda transfer: rules.lose_rest(transfer, arrival_id, now))
        )

    def _notify(self, transfer: Transfer) -> Transfer:
        if transfer.task_token:
            complete_task(self._states, transfer.task_token, {"transfer_id": transfer.transfer_id})
        return transfer
