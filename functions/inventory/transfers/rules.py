"""The rules of a transfer: pure changes of its document, the step its workflow runs next, and the cost of its goods.

Every change takes a Transfer and returns the changed one, or raises the error that forbids it. A change that was
made before returns the document unchanged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tillflow.errors import IdempotencyConflict, OrderClosed, check_same
from tillflow.fields import MAX_DOCUMENT_BYTES
from tillflow.plurals import counted
from tillflow.references import Reference
from tillflow.times import iso_utc
from tillflow.waits import store_wait

from inventory.errors import InvalidTransfer, TransferCancelled
from inventory.models import Line
from inventory.rules import cost_of, merge_lines
from inventory.transfers.models import (
    Arrival,
    ArrivedLine,
    AwaitTransfer,
    OpenTransfer,
    Step,
    Transfer,
    TransferLine,
    TransferSummary,
)

CLOCKS_DIFFER = timedelta(days=1)
OLDEST_ARRIVAL = timedelta(days=366)
MAX_ARRIVALS = 400
"""Before the last one: each adds about 18 events to the workflow's history, which Step Functions ends at 25,000."""
# By which a line of the transfer grows until it has arrived: its cost, and the units received and lost.
_LINE_BYTES = 30
# Of what a transfer gets besides its arrivals: times, and the token of its wait.
_OTHER_BYTES = 4_000


@dataclass(frozen=True, slots=True)
class ArrivedGoods:
    """Units of a SKU in an arrival, received and lost, and what each of both cost."""

    sku: str
    quantity: int
    cost: int
    lost: int
    lost_cost: int


def references(request: OpenTransfer) -> list[Reference]:
    """Return what a transfer names of other records: its locations and products."""
    lines = enumerate(request.lines)
    return [
        Reference("location", "source", request.source),
        Reference("location", "destination", request.destination),
        *(Reference("product", f"lines[{number}].sku", line.sku) for number, line in lines),
    ]


def new_transfer(request: OpenTransfer, now: datetime) -> Transfer:
    """Return the document of a new transfer, one line per SKU."""
    lines = merge_lines(Line(sku=line.sku, quantity=line.quantity) for line in request.lines)
    return Transfer(
        transfer_id=request.transfer_id,
        status="REQUESTED",
        source=request.source,
        destination=request.destination,
        currency=request.currency,
        lines=tuple(TransferLine(sku=line.sku, quantity=line.quantity) for line in lines),
        reason=request.reason,
        requested_at=now,
    )


def check_space(transfer: Transfer) -> None:
    """Raise InvalidTransfer if the row of a new transfer has no space for the arrival of its goods."""
    if not _has_space(transfer):
        raise InvalidTransfer(
            "lines",
            counted(len(transfer.lines), "line"),
            "lines that leave space for their arrival; split them",
        )


def check_same_request(transfer: Transfer, request: OpenTransfer) -> None:
    """Raise IdempotencyConflict unless the transfer is that of the request."""
    stored, sent = _requested(transfer), _requested(new_transfer(request, transfer.requested_at))
    check_same(f"transfer {transfer.transfer_id}", stored, sent)


def report_shipment(transfer: Transfer, now: datetime) -> Transfer:
    """Record that the goods left, also before they are reserved; OrderClosed after a cancel."""
    if transfer.cancel_reason is not None or transfer.status == "CANCELLED":
        status = transfer.status if transfer.status == "CANCELLED" else "being cancelled"
        raise OrderClosed(transfer.transfer_id, "shipment", status)
    return transfer if transfer.left_at else transfer.model_copy(update={"left_at": now})


def request_cancel(transfer: Transfer, reason: str) -> Transfer:
    """Request the cancellation; InvalidTransfer once the goods left."""
    if transfer.left_at is not None:
        raise InvalidTransfer(
            "status", transfer.status, "goods that did not leave; receive them or record them as lost"
        )
    if transfer.cancel_reason is not None:
        return transfer
    return transfer.model_copy(update={"cancel_reason": reason or "cancelled"})


def decide_shipment(transfer: Transfer) -> Transfer:
    """Decide that the goods stay if no shipment was reported in time."""
    return transfer if transfer.left_at else request_cancel(transfer, "it did not leave in time")


def check_leaving(transfer: Transfer) -> None:
    """Raise TransferCancelled if the goods do not leave."""
    if transfer.cancel_reason is not None:
        raise TransferCancelled(transfer.transfer_id, transfer.cancel_reason)


