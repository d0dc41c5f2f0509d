"""Stock arithmetic: merged lines, the cost of units, reorder points, and counters rebuilt from their history.

Quantities are whole units, costs and values integer minor units.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from tillflow.errors import InvalidRequest
from tillflow.fields import MAX_AMOUNT, MAX_STOCK, MAX_UNITS
from tillflow.money import divide_half_up
from tillflow.plurals import noun

from inventory.models import MAX_LINES, Line, OrderedLine, ReceiptLine, ReturnedLine

MAX_COST = MAX_AMOUNT // 10
"""What the reserved units of a document may cost. It is a tenth of what can be posted: the average cost may rise until
the units are taken, which nothing undoes."""
MAX_UNRECEIPTED_COST = MAX_AMOUNT // MAX_LINES
"""What the units of a line that is returned without a receipt cost at most, so that all lines can be posted."""

REORDER_PARTS = 64
"""Partitions of the index of levels with a reorder point; each can be read in parallel."""

PLAUSIBLE_UNITS = 1_000
PLAUSIBLE_FACTOR = 10
CORRECTIONS = ("adjustment", "count")
"""The kinds of movement that correct a level without a delivery or a sale."""


def merge_lines(lines: Iterable[Line]) -> list[Line]:
    """Return one line per SKU, in SKU order.

    Two lines of one SKU could each pass a check that their sum fails. InvalidRequest above 1,000,000 units of a SKU.
    """
    quantities: Counter[str] = Counter()
    for line in lines:
        quantities[line.sku] += line.quantity
    for sku, quantity in quantities.items():
        _check_units(sku, quantity)
    return [Line(sku=sku, quantity=quantity) for sku, quantity in sorted(quantities.items())]


def merge_receipt_lines(lines: Iterable[ReceiptLine]) -> list[ReceiptLine]:
    """Return one line per SKU, in SKU order, with the sums of quantities and costs; InvalidRequest above the limits."""
    quantity: Counter[str] = Counter()
    cost: Counter[str] = Counter()
    for line in lines:
        quantity[line.sku] += line.quantity
        cost[line.sku] += line.cost
    for sku in quantity:
        _check_units(sku, quantity[sku])
        if cost[sku] > MAX_AMOUNT:
            raise InvalidRequest(
                "lines", f"a cost of {cost[sku]} for {sku}", f"at most {MAX_AMOUNT:,} minor units"
            )
    return [ReceiptLine(sku=sku, quantity=quantity[sku], cost=cost[sku]) for sku in sorted(quantity)]


def merge_ordered_lines(lines: Iterable[OrderedLine]) -> list[OrderedLine]:
    """Return one line per SKU, in SKU order.

    InvalidRequest when one of several lines of a SKU has a need, or above 1,000,000 units of a SKU.
    """
    merged: dict[str, OrderedLine] = {}
    for line in lines:
        if line.sku not in merged:
            merged[line.sku] = line
            continue
        if line.need or merged[line.sku].need:
            raise InvalidRequest("lines", f"two of {line.sku}", "one line per SKU with a need")
        quantity = merged[line.sku].quantity + line.quantity
        _check_units(line.sku, quantity)
        merged[line.sku] = OrderedLine(sku=line.sku, quantity=quantity)
    return [merged[sku] for sku in sorted(merged)]


def matches_need(line: OrderedLine, level: Mapping[str, Any]) -> bool:
    """Return True if the level still matches the line's need: nothing ordered since, no more units available."""
    if line.need is None:
        return True
    return bool(
        level.get("on_order", 0) == line.need.on_order and level.get("available", 0) <= line.need.available
    )


def is_unused(level: Mapping[str, Any], quantity: int) -> bool:
    """Return True if a level has no units, and no others on order than these."""
    return level.get("on_order") == quantity and not any(
        level.get(name) for name in ("on_hand", "reserved", "stock_value")
    )


def raised_reorder_point(line: OrderedLine, level: Mapping[str, Any]) -> int | None:
    """Return the reorder point of the line's need if it is above the level's, None otherwise."""
    new, present = line.need.reorder_point if line.need else None, level.get("reorder_point")
    return new if new is not None and present is not None and new > present else None


def position(level: Mapping[str, Any]) -> int:
    """Return the position of a level: on hand + on order - reserved."""
    return int(level.get("available", 0)) + int(level.get("on_order", 0))


def needs_order(level: Mapping[str, Any]) -> bool:
    """Return True if the level has a reorder point and its position is at or below it."""
    point = level.get("reorder_point")
    return point is not None and position(level) <= point


def reorder_part(level: str) -> int:
    """Return the partition of the reorder index that a level is in, from 0 to REORDER_PARTS - 1."""
    return crc32(level.encode()) % REORDER_PARTS


