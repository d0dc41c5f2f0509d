"""Discounts on lines and orders, in the order Square applies them.

Item percentages, then order percentages, then item fixed amounts, then order fixed amounts; each of several discounts
of one kind applies to the remainder of the one before. Order-level amounts are spread over the lines by largest
remainder, in proportion to the remainder of each. A fixed amount larger than the remainder is refused: it is a typing
error more often than a gift.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from tillflow.decimals import Percent
from tillflow.errors import InvalidOrder
from tillflow.fields import Amount, Record
from tillflow.money import allocate, divide_half_up


class Discount(Record):
    """Either `percent` (0 < percent <= 100) or `amount` (minor units, off the whole line or order)."""

    percent: Annotated[Percent | None, Field(gt=0)] = None
    amount: Annotated[Amount, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def one_of_both(self) -> Self:
        if (self.percent is None) == (self.amount is None):
            raise ValueError('either {"percent": "10"} or {"amount": 150}')
        return self


@dataclass(slots=True)
class DiscountedLine:
    """A line of `subtotal` and its discounts, in minor units."""

    subtotal: int
    line_discount: int = 0
    order_discount: int = 0

    @property
    def remaining(self) -> int:
        """Return the line's amount after discounts, before tax that is not included."""
        return self.subtotal - self.line_discount - self.order_discount


def apply_discounts(
    subtotals: Sequence[int], on_lines: Sequence[Discount | None], on_order: Sequence[Discount]
) -> list[DiscountedLine]:
    """Return the lines with their discounts; `on_lines` matches `subtotals` one to one.

    InvalidOrder if a fixed amount exceeds the remainder.
    """
    lines = [DiscountedLine(subtotal) for subtotal in subtotals]
    for line, discount in zip(lines, on_lines, strict=True):
        if discount and discount.percent is not None:
            line.line_discount = percent_of(line.subtotal, discount.percent)
    for discount in on_order:
        if discount.percent is not None:
            _spread(lines, percent_of(_remaining(lines), discount.percent))
    for position, (line, discount) in enumerate(zip(lines, on_lines, strict=True)):
        if discount and discount.amount is not None:
            _check_fixed(f"lines[{position}].discount.amount", discount.amount, line.remaining)
            line.line_discount = discount.amount
    for position, discount in enumerate(on_order):
        if discount.amount is not None:
            _check_fixed(f"discounts[{position}].amount", discount.amount, _remaining(lines))
            _spread(lines, discount.amount)
    return lines


def percent_of(amount: int, percent: Decimal) -> int:
    """Return a percentage of an amount in minor units, rounded half up."""
    numerator, denominator = percent.as_integer_ratio()
    return divide_half_up(amount * numerator, 100 * denominator)


def _remaining(lines: Sequence[DiscountedLine]) -> int:
    return sum(line.remaining for line in lines)


def _spread(lines: Sequence[DiscountedLine], amount: int) -> None:
    parts = allocate(amount, [line.remaining for line in lines])
    for line, part in zip(lines, parts, strict=True):
        line.order_discount += part


def _check_fixed(field: str, amount: int, remaining: int) -> None:
    if amount > remaining:
        raise InvalidOrder(field, amount, f"at most {remaining}, the remainder (minor units)")
