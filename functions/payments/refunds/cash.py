"""Refunds in cash, rounded to amounts that coins make up. Pure; amounts are integer minor units.

The cash of a refund is rounded as one sum, to the nearest amount. It is rounded down where more would exceed what was
paid for the order. The orders service rounds what a return refunds in cash; here is rounded what it cannot foresee: the
rest of an exchange, the cash in place of a card that refuses, and the cash besides what is owed on account.
"""

from collections.abc import Iterable, Mapping, Sequence

from tillflow.money import cash_increment, divide_half_up

from payments.models import Tender
from payments.refunds.models import NO_TENDER, Part, Refund, RefundPayment


def rounding_of(refund: Refund) -> int:
    """Return what rounding has added to the amount of a refund that is not refused; below 0 for what it took off."""
    return _sum(refund.parts) - refund.request.amount


def refundable(tenders: Iterable[Tender]) -> int:
    """Return what was captured for an order and not refunded yet, by its tenders or without them."""
    return sum(one.captured - one.refunded - one.pending - one.without_tender for one in tenders)


def in_coins(
    request: RefundPayment, parts: Sequence[Part], tenders: Sequence[Tender], stored: Sequence[Part] = ()
) -> tuple[Part, ...]:
    """Return the parts of a refund with the planned ones in cash rounded together; without those of nothing.

    stored: the parts that the tenders have recorded as pending, refunded or paid without a tender.
    """
    coin = cash_increment(request.currency)
    cash = [part for part in parts if part.type == "cash" and part.state == "planned"]
    if coin == 1 or not cash:
        return tuple(parts)
    others = _sum(parts) - _sum(cash)
    exact = max(request.amount - others, 0)
    limit = refundable(tenders) + _sum(stored) - others
    rooms = _rooms(cash, tenders, stored, coin)
    due = divide_half_up(exact, coin) * coin
    if due > limit:
        # A capture that was settled by hand is not recorded: that is no reason to keep more than rounding does.
        due = (limit if limit > exact - coin else exact) // coin * coin
    amounts = _spread(min(due, sum(rooms.values())), cash, rooms, coin)
    rounded = [
        part.model_copy(update={"amount": amounts[part.tender_no]}) if part in cash else part
        for part in parts
    ]
    return tuple(part for part in rounded if part.amount)


def _rooms(
    cash: Iterable[Part], tenders: Iterable[Tender], stored: Iterable[Part], coin: int
) -> dict[int, int]:
    """Return the coins that each part can have, by tender number: what its tender has captured and not refunded."""
    planned = {part.tender_no: part.amount for part in stored if part.state == "planned"}
    free = {one.tender_no: one.captured - one.refunded - one.pending for one in tenders}
    rooms = {
        part.tender_no: (free.get(part.tender_no, 0) + planned.get(part.tender_no, 0)) // coin * coin
        for part in cash
    }
    if NO_TENDER in rooms:
        rooms[NO_TENDER] = _sum(cash) + coin
    return rooms


def _spread(due: int, cash: Iterable[Part], rooms: Mapping[int, int], coin: int) -> dict[int, int]:
    """Return the coins of each part by tender number: about its amount, and the rest where there is room."""
    amounts: dict[int, int] = {}
    for part in cash:
        amounts[part.tender_no] = min(due, -(-part.amount // coin) * coin, rooms[part.tender_no])
        due -= amounts[part.tender_no]
    for number, amount in amounts.items():
        more = min(due, rooms[number] - amount)
        amounts[number] += more
        due -= more
    return amounts


def _sum(parts: Iterable[Part]) -> int:
    return sum(part.amount for part in parts)
