"""Disputes (chargebacks): the cases of card payments that a cardholder contests at the bank. Pure.

A dispute is answered at the provider. The books change by a manual entry alone, once it is lost.
"""

from dataclasses import dataclass
from typing import Final

from tillflow.callbacks import NO_WORKFLOW

from payments.models import Tender

STEP: Final = "DisputePayment"
"""The step of the cases; no workflow has one of this name."""
_CARD_CLEARING: Final = "1020"
_PAYMENT_FEES: Final = "5500"


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute of a charge, as the provider reports it.

    reference: the provider's, of the charge; amount: with its currency; answer_by: the last day for an answer. An
    inquiry precedes a dispute, and no money is withdrawn for it.
    """

    dispute_id: str
    reference: str
    amount: str
    reason: str
    is_lost: bool
    is_inquiry: bool
    answer_by: str | None


def case_of_dispute(dispute: Dispute, tender: Tender) -> dict[str, str]:
    """Return the case of a dispute that was opened, or of one that is lost: each has its own."""
    subject = (
        f"{dispute.amount} of tender {tender.tender_no} of order {tender.order_id} "
        f"(dispute {dispute.dispute_id}, reason: {dispute.reason})"
    )
    case_id = f"{tender.order_id}#dispute#{dispute.dispute_id}"
    return {
        "case_id": f"{case_id}#lost" if dispute.is_lost else case_id,
        "business_id": tender.order_id,
        "workflow": "payments",
        "side": "forward",
        "step": STEP,
        "error": "DisputeLost" if dispute.is_lost else "PaymentDisputed",
        "cause": _lost(subject) if dispute.is_lost else _opened(dispute, subject),
        "task_token": NO_WORKFLOW,
    }


def _opened(dispute: Dispute, subject: str) -> str:
    withdrawn = (
        "It is an inquiry: no money is withdrawn yet"
        if dispute.is_inquiry
        else "The provider has withdrawn the amount and a fee"
    )
    until = f" by {dispute.answer_by}" if dispute.answer_by else ""
    return (
        f"The cardholder disputes {subject}. {withdrawn}. Answer it at the provider{until}: send proof of the sale, or "
        "accept the dispute. Until it is decided refund nothing of the order, in cash or as store credit either: the "
        "customer would be paid twice. A dispute that is lost opens another case."
    )


def _lost(subject: str) -> str:
    return (
        f"The dispute of {subject} is lost: the provider has paid the cardholder. Book the amount and the provider's "
        f"fee from account {_CARD_CLEARING} to {_PAYMENT_FEES}. Refund nothing more of the amount."
    )
