"""Discounts on lines and orders, in the order Square applies them.

Item percentages, then order percentages, then item fixed amounts, then order fixed amounts; several of one
kind each take their part of what the one before left. Order-level amounts are spread over the lines by
largest remainder, in proportion to what is left of each. A fixed amount larger than what is left is
refused: it is a typing error more often than a gift.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from tillflow.errors import InvalidOrder
from tillflow.money import allocate, divide_half_up


def _no_float(value: Any) -> Any:
    if isinstance(value, float):
        raise ValueError('a decimal number as text, such as "7.5"')
    return value


type ExactDecimal = Annotated[Decimal, BeforeValidator(_no_float)]
"""A decimal sent as text or a whole number; a JSON float has already lost what was meant."""


class Discount(BaseModel):
    """Either `percent` (0 < percent <= 100) or `amount` (minor units, off the whole line or order)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    percent: Annotated[ExactDecimal | None, Field(gt=0, le=100)] = None
    amount: Annotated[int | None, Field(gt=0, strict=True)] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.percent is None) == (self.amount is None):
            raise ValueError('either {"percent": "10"} or {"amount": 150}')
        return self


@dataclass(slots=True)
class DiscountedLine:
    """What came off a line of `subtotal`, all in minor units."""

    subtotal: int
    line_discount: int = 0
    order_discount: int = 0

    @property
    def remaining(self) -> int:
        """What is left to pay of the line, before tax that is not included."""
        return self.subtotal - self.line_discount - self.order_discount


def apply_discounts(
    subtotals: Sequence[int], on_lines: Sequence[Discount | None], on_order: Sequence[Discount]
) -> list[DiscountedLine]:
    """The lines with their discounts; `on_lines` matches `subtotals` one to one.

    InvalidOrder when a fixed amount exceeds what is left to discount.
    """
    lines = [DiscountedLine(subtotal) for subtotal in subtotals]
    for line, discount in zip(lines, on_lines, strict=True):
        if discount and discount.percent is not None:
            line.line_discount = percent_of(line.subtotal, discount.percent)
    for discount in on_order:
        if discount.percent is not None:
            _spread(lines, percent_of(_left(lines), discount.percent))
    for position, (line, discount) in enumerate(zip(lines, on_lines, strict=True)):
        if discount and discount.amount is not None:
            _check_fixed(f"lines[{position}].discount.amount", discount.amount, line.remaining)
            line.line_discount = discount.amount
    for position, discount in enumerate(on_order):
        if discount.amount is not None:
            _check_fixed(f"discounts[{position}].amount", discount.amount, _left(lines))
            _spread(lines, discount.amount)
    return lines


def percent_of(amount: int, percent: Decimal) -> int:
    """percent of the amount, half up, in minor units."""
    numerator, denominator = percent.as_integer_ratio()
    return divide_half_up(amount * numerator, 100 * denominator)


def _left(lines: Sequence[DiscountedLine]) -> int:
    return sum(line.remaining for line in lines)


def _spread(lines: Sequence[DiscountedLine], amount: int) -> None:
    parts = allocate(amount, [line.remaining for line in lines])
    for line, part in zip(lines, parts, strict=True):
        line.order_discount += part


def _check_fixed(field: str, amount: int, left: int) -> None:
    if amount > left:
        raise InvalidOrder(field, amount, f"at most {left}, what is left to discount (minor units)")
