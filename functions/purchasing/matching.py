"""The three-way match of order, receipts and invoice, and the due date of an invoice. Pure, integers only."""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tillflow.money import EXPONENT, Money, divide_half_up

from purchasing.models import Invoice, InvoicedLine, Line
from purchasing.supplier_models import Terms

PRICE_TOLERANCE_PERCENT = 2


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A difference: the SKU (or `tax`, or `goods`: all lines), the compared value, as billed and as expected.

    currency: that of an amount, None for a quantity.
    """

    subject: str
    value: str
    billed: int
    expected: int
    currency: str | None = None

    def __str__(self) -> str:
        billed, expected = (
            str(value) if self.currency is None else str(Money(value, self.currency))
            for value in (self.billed, self.expected)
        )
        return f"{self.subject}: {self.value} {billed}; expected {expected}"


def mismatches(lines: Iterable[Line], invoice: Invoice, tax_rate: Decimal, currency: str) -> list[Mismatch]:
    """Return every difference beyond tolerance.

    Quantities have none: they are compared with the accepted units. The price differences of all lines of a SKU
    together may be 2 % of its value at the order's prices, or the small difference; those of the whole invoice
    likewise. The tax may differ by the small difference, and at least by one minor unit.
    """
    ordered = {line.sku: line for line in lines}
    billed = group_by_sku(invoice.lines)
    small = small_difference(currency)
    differences: list[Mismatch] = []
    for sku in sorted(ordered.keys() | billed.keys()):
        differences += _sku_mismatches(sku, ordered.get(sku), billed.get(sku, []), small, currency)
    expected = sum(
        line.quantity * ordered[line.sku].unit_cost for line in invoice.lines if line.sku in ordered
    )
    if not _within_tolerance(abs(invoice.gross - expected), expected, small):
        differences.append(Mismatch("goods", "amount", invoice.gross, expected, currency))
    tax = tax_of(invoice.net, tax_rate)
    if abs(invoice.tax - tax) > max(small, 1):
        differences.append(Mismatch("tax", "amount", invoice.tax, tax, currency))
    return differences


def small_difference(currency: str) -> int:
    """Return the difference that is accepted whatever its percentage: half a unit of the currency (JPY: none)."""
    return int(10 ** EXPONENT[currency] // 2)


def group_by_sku(lines: Iterable[InvoicedLine]) -> dict[str, list[InvoicedLine]]:
    """Return the lines by SKU; an invoice may have several lines of one."""
    grouped: dict[str, list[InvoicedLine]] = {}
    for line in lines:
        grouped.setdefault(line.sku, []).append(line)
    return grouped


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


def _sku_mismatches(
    sku: str, line: Line | None, billed: list[InvoicedLine], small: int, currency: str
) -> Iterator[Mismatch]:
    quantity = sum(part.quantity for part in billed)
    accepted = line.accepted if line else 0
    if quantity != accepted:
        yield Mismatch(sku, "quantity", quantity, accepted)
    if line is None:
        return
    # Not netted: a line above the price is not made good by one below it.
    difference = sum(part.quantity * abs(part.unit_price - line.unit_cost) for part in billed)
    if not _within_tolerance(difference, quantity * line.unit_cost, small):
        for price in sorted({part.unit_price for part in billed} - {line.unit_cost}):
            yield Mismatch(sku, "unit price", price, line.unit_cost, currency)


def _within_tolerance(difference: int, expected: int, small: int) -> bool:
    return difference * 100 <= expected * PRICE_TOLERANCE_PERCENT or difference <= small
