"""Which prices of a product are in effect at a time. Pure."""

from datetime import datetime

from catalog.errors import InvalidProduct
from catalog.models import MAX_PRICE_CHANGES, PriceChange, Product, SchedulePrice


def priced_at(product: Product, moment: datetime) -> Product:
    """Return the product with the prices in effect at a time, and the changes that are still to come."""
    prices = dict(product.prices)
    for change in product.price_changes:
        if change.valid_from <= moment:
            prices |= change.prices
    later = tuple(change for change in product.price_changes if change.valid_from > moment)
    return product.model_copy(update={"prices": prices, "price_changes": later})


def priced_between(product: Product, first: datetime, last: datetime) -> list[Product]:
    """Return the product with each of the prices in effect from the first time to the last, the latest one first."""
    moments = [change.valid_from for change in product.price_changes if first < change.valid_from <= last]
    return [priced_at(product, moment) for moment in (last, *reversed(moments), first)]


def scheduled(product: Product, request: SchedulePrice, now: datetime) -> Product:
    """Return the product with a price from a time on. InvalidProduct for a time that is over, or too many changes."""
    if request.valid_from <= now:
        raise InvalidProduct("valid_from", request.valid_from.isoformat(), "a time that is to come")
    current = priced_at(product, now)
    changes = {change.valid_from: dict(change.prices) for change in current.price_changes}
    changes.setdefault(request.valid_from, {})[request.currency] = request.price
    if len(changes) > MAX_PRICE_CHANGES:
        raise InvalidProduct("price_changes", len(changes), f"at most {MAX_PRICE_CHANGES} changes to come")
    ordered = tuple(
        PriceChange(valid_from=moment, prices=prices) for moment, prices in sorted(changes.items())
    )
    return current.model_copy(update={"price_changes": ordered})
