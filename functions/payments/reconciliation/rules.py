"""What the books of a provider and ours have to agree in, and the cases of what they do not. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from tillflow.callbacks import NO_WORKFLOW
from tillflow.errors import InvalidRequest
from tillflow.money import EXPONENT, Money

from payments import rules
from payments.provider import ChargeRecord
from payments.reconciliation.models import (
    BookedTender,
    CursorDocument,
    DifferenceCase,
    Kind,
    Stage,
    Subject,
    Verdict,
)
from payments.refunds.rules import RETURN

SETTLING: Final = timedelta(hours=1)
"""A day is compared this long after its end, when the calls that began in it have ended."""
REFUND_IN_PROGRESS: Final = timedelta(days=31)
"""A return waits this long for a person, and a day for its steps; what it refunds is not compared meanwhile."""
STAGES: Final[Sequence[Stage]] = ("unsettled", "charges", "refunds", "tenders", "refunded")

STEP: Final = "ReconcilePayments"
_ADVICE: Final[Mapping[Kind, str]] = {
    "CaptureNotBooked": "The customer has paid and the order has not: refund the charge at the provider, or book it.",
    "CaptureMissing": "The order is paid in our books only: find the payment, or cancel the order.",
    "AmountsDiffer": "Find which amount is right; refund or book the rest.",
    "RefundNotBooked": "The provider has paid money back that no return or cancel has: book it, or find who made it.",
    "RefundMissing": "The customer is owed the rest of the refund: pay it another way.",
    "AuthorisationOpen": "Nothing will capture it: void it at the provider, so that the customer's money is free.",
}
_IN_PROGRESS: Final = frozenset(
    {rules.AUTHORISING, rules.AUTHORISED, rules.CAPTURING, rules.VOIDING, rules.REFUNDING}
)
_AUTHORISE_KEY = re.compile(r"(?P<order>[A-Za-z0-9_-]{1,80})#authorise#(?P<number>[1-9][0-9]{0,2})")
_REFUND_KEY = re.compile(
    rf"(?P<business>[A-Za-z0-9_-]{{1,80}})#(?P<step>refund|{RETURN})#(?P<number>[1-9][0-9]{{0,2}})"
)


def window(day: date) -> tuple[datetime, datetime]:
    """Return the beginning and the end of a day in UTC."""
    first = datetime.combine(day, time(), UTC)
    return first, first + timedelta(days=1)


def check_settled(day: date, now: datetime) -> None:
    """Raise InvalidRequest for a day that has not ended, or only just."""
    if now < window(day)[1] + SETTLING:
        newest = newest_settled(now).isoformat()
        raise InvalidRequest("day", day.isoformat(), f"a day up to {newest}, which has ended an hour ago")


def newest_settled(now: datetime) -> date:
    """Return the newest day that can be compared."""
    return (now.astimezone(UTC) - SETTLING - timedelta(days=1)).date()


def first_cursor(providers: Sequence[str]) -> CursorDocument | None:
    """Return the position of the first page; None without providers."""
    return {"stage": STAGES[0], "provider": providers[0], "after": ""} if providers else None


def next_cursor(cursor: CursorDocument, after: str | None, providers: Sequence[str]) -> CursorDocument | None:
    """Return the position after a page: in its list, or at the beginning of the next one; None after the last."""
    if after is not None:
        return {**cursor, "after": after}
    lists = [(stage, provider) for stage in STAGES for provider in providers]
    following = lists[lists.index((cursor["stage"], cursor["provider"])) + 1 :]
    return {"stage": following[0][0], "provider": following[0][1], "after": ""} if following else None


def subject_of(provider: str, charge: ChargeRecord) -> Subject:
    """Return a charge as a subject, with the tender that its key names."""
    match = _AUTHORISE_KEY.fullmatch(charge.key)
    if not match:
        return Subject(provider, charge.reference)
    return Subject(provider, charge.reference, match["order"], int(match["number"]))


def is_for(booked: BookedTender | None, reference: str) -> bool:
    """Return whether a charge is that of the tender; one whose reference is not stored yet may be."""
    return booked is not None and booked.tender.authorisation in ("", reference)


def is_in_progress(booked: BookedTender | None) -> bool:
    """Return whether an execution may be about to change the tender at its provider."""
    return booked is not None and booked.tender.state in _IN_PROGRESS


def compare(
    subject: Subject,
    charge: ChargeRecord | None,
    booked: BookedTender | None,
    is_running: bool,
    now: datetime,
) -> Verdict:
    """Return whether the provider's books and ours agree about a charge.

    is_running: an execution of the order runs; what it changes is not settled. foreign: a charge of another system.
    """
    if charge and not is_for(booked, charge.reference):
        return _without_tender(subject, charge)
    if booked is None:
        return "agreed"
    if is_running and is_in_progress(booked):
        return "unsettled"
    difference = _difference(charge, booked)
    if difference in ("RefundNotBooked", "RefundMissing") and _is_being_refunded(booked, now):
        return "unsettled"
    return difference or "agreed"


def case_of(
    kind: Kind,
    subject: Subject,
    charge: ChargeRecord | None,
    booked: BookedTender | None,
    failed_refunds: Sequence[str],
) -> DifferenceCase:
    """Return the case of a difference. A refund that failed has the case that the provider's webhook opens for it."""
    cause = f"{_described(subject, charge, booked)} {_ADVICE[kind]}"
    failed = next(filter(None, map(_REFUND_KEY.fullmatch, failed_refunds)), None)
    if kind == "RefundMissing" and failed:
        business_id, number = failed["business"], failed["number"]
        name = "return_refund_failed" if failed["step"] == RETURN else "refund_failed"
        cause = f"The refund of {business_id} has failed. {cause}"
        return _case(f"{business_id}#{name}#{number}", business_id, kind, cause)
    case_id = f"{subject.order_id}#reconcile#{subject.tender_no}#{kind}"
    if charge and not is_for(booked, charge.reference):
        case_id += f"#{charge.reference}"
    return _case(case_id, subject.order_id, kind, cause)


