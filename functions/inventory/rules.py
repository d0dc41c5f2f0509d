"""Stock arithmetic: merging lines, what sold units cost, and counters rebuilt from their history.

Quantities are whole units, costs and values integer minor units of the shop's currency.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from tillflow.errors import InvalidRequest
from tillflow.money import divide_half_up

from inventory.models import Line, OrderedLine, ReceiptLine

REORDER_PARTS = 64
"""How many parts the levels to be ordered again are kept in, so that as many can be read side by side."""

CORRECTIONS = ("adjustment", "count")
"""The kinds of movement that make the shelves and the books agree: no goods came or went by a document."""


def merge_lines(lines: Iterable[Line]) -> list[Line]:
    """One line per SKU, in SKU order.

    Two lines of one SKU would otherwise each pass a check that their sum fails; and one order for all
    keeps two orders from waiting for each other's rows.
    """
    wanted: Counter[str] = Counter()
    for line in lines:
        wanted[line.sku] += line.quantity
    return [Line(sku=sku, quantity=quantity) for sku, quantity in sorted(wanted.items())]


def merge_receipt_lines(lines: Iterable[ReceiptLine]) -> list[ReceiptLine]:
    """One line per SKU, in SKU order, quantities and costs added up."""
    quantity: Counter[str] = Counter()
    cost: Counter[str] = Counter()
    for line in lines:
        quantity[line.sku] += line.quantity
        cost[line.sku] += line.cost
    return [ReceiptLine(sku=sku, quantity=quantity[sku], cost=cost[sku]) for sku in sorted(quantity)]


def merge_ordered_lines(lines: Iterable[OrderedLine]) -> list[OrderedLine]:
    """One line per SKU, in SKU order. InvalidRequest when a SKU repeats and a line says which need it answers."""
    merged: dict[str, OrderedLine] = {}
    for line in lines:
        if line.sku not in merged:
            merged[line.sku] = line
            continue
        if line.need or merged[line.sku].need:
            raise InvalidRequest("lines", f"two of {line.sku}", "one line per SKU with a need")
        quantity = merged[line.sku].quantity + line.quantity
        merged[line.sku] = OrderedLine(sku=line.sku, quantity=quantity)
    return [merged[sku] for sku in sorted(merged)]


def still_needed(line: OrderedLine, level: Mapping[str, Any]) -> bool:
    """True when the level is as the line's need saw it: nothing ordered since, no more available than then."""
    if line.need is None:
        return True
    return level.get("on_order", 0) == line.need.on_order and level.get("available", 0) <= line.need.available


def raised_point(line: OrderedLine, level: Mapping[str, Any]) -> int | None:
    """The reorder point that a line's need brings, if it is above the level's; None when it stays as it is."""
    point, now = line.need.reorder_point if line.need else None, level.get("reorder_point")
    return point if point is not None and now is not None and point > now else None


def position(level: Mapping[str, Any]) -> int:
    """Units available or on order: on hand + on order - reserved."""
    return int(level.get("available", 0)) + int(level.get("on_order", 0))


def needs_order(level: Mapping[str, Any]) -> bool:
    """True when a level that has a reorder point is at it or below."""
    point = level.get("reorder_point")
    return point is not None and position(level) <= point


def reorder_part(level: str) -> int:
    """The part of the index that a level's key is in, from 0 to REORDER_PARTS - 1; the same for ever."""
    return crc32(level.encode()) % REORDER_PARTS


def crossed(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """True for the one change of a level that brought it to its reorder point from above.

    Changes of a level follow one another, so however many sales come at once, one of them crosses. An order
    that was refused or given up is no crossing: it would be placed again at once, and refused again. The
    nightly run finds what it leaves.
    """
    given_up = after.get("on_order", 0) < before.get("on_order", 0)
    return needs_order(after) and not needs_order(before) and not given_up


def corrected(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """True for a movement of an adjustment or a count that was not there before."""
    return not before and after.get("kind") in CORRECTIONS


def chunks[T](rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """`rows` in runs of at most `size`, in order."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


def cost_of(quantity: int, on_hand: int, stock_value: int) -> int:
    """Moving-average cost of taking `quantity` of `on_hand` units worth `stock_value` together.

    Half-up to a whole minor unit. What rounding took or left stays in the value of the rest, so the
    last unit takes exactly what is left.
    """
    if not 0 < quantity <= on_hand:
        raise ValueError(f"quantity is {quantity}; expected between 1 and on hand, {on_hand}")
    return divide_half_up(stock_value * quantity, on_hand)


def cost_of_correction(quantity: int, on_hand: int, stock_value: int, unit_cost: int | None = None) -> int:
    """What `quantity` units found (above 0) or lost (below) are worth together; never negative.

    At the given unit cost, else at the average of what is there; found where there is nothing, at none.
    """
    if quantity > 0 and unit_cost is not None:
        return quantity * unit_cost
    if quantity == 0 or on_hand == 0:
        return 0
    if quantity < 0:
        return cost_of(min(-quantity, on_hand), on_hand, stock_value)
    return divide_half_up(stock_value * quantity, on_hand)


@dataclass(frozen=True, slots=True)
class Counters:
    """The counters of one stock level. available = on_hand - reserved, stored so that a condition can ask."""

    on_hand: int = 0
    reserved: int = 0
    available: int = 0
    stock_value: int = 0


@dataclass(frozen=True, slots=True)
class Drift:
    """A level whose stored counters are not what its history adds up to."""

    location: str
    sku: str
    stored: Counters
    rebuilt: Counters


def rebuild(
    levels: Iterable[Mapping[str, Any]],
    movements: Iterable[Mapping[str, Any]],
    reservations: Iterable[Mapping[str, Any]],
) -> list[Drift]:
    """Recompute every level from its movements and open reservations; the levels that differ, in key order.

    Rows as the store keeps them: levels with the counters, movements with a signed `quantity` and the
    `cost` that moved, reservations with `quantity` and `state`; all with `location` and `sku`. A level
    missing altogether counts as stored zeros.
    """
    stored = {_level(row): _counters(row) for row in levels}
    on_hand: Counter[tuple[str, str]] = Counter()
    value: Counter[tuple[str, str]] = Counter()
    reserved: Counter[tuple[str, str]] = Counter()
    for movement in movements:
        on_hand[_level(movement)] += movement["quantity"]
        value[_level(movement)] += movement["cost"] if movement["quantity"] > 0 else -movement["cost"]
    for reservation in reservations:
        if reservation["state"] == "OPEN":
            reserved[_level(reservation)] += reservation["quantity"]
    drifts = []
    for place in sorted(stored.keys() | on_hand.keys() | reserved.keys()):
        rebuilt = Counters(on_hand[place], reserved[place], on_hand[place] - reserved[place], value[place])
        if rebuilt != stored.get(place, Counters()):
            drifts.append(Drift(*place, stored.get(place, Counters()), rebuilt))
    return drifts


def _level(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["location"], row["sku"]


def _counters(row: Mapping[str, Any]) -> Counters:
    return Counters(row["on_hand"], row["reserved"], row["available"], row["stock_value"])
