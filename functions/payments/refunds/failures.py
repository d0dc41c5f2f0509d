"""Refunds that a provider accepted and then could not make. A person pays the customer another way.

The refund stays recorded: the customer is owed the amount, and the books have paid it from card clearing.
"""

from collections.abc import Callable
from typing import Any, Final

from tillflow.callbacks import NO_WORKFLOW
from tillflow.errors import StoreContention, StoreUnavailable
from tillflow.invocation import FunctionFailed, call_function
from tillflow.money import Money

from payments.models import Tender
from payments.refunds.models import Refund

type OpenCase = Callable[[dict[str, str]], None]
"""Opens a case; one that was opened before stays as it is."""

_CARD_CLEARING: Final = "1020"


def invoked(client: Any, function: str) -> OpenCase:
    """Return the opening of cases by the cases service. client: of Lambda; function: the name of OpenCase."""

    def open_case(opening: dict[str, str]) -> None:
        try:
            call_function(client, function, opening)
        except FunctionFailed as failure:
            raise StoreUnavailable(f"opening case {opening['case_id']}: {failure.message}") from failure

    return open_case


def case_of_return(refund: Refund, tender_no: int, reason: str) -> dict[str, str] | None:
    """Return the case of a return whose refund to a tender has failed; None if it was not refunded to that tender.

    StoreContention while the refund is in progress: the response of the provider is not recorded yet.
    """
    part = next((one for one in refund.parts if one.tender_no == tender_no), None)
    if part is None:
        return None
    if part.state == "planned":
        raise StoreContention(f"the refund of return {refund.return_id}")
    request = refund.request
    what = f"of return {refund.return_id} to tender {tender_no} of order {request.order_id}"
    books = (
        f"Journal entry {request.order_id}#return#{refund.return_id} credits account {_CARD_CLEARING} with it"
    )
    amount = Money(part.amount, request.currency)
    case_id = f"{refund.return_id}#return_refund_failed#{tender_no}"
    return _case(case_id, refund.return_id, "RefundPayment", f"{amount} {what}", books, reason)


def case_of_order(tender: Tender, reason: str) -> dict[str, str]:
    """Return the case of a cancelled or rejected order whose refund to a tender has failed."""
    amount, order_id = Money(tender.refunded, tender.currency), tender.order_id
    what = f"{amount} of order {order_id} to tender {tender.tender_no}"
    entry = f"journal entry {order_id}#cancel credits account {_CARD_CLEARING} with it"
    books = f"If the order was cancelled, {entry}"
    case_id = f"{order_id}#refund_failed#{tender.tender_no}"
    return _case(case_id, order_id, "ReversePayment", what, books, reason)


def _case(case_id: str, business_id: str, step: str, what: str, books: str, reason: str) -> dict[str, str]:
    return {
        "case_id": case_id,
        "business_id": business_id,
        "workflow": "payments",
        "side": "forward",
        "step": step,
        "error": "RefundFailed",
        "cause": f"The refund of {what} was accepted and has failed: {reason}. The provider has the money. {books}. "
        f"Pay the customer another way, and book the amount from the account that pays it to {_CARD_CLEARING}.",
        "task_token": NO_WORKFLOW,
    }