def _without_tender(subject: Subject, charge: ChargeRecord) -> Verdict:
    """Return the verdict of a charge that no tender has; one that was refunded in full took nothing."""
    if not subject.order_id:
        return "foreign"
    if charge.is_held:
        return "AuthorisationOpen"
    return "CaptureNotBooked" if charge.captured > charge.refunded else "agreed"


def _difference(charge: ChargeRecord | None, booked: BookedTender) -> Kind | None:
    tender = booked.tender
    captured, refunded = (charge.captured, charge.refunded) if charge else (0, 0)
    if charge and charge.captured and charge.currency != tender.currency:
        return "AmountsDiffer"
    if captured != tender.captured:
        if not captured:
            return "CaptureMissing"
        return "AmountsDiffer" if tender.captured else "CaptureNotBooked"
    if refunded != tender.refunded:
        return "RefundNotBooked" if refunded > tender.refunded else "RefundMissing"
    return "AuthorisationOpen" if charge and charge.is_held else None


def _is_being_refunded(booked: BookedTender, now: datetime) -> bool:
    changed = datetime.fromisoformat(booked.changed_at) if booked.changed_at else now
    return booked.tender.pending > 0 and now - changed < REFUND_IN_PROGRESS


def _case(case_id: str, business_id: str, kind: Kind, cause: str) -> DifferenceCase:
    return {
        "case_id": case_id,
        "business_id": business_id,
        "workflow": "payment_reconciliation",
        "side": "forward",
        "step": STEP,
        "error": kind,
        "cause": cause,
        "task_token": NO_WORKFLOW,
    }


def _described(subject: Subject, charge: ChargeRecord | None, booked: BookedTender | None) -> str:
    theirs = "has no such charge"
    if charge:
        held = ", holds an authorisation," if charge.is_held else ""
        theirs = (
            f"has charge {charge.reference} of {_money(charge.amount, charge.currency)}{held} and has captured "
            f"{_money(charge.captured, charge.currency)} and refunded {_money(charge.refunded, charge.currency)}"
        )
    ours = "our books have no such tender"
    if booked and is_for(booked, charge.reference if charge else ""):
        tender = booked.tender
        ours = (
            f"our books have it {tender.state}, captured {_money(tender.captured, tender.currency)} and refunded "
            f"{_money(tender.refunded, tender.currency)}"
        )
    what = f"Tender {subject.tender_no} of order {subject.order_id}"
    return f"{what}: {subject.provider} {theirs}; {ours}."


def _money(amount: int, currency: str) -> str:
    return str(Money(amount, currency)) if currency in EXPONENT else f"{amount} {currency}"
