"""How an order gets its prices, discounts, taxes and tenders. Pure: same order and catalog, same answer."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tillflow.discounts import DiscountedLine, apply_discounts
from tillflow.errors import InvalidOrder, TendersDoNotMatchTotal
from tillflow.money import Money
from tillflow.tax import Taxable, Taxed, tax_lines
from tillflow.times import iso_utc

from catalog.errors import UnknownProduct
from catalog.models import Order, OrderLine, Product, Tender

# A workflow's payload ends at 256 KiB, and opening an order writes the document twice, quotes escaped.
MAX_DOCUMENT_BYTES = 110_000


def price_order(
    order: Order, products: Mapping[str, Product], rates: Mapping[str, Decimal]
) -> dict[str, Any]:
    """The priced order: lines with their discounts and tax, taxes per class, tenders, totals.

    products by SKU, rates by tax class. Per line: total = net + tax, and subtotal - line_discount -
    order_discount is the total when tax is included, else the net. Raises UnknownProduct, InvalidOrder,
    TendersDoNotMatchTotal.
    """
    bought = _products_of(order, products)
    subtotals = [
        product.prices[order.currency] * line.quantity
        for line, product in zip(order.lines, bought, strict=True)
    ]
    discounted = apply_discounts(subtotals, [line.discount for line in order.lines], order.discounts)
    taxable = [
        Taxable(line.remaining, _rate_of(product, rates), product.tax_included)
        for line, product in zip(discounted, bought, strict=True)
    ]
    lines = [
        _priced_line(number, *parts, order.currency)
        for number, parts in enumerate(
            zip(order.lines, bought, discounted, taxable, tax_lines(taxable), strict=True), start=1
        )
    ]
    totals = _totals(lines)
    priced = {
        "order_id": order.order_id,
        "location": order.location,
        "register": order.till,
        "currency": order.currency,
        "customer_id": order.customer_id,
        "fulfilment": order.fulfilment,
        "placed_at": iso_utc(order.placed_at),
        "lines": lines,
        "tenders": _settled(order.tenders, totals["total"], order.currency),
        "taxes": _tax_summary(lines),
        "totals": totals,
    }
    _check_size(priced)
    return priced


def _products_of(order: Order, products: Mapping[str, Product]) -> list[Product]:
    unknown = dict.fromkeys(line.sku for line in order.lines if line.sku not in products)
    if unknown:
        raise UnknownProduct(*unknown)
    bought = [products[line.sku] for line in order.lines]
    for product in bought:
        if order.currency not in product.prices:
            priced_in = ", ".join(sorted(product.prices))
            raise InvalidOrder("currency", order.currency, f"one {product.sku} has a price in: {priced_in}")
    return bought


def _rate_of(product: Product, rates: Mapping[str, Decimal]) -> Decimal:
    if product.tax_class not in rates:
        known = ", ".join(sorted(rates)) or "none is defined yet"
        raise InvalidOrder(f"tax class of {product.sku}", product.tax_class, f"a class with a rate: {known}")
    return rates[product.tax_class]


def _priced_line(
    number: int,
    line: OrderLine,
    product: Product,
    discounted: DiscountedLine,
    taxable: Taxable,
    taxed: Taxed,
    currency: str,
) -> dict[str, Any]:
    return {
        "line_no": number,
        "sku": line.sku,
        "description": product.name,
        "quantity": line.quantity,
        "unit_price": product.prices[currency],
        "tax_class": product.tax_class,
        "tax_rate": str(taxable.rate),
        "tax_included": product.tax_included,
        "subtotal": discounted.subtotal,
        "line_discount": discounted.line_discount,
        "order_discount": discounted.order_discount,
        "net": taxed.net,
        "tax": taxed.tax,
        "total": taxed.net + taxed.tax,
    }


def _tax_summary(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Net and tax per class and rate, as the lines carry them, in the order they first appear."""
    summary: dict[tuple[str, str], dict[str, Any]] = {}
    for line in lines:
        row = summary.setdefault(
            (line["tax_class"], line["tax_rate"]),
            {"tax_class": line["tax_class"], "rate": line["tax_rate"], "net": 0, "tax": 0},
        )
        row["net"] += line["net"]
        row["tax"] += line["tax"]
    return list(summary.values())


def _totals(lines: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    def added(field: str) -> int:
        return sum(line[field] for line in lines)

    return {
        "subtotal": added("subtotal"),
        "discount": added("line_discount") + added("order_discount"),
        "net": added("net"),
        "tax": added("tax"),
        "total": added("total"),
    }


def _settled(tenders: Sequence[Tender], total: int, currency: str) -> list[dict[str, Any]]:
    """The tenders with their amounts; the one without takes the rest, and drops out when there is none."""
    tendered = sum(tender.amount or 0 for tender in tenders)
    takes_rest = any(tender.amount is None for tender in tenders)
    if tendered > total or (tendered < total and not takes_rest):
        raise TendersDoNotMatchTotal(str(Money(tendered, currency)), str(Money(total, currency)))
    settled: list[dict[str, Any]] = []
    for tender in tenders:
        amount = total - tendered if tender.amount is None else tender.amount
        if amount:
            token = {"token": tender.token} if tender.token else {}
            settled.append({"tender_no": len(settled) + 1, "type": tender.type, **token, "amount": amount})
    return settled


def _check_size(priced: Mapping[str, Any]) -> None:
    size = len(json.dumps(priced, separators=(",", ":")))
    if size > MAX_DOCUMENT_BYTES:
        raise InvalidOrder(
            "lines",
            f"{len(priced['lines'])} lines of {size} bytes",
            f"at most {MAX_DOCUMENT_BYTES} bytes of priced lines in one order; split it",
        )
