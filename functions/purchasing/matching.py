"""The three-way match of order, receipts and invoice, and when an invoice is due. Pure, all integers."""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tillflow.money import divide_half_up

from purchasing.models import Invoice, InvoicedLine, Line, Terms

PRICE_TOLERANCE_PERCENT = 2
SMALL_DIFFERENCE = 50
"""Minor units a line, or the tax of the whole invoice, may differ by whatever its percentage."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One difference: of which SKU (or `tax`), in what, as billed and as expected."""

    subject: str
    what: str
    billed: int
    expected: int

    def __str__(self) -> str:
        return f"{self.subject}: {self.what} {self.billed}; expected {self.expected}"


def mismatches(lines: Iterable[Line], invoice: Invoice, tax_rate: Decimal) -> list[Mismatch]:
    """Every difference beyond tolerance: quantity none, price 2 % or a small amount, tax a small amount.

    Quantity is held against what was accepted, the price against the order's.
    """
    ordered = {line.sku: line for line in lines}
    billed = merge_invoice_lines(invoice.lines)
    found: list[Mismatch] = []
    for sku in sorted(ordered.keys() | billed.keys()):
        found += _of_line(sku, ordered.get(sku), billed.get(sku, []))
    expected = tax_of(invoice.net, tax_rate)
    if abs(invoice.tax - expected) > SMALL_DIFFERENCE:
        found.append(Mismatch("tax", "amount", invoice.tax, expected))
    return found


def merge_invoice_lines(lines: Iterable[InvoicedLine]) -> dict[str, list[InvoicedLine]]:
    """Lines by SKU; a supplier may bill one in several lines."""
    grouped: dict[str, list[InvoicedLine]] = {}
    for line in lines:
        grouped.setdefault(line.sku, []).append(line)
    return grouped


def price_agrees(billed: int, ordered: int, quantity: int) -> bool:
    """True within 2 % of the ordered unit price, or within the small difference for the whole line."""
    difference = abs(billed - ordered)
    return difference * 100 <= ordered * PRICE_TOLERANCE_PERCENT or difference * quantity <= SMALL_DIFFERENCE


def tax_of(net: int, rate: Decimal) -> int:
    """Tax of a net amount, half up."""
    numerator, denominator = rate.as_integer_ratio()
    return divide_half_up(net * numerator, denominator)


def due_date(invoiced_on: date, terms: Terms) -> date:
    """The day an invoice is to be paid: net days, counted from the end of its month if so agreed."""
    start = invoiced_on
    if terms.end_of_month:
        start = start.replace(day=monthrange(start.year, start.month)[1])
    return start + timedelta(days=terms.days)


def _of_line(sku: str, line: Line | None, billed: list[InvoicedLine]) -> Iterator[Mismatch]:
    quantity = sum(part.quantity for part in billed)
    accepted = line.accepted if line else 0
    if quantity != accepted:
        yield Mismatch(sku, "quantity", quantity, accepted)
    for part in billed:
        if line and not price_agrees(part.unit_price, line.unit_cost, part.quantity):
            yield Mismatch(sku, "unit price", part.unit_price, line.unit_cost)
