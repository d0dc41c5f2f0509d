"""What may be done with a tender, and which provider effect that is. No money moves here."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from tillflow.errors import (
    DomainError,
    InvalidRequest,
    PaymentOutcomeUnknown,
    ProviderUnavailable,
    StoreContention,
)

from payments.errors import ReversalRefused
from payments.models import Authorise, Tender

# A state ending in -ing is an intent: the provider is being asked, and may or may not have done it.
AUTHORISING: Final = "authorising"
AUTHORISED: Final = "authorised"
DECLINED: Final = "declined"
CAPTURING: Final = "capturing"
CAPTURED: Final = "captured"
CAPTURE_REFUSED: Final = "capture_refused"
VOIDING: Final = "voiding"
VOIDED: Final = "voided"
REFUNDING: Final = "refunding"
REFUNDED: Final = "refunded"

MAY_FOLLOW: Final[Mapping[str, frozenset[str]]] = {
    AUTHORISED: frozenset({AUTHORISING}),
    DECLINED: frozenset({AUTHORISING}),
    CAPTURING: frozenset({AUTHORISED}),
    CAPTURED: frozenset({CAPTURING, VOIDING}),
    CAPTURE_REFUSED: frozenset({CAPTURING}),
    VOIDING: frozenset({AUTHORISED, CAPTURING, CAPTURE_REFUSED, VOIDING}),
    VOIDED: frozenset({AUTHORISING, VOIDING}),
    REFUNDING: frozenset({CAPTURED, REFUNDING}),
    REFUNDED: frozenset({REFUNDING}),
}
"""The states each state may be reached from; conditions of the writes.

A tender being voided can turn out captured: a capture that was on its way when the order was reversed.
"""

_CASH_LAST = {"card": 0, "store_credit": 1, "cash": 2}
_RETRYABLE = (PaymentOutcomeUnknown, ProviderUnavailable, StoreContention)
# Shortest card number there is (Maestro), whatever separators people type.
_CARD_NUMBER = re.compile(r"\d(?:[ .\-]?\d){11,}")


def effect_key(order_id: str, step: str, tender_no: int) -> str:
    """The provider's idempotency key of one effect: its own order, step and tender, never another's."""
    return f"{order_id}#{step}#{tender_no}"


def capture_order(tenders: Iterable[Tender]) -> list[Tender]:
    """Whoever may still refuse is asked first, so that a refusal finds nothing taken that must go back."""
    return sorted(tenders, key=lambda tender: (_CASH_LAST[tender.type], tender.tender_no))


def refuse_card_numbers(tenders: Any) -> None:
    """InvalidRequest when anything in `tenders`, as sent, looks like a card number; shows its end only.

    Looked for before anything else reads the request, so that no error message repeats it.
    """
    found = _card_number(tenders, "tenders")
    if found:
        path, digits = found
        raise InvalidRequest(path, f"card number ending {digits[-4:]}", "the provider's token for the card")


def opened_tenders(request: Authorise) -> list[Tender]:
    """The tenders of a request as they stand before the provider is asked."""
    return [
        Tender(
            order_id=request.order_id,
            currency=request.currency,
            state=AUTHORISING,
            customer_id=request.customer_id if tender.type == "store_credit" else None,
            **tender.model_dump(),
        )
        for tender in sorted(request.tenders, key=lambda tender: tender.tender_no)
    ]


def one_error(failures: Sequence[tuple[Tender, Exception]]) -> Exception:
    """The one error that says which tenders could not be reversed, and why.

    What may pass by itself comes first, so that the workflow tries again (the refused ones stay refused);
    a crash keeps its own name.
    """
    listed = "; ".join(
        f"tender {tender.tender_no} ({tender.type}, {tender.amount} {tender.currency} in minor units): "
        + (error.reason if isinstance(error, ReversalRefused) else str(error) or type(error).__name__)
        for tender, error in failures
    )
    errors = [error for _, error in failures]
    for error in errors:
        if not isinstance(error, DomainError):
            error.add_note(listed)
            return error
    for error in errors:
        if isinstance(error, _RETRYABLE):
            return type(error)(f"reversing {listed}")
    return ReversalRefused(listed)


def _card_number(value: Any, path: str) -> tuple[str, str] | None:
    match value:
        case Mapping():
            parts: Iterable[tuple[str, Any]] = (
                (f"{path}.{name}", part) for name, part in value.items() if name != "amount"
            )
        case list() | tuple():
            parts = ((f"{path}[{position}]", part) for position, part in enumerate(value))
        case str() | int():
            digits = _CARD_NUMBER.search(str(value))
            return (path, re.sub(r"\D", "", digits.group())) if digits else None
        case _:
            return None
    return next((found for inner, part in parts if (found := _card_number(part, inner))), None)
