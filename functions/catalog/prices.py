"""Which prices of a product are in effect at a time. Pure."""

from datetime import datetime, timedelta

from tillflow.errors import InvalidOrder, Problem
from tillflow.order_request import CLOCKS_DIFFER
from tillflow.times import iso_utc

from catalog.errors import InvalidProduct
from catalog.models import MAX_PRICE_CHANGES, PriceChange, Product, SchedulePrice

PRICE_LIST_VALID = timedelta(hours=24)
"""How long a till without a connection sells by its price list (`VALID_MS` of the console)."""
OLDEST_SALE = timedelta(days=366)
"""How long after it was made a sale is sent at the latest."""

FURTHEST_CHANGE = timedelta(days=3653)
"""How far ahead a price or tax rate is set at most, ten years: a later one is a typing error."""


def priced_at(product: Product, moment: datetime) -> Product:
    """Return the product with the prices in effect at a time, and the changes that are still to come."""
    prices = dict(product.prices)
    for change in product.price_changes:
        if change.valid_from <= moment:
            prices |= change.prices
    later = tuple(change for change in product.price_changes if change.valid_from > moment)
    return product.model_copy(update={"prices": prices, "price_changes": later})


def price_time(placed_at: datetime, received_at: datetime) -> datetime:
    """Return the time whose prices an order has. InvalidOrder for one that is dated ahead, or too far back.

    received_at: when its checkout started. An order that was placed longer before than a till sells by its own price
    list has the prices of then: a date does not choose a price.
    """
    if placed_at > received_at + CLOCKS_DIFFER:
        latest = iso_utc(received_at + CLOCKS_DIFFER)
        raise InvalidOrder("placed_at", iso_utc(placed_at), f"a time until {latest}, by the shop's clock")
    if placed_at < received_at - OLDEST_SALE:
        earliest = iso_utc(received_at - OLDEST_SALE)
        raise InvalidOrder(
            "placed_at", iso_utc(placed_at), f"a time from {earliest} on: {OLDEST_SALE.days} days back"
        )
    return min(placed_at, received_at) if placed_at >= received_at - PRICE_LIST_VALID else received_at


def priced_between(product: Product, first: datetime, last: datetime) -> list[Product]:
    """Return the product with each of the prices in effect from the first time to the last, the latest one first."""
    moments = [change.valid_from for change in product.price_changes if first < change.valid_from <= last]
    return [priced_at(product, moment) for moment in (last, *reversed(moments), first)]


def change_time_problems(valid_from: datetime, now: datetime) -> list[Problem]:
    """Return what is wrong with the time of a change: it is over, or too far ahead."""
    if valid_from <= now:
        return [Problem("valid_from", iso_utc(valid_from), "a time that is to come")]
    if valid_from > (latest := now + FURTHEST_CHANGE):
        accepted = f"a time until {iso_utc(latest.replace(microsecond=0))}"
        return [Problem("valid_from", iso_utc(valid_from), accepted)]
    return []


def scheduled(product: Product, request: SchedulePrice, now: datetime) -> Product:
    """Return the product with a price from a time on.

    InvalidProduct for a time that is over or too far ahead, or too many changes.
    """
    if problems := change_time_problems(request.valid_from, now):
        raise InvalidProduct.of(problems)
    current = priced_at(product, now)
    changes = {change.valid_from: dict(change.prices) for change in current.price_changes}
    changes.setdefault(request.valid_from, {})[request.currency] = request.price
    if len(changes) > MAX_PRICE_CHANGES:
        raise InvalidProduct("price_changes", len(changes), f"at most {MAX_PRICE_CHANGES} changes to come")
    ordered = tuple(
        PriceChange(valid_from=moment, prices=prices) for moment, prices in sorted(changes.items())
    )
    return current.model_copy(update={"price_changes": ordered})
