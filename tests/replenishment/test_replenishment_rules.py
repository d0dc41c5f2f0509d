"""When, how many, from whom: the formula on numbers worked by hand, the rest on any numbers."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from replenishment import rules
from replenishment.errors import InvalidPolicy
from replenishment.models import Demand, Need, Policy, Source

units = st.integers(0, 500)
sources = st.builds(
    Source,
    supplier_id=st.sampled_from(["alpha", "beta", "gamma"]),
    unit_cost=st.integers(1, 999),
    freight=st.integers(0, 99),
    lead_time_days=st.integers(0, 60),
    pack_size=st.integers(1, 24),
    minimum_quantity=st.integers(1, 100),
)

offers = st.lists(sources, min_size=1, unique_by=lambda one: one.supplier_id)


def demand(*sold: int) -> Demand:
    squares = sum(n * n for n in sold)
    return Demand(location="store-1", sku="TEA", days=len(sold), total=sum(sold), squares=squares)


def need(available: int = 10, on_order: int = 0, point: int = 40, sku: str = "TEA") -> Need:
    return Need(location="store-1", sku=sku, available=available, on_order=on_order, reorder_point=point)


def source(name: str = "alpha", cost: int = 100, **more: object) -> Source:
    return Source(supplier_id=name, unit_cost=cost, **more)


def test_the_point_is_lead_time_demand_and_a_stock_against_both_risks() -> None:
    # d = 10, var(d) = 4, L = 9, var(L) = 1: 90 + 1.645 * sqrt(9*4 + 100*1) = 90 + 19.18...
    steady = source(lead_time_days=9, lead_time_variance=Decimal(1))
    assert rules.reorder_point(demand(8, 12), steady, Decimal("0.95")) == 110


def test_steady_sales_and_a_punctual_supplier_need_no_safety() -> None:
    assert rules.reorder_point(demand(5, 5), source(lead_time_days=4), Decimal("0.999")) == 20


@pytest.mark.parametrize(
    ("level", "z"), [("0.5", "0"), ("0.95", "1.645"), ("0.951", "1.751"), ("0.99999", "3.719")]
)
def test_a_level_between_two_takes_the_safer(level: str, z: str) -> None:
    assert rules.safety_factor(Decimal(level)) == Decimal(z)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30), sources)
def test_a_higher_service_level_never_orders_later(sold: list[int], best: Source) -> None:
    points = [rules.reorder_point(demand(*sold), best, Decimal(level)) for level in ("0.8", "0.95", "0.99")]
    assert points == sorted(points)


@given(units, units, sources)
def test_an_order_reaches_the_target_in_whole_packs_and_no_pack_too_many(
    position: int, target: int, best: Source
) -> None:
    quantity = rules.order_quantity(position, target, best)
    if position >= target:
        assert quantity == 0
        return
    assert quantity % best.pack_size == 0
    assert quantity >= best.minimum_quantity
    assert position + quantity >= target
    fewer = quantity - best.pack_size
    assert fewer < best.minimum_quantity or position + fewer < target


def test_the_cheapest_landed_then_the_fastest_then_the_most_punctual() -> None:
    cheap = source("dear-to-bring", 90, freight=20)
    fast, slow = source("fast", 100, lead_time_days=2), source("slow", 100, lead_time_days=5)
    late = source("late", 100, lead_time_days=2, on_time=Decimal("0.8"))
    assert [s.supplier_id for s in rules.rank_sources([cheap, slow, late, fast])] == [
        "fast", "late", "slow", "dear-to-bring",
    ]  # fmt: skip


@given(
    st.integers(-50, 60),
    units,
    st.lists(st.integers(0, 50), min_size=1),
    st.lists(sources, min_size=1, unique_by=lambda one: one.supplier_id),
)
def test_ordered_units_end_the_need(
    available: int, point: int, sold: list[int], offers: list[Source]
) -> None:
    policy = Policy(location="store-1", sku="TEA", sources=tuple(offers))
    line = rules.plan_line(need(available, 0, point), policy, demand(*sold))
    if available <= point:
        assert line is not None
        assert available + line.quantity > point


def test_other_suppliers_of_all_lines_follow_the_first() -> None:
    both = (source("alpha", 100), source("beta", 110))
    lines = [
        rules.PlannedLine(need(sku="A"), 5, both, 20),
        rules.PlannedLine(need(sku="B"), 5, (*both, source("gamma", 120)), 20),
        rules.PlannedLine(need(sku="C"), 5, (source("beta", 50),), 20),
    ]
    first, second = rules.group_orders("run-1", lines)
    assert [line["sku"] for line in first["lines"]] == ["A", "B"]
    assert first["suppliers"] == [{"supplier_id": "alpha"}, {"supplier_id": "beta"}]
    assert first["total"] == 1000
    assert [line["sku"] for line in second["lines"]] == ["C"]
    again = rules.group_orders("run-1", reversed(lines))
    assert [order["purchase_order_id"] for order in again] == [
        first["purchase_order_id"], second["purchase_order_id"],
    ]  # fmt: skip


@given(st.integers(1, 40))
def test_no_line_is_lost_in_orders_of_limited_size(count: int) -> None:
    lines = [rules.PlannedLine(need(sku=f"S{n}"), 1, (source(),), 20) for n in range(count)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules, "LINES_PER_ORDER", 7)
        orders = rules.group_orders("run-1", lines)
    assert {order["total"] + order["other_total"] for order in orders} == {100 * count}
    assert sum(len(order["lines"]) for order in orders) == count
    assert len({order["purchase_order_id"] for order in orders}) == len(orders)


def test_lines_without_a_cost_count_in_the_other_orders() -> None:
    lines = [rules.PlannedLine(need(sku=f"S{n}"), 1, (source(cost=0),), 20) for n in range(501)]
    first, second = rules.group_orders("run-1", lines)
    assert (first["other_total"], second["other_total"]) == (1, 500)


def test_costs_in_different_currencies_are_not_compared() -> None:
    offers = (source("tokyo", 500, currency="JPY"), source("paris", 400))
    with pytest.raises(InvalidPolicy, match="sources is 'EUR, JPY'; expected sources in one currency"):
        rules.rank_sources(offers)
    with pytest.raises(ValidationError, match="one currency"):
        Policy(location="store-1", sku="TEA", sources=offers)


def test_a_line_holds_no_more_units_or_money_than_an_order_accepts() -> None:
    assert rules.order_quantity(0, 5_000_000, source(pack_size=7)) == 999_999
    assert rules.order_quantity(0, 5_000_000, source(cost=10**12 - 1)) == 1000
    with pytest.raises(ValidationError, match="whole packs"):
        source(minimum_quantity=1_000_000, pack_size=7)


def test_orders_are_split_before_their_total_leaves_its_range() -> None:
    dear = source(cost=10**12 - 1)
    lines = [rules.PlannedLine(need(sku=f"S{n}"), 600, (dear,), 20) for n in range(3)]
    orders = rules.group_orders("run-1", lines)
    assert [len(order["lines"]) for order in orders] == [1, 1, 1]
    assert all(order["other_total"] < 10**15 for order in orders)


@pytest.mark.parametrize(
    "field",
    [
        {"unit_cost": 10**12},
        {"freight": -1},
        {"pack_size": 0},
        {"pack_size": 1_000_001},
        {"lead_time_days": 366},
        {"lead_time_variance": "1e-99999999"},
        {"on_time": "1.1"},
        {"currency": "XXX"},
        {"supplier_id": "a#b"},
    ],
)
def test_source_fields_have_ranges(field: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Source.model_validate({"supplier_id": "alpha", "unit_cost": 1} | field)
