"""Compute prices, discounts, taxes and tenders of an order. Pure."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import cast

from tillflow.discounts import DiscountedLine, apply_discounts
from tillflow.errors import InvalidOrder, Problem, TendersDoNotMatchTotal
from tillflow.fields import MAX_AMOUNT
from tillflow.money import Money, cash_increment, divide_half_up
from tillflow.order_request import Order, OrderLine, Tender
from tillflow.plurals import counted
from tillflow.tax import Taxable, Taxed, sum_by_rate, tax_lines
from tillflow.times import iso_utc

from catalog.errors import UnknownProduct
from catalog.labels import Layouts, labelled
from catalog.models import (
    PricedDelivery,
    PricedLine,
    PricedOrder,
    PricedTender,
    Product,
    Totals,
)
from catalog.prices import price_time, priced_at
from catalog.tax_rates import ClassRates, listed, rates_at

# A workflow's payload is at most 256 KiB, and opening an order writes the document as a text, whose quotes and
# backslashes have a backslash: at most twice its size.
MAX_DOCUMENT_BYTES = 125_000


def price_order(
    order: Order,
    products: Mapping[str, Product],
    classes: Mapping[str, ClassRates],
    windows: Mapping[str, int] = MappingProxyType({}),
    layouts: Layouts = MappingProxyType({}),
) -> PricedOrder:
    """Return the order with prices, discounts, tax, tenders and totals.

    products by SKU, tax classes by name, return windows by category, layouts of labels by prefix. Prices and rates are
    those of the time of the order. Per line: total = net + tax, and subtotal - line_discount - order_discount is the
    total if tax is included, else the net. Raises UnknownProduct, InvalidOrder, TendersDoNotMatchTotal.
    """
    _raise_invalid(_retired(order, products))
    moment = price_time(order.placed_at, order.started_at) if order.started_at else order.placed_at
    priced_products = {sku: priced_at(product, moment) for sku, product in products.items()}
    bought, mislabelled = labelled(order.lines, _products_of(order, priced_products), layouts)
    _raise_invalid(mislabelled)
    _raise_invalid(_unpriced(order, bought))
    lines = _priced_lines(order, bought, rates_at(classes, moment), windows)
    totals = _totals(lines)
    _check_amounts({"lines": totals["total"]}, order.currency)
    tenders = [_up_to(tender, totals["total"]) for tender in order.tenders]
    if rounding := _cash_rounding(tenders, totals["total"], order.currency):
        totals |= {"rounding": rounding, "total": totals["total"] + rounding}
    priced: PricedOrder = {
        "order_id": order.order_id,
        "location": order.location,
        "register": order.till,
        "currency": order.currency,
        "customer_id": order.customer_id,
        "fulfilment": order.fulfilment,
        "placed_at": iso_utc(order.placed_at),
        "lines": lines,
        "tenders": _settled(tenders, totals["total"], order.currency),
        "taxes": sum_by_rate(lines),
        "totals": totals,
    }
    if order.approval:
        priced["approval"] = {"manager": order.approval.manager, "note": order.approval.note}
    if order.delivery:
        priced["delivery"] = cast("PricedDelivery", order.delivery.model_dump())
    _check_size(priced)
    return priced


def _products_of(order: Order, products: Mapping[str, Product]) -> Mapping[str, Product]:
    unknown = dict.fromkeys(line.sku for line in order.lines if line.sku not in products)
    if unknown:
        raise UnknownProduct(*unknown)
    return products


def _unpriced(order: Order, bought: Sequence[Product]) -> list[Problem]:
    """Return a problem for each product without a price in the currency of the order."""
    return [
        Problem("currency", order.currency, f"one {sku} has a price in: {', '.join(sorted(prices))}")
        for sku, prices in {product.sku: product.prices for product in bought}.items()
        if order.currency not in prices
    ]


def _retired(order: Order, products: Mapping[str, Product]) -> list[Problem]:
    """Return a problem for each line of a product that is retired."""
    return [
        Problem(f"lines[{number}].sku", line.sku, "a product that is not retired")
        for number, line in enumerate(order.lines)
        if line.sku in products and products[line.sku].retired
    ]


def _rates_of(bought: Sequence[Product], rates: Mapping[str, Decimal]) -> list[Decimal]:
    _raise_invalid(
        [
            Problem(f"tax class of {sku}", tax_class, f"a class with a rate: {listed(rates)}")
            for sku, tax_class in {product.sku: product.tax_class for product in bought}.items()
            if tax_class not in rates
        ]
    )
    return [rates[product.tax_class] for product in bought]


def _raise_invalid(problems: Sequence[Problem]) -> None:
    if problems:
        raise InvalidOrder.of(problems)


def _priced_lines(
    order: Order, bought: Sequence[Product], rates: Mapping[str, Decimal], windows: Mapping[str, int]
) -> list[PricedLine]:
    """Return the lines of an order with their products, discounts and taxes."""
    subtotals = [
        product.prices[order.currency] * line.quantity
        for line, product in zip(order.lines, bought, strict=True)
    ]
    by_line = {f"lines[{position}]": subtotal for position, subtotal in enumerate(subtotals)}
    _check_amounts(by_line | {"lines": sum(subtotals)}, order.currency)
    discounted = apply_discounts(subtotals, [line.discount for line in order.lines], order.discounts)
    taxable = [
        Taxable(line.remaining, rate, product.tax_included)
        for line, product, rate in zip(discounted, bought, _rates_of(bought, rates), strict=True)
    ]
    return [
        _with_terms(_priced_line(number, *parts, order.currency), parts[1], windows)
        for number, parts in enumerate(
            zip(order.lines, bought, discounted, taxable, tax_lines(taxable), strict=True), start=1
        )
    ]


def _priced_line(
    number: int,
    line: OrderLine,
    product: Product,
    discounted: DiscountedLine,
    taxable: Taxable,
    taxed: Taxed,
    currency: str,
) -> PricedLine:
    priced: PricedLine = {
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
    if line.barcode:
        priced["barcode"] = line.barcode
    return priced


def _with_terms(line: PricedLine, product: Product, windows: Mapping[str, int]) -> PricedLine:
    """Return the line with its product's category, and the return window of that or of any other category."""
    if product.category:
        line["category"] = product.category
    days = windows.get(product.category, windows.get(""))
    if days is not None:
        line["return_days"] = days
    return line