def crossed_reorder_point(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Return True for the change of a level that brought its position down to its reorder point.

    Changes of one level are sequential, so one of several concurrent sales crosses. Lowering units on order is
    not a crossing: a refused order would be placed again at once. The nightly run orders what it leaves.
    """
    lowered = after.get("on_order", 0) < before.get("on_order", 0)
    return needs_order(after) and not needs_order(before) and not lowered


def is_new_correction(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Return True for a new movement of an adjustment or a count."""
    return not before and after.get("kind") in CORRECTIONS


def cost_of(quantity: int, on_hand: int, stock_value: int) -> int:
    """Return the moving average cost of `quantity` of `on_hand` units that are worth `stock_value` together.

    Rounded half up to a whole minor unit. The rounding difference stays in the value of the rest, so the last
    unit costs exactly the remaining value.
    """
    if not 0 < quantity <= on_hand:
        raise ValueError(f"quantity is {quantity}; expected between 1 and on hand, {on_hand}")
    return divide_half_up(stock_value * quantity, on_hand)


def check_cost(lines: Iterable[Line], levels: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise InvalidRequest if units cost more than MAX_COST at the present average. levels: by SKU."""
    total = 0
    for line in lines:
        level = levels.get(line.sku, {})
        on_hand, value = level.get("on_hand", 0), level.get("stock_value", 0)
        total += cost_of(line.quantity, on_hand, value) if line.quantity < on_hand else value
    if total > MAX_COST:
        raise InvalidRequest(
            "lines", f"goods that cost {total:,}", f"a cost of at most {MAX_COST:,} minor units"
        )


def cost_of_return(quantity: int, received_cost: int, on_hand: int, stock_value: int) -> int:
    """Return the value at which `quantity` of `on_hand` units return to their supplier.

    The cost at which they were received, so that the purchase leaves no trace. If the level is worth less than that
    by now, or nothing would be left but a value, the moving average.
    """
    rest = stock_value - received_cost
    if rest >= 0 and (quantity < on_hand or rest == 0):
        return received_cost
    return cost_of(quantity, on_hand, stock_value)


def cost_of_correction(quantity: int, on_hand: int, stock_value: int, unit_cost: int | None = None) -> int:
    """Return the cost of `quantity` units found (above 0) or lost (below 0); never negative.

    Found units have the given unit cost, else the average of the level. InvalidRequest without a unit cost when there
    is no average, and above the limit of an amount.
    """
    if quantity > 0 and unit_cost is not None:
        if quantity * unit_cost > MAX_AMOUNT:
            raise InvalidRequest(
                "unit_cost", unit_cost, f"a cost of all units of at most {MAX_AMOUNT:,} minor units"
            )
        return quantity * unit_cost
    if quantity > 0 and on_hand == 0:
        raise InvalidRequest(
            "unit_cost", None, "the cost of one unit, as none is on hand whose cost could be used"
        )
    if quantity == 0 or on_hand == 0:
        return 0
    if quantity < 0:
        return cost_of(min(-quantity, on_hand), on_hand, stock_value)
    return divide_half_up(stock_value * quantity, on_hand)


def check_level(on_hand: int, stock_value: int) -> None:
    """Raise InvalidRequest if a level would have more units, or more value, than its numbers are exact for."""
    if on_hand > MAX_STOCK:
        raise InvalidRequest("quantity", f"{on_hand:,} on hand", f"at most {MAX_STOCK:,} units on hand")
    if stock_value > MAX_AMOUNT:
        raise InvalidRequest(
            "unit_cost", f"a stock value of {stock_value:,}", f"at most {MAX_AMOUNT:,} minor units"
        )


def implausible(quantity: int, level: Mapping[str, Any], unit_cost: int | None = None) -> str | None:
    """Return what is implausible about a correction by `quantity` units, None if nothing is.

    A change of more than 1,000 units and ten times the units on hand is a barcode in the wrong field rather than
    goods; so is a unit cost above ten times the average.
    """
    on_hand, value = level["on_hand"], level["stock_value"]
    if abs(quantity) > max(PLAUSIBLE_UNITS, PLAUSIBLE_FACTOR * on_hand):
        return f"a change by {quantity:+,} {noun(quantity, 'unit')}, with {on_hand:,} on hand"
    if quantity > 0 and unit_cost and value and unit_cost * on_hand > PLAUSIBLE_FACTOR * value:
        return f"a unit cost of {unit_cost:,}, with an average of {divide_half_up(value, on_hand):,} (minor units)"
    return None


@dataclass(frozen=True, slots=True)
class ReservedLine:
    """Reserved units of a SKU and their cost once they are taken; returned: units brought back."""

    sku: str
    quantity: int
    cost: int = 0
    returned: int = 0
    returned_cost: int = 0


@dataclass(frozen=True, slots=True)
class ReturnedSku:
    """Units of a SKU that a customer returns, and how many of them are damaged."""

    sku: str
    quantity: int
    damaged: int


def merge_returned(lines: Iterable[ReturnedLine]) -> list[ReturnedSku]:
    """Return one line per SKU, in SKU order. InvalidRequest above 1,000,000 units of a SKU."""
    quantities: Counter[str] = Counter()
    damaged: Counter[str] = Counter()
    for line in lines:
        quantities[line.sku] += line.quantity
        damaged[line.sku] += line.quantity if line.condition == "damaged" else 0
    for sku, quantity in quantities.items():
        _check_units(sku, quantity)
    return [ReturnedSku(sku, quantities[sku], damaged[sku]) for sku in sorted(quantities)]


def cost_of_customer_return(line: ReturnedSku, sold: ReservedLine) -> tuple[int, int]:
    """Return the cost of the units that go back on hand, and of those that are written off.

    Together they are the units' share of the sale's cost that has not come back yet, rounded half up.
    """
    units = sold.quantity - sold.returned
    cost = divide_half_up((sold.cost - sold.returned_cost) * line.quantity, units)
    written_off = divide_half_up(cost * line.damaged, line.quantity)
    return cost - written_off, written_off


def cost_of_unreceipted(
    line: ReturnedSku, level: Mapping[str, Any], last: Mapping[str, Any] | None = None
) -> tuple[int, int]:
    """Return the cost of units without a receipt that go back on hand, and of those that are written off.

    It is the average of the units on hand; if there are none, that of the level's last movement; nothing for a SKU that
    was never there. It is at most MAX_UNRECEIPTED_COST, and no more than the level has room for.
    """
    units, value = level.get("on_hand", 0), level.get("stock_value", 0)
    most = min(MAX_UNRECEIPTED_COST, MAX_AMOUNT - value)
    if not units and last:
        units, value = abs(last["quantity"]), last["cost"]
    if not units:
        return 0, 0
    cost = min(divide_half_up(value * line.quantity, units), most)
    written_off = divide_half_up(cost * line.damaged, line.quantity)
    return cost - written_off, written_off


@dataclass(frozen=True, slots=True)
class Counters:
    """The counters of one level. available = on_hand - reserved, stored for use in conditions."""

    on_hand: int = 0
    reserved: int = 0
    available: int = 0
    stock_value: int = 0
    on_order: int = 0


@dataclass(frozen=True, slots=True)
class Drift:
    """A level whose stored counters differ from its history."""

    location: str
    sku: str
    stored: Counters
    rebuilt: Counters


def rebuild(
    levels: Iterable[Mapping[str, Any]],
    movements: Iterable[Mapping[str, Any]],
    reservations: Iterable[Mapping[str, Any]],
    on_order: Iterable[Mapping[str, Any]] = (),
) -> list[Drift]:
    """Recompute every level from its history and return the levels that differ, in key order.

    The arguments are stored rows: levels, movements, reservations, and the rows of units on order. A missing level
    counts as zeros.
    """
    stored = {_level(row): _counters(row) for row in levels}
    on_hand: Counter[tuple[str, str]] = Counter()
    value: Counter[tuple[str, str]] = Counter()
    reserved: Counter[tuple[str, str]] = Counter()
    ordered: Counter[tuple[str, str]] = Counter()
    for movement in movements:
        on_hand[_level(movement)] += movement["quantity"]
        value[_level(movement)] += movement["cost"] if movement["quantity"] > 0 else -movement["cost"]
    for reservation in reservations:
        if reservation["state"] == "OPEN":
            reserved[_level(reservation)] += reservation["quantity"]
    for row in on_order:
        ordered[_level(row)] += row["open"]
    drifts = []
    for place in sorted(stored.keys() | on_hand.keys() | reserved.keys() | ordered.keys()):
        available = on_hand[place] - reserved[place]
        rebuilt = Counters(on_hand[place], reserved[place], available, value[place], ordered[place])
        if rebuilt != stored.get(place, Counters()):
            drifts.append(Drift(*place, stored.get(place, Counters()), rebuilt))
    return drifts


def _level(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["location"], row["sku"]


def _counters(row: Mapping[str, Any]) -> Counters:
    return Counters(
        row["on_hand"], row["reserved"], row["available"], row["stock_value"], row.get("on_order", 0)
    )


def _check_units(sku: str, quantity: int) -> None:
    if quantity > MAX_UNITS:
        raise InvalidRequest("lines", f"{quantity} of {sku}", f"at most {MAX_UNITS:,} units of a SKU")
