"""Sales tax: rounded once per rate of the invoice, then allocated to the lines without remainder."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypedDict

from tillflow.money import allocate, divide_half_up


@dataclass(frozen=True, slots=True)
class Taxable:
    """An amount in minor units, its rate (0.20 is 20 %), and whether the amount includes the tax."""

    amount: int
    rate: Decimal
    included: bool


@dataclass(frozen=True, slots=True)
class Taxed:
    """Net and tax of a line in minor units."""

    net: int
    tax: int


def tax_lines(lines: Sequence[Taxable]) -> list[Taxed]:
    """Return net and tax of each line.

    Rounded half up, once for all lines of a rate (those that include the tax separately from those that do not), then
    allocated to the lines by largest remainder. Included: net = round(gross / (1 + rate)), tax = gross - net.
    """
    groups: dict[tuple[Decimal, bool], list[int]] = {}
    for position, line in enumerate(lines):
        groups.setdefault((line.rate, line.included), []).append(position)
    taxed: dict[int, Taxed] = {}
    for (rate, included), positions in groups.items():
        amounts = [lines[position].amount for position in positions]
        shares = allocate(_tax_of(sum(amounts), rate, included), amounts)
        for position, amount, tax in zip(positions, amounts, shares, strict=True):
            taxed[position] = Taxed(amount - tax if included else amount, tax)
    return [taxed[position] for position in range(len(lines))]


class TaxSum(TypedDict):
    """Net and tax of the lines of a tax class and rate."""

    tax_class: str
    rate: str
    net: int
    tax: int


def sum_by_rate(lines: Iterable[Mapping[str, Any]]) -> list[TaxSum]:
    """Return net and tax of lines {tax_class, tax_rate, net, tax} by class and rate, in the order of the lines."""
    sums: dict[tuple[str, str], TaxSum] = {}
    for line in lines:
        row = sums.setdefault(
            (line["tax_class"], line["tax_rate"]),
            {"tax_class": line["tax_class"], "rate": line["tax_rate"], "net": 0, "tax": 0},
        )
        row["net"] += line["net"]
        row["tax"] += line["tax"]
    return list(sums.values())


def _tax_of(amount: int, rate: Decimal, included: bool) -> int:
    numerator, denominator = rate.as_integer_ratio()
    if included:
        return amount - divide_half_up(amount * denominator, denominator + numerator)
    return divide_half_up(amount * numerator, denominator)
