"""Approval limits: the total, by currency, above which a purchase order needs a person's approval. Pure."""

from collections.abc import Mapping

from tillflow.money import EXPONENT
from tillflow.parameters import named_values

type Limits = Mapping[str, int]


def parse_limits(text: str) -> Limits:
    """Return the limits of ``EUR=100000,JPY=16000000``, in minor units. A currency without one has limit 0.

    ValueError for a currency that is listed twice or does not exist.
    """
    limits = named_values("ApprovalLimits", text)
    unknown = sorted(limits.keys() - EXPONENT.keys())
    if unknown:
        raise ValueError(f"ApprovalLimits has {', '.join(unknown)}; expected ISO 4217 codes such as EUR")
    return {currency: int(limit) for currency, limit in limits.items()}


def approved_without_asking(currency: str, limits: Limits, planned: int = 1, other_total: int = 0) -> int:
    """Return the total that an order may have without an approval.

    planned: the order's total as it was planned; other_total: that of the other orders that were split from the same
    one. Each may have its share of the limit, so that all of them together stay within it at any supplier's prices.
    """
    return limits.get(currency, 0) * planned // max(planned + other_total, 1)
