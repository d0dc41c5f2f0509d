"""Refunds in cash, in amounts that coins make up. Pure; amounts are integer minor units.

The refunds of an order are rounded together: each one is the rounded sum of all values so far, less what was refunded
before. So no refund is more than half a coin off its value, and all refunds of a sale add up to what was paid.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tillflow.money import cash_increment, divide_half_up

from orders.models import Claim

_TAKERS: Final = ("card", "cash", "gift_card", "store_credit", "exchange")
"""The order in which the payments service refunds the tenders of a sale."""
_IN_CASH: Final = ("cash", "exchange")
"""Tenders that are refunded in cash."""


def amount_to_refund(
    value: int, claims: Sequence[Claim], tenders: Sequence[Mapping[str, Any]], paid: int, currency: str
) -> int:
    """Return what a return of a value refunds to the tenders of its sale.

    claims: of the returns before it. paid: what was paid for the sale.
    """
    increment = cash_increment(currency)
    rooms = {kind: sum(one["amount"] for one in tenders if one["type"] == kind) for kind in _TAKERS}
    to_tenders = [claim for claim in claims if claim.refund == "original"]
    values = sum(value_of(claim) for claim in to_tenders) + value
    amount = _in_coins(values, rooms, increment) - sum(amount_of(claim) for claim in to_tenders)
    above = sum(amount_of(claim) for claim in claims) + amount - paid
    if above > 0:
        # What became store credit was not rounded: the refund is rounded down instead.
        amount -= -(-above // increment) * increment
    return max(amount, 0)


def value_of(claim: Claim) -> int:
    """Return the value of the units of a claim, before its refund in cash was rounded."""
    return sum(line.total for line in claim.lines) if claim.value is None else claim.value


def amount_of(claim: Claim) -> int:
    """Return what a claim refunds, as the tenders of the sale, store credit or part of an exchange."""
    return sum(line.total for line in claim.lines) if claim.amount is None else claim.amount


def _in_coins(values: int, rooms: Mapping[str, int], increment: int) -> int:
    """Return the sum of values with the parts of it that are refunded in cash rounded."""
    total = 0
    for kind, room in rooms.items():
        part = min(values, room)
        values -= part
        if kind in _IN_CASH:
            part = min(divide_half_up(part, increment), room // increment) * increment
        total += part
    return total + values