def _totals(lines: Sequence[PricedLine]) -> Totals:
    return {
        "subtotal": sum(line["subtotal"] for line in lines),
        "discount": sum(line["line_discount"] + line["order_discount"] for line in lines),
        "net": sum(line["net"] for line in lines),
        "tax": sum(line["tax"] for line in lines),
        "total": sum(line["total"] for line in lines),
    }


def _check_amounts(amounts: Mapping[str, int], currency: str) -> None:
    """Raise InvalidOrder naming every amount above the bound; they are products and sums of bounded numbers."""
    _raise_invalid(
        [
            Problem(field, str(Money(amount, currency)), f"a total of at most {Money(MAX_AMOUNT, currency)}")
            for field, amount in amounts.items()
            if amount > MAX_AMOUNT
        ]
    )


def _up_to(tender: Tender, total: int) -> Tender:
    """Return the tender with the amount that an exchange pays of a total."""
    if tender.at_most is None:
        return tender
    return tender.model_copy(update={"amount": min(tender.at_most, total)})


def _cash_rounding(tenders: Sequence[Tender], total: int, currency: str) -> int:
    """Return what is added to the total so that the amount due in cash can be paid in coins; InvalidOrder for cash
    that no coins make up.
    """
    increment = cash_increment(currency)
    coins = f"a multiple of {Money(increment, currency)}, the smallest coin"
    _raise_invalid(
        [
            Problem(f"tenders[{number}].amount", tender.amount, coins)
            for number, tender in enumerate(tenders)
            if tender.type == "cash" and (tender.amount or 0) % increment
        ]
    )
    others = [tender.amount for tender in tenders if tender.type != "cash"]
    due = total - sum(amount or 0 for amount in others)
    if None in others or len(others) == len(tenders) or due <= 0:
        return 0
    return divide_half_up(due, increment) * increment - due


def _settled(tenders: Sequence[Tender], total: int, currency: str) -> list[PricedTender]:
    """Return the tenders with their amounts; one without pays the remainder, and is dropped if there is none.

    Cash above the total is change: the tender has what it pays as `amount`, and `tendered` and `change` besides.
    """
    tendered = sum(tender.amount or 0 for tender in tenders)
    takes_rest = any(tender.amount is None for tender in tenders)
    change = max(tendered - total, 0)
    changed = _change_giver(tenders, change) if change else None
    if (change and changed is None) or (tendered < total and not takes_rest):
        raise TendersDoNotMatchTotal(str(Money(tendered, currency)), str(Money(total, currency)))
    settled: list[PricedTender] = []
    for tender in tenders:
        amount = max(total - tendered, 0) if tender.amount is None else tender.amount
        if amount:
            priced: PricedTender = {"tender_no": len(settled) + 1, "type": tender.type, "amount": amount}
            if tender.card:
                priced["card"] = tender.card
            if tender.return_id:
                priced["return_id"] = tender.return_id
            if tender is changed:
                priced |= {"amount": amount - change, "tendered": amount, "change": change}
            settled.append(priced)
    return settled


def _change_giver(tenders: Sequence[Tender], change: int) -> Tender | None:
    """Return the last cash tender that is more than the change; only cash gives change."""
    cash = [tender for tender in tenders if tender.type == "cash" and (tender.amount or 0) > change]
    return cash[-1] if cash else None


def _check_size(priced: PricedOrder) -> None:
    size = len(json.dumps(priced, separators=(",", ":")))
    if size > MAX_DOCUMENT_BYTES:
        raise InvalidOrder(
            "lines",
            f"{counted(len(priced['lines']), 'line')} of {size} bytes",
            f"at most {MAX_DOCUMENT_BYTES} bytes of priced lines in one order; split it",
        )
