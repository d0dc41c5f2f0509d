"""Approval limits: the total, by currency, above which a purchase order needs a person's approval. Pure."""

from collections.abc import Mapping

type Limits = Mapping[str, int]


def parse_limits(text: str) -> Limits:
    """Return the limits of ``EUR=100000,JPY=16000000``, in minor units. A currency without one has limit 0."""
    pairs = (entry.split("=") for entry in text.split(","))
    return {currency.strip(): int(limit) for currency, limit in pairs}


def approved_without_asking(currency: str, limits: Limits, planned: int = 1, other_total: int = 0) -> int:
    """Return the total that an order may have without an approval.

    planned: the order's total as it was planned; other_total: that of the other orders that were split from the same
    one. Each may have its share of the limit, so that all of them together stay within it at any supplier's prices.
    """
    return limits.get(currency, 0) * planned // max(planned + other_total, 1)
