"""When to order again, how many, from whom. Pure; exact decimals, no floats.

reorder point = d*L + z*sqrt(L*var(d) + d^2*var(L)): what sells until the goods are here, and a stock against
both selling more and waiting longer than on average (d units a day, L days; z by service level).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from hashlib import sha256
from typing import Any

from replenishment.models import Demand, Need, Policy, Source

# The standard normal quantile. A service level between two of them takes the higher, the safer one.
_Z = (
    ("0.50", "0"), ("0.75", "0.674"), ("0.80", "0.842"), ("0.85", "1.036"), ("0.90", "1.282"),
    ("0.92", "1.405"), ("0.95", "1.645"), ("0.96", "1.751"), ("0.97", "1.881"), ("0.975", "1.960"),
    ("0.98", "2.054"), ("0.985", "2.170"), ("0.99", "2.326"), ("0.995", "2.576"), ("0.999", "3.090"),
    ("0.9999", "3.719"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """Units of a SKU to order, why, and from which suppliers, the best first.

    reorder_point: the level's own, or what its sales of late ask for when that is higher.
    """

    need: Need
    quantity: int
    sources: tuple[Source, ...]
    reorder_point: int

    @property
    def supplier_id(self) -> str:
        return self.sources[0].supplier_id


def safety_factor(service_level: Decimal) -> Decimal:
    """z of a service level, e.g. 1.645 of 0.95."""
    return next((Decimal(z) for level, z in _Z if service_level <= Decimal(level)), Decimal(_Z[-1][1]))


def mean_and_variance(demand: Demand) -> tuple[Decimal, Decimal]:
    """Of the units sold a day, days without a sale among them."""
    mean = Decimal(demand.total) / demand.days
    return mean, max(Decimal(demand.squares) / demand.days - mean * mean, Decimal(0))


def reorder_point(demand: Demand, source: Source, service_level: Decimal) -> int:
    """The position at which to order again, rounded up to a whole unit."""
    mean, variance = mean_and_variance(demand)
    lead = Decimal(source.lead_time_days)
    spread = (lead * variance + mean * mean * source.lead_time_variance).sqrt()
    return _up(lead * mean + safety_factor(service_level) * spread)


def order_quantity(position: int, target: int, source: Source) -> int:
    """Up to the target, at least the supplier's minimum, in whole packs. 0 when the target is reached."""
    if position >= target:
        return 0
    wanted = max(target - position, source.minimum_quantity)
    return -(-wanted // source.pack_size) * source.pack_size


def ranked(sources: Iterable[Source]) -> tuple[Source, ...]:
    """The cheapest landed first, then the fastest, then the most punctual; then by name, so that it is decided."""
    return tuple(sorted(sources, key=lambda s: (s.landed_cost, s.lead_time_days, -s.on_time, s.supplier_id)))


def plan_line(need: Need, policy: Policy, demand: Demand) -> PlannedLine | None:
    """What to order for a need; None when its position has reached the target.

    The target is cover_days of demand above the reorder point, the level's own or what demand asks for now,
    whichever is higher; one unit above it at least, so that an order ends the need.
    """
    sources = ranked(policy.sources)
    point = max(need.reorder_point, reorder_point(demand, sources[0], policy.service_level))
    mean, _ = mean_and_variance(demand)
    target = point + max(_up(mean * policy.cover_days), 1)
    quantity = order_quantity(need.position, target, sources[0])
    return PlannedLine(need, quantity, sources, point) if quantity else None


def purchase_order_id(run_id: str, supplier_id: str, location: str, currency: str, part: int = 0) -> str:
    """The same for the same run: planned again, it is the same purchase order."""
    text = "\n".join((run_id, supplier_id, location, currency, str(part)))
    return f"po-{sha256(text.encode()).hexdigest()[:24]}"


def group_orders(
    run_id: str, lines: Iterable[PlannedLine], lines_per_order: int = 500
) -> list[dict[str, Any]]:
    """One order per supplier, location and currency, as a PurchaseOrder execution takes it, plus `total`.

    More lines than one order holds make another. `suppliers` goes on with those who can deliver every line
    of the order in its currency, by what all of it would cost.
    """
    grouped: dict[tuple[str, str, str], list[PlannedLine]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: line.need.sku):
        grouped[line.supplier_id, line.need.location, line.sources[0].currency].append(line)
    orders = []
    for (supplier_id, location, currency), members in sorted(grouped.items()):
        for part, start in enumerate(range(0, len(members), lines_per_order)):
            chunk = members[start : start + lines_per_order]
            orders.append(
                {
                    "purchase_order_id": purchase_order_id(run_id, supplier_id, location, currency, part),
                    "location": location,
                    "currency": currency,
                    "lines": [_order_line(line) for line in chunk],
                    "suppliers": [{"supplier_id": name} for name in _suppliers(chunk, supplier_id, currency)],
                    "total": sum(line.quantity * line.sources[0].unit_cost for line in chunk),
                }
            )
    return orders


def _order_line(line: PlannedLine) -> dict[str, Any]:
    need = line.need
    return {
        "sku": need.sku,
        "quantity": line.quantity,
        "unit_cost": line.sources[0].unit_cost,
        # The order is placed while this is still so; who comes later finds it on order.
        "need": {
            "on_order": need.on_order,
            "available": need.reorder_point - need.on_order,
            "reorder_point": line.reorder_point,
        },
    }


def _suppliers(lines: Sequence[PlannedLine], first: str, currency: str) -> list[str]:
    cost: dict[str, int] = {}
    able = set.intersection(
        *({s.supplier_id for s in line.sources if s.currency == currency} for line in lines)
    )
    for name in able - {first}:
        offers = [(line.quantity, s) for line in lines for s in line.sources if s.supplier_id == name]
        cost[name] = sum(quantity * source.landed_cost for quantity, source in offers)
    return [first, *sorted(cost, key=lambda name: (cost[name], name))]


def _up(value: Decimal) -> int:
    return int(value.to_integral_value(rounding=ROUND_CEILING))
