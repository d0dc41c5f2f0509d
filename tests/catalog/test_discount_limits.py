"""What a cashier and a manager may take off an order."""

from decimal import Decimal
from typing import Any, cast

import pytest
from catalog.discount_limits import check_discounts, is_within, needed_role
from catalog.models import DiscountLimit, DiscountLimits, PricedOrder
from hypothesis import given
from hypothesis import strategies as st
from tillflow.discounts import Discount, apply_discounts
from tillflow.errors import DiscountAboveLimit

LIMITS = DiscountLimits(
    cashier=DiscountLimit(percent=Decimal(10), amounts={"EUR": 500}),
    manager=DiscountLimit(percent=Decimal(30)),
)
APPROVAL = {"approval": {"manager": "ada", "note": "a scratch"}}


def priced(
    *subtotals: int, lines: dict[int, Discount] | None = None, order: tuple[Discount, ...] = (), **more: Any
) -> PricedOrder:
    on_lines = [(lines or {}).get(position) for position in range(len(subtotals))]
    discounted = apply_discounts(subtotals, on_lines, order)
    discount = sum(line.line_discount + line.order_discount for line in discounted)
    return cast(
        "PricedOrder",
        {
            "currency": "EUR",
            "lines": [{"subtotal": one.subtotal, "line_discount": one.line_discount} for one in discounted],
            "totals": {"subtotal": sum(subtotals), "discount": discount},
            **more,
        },
    )


def percent(value: str) -> Discount:
    return Discount(percent=Decimal(value))


@pytest.mark.parametrize(
    ("order", "role"),
    [
        (priced(1000), "cashier"),
        (priced(1000, order=(percent("10"),)), "cashier"),
        (priced(1000, order=(percent("10.1"),)), "manager"),
        (priced(1000, order=(Discount(amount=100),)), "cashier"),
        (priced(1000, order=(Discount(amount=101),)), "manager"),
        # One line above the limit, the order below it.
        (priced(1000, 9000, lines={0: percent("20")}), "manager"),
        # Each discount at the limit, both above it.
        (priced(1000, lines={0: percent("10")}, order=(percent("10"),)), "manager"),
        # Below the percentage, above the amount.
        (priced(10_000, order=(Discount(amount=501),)), "manager"),
        (priced(1000, order=(percent("30"),)), "manager"),
        (priced(1000, order=(percent("30.1"),)), None),
        # An amount has a limit in its own currency alone.
        (priced(10_000, order=(Discount(amount=501),), currency="CHF"), "cashier"),
    ],
)
def test_least_role_that_may_give_the_discounts(order: PricedOrder, role: str | None) -> None:
    assert needed_role(order, LIMITS) == role


def test_discount_above_the_cashiers_limit_needs_an_approval() -> None:
    above = priced(1000, order=(percent("20"),))
    message = (
        "discounts are 2.00 EUR; a cashier may give 10 % of each line and of the order, 5.00 EUR at most"
    )
    with pytest.raises(DiscountAboveLimit, match=message):
        check_discounts(above, LIMITS)
    check_discounts(cast("PricedOrder", above | APPROVAL), LIMITS)


def test_approval_does_not_allow_more_than_a_manager_may_give() -> None:
    above = cast("PricedOrder", priced(1000, order=(percent("40"),)) | APPROVAL)
    with pytest.raises(DiscountAboveLimit, match=r"a manager may give 30 % of each line and of the order$"):
        check_discounts(above, LIMITS)


def test_manager_may_give_what_a_cashier_may() -> None:
    limits = DiscountLimits(manager=DiscountLimit(percent=Decimal(0)))
    check_discounts(cast("PricedOrder", priced(1000, order=(percent("50"),)) | APPROVAL), limits)


def test_without_limits_everything_may_be_given() -> None:
    check_discounts(priced(1000, order=(percent("100"),)), DiscountLimits())


@given(
    subtotals=st.lists(st.integers(0, 10**6), min_size=1, max_size=30),
    rate=st.decimals(min_value=Decimal("0.0001"), max_value=100, places=4),
    by_line=st.booleans(),
)
def test_percentage_at_the_limit_is_within_it_however_it_is_rounded(
    subtotals: list[int], rate: Decimal, by_line: bool
) -> None:
    discount = Discount(percent=rate)
    lines = dict.fromkeys(range(len(subtotals)), discount) if by_line else {}
    order = priced(*subtotals, lines=lines, order=() if by_line else (discount,))
    assert is_within(order, DiscountLimit(percent=rate))
