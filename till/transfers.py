"""What is said of transfers at either end: noted on the transfer, then its workflow is woken.

The transfer's document is the truth and the task token only a bell: when nobody waits, the workflow reads what
was noted as soon as it gets there.
"""

from datetime import UTC, datetime
from typing import Any

from inventory.transfers import rules
from inventory.transfers.models import Arrival, Transfer
from inventory.transfers.store import TransfersStore
from tillflow.callbacks import complete_task

from till.stack import Stack


class TransferDesk:
    """`states` is a Step Functions client. Each verb returns the transfer as it is then, or raises what
    inventory refuses."""

    def __init__(self, store: TransfersStore, states: Any) -> None:
        self._store = store
        self._states = states

    def ship(self, transfer_id: str) -> Transfer:
        now = datetime.now(UTC)
        return self._woken(self._store.change(transfer_id, lambda transfer: rules.left(transfer, now)))

    def cancel(self, transfer_id: str, reason: str) -> Transfer:
        return self._woken(
            self._store.change(transfer_id, lambda transfer: rules.cancelled(transfer, reason))
        )

    def receive(self, transfer_id: str, arrival: Arrival) -> Transfer:
        return self._woken(self._store.note_arrival(transfer_id, arrival))

    def lose_rest(self, transfer_id: str, arrival_id: str) -> Transfer:
        now = datetime.now(UTC)
        return self._woken(
            self._store.change(transfer_id, lambda transfer: rules.rest_lost(transfer, arrival_id, now))
        )

    def _woken(self, transfer: Transfer) -> Transfer:
        if transfer.task_token:
            complete_task(self._states, transfer.task_token, {"transfer_id": transfer.transfer_id})
        return transfer


def desk(stack: Stack) -> TransferDesk:
    return TransferDesk(transfers(stack), stack.client("stepfunctions"))


def transfers(stack: Stack) -> TransfersStore:
    return TransfersStore(stack.client("dynamodb"), stack.output("InventoryTable"))
