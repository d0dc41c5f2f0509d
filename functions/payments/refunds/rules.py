"""Which tender of a sale gets how much of a refund. Pure.

What the customer still owes on account comes first. Then a card, up to what it paid and did not get back, then cash,
gift cards and store credit. What later payments have paid of a tender on account becomes store credit of the customer.
Cash is rounded to coins.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from tillflow.errors import InvalidRequest, check_same
from tillflow.money import Money, cash_increment
from tillflow.store import ACTIONS_PER_TRANSACTION

from payments.credit.rules import RETURN_GRANT
from payments.errors import RefundDisputed
from payments.models import Tender, TenderType
from payments.provider import CHARGE_DISPUTED
from payments.refunds import cash
from payments.refunds.models import (
    NO_TENDER,
    Part,
    Refund,
    RefundedPart,
    RefundPayment,
    RefundState,
)

MAX_PARTS: Final = ACTIONS_PER_TRANSACTION - 2
"""A refund, all of its tenders and the order's first one are written in one transaction."""
_ORDER: Final[Mapping[TenderType, int]] = {
    "on_account": 0,
    "card": 1,
    "cash": 2,
    "gift_card": 3,
    "store_credit": 4,
    "exchange": 5,
}


RETURN: Final = "return"
"""The step in the keys of returns. No step of an order has this name: a return may have the id of an order."""


def effect_key(return_id: str, tender_no: int) -> str:
    """Return the provider's idempotency key of a refund: the return, the step and the tender."""
    return f"{return_id}#{RETURN}#{tender_no}"


def credit_grant_id(return_id: str) -> str:
    """Return the id under which a return's store credit is granted."""
    return f"{RETURN_GRANT}{return_id}"


def opened(request: RefundPayment, tenders: Sequence[Tender]) -> Refund:
    """Return a new refund with its parts; a refused one if the tenders did not pay that much, or over 98 of them.

    InvalidRequest for another currency than that of the tenders.
    """
    paid_in = {tender.currency for tender in tenders} - {request.currency}
    if paid_in:
        raise InvalidRequest(
            "currency", request.currency, f"{', '.join(paid_in)}, in which the order was paid"
        )
    parts: tuple[Part, ...] = ()
    rest, exchanged = 0, request.exchange.amount if request.exchange else 0
    to_credit = request.refund == "store_credit"
    if request.amount:
        takers = [tender for tender in tenders if tender.type == "on_account" or not to_credit]
        parts, rest = _spread(_within(request, tenders) - exchanged, takers, request.received)
    if credited := rest if to_credit else min(rest, request.received if request.customer_id else 0):
        parts, rest = (
            (*parts, Part(tender_no=NO_TENDER, type="store_credit", amount=credited)),
            rest - credited,
        )
    if exchanged:
        taken = Part(tender_no=NO_TENDER, type="exchange", amount=exchanged, state="refunded")
        parts = (taken, *parts)
    if rest or len(parts) > MAX_PARTS:
        reason = f"more than {MAX_PARTS} tenders" if not rest else _above_captured(request, rest)
        return Refund(request.return_id, "REFUSED", version=1, request=request, reason=reason)
    parts = cash.in_coins(request, parts, tenders)
    return Refund(request.return_id, _state(parts), version=1, request=request, parts=parts)


def check_same_request(refund: Refund, sent: RefundPayment) -> None:
    """Raise IdempotencyConflict if a return is refunded by another request."""
    check_same(f"the refund of return {sent.return_id}", refund.request.model_dump(), sent.model_dump())


def check_exchange(request: RefundPayment, sale: Iterable[Tender]) -> None:
    """Raise InvalidRequest unless the tenders of the sale of an exchange captured what the return is to pay of it."""
    amount = request.exchange.amount if request.exchange else 0
    captured = sum(tender.captured for tender in sale if tender.type == "exchange")
    if amount != captured:
        raise InvalidRequest("exchange.amount", amount, f"{captured}, what the sale captured of the exchange")


def after_refusal(refund: Refund, refused: Part, reason: str, tenders: Sequence[Tender]) -> Refund:
    """Return the refund after a provider refused a part: the tenders after it get its amount.

    What they cannot take becomes store credit if there is a customer, else cash; but a refund of which nothing is done
    yet is refused as a whole, so that the customer can be offered store credit instead. That of an exchange is not: its
    goods are sold. RefundDisputed as for after_dispute, if the provider refused the part because of a dispute.
    """
    if reason == CHARGE_DISPUTED:
        return after_dispute(refund)
    ordered = _in_order(tenders)
    position = next(place for place, one in enumerate(ordered) if one.tender_no == refused.tender_no)
    # The cash is rounded anew: what was added to it before is not moved once more.
    amount = max(refused.amount - cash.rounding_of(refund), 0)
    moved, rest = _spread(amount, ordered[position + 1 :], refund.request.received)
    taken = [part for part in refund.parts if part.type == "exchange"]
    others = [
        part for part in refund.parts if part.tender_no != refused.tender_no and part.type != "exchange"
    ]
    is_begun = _is_begun(refund)
    if rest and is_begun:
        kind: TenderType = "store_credit" if refund.request.customer_id else "cash"
        moved = (*moved, Part(tender_no=NO_TENDER, type=kind, amount=rest))
    more = {part.tender_no: part.amount for part in moved}
    merged = [
        part.model_copy(update={"amount": part.amount + more.pop(part.tender_no, 0)}) for part in others
    ]
    merged += [part for part in moved if part.tender_no in more]
    parts = cash.in_coins(refund.request, (*taken, *merged), tenders, refund.parts)
    short = refund.request.amount - sum(part.amount for part in parts)
    is_rounded = any(part.type == "cash" for part in merged) and short < cash_increment(
        refund.request.currency
    )
    is_short = short > 0 and not is_rounded
    if not is_begun and is_short:
        return replace(refund, state="REFUSED", parts=(), reason=reason, version=refund.version + 1)
    return replace(refund, parts=parts, state=_state(parts), version=refund.version + 1)


