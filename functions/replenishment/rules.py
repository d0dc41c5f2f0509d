"""Reorder points, order quantities and the choice of suppliers. Pure; exact decimals, no floats.

reorder point = d*L + z*sqrt(L*var(d) + d^2*var(L)): the demand of the lead time, and a safety stock for variable
demand and lead time (d units a day, L days; z by service level).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from hashlib import sha256

from tillflow.errors import Problem
from tillflow.fields import MAX_AMOUNT, MAX_UNITS

from replenishment.errors import InvalidPolicy
from replenishment.models import Demand, Need, OrderLine, PlannedOrder, Policy, Source

# Quantiles of the standard normal distribution. A service level between two uses the higher one.
_Z = (
    ("0.50", "0"), ("0.75", "0.674"), ("0.80", "0.842"), ("0.85", "1.036"), ("0.90", "1.282"),
    ("0.92", "1.405"), ("0.95", "1.645"), ("0.96", "1.751"), ("0.97", "1.881"), ("0.975", "1.960"),
    ("0.98", "2.054"), ("0.985", "2.170"), ("0.99", "2.326"), ("0.995", "2.576"), ("0.999", "3.090"),
    ("0.9999", "3.719"),
)  # fmt: skip

LINES_PER_ORDER = 500


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """Units of a SKU to order, the need for them, and the sources, the best first.

    reorder_point: the level's own, or that of recent demand if it is higher.
    """

    need: Need
    quantity: int
    sources: tuple[Source, ...]
    reorder_point: int

    @property
    def supplier_id(self) -> str:
        return self.sources[0].supplier_id

    @property
    def cost(self) -> int:
        return self.quantity * self.sources[0].unit_cost


def safety_factor(service_level: Decimal) -> Decimal:
    """Return z of a service level, e.g. 1.645 for 0.95."""
    return next((Decimal(z) for level, z in _Z if service_level <= Decimal(level)), Decimal(_Z[-1][1]))


def mean_and_variance(demand: Demand) -> tuple[Decimal, Decimal]:
    """Return mean and variance of the units sold a day, days without sales included."""
    mean = Decimal(demand.total) / demand.days
    return mean, max(Decimal(demand.squares) / demand.days - mean * mean, Decimal(0))


def reorder_point(demand: Demand, source: Source, service_level: Decimal) -> int:
    """Return the position at which to reorder, rounded up to a whole unit."""
    mean, variance = mean_and_variance(demand)
    lead = Decimal(source.lead_time_days)
    spread = (lead * variance + mean * mean * source.lead_time_variance).sqrt()
    return _up(lead * mean + safety_factor(service_level) * spread)


def order_quantity(position: int, target: int, source: Source) -> int:
    """Return the units up to the target: at least the supplier's minimum, in whole packs; 0 at the target.

    What a line cannot hold (MAX_UNITS units, MAX_AMOUNT minor units) is left for the next run.
    """
    if position >= target:
        return 0
    units = max(target - position, source.minimum_quantity)
    most = min(MAX_UNITS, MAX_AMOUNT // max(source.unit_cost, 1))
    return min(-(-units // source.pack_size), most // source.pack_size) * source.pack_size


def rank_sources(sources: Iterable[Source]) -> tuple[Source, ...]:
    """Return the sources by landed cost, then lead time, then punctuality, then supplier id.

    InvalidPolicy for sources of several currencies: their costs cannot be compared.
    """
    sources = tuple(sources)
    currencies = sorted({source.currency for source in sources})
    if len(currencies) > 1:
        raise InvalidPolicy("sources", ", ".join(currencies), "sources in one currency")
    return tuple(sorted(sources, key=lambda s: (s.landed_cost, s.lead_time_days, -s.on_time, s.supplier_id)))


def check_currencies(policy: Policy, currencies: Mapping[str, str]) -> None:
    """Raise InvalidPolicy, which names every source with another currency than its supplier: no order would be sent.

    currencies: those of the suppliers by id; a supplier that is missing was deleted meanwhile.
    """
    problems = [
        Problem(f"sources[{number}].currency", one.currency, f"{currency}, the currency of {one.supplier_id}")
        for number, one in enumerate(policy.sources)
        if (currency := currencies.get(one.supplier_id, one.currency)) != one.currency
    ]
    if problems:
        raise InvalidPolicy.of(problems)


def plan_line(need: Need, policy: Policy, demand: Demand) -> PlannedLine | None:
    """Return the line that ends a need; None if the position has reached the target.

    The target is cover_days of demand above the reorder point, which is the level's own or that of recent demand,
    whichever is higher; it is at least one unit above it, so that an order ends the need.
    """
    sources = rank_sources(policy.sources)
    point = max(need.reorder_point, reorder_point(demand, sources[0], policy.service_level))
    mean, _ = mean_and_variance(demand)
    target = point + max(_up(mean * policy.cover_days), 1)
    quantity = order_quantity(need.position, target, sources[0])
    return PlannedLine(need, quantity, sources, point) if quantity else None


def purchase_order_id(run_id: str, supplier_id: str, location: str, currency: str, part: int = 0) -> str:
    """Return the id of a run's order: the same for the same run, supplier, location, currency and part."""
    text = "\n".join((run_id, supplier_id, location, currency, str(part)))
    return f"po-{sha256(text.encode()).hexdigest()[:24]}"


