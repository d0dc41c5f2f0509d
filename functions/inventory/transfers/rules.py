"""A transfer's life as pure changes of its document, what is to be done next, and what its goods cost.

Every change takes the Transfer and gives the new one, or raises what forbids it. Nothing here is read from a
clock or a table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tillflow.errors import InvalidTransfer, OrderClosed, PendingWork, TransferCancelled

from inventory.models import Line
from inventory.rules import cost_of, merge_lines
from inventory.transfers.models import (
    Arrival,
    ArrivedLine,
    AwaitTransfer,
    OpenTransfer,
    Transfer,
    TransferLine,
)

type Step = Literal["ship", "wait", "arrive", "close"]


@dataclass(frozen=True, slots=True)
class Moved:
    """What an arrival does with units of a SKU: those that came, those lost, and what either cost."""

    sku: str
    quantity: int
    cost: int
    lost: int
    lost_cost: int


def opened(request: OpenTransfer, now: datetime) -> Transfer:
    """The transfer of a request, a line per SKU."""
    wanted = merge_lines(Line(sku=line.sku, quantity=line.quantity) for line in request.lines)
    return Transfer(
        transfer_id=request.transfer_id,
        status="REQUESTED",
        source=request.source,
        destination=request.destination,
        currency=request.currency,
        lines=tuple(TransferLine(sku=line.sku, quantity=line.quantity) for line in wanted),
        reason=request.reason,
        requested_at=now,
    )


def left(transfer: Transfer, now: datetime) -> Transfer:
    """The source says that the goods left. OrderClosed after a cancel, InvalidTransfer before they are reserved;
    said again it is as it was."""
    if transfer.left_at is not None:
        return transfer
    if transfer.cancel_reason is not None or transfer.status == "CANCELLED":
        raise OrderClosed(transfer.transfer_id, "shipment")
    if transfer.waiting_for is None:
        raise InvalidTransfer(
            "status", transfer.status, "one whose goods are reserved; try again in a moment"
        )
    return transfer.model_copy(update={"left_at": now})


def cancelled(transfer: Transfer, reason: str) -> Transfer:
    """A person wants the transfer undone; too late once the goods left. Said again it is as it was."""
    if transfer.left_at is not None:
        raise InvalidTransfer("status", transfer.status, "goods that did not leave; receive or lose them now")
    if transfer.cancel_reason is not None:
        return transfer
    return transfer.model_copy(update={"cancel_reason": reason or "cancelled"})


def decided(transfer: Transfer) -> Transfer:
    """Whether the goods leave or stay: they stay when nobody said anything in time."""
    return transfer if transfer.left_at else cancelled(transfer, "it did not leave in time")


def check_leaving(transfer: Transfer) -> None:
    """TransferCancelled unless the goods leave."""
    if transfer.cancel_reason is not None:
        raise TransferCancelled(transfer.transfer_id, transfer.cancel_reason)


def shipped(transfer: Transfer, costs: Mapping[str, int]) -> Transfer:
    """The source's stock is without the goods, which cost this much by SKU."""
    if transfer.status != "REQUESTED":
        return transfer
    lines = tuple(line.model_copy(update={"cost": costs[line.sku]}) for line in transfer.lines)
    return transfer.model_copy(update={"status": "IN_TRANSIT", "lines": lines})


def arrived(transfer: Transfer, arrival: Arrival) -> Transfer:
    """Goods came, or are known to be lost. InvalidTransfer for more than is in transit."""
    _check_in_transit(transfer)
    coming = {line.sku: line for line in arrival.lines}
    if len(coming) != len(arrival.lines):
        raise InvalidTransfer("lines", "a SKU twice", "a line per SKU")
    if unknown := sorted(coming.keys() - {line.sku for line in transfer.lines}):
        raise InvalidTransfer("lines", unknown[0], "a SKU of the transfer")
    return transfer.model_copy(
        update={
            "lines": tuple(_arrived(line, coming.get(line.sku)) for line in transfer.lines),
            "arrivals": (*transfer.arrivals, arrival),
        }
    )


def rest_lost(transfer: Transfer, arrival_id: str, now: datetime) -> Transfer:
    """Nothing more comes: what is in transit is lost. As it was when nothing is, and said again."""
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
    return arrived(transfer, Arrival(arrival_id=arrival_id, arrived_at=now, lines=lines))