def after_dispute(refund: Refund) -> Refund:
    """Return the refund refused as a whole, because a bank has withdrawn a payment of the order.

    What the customer may have got from the bank is not given again, by whatever tender or as store credit. Raises
    RefundDisputed if a part is refunded already, or the goods of an exchange are sold: that is not taken back.
    """
    if _is_begun(refund):
        raise RefundDisputed(refund.return_id, str(refund.request.order_id))
    return replace(refund, state="REFUSED", parts=(), reason=CHARGE_DISPUTED, version=refund.version + 1)


def after_refund(refund: Refund, refunded: Part) -> Refund:
    """Return the refund after a part was refunded."""
    parts = tuple(
        part.model_copy(update={"state": "refunded"}) if part.tender_no == refunded.tender_no else part
        for part in refund.parts
    )
    return replace(refund, parts=parts, state=_state(parts), version=refund.version + 1)


def next_part(refund: Refund) -> Part | None:
    """Return the part to refund next, None if there is none. Cards may be refused, so they come first."""
    waiting = [part for part in refund.parts if part.state == "planned"]
    return min(
        waiting, key=lambda part: (part.type != "card", _ORDER[part.type], part.tender_no), default=None
    )


def pending_by_tender(refund: Refund | None) -> dict[int, int]:
    """Return what a refund still has to pay to each tender, by tender number."""
    parts = refund.parts if refund else ()
    return {part.tender_no: part.amount for part in parts if part.tender_no and part.state == "planned"}


def refunded_by_tender(refund: Refund | None) -> dict[int, int]:
    """Return what a refund has paid to each tender, by tender number."""
    parts = refund.parts if refund else ()
    return {part.tender_no: part.amount for part in parts if part.tender_no and part.state == "refunded"}


def given_without_tender(refund: Refund | None) -> int:
    """Return what a refund of an order gives, or will give, without one of its tenders."""
    return sum(part.amount for part in refund.parts if not part.tender_no) if refund else 0


def shown(refund: Refund) -> list[RefundedPart]:
    """Return the parts as a response shows them, by tender number; those of no tender last."""
    return [
        {"tender_no": part.tender_no, "type": part.type, "amount": part.amount}
        for part in sorted(refund.parts, key=lambda part: (part.tender_no == NO_TENDER, part.tender_no))
    ]


def _within(request: RefundPayment, tenders: Sequence[Tender]) -> int:
    """Return the amount, less what rounding the cash of earlier refunds has added above what was paid."""
    above = request.amount - cash.refundable(tenders)
    if request.refund == "original" and 0 < above < cash_increment(request.currency):
        return max(request.amount - above, request.exchange.amount if request.exchange else 0)
    return request.amount


def _above_captured(request: RefundPayment, rest: int) -> str:
    amount, refundable = (Money(one, request.currency) for one in (request.amount, request.amount - rest))
    return f"{amount} is more than the {refundable} that the tenders paid and did not get back"


def _is_begun(refund: Refund) -> bool:
    return bool(refund.request.exchange) or any(part.state == "refunded" for part in refund.parts)


def _state(parts: Sequence[Part]) -> RefundState:
    return "REFUNDED" if all(part.state == "refunded" for part in parts) else "OPEN"


def _in_order(tenders: Iterable[Tender]) -> list[Tender]:
    return sorted(tenders, key=lambda tender: (_ORDER[tender.type], tender.tender_no))


def _spread(amount: int, tenders: Iterable[Tender], received: int) -> tuple[tuple[Part, ...], int]:
    """Return the parts of an amount that the tenders can take, in order, and the rest.

    received: what has been paid of the tenders on account, and is therefore not owed on them.
    """
    parts = []
    for tender in _in_order(tenders):
        room = max(tender.captured - tender.refunded - tender.pending, 0)
        if tender.type == "on_account":
            paid = min(room, received)
            room, received = room - paid, received - paid
        if part := min(amount, room):
            # What an exchange paid is paid back in cash: the units that paid it are in stock again.
            kind: TenderType = "cash" if tender.type == "exchange" else tender.type
            parts.append(Part(tender_no=tender.tender_no, type=kind, amount=part))
            amount -= part
    return tuple(parts), amount
