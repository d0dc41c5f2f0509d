"""The three-way match of order, receipts and invoice, and the due date of an invoice. Pure, integers only."""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tillflow.money import divide_half_up

from purchasing.models import Invoice, InvoicedLine, Line, Terms

PRICE_TOLERANCE_PERCENT = 2
SMALL_DIFFERENCE = 50
"""Minor units that a line, or the tax of the invoice, may differ by, whatever the percentage."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A difference: the SKU (or `tax`), the compared value, and that value as billed and as expected."""

    subject: str
    value: str
    billed: int
    expected: int

    def __str__(self) -> str:
        return f"{self.subject}: {self.value} {self.billed}; expected {self.expected}"


def mismatches(lines: Iterable[Line], invoice: Invoice, tax_rate: Decimal) -> list[Mismatch]:
    """Return every difference beyond tolerance: quantity none, price 2 % or a small amount, tax a small amount.

    Quantities are compared with the accepted units, prices with the order's.
    """
    ordered = {line.sku: line for line in lines}
    billed = group_by_sku(invoice.lines)
    differences: list[Mismatch] = []
    for sku in sorted(ordered.keys() | billed.keys()):
        differences += _line_mismatches(sku, ordered.get(sku), billed.get(sku, []))
    expected = tax_of(invoice.net, tax_rate)
    if abs(invoice.tax - expected) > SMALL_DIFFERENCE:
        differences.append(Mismatch("tax", "amount", invoice.tax, expected))
    return differences


def group_by_sku(lines: Iterable[InvoicedLine]) -> dict[str, list[InvoicedLine]]:
    """Return the lines by SKU; an invoice may have several lines of one."""
    grouped: dict[str, list[InvoicedLine]] = {}
    for line in lines:
        grouped.setdefault(line.sku, []).append(line)
    return grouped


def price_agrees(billed: int, ordered: int, quantity: int) -> bool:
    """Return True within 2 % of the ordered unit price, or within the small difference for the whole line."""
    difference = abs(billed - ordered)
    return difference * 100 <= ordered * PRICE_TOLERANCE_PERCENT or difference * quantity <= SMALL_DIFFERENCE


def tax_of(net: int, rate: Decimal) -> int:
    """Return the tax of a net amount, half up."""
    numerator, denominator = rate.as_integer_ratio()
    return divide_half_up(net * numerator, denominator)


def due_date(invoiced_on: date, terms: Terms) -> date:
    """Return the invoice date plus net days, from the end of its month if the terms say so."""
    start = invoiced_on
    if terms.end_of_month:
        start = start.replace(day=monthrange(start.year, start.month)[1])
    return start + timedelta(days=terms.days)


def _line_mismatches(sku: str, line: Line | None, billed: list[InvoicedLine]) -> Iterator[Mismatch]:
    quantity = sum(part.quantity for part in billed)
    accepted = line.accepted if line else 0
    if quantity != accepted:
        yield Mismatch(sku, "quantity", quantity, accepted)
    for part in billed:
        if line and not price_agrees(part.unit_price, line.unit_cost, part.quantity):
            yield Mismatch(sku, "unit price", part.unit_price, line.unit_cost)