def group_orders(run_id: str, lines: Iterable[PlannedLine]) -> list[PlannedOrder]:
    """Return one order per supplier, location and currency; of more than LINES_PER_ORDER lines several.

    `suppliers` continues with the other suppliers of every line in the order's currency, by the total cost.
    """
    grouped: dict[tuple[str, str, str], list[PlannedLine]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: line.need.sku):
        grouped[line.supplier_id, line.need.location, line.sources[0].currency].append(line)
    orders: list[PlannedOrder] = []
    for (supplier_id, location, currency), members in sorted(grouped.items()):
        for part, chunk in enumerate(_split(members)):
            orders.append(
                {
                    "purchase_order_id": purchase_order_id(run_id, supplier_id, location, currency, part),
                    "location": location,
                    "currency": currency,
                    "lines": [_order_line(line) for line in chunk],
                    "suppliers": [{"supplier_id": name} for name in _suppliers(chunk, supplier_id, currency)],
                    "total": _total(chunk),
                    "other_total": min(_weight(members) - _weight(chunk), MAX_AMOUNT),
                }
            )
    return orders


def _split(lines: Iterable[PlannedLine]) -> Iterator[list[PlannedLine]]:
    """Split lines into orders of at most LINES_PER_ORDER lines and MAX_AMOUNT minor units."""
    chunk: list[PlannedLine] = []
    for line in lines:
        if chunk and (len(chunk) == LINES_PER_ORDER or _total(chunk) + line.cost > MAX_AMOUNT):
            yield chunk
            chunk = []
        chunk.append(line)
    yield chunk


def _total(lines: Iterable[PlannedLine]) -> int:
    return sum(line.cost for line in lines)


def _weight(lines: Iterable[PlannedLine]) -> int:
    """Return the total, with lines without a cost as ones of one minor unit: their suppliers may have a price."""
    return sum(max(line.cost, 1) for line in lines)


def _order_line(line: PlannedLine) -> OrderLine:
    need = line.need
    return {
        "sku": need.sku,
        "quantity": line.quantity,
        "unit_cost": line.sources[0].unit_cost,
        # Inventory puts the line on order only while the level is like this, so two runs order it once.
        "need": {
            "on_order": need.on_order,
            "available": need.reorder_point - need.on_order,
            "reorder_point": line.reorder_point,
        },
    }


def _suppliers(lines: Sequence[PlannedLine], first: str, currency: str) -> list[str]:
    cost: dict[str, int] = {}
    eligible = set.intersection(
        *({s.supplier_id for s in line.sources if s.currency == currency} for line in lines)
    )
    for name in eligible - {first}:
        offers = [(line.quantity, s) for line in lines for s in line.sources if s.supplier_id == name]
        cost[name] = sum(quantity * source.landed_cost for quantity, source in offers)
    return [first, *sorted(cost, key=lambda name: (cost[name], name))]


def _up(value: Decimal) -> int:
    return int(value.to_integral_value(rounding=ROUND_CEILING))