def booked(transfer: Transfer, arrival_id: str) -> Transfer:
    """The destination's stock has the arrival."""
    arrivals = tuple(
        one.model_copy(update={"booked": True}) if one.arrival_id == arrival_id else one
        for one in transfer.arrivals
    )
    return transfer.model_copy(update={"arrivals": arrivals})


def closed(transfer: Transfer, now: datetime) -> Transfer:
    """All that left came or is lost."""
    if transfer.status == "CLOSED":
        return transfer
    if next_step(transfer) != "close":
        raise InvalidTransfer("status", transfer.status, "a transfer of which nothing is in transit")
    return transfer.model_copy(update={"status": "CLOSED", "ended_at": now})


def ended_cancelled(transfer: Transfer, reason: str, now: datetime) -> Transfer:
    """Undone. OrderClosed when its goods left after all."""
    if transfer.status == "CANCELLED":
        return transfer
    if transfer.left_at is not None:
        raise OrderClosed(transfer.transfer_id, "cancel")
    return transfer.model_copy(
        update={"status": "CANCELLED", "cancel_reason": transfer.cancel_reason or reason, "ended_at": now}
    )


def awaiting(transfer: Transfer, waiting: AwaitTransfer) -> Transfer:
    """Keep the token that wakes the workflow; PendingWork when there is something to do instead.

    A workflow that asked before the last one came late: nobody waits with its token.
    """
    undecided = transfer.left_at is None and transfer.cancel_reason is None
    step = next_step(transfer)
    idle = undecided if waiting.waiting_for == "shipment" else step == "wait"
    if not idle:
        raise PendingWork(f"transfer {transfer.transfer_id}", step)
    if waiting.asked < transfer.asked:
        return transfer
    return transfer.model_copy(update=waiting.model_dump(exclude={"transfer_id"}))


def next_step(transfer: Transfer) -> Step:
    """What a transfer whose goods left is to do next."""
    if transfer.status == "REQUESTED":
        return "ship"
    if to_book(transfer):
        return "arrive"
    return "wait" if any(line.in_transit for line in transfer.lines) else "close"


def to_book(transfer: Transfer) -> Arrival | None:
    """The first arrival that stock does not have yet."""
    return next((arrival for arrival in transfer.arrivals if not arrival.booked), None)


def moves(transfer: Transfer) -> dict[str, list[Moved]]:
    """What each arrival moves, by arrival id, at its share of what the goods left with.

    Shares follow the order of the arrivals, so they are the same whenever they are asked for, and add up to
    what left: whoever comes last takes what rounding left.
    """
    units = {line.sku: line.quantity for line in transfer.lines}
    worth = {line.sku: line.cost for line in transfer.lines}
    moved: dict[str, list[Moved]] = {}
    for arrival in transfer.arrivals:
        for line in arrival.lines:
            shares = []
            for count in (line.quantity, line.lost):
                share = cost_of(count, units[line.sku], worth[line.sku]) if count else 0
                units[line.sku] -= count
                worth[line.sku] -= share
                shares.append(share)
            cost, lost_cost = shares
            one = Moved(line.sku, line.quantity, cost, line.lost, lost_cost)
            moved.setdefault(arrival.arrival_id, []).append(one)
    return moved


def loss(transfer: Transfer) -> int:
    """What the lost goods cost."""
    return sum(line.lost_cost for lines in moves(transfer).values() for line in lines)


def _arrived(line: TransferLine, come: ArrivedLine | None) -> TransferLine:
    if come is None:
        return line
    if come.quantity + come.lost > line.in_transit:
        raise InvalidTransfer(
            "lines",
            f"{come.quantity + come.lost} of {line.sku}",
            f"at most the {line.in_transit} in transit; what came beside them is an adjustment",
        )
    return line.model_copy(update={"received": line.received + come.quantity, "lost": line.lost + come.lost})


def _check_in_transit(transfer: Transfer) -> None:
    if transfer.status != "IN_TRANSIT":
        raise InvalidTransfer("status", transfer.status, "IN_TRANSIT, a transfer whose goods left")