def ship(transfer: Transfer, costs: Mapping[str, int]) -> Transfer:
    """Record that the source's stock was reduced, with the cost of the goods by SKU."""
    if transfer.status != "REQUESTED":
        return transfer
    lines = tuple(line.model_copy(update={"cost": costs[line.sku]}) for line in transfer.lines)
    return transfer.model_copy(update={"status": "IN_TRANSIT", "lines": lines})


def check_arrived(arrival: Arrival, now: datetime) -> None:
    """Raise InvalidTransfer for an arrival that is to come, by more than clocks may differ, or of over a year ago."""
    earliest, latest = now - OLDEST_ARRIVAL, now + CLOCKS_DIFFER
    if arrival.arrived_at > latest:
        raise InvalidTransfer("arrived_at", iso_utc(arrival.arrived_at), f"a time until {iso_utc(latest)}")
    if arrival.arrived_at < earliest:
        raise InvalidTransfer(
            "arrived_at",
            iso_utc(arrival.arrived_at),
            f"a time from {iso_utc(earliest)} on: {OLDEST_ARRIVAL.days} days back",
        )


def record_arrival(transfer: Transfer, arrival: Arrival) -> Transfer:
    """Record units that arrived or are lost; InvalidTransfer for more than are in transit, and for too many arrivals.

    IdempotencyConflict for the id of another arrival: one that is sent again does not come here.
    """
    _check_in_transit(transfer)
    for one in transfer.arrivals:
        if one.arrival_id == arrival.arrival_id:
            stored, sent = (part.model_dump(mode="json", exclude={"booked"}) for part in (one, arrival))
            raise IdempotencyConflict(f"arrival {one.arrival_id}", stored, sent)
    arrived = {line.sku: line for line in arrival.lines}
    if len(arrived) != len(arrival.lines):
        raise InvalidTransfer("lines", "a SKU twice", "one line per SKU")
    if unknown := sorted(arrived.keys() - {line.sku for line in transfer.lines}):
        raise InvalidTransfer("lines", ", ".join(unknown), "SKUs of the transfer")
    excess = [
        f"{line.quantity + line.lost} of {line.sku} (in transit: {sent.in_transit})"
        for sent in transfer.lines
        if (line := arrived.get(sent.sku)) and line.quantity + line.lost > sent.in_transit
    ]
    if excess:
        raise InvalidTransfer(
            "lines", ", ".join(excess), "at most the units in transit; record other units as an adjustment"
        )
    lines = tuple(_after_arrival(line, arrived.get(line.sku)) for line in transfer.lines)
    # Stock books an arrival, whatever its sender says of it.
    arrivals = (*transfer.arrivals, arrival.model_copy(update={"booked": False}))
    recorded = transfer.model_copy(update={"lines": lines, "arrivals": arrivals})
    ends = not any(line.in_transit for line in lines)
    if not ends and (len(arrivals) > MAX_ARRIVALS or not _has_space(recorded)):
        raise InvalidTransfer(
            "arrival_id",
            arrival.arrival_id,
            "all the units in transit, as arrived or lost: the transfer has space for one more arrival",
        )
    return recorded


def lose_rest(transfer: Transfer, arrival_id: str, now: datetime) -> Transfer:
    """Record that the units in transit are lost: nothing more arrives."""
    if transfer.status == "CLOSED":
        return transfer
    _check_in_transit(transfer)
    lines = tuple(
        ArrivedLine(sku=line.sku, quantity=0, lost=line.in_transit)
        for line in transfer.lines
        if line.in_transit
    )
    if not lines:
        return transfer
    return record_arrival(transfer, Arrival(arrival_id=arrival_id, arrived_at=now, lines=lines))


def book(transfer: Transfer, arrival_id: str) -> Transfer:
    """Record that the destination's stock has an arrival."""
    arrivals = tuple(
        arrival.model_copy(update={"booked": True}) if arrival.arrival_id == arrival_id else arrival
        for arrival in transfer.arrivals
    )
    return transfer.model_copy(update={"arrivals": arrivals})


def close(transfer: Transfer, now: datetime) -> Transfer:
    """Close the transfer; InvalidTransfer while units are in transit or not booked."""
    if transfer.status == "CLOSED":
        return transfer
    if next_step(transfer) != "close":
        raise InvalidTransfer("status", transfer.status, "a transfer without units in transit")
    return transfer.model_copy(update={"status": "CLOSED", "ended_at": now})


