"""The value of units that come back without a receipt: the lowest price they were sold at in the last days. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from tillflow.errors import InvalidRequest
from tillflow.fields import MAX_AMOUNT
from tillflow.money import Money
from tillflow.tax import Taxable, Taxed, tax_lines

from catalog.errors import UnknownProduct
from catalog.models import Product, UnvaluedLine, ValuedLine, ValueReturn
from catalog.tax_rates import listed


def value_lines(
    request: ValueReturn, products: Mapping[str, Sequence[Product]], rates: Mapping[str, Decimal]
) -> list[ValuedLine]:
    """Return the lines with their value.

    products: by SKU, the product as it is and with each price it had in the last days; rates by tax class. Raises
    UnknownProduct, and InvalidRequest for a product without a price in the currency or a rate.
    """
    if unknown := dict.fromkeys(line.sku for line in request.lines if line.sku not in products):
        raise UnknownProduct(*unknown)
    lines = [_valued(line, products[line.sku], request.currency, rates) for line in request.lines]
    if (total := sum(line["total"] for line in lines)) > MAX_AMOUNT:
        most = Money(MAX_AMOUNT, request.currency)
        raise InvalidRequest("lines", str(Money(total, request.currency)), f"a total of at most {most}")
    return lines


def _valued(
    line: UnvaluedLine, versions: Sequence[Product], currency: str, rates: Mapping[str, Decimal]
) -> ValuedLine:
    product = versions[0]
    if currency not in product.prices:
        raise InvalidRequest(
            "currency", currency, f"one {line.sku} has a price in: {', '.join(sorted(product.prices))}"
        )
    if product.tax_class not in rates:
        accepted = f"a class with a rate: {listed(rates)}"
        raise InvalidRequest(f"tax class of {line.sku}", product.tax_class, accepted)
    rate = rates[product.tax_class]
    values = [
        _taxed(version.prices[currency] * line.quantity, rate, version.tax_included)
        for version in versions
        if currency in version.prices
    ]
    lowest = min(values, key=lambda value: value.net + value.tax)
    return {
        "line_no": line.line_no,
        "sku": line.sku,
        "description": product.name,
        "quantity": line.quantity,
        "tax_class": product.tax_class,
        "tax_rate": str(rate),
        "net": lowest.net,
        "tax": lowest.tax,
        "total": lowest.net + lowest.tax,
    }


def _taxed(amount: int, rate: Decimal, included: bool) -> Taxed:
    [taxed] = tax_lines([Taxable(amount, rate, included)])
    return taxed
