"""Stripe's webhooks: their signature, and what an event says of a tender. Pure.

https://docs.stripe.com/webhooks: the signature is an HMAC-SHA256 of `<timestamp>.<raw body>`. Events are delivered at
least once, in any order, for up to three days.
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StrictInt
from tillflow.money import EXPONENT, Money
from tillflow.parsing import parse

from payments import rules
from payments.disputes import Dispute
from payments.models import Tender, TenderChange
from payments.refunds.rules import RETURN
from payments.stripe_adapter.amounts import from_stripe, to_stripe
from payments.stripe_adapter.reasons import EFFECT

TOLERANCE = timedelta(minutes=5)
_DISPUTED: Final = "charge.dispute.created"
_DECIDED: Final = "charge.dispute.closed"


class EventData(BaseModel):
    """The object that an event is about, as it was then."""

    model_config = ConfigDict(frozen=True)

    object: dict[str, Any]


class StripeEvent(BaseModel):
    """An event, as far as it is read."""

    model_config = ConfigDict(frozen=True)

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,255}$")]
    type: Annotated[str, Field(max_length=100)]
    data: EventData

    @property
    def effect(self) -> tuple[str, str, int] | None:
        """Return the order or return, the step and the tender of the effect that the object names.

        None if it is not of this system.
        """
        metadata = self.data.object.get("metadata")
        return effect_of(metadata.get(EFFECT) if isinstance(metadata, dict) else None)


class EvidenceDetails(BaseModel):
    """Until when a dispute can be answered, in seconds since the epoch."""

    model_config = ConfigDict(frozen=True)

    due_by: Annotated[int, Field(ge=0, lt=2**33)] | None = None


class StripeDispute(BaseModel):
    """A dispute (https://docs.stripe.com/api/disputes/object), as far as it is read.

    payment_intent: None for a charge that was made without one. A status that begins with `warning_` is that of an
    inquiry, which withdraws no money.
    """

    model_config = ConfigDict(frozen=True)

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,255}$")]
    payment_intent: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,255}$")] | None = None
    amount: StrictInt
    currency: Annotated[str, Field(pattern=r"^[A-Za-z]{3}$")]
    reason: Annotated[str, Field(max_length=100)] = ""
    status: Annotated[str, Field(max_length=100)]
    evidence_details: EvidenceDetails = EvidenceDetails()


def effect_of(key: object) -> tuple[str, str, int] | None:
    """Return the order or return, the step and the tender of an effect's key; None for another system's."""
    business_id, step, number = [*str(key).split("#"), "", ""][:3]
    return (business_id, step, int(number)) if number.isascii() and number.isdigit() else None


def dispute_of(event: StripeEvent) -> Dispute | None:
    """Return the dispute that an event opens or decides; None for another event.

    One that ended without a loss is none: no money is missing. InvalidRequest.
    """
    if event.type not in (_DISPUTED, _DECIDED):
        return None
    sent = parse(StripeDispute, event.data.object)
    if sent.payment_intent is None or (event.type == _DECIDED and sent.status != "lost"):
        return None
    currency, due_by = sent.currency.upper(), sent.evidence_details.due_by
    is_known = currency in EXPONENT
    return Dispute(
        dispute_id=sent.id,
        reference=sent.payment_intent,
        amount=str(Money(from_stripe(sent.amount, currency), currency))
        if is_known
        else f"{sent.amount} {currency}",
        reason=sent.reason or "not given",
        is_lost=event.type == _DECIDED,
        is_inquiry=sent.status.startswith("warning_"),
        answer_by=datetime.fromtimestamp(due_by, UTC).date().isoformat() if due_by else None,
    )


def failed_refund(event: StripeEvent, step: str) -> str | None:
    """Return why a refund failed, None if the event does not say that one did."""
    status = event.data.object.get("status")
    if step not in ("refund", RETURN) or status not in ("failed", "canceled"):
        return None
    return str(event.data.object.get("failure_reason") or status)[:200]


def is_signed(header: str, raw: bytes, secrets: Iterable[str], now: datetime) -> bool:
    """Whether `header` has a signature of the body under one of the secrets, and its timestamp is of now."""
    parts = [part.partition("=") for part in header.split(",")]
    timestamps = [value for name, _, value in parts if name == "t"]
    signatures = [value for name, _, value in parts if name == "v1"]
    if len(timestamps) != 1 or not timestamps[0].isascii() or not timestamps[0].isdigit():
        return False
    timestamp = timestamps[0][:12]
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        return False
    signed = timestamp.encode() + b"." + raw
    expected = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    # Each is compared, so that the time does not show which one differs.
    equal = [hmac.compare_digest(one.encode(), sent.encode()) for one in expected for sent in signatures]
    return any(equal)


def change_of(event: StripeEvent, step: str, tender: Tender) -> TenderChange | None:
    """Return the change of a tender that an event proves; None if it proves none, or the tender has it already.

    Only final states are used, so that the order of the events does not matter.
    """
    subject, due = event.data.object, tender.captured - tender.refunded
    status = subject.get("status")
    match event.type, tender.state:
        case "payment_intent.succeeded", rules.CAPTURING if _is(
            subject, "amount_received", tender.amount, tender
        ):
            return TenderChange(rules.CAPTURED, {"captured": tender.amount})
        case "payment_intent.canceled", rules.VOIDING:
            return TenderChange(rules.VOIDED, {})
    if step != "refund":
        return None
    reason = failed_refund(event, step)
    match status, tender.state:
        case "succeeded", rules.REFUNDING if _is(subject, "amount", due, tender):
            return TenderChange(rules.REFUNDED, {"refunded": tender.captured})
        case _, (rules.REFUNDING | rules.REFUNDED) if reason:
            changed = {"refunded": 0, "reason": f"refund_failed: {reason}"[:200]}
            return TenderChange(rules.REFUND_FAILED, changed)
    return None


def _is(subject: dict[str, Any], field: str, amount: int, tender: Tender) -> bool:
    return tender.currency in EXPONENT and subject.get(field) == to_stripe(amount, tender.currency)