def cancel(transfer: Transfer, reason: str, now: datetime) -> Transfer:
    """End the transfer as cancelled; OrderClosed if its goods left after they were reserved.

    Goods that were reported as left and could not be reserved: the report stays, for the person who corrects the stock.
    """
    if transfer.status == "CANCELLED":
        return transfer
    if transfer.left_at is not None and (transfer.status != "REQUESTED" or transfer.waiting_for is not None):
        raise OrderClosed(transfer.transfer_id, "cancel", transfer.status)
    return transfer.model_copy(
        update={"status": "CANCELLED", "cancel_reason": transfer.cancel_reason or reason, "ended_at": now}
    )


def wait_for(transfer: Transfer, waiting: AwaitTransfer) -> Transfer:
    """Store the task token that completes the wait; PendingWork if the next step is another one."""
    return store_wait(
        transfer,
        f"transfer {transfer.transfer_id}",
        next_step=next_step(transfer),
        awaited=f"await_{waiting.waiting_for}",
        wait=waiting.model_dump(exclude={"transfer_id"}),
    )


def next_step(transfer: Transfer) -> Step:
    """Return the step that the workflow runs next."""
    if transfer.cancel_reason is not None or transfer.status == "CANCELLED":
        return "cancel"
    if transfer.left_at is None:
        return "await_shipment"
    if transfer.status == "REQUESTED":
        return "ship"
    if unbooked_arrival(transfer):
        return "receive"
    return "await_arrival" if any(line.in_transit for line in transfer.lines) else "close"


def unbooked_arrival(transfer: Transfer) -> Arrival | None:
    """Return the first arrival that the destination's stock does not have."""
    return next((arrival for arrival in transfer.arrivals if not arrival.booked), None)


def goods_by_arrival(transfer: Transfer) -> dict[str, list[ArrivedGoods]]:
    """Return the goods of each arrival, by arrival id, at their share of the shipped cost.

    Shares are computed in the order of the arrivals, so they do not depend on when they are computed, and they add
    up to the shipped cost: the last arrival has the rounding difference.
    """
    units = {line.sku: line.quantity for line in transfer.lines}
    value = {line.sku: line.cost for line in transfer.lines}
    goods: dict[str, list[ArrivedGoods]] = {}
    for arrival in transfer.arrivals:
        for line in arrival.lines:
            shares = []
            for quantity in (line.quantity, line.lost):
                share = cost_of(quantity, units[line.sku], value[line.sku]) if quantity else 0
                units[line.sku] -= quantity
                value[line.sku] -= share
                shares.append(share)
            cost, lost_cost = shares
            part = ArrivedGoods(line.sku, line.quantity, cost, line.lost, lost_cost)
            goods.setdefault(arrival.arrival_id, []).append(part)
    return goods


def summary(transfer: Transfer) -> TransferSummary:
    """Return a transfer as a list shows it."""
    lines = transfer.lines
    return TransferSummary(
        transfer_id=transfer.transfer_id,
        status=transfer.status,
        source=transfer.source,
        destination=transfer.destination,
        requested_at=transfer.requested_at,
        quantity=sum(line.quantity for line in lines),
        received=sum(line.received for line in lines),
        lost=sum(line.lost for line in lines),
        in_transit=sum(line.in_transit for line in lines) if transfer.has_left else 0,
    )


def loss(transfer: Transfer) -> int:
    """Return the cost of the lost units."""
    return sum(part.lost_cost for parts in goods_by_arrival(transfer).values() for part in parts)


def _requested(transfer: Transfer) -> dict[str, object]:
    lines = {line.sku: line.quantity for line in transfer.lines}
    fields = transfer.model_dump(include={"source", "destination", "currency", "reason"})
    return {**fields, "lines": lines}


def _after_arrival(line: TransferLine, arrived: ArrivedLine | None) -> TransferLine:
    if arrived is None:
        return line
    return line.model_copy(
        update={"received": line.received + arrived.quantity, "lost": line.lost + arrived.lost}
    )


def _has_space(transfer: Transfer) -> bool:
    """Return whether the row of a transfer has space for one more arrival, of all units in transit."""
    rest = [
        # The longest numbers, not an arrival: both together may be more units than a line can have.
        ArrivedLine.model_construct(sku=line.sku, quantity=line.in_transit, lost=line.in_transit)
        for line in transfer.lines
        if line.in_transit
    ]
    needed = sum(len(line.model_dump_json().encode()) + _LINE_BYTES for line in rest)
    return len(transfer.model_dump_json().encode()) + needed + _OTHER_BYTES <= MAX_DOCUMENT_BYTES


def _check_in_transit(transfer: Transfer) -> None:
    if transfer.status != "IN_TRANSIT":
        raise InvalidTransfer("status", transfer.status, "IN_TRANSIT, a transfer whose goods left")
