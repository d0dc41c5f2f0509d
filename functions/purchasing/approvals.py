"""Approval limits: the total, by currency, above which a purchase order needs a person's approval. Pure."""

from collections.abc import Mapping

type Limits = Mapping[str, int]


def parse_limits(text: str) -> Limits:
    """Return the limits of ``EUR=100000,JPY=16000000``, in minor units. A currency without one has limit 0."""
    pairs = (entry.split("=") for entry in text.split(","))
    return {currency.strip(): int(limit) for currency, limit in pairs}


def approved_without_asking(currency: str, other_total: int, limits: Limits) -> int:
    """Return the total that an order may have without an approval.

    other_total: the total of the other orders that were split from the same one: the limit is for all of them.
    """
    return max(limits.get(currency, 0) - other_total, 0)
