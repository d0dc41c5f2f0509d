"""The states of a tender, the keys of the provider's effects, and checks of requests. Pure."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from tillflow.errors import (
    DomainError,
    IdempotencyConflict,
    InvalidRequest,
    PaymentOutcomeUnknown,
    ProviderUnavailable,
    StoreContention,
)
from tillflow.money import Money

from payments.errors import ReversalRefused
from payments.models import OF_CUSTOMER, Authorise, Tender

TenderState = Literal[
    "authorising",
    "authorised",
    "declined",
    "capturing",
    "captured",
    "capture_refused",
    "voiding",
    "voided",
    "refunding",
    "refunded",
    "refund_failed",
]
# A state ending in -ing is an intent: the provider was called, and may or may not have applied the effect.
AUTHORISING: Final[TenderState] = "authorising"
AUTHORISED: Final[TenderState] = "authorised"
DECLINED: Final[TenderState] = "declined"
CAPTURING: Final[TenderState] = "capturing"
CAPTURED: Final[TenderState] = "captured"
CAPTURE_REFUSED: Final[TenderState] = "capture_refused"
VOIDING: Final[TenderState] = "voiding"
VOIDED: Final[TenderState] = "voided"
REFUNDING: Final[TenderState] = "refunding"
REFUNDED: Final[TenderState] = "refunded"
REFUND_FAILED: Final[TenderState] = "refund_failed"

MAY_FOLLOW: Final[Mapping[str, frozenset[str]]] = {
    AUTHORISED: frozenset({AUTHORISING}),
    DECLINED: frozenset({AUTHORISING}),
    CAPTURING: frozenset({AUTHORISED}),
    CAPTURED: frozenset({CAPTURING, VOIDING}),
    CAPTURE_REFUSED: frozenset({CAPTURING}),
    VOIDING: frozenset({AUTHORISING, AUTHORISED, CAPTURING, CAPTURE_REFUSED, VOIDING}),
    VOIDED: frozenset({AUTHORISING, VOIDING}),
    REFUNDING: frozenset({CAPTURED, REFUNDING}),
    REFUNDED: frozenset({REFUNDING}),
    REFUND_FAILED: frozenset({REFUNDING, REFUNDED}),
}
"""The states from which each state may be reached; conditions of the writes.

A refund that was accepted can fail later, as when the card's account is closed; a person pays it back another way.

A tender being voided can turn out captured, by a capture in flight when the order was reversed. One that is being
authorised is voided if its provider has a reference of it, because a call in flight may still authorise it.
"""

_CASH_LAST = {"card": 0, "gift_card": 1, "store_credit": 1, "on_account": 1, "exchange": 1, "cash": 2}
_RETRYABLE = (PaymentOutcomeUnknown, ProviderUnavailable, StoreContention)
# Shortest card number there is (Maestro), whatever separators people type.
_CARD_NUMBER = re.compile(r"\d(?:[ .\-]?\d){11,}")
# Amounts, and the id of an exchange's return: one UUID in 30 has twelve digits in a row, and so has a dated id.
_NEVER_A_CARD: Final = frozenset({"amount", "return_id"})


def effect_key(order_id: str, step: str, tender_no: int) -> str:
    """Return the provider's idempotency key of an effect: the order, the step and the tender."""
    return f"{order_id}#{step}#{tender_no}"


def capture_order(tenders: Iterable[Tender]) -> list[Tender]:
    """Return the tenders in the order of capture: those that may be refused first, so that little is refunded."""
    return sorted(tenders, key=lambda tender: (_CASH_LAST[tender.type], tender.tender_no))


def refuse_card_numbers(tenders: Any) -> None:
    """Raise InvalidRequest if anything in `tenders`, as sent, looks like a card number; show its last digits only.

    Called before the request is parsed, so that no error message repeats the number.
    """
    pending = deque[tuple[str, Any]]([("tenders", tenders)])
    while pending:
        path, value = pending.popleft()
        match value:
            case Mapping():
                pending += [
                    (f"{path}.{name}", part) for name, part in value.items() if name not in _NEVER_A_CARD
                ]
                pending += [(f"{path} (name of a field)", name) for name in value]
            case list() | tuple():
                pending += [(f"{path}[{position}]", part) for position, part in enumerate(value)]
            case str() | int() | float():
                if number := _CARD_NUMBER.search(str(value)):
                    digits = re.sub(r"\D", "", number.group())
                    raise InvalidRequest(
                        path, f"card number ending {digits[-4:]}", "the provider's token for the card"
                    )


def check_same_request(order_id: str, stored: Mapping[str, Any], sent: Mapping[str, Any]) -> None:
    """Raise IdempotencyConflict if two authorise requests of an order differ."""
    if stored != sent:
        raise IdempotencyConflict(f"the payment of order {order_id}", _comparable(stored), _comparable(sent))


def opened_tenders(request: Authorise, provider_of: Callable[[str], str]) -> list[Tender]:
    """Return the tenders of a request in their first state, before a provider is called.

    provider_of: returns the name of the provider of a type of tender.
    """
    return [
        Tender(
            order_id=request.order_id,
            currency=request.currency,
            state=AUTHORISING,
            provider=provider_of(tender.type),
            customer_id=request.customer_id if tender.type in OF_CUSTOMER else None,
            **tender.model_dump(),
        )
        for tender in sorted(request.tenders, key=lambda tender: tender.tender_no)
    ]


def has_expired(tender: Tender, now: datetime) -> bool:
    """Return whether the authorisation of a tender can no longer be captured."""
    return bool(tender.expires_at) and datetime.fromisoformat(tender.expires_at) <= now


def one_error(failures: Sequence[tuple[Tender, Exception]]) -> Exception:
    """Return one error that lists the tenders that could not be reversed, and why.

    A retried error takes precedence over a refusal, so that the workflow retries; a refusal repeats. Any other
    exception keeps its own name.
    """
    listed = "; ".join(
        f"tender {tender.tender_no} ({tender.type}, {Money(tender.amount, tender.currency)}): "
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


def _comparable(request: Mapping[str, Any]) -> dict[str, object]:
    fields: dict[str, object] = {name: value for name, value in request.items() if name != "tenders"}
    for tender in request["tenders"]:
        fields[f"tender {tender['tender_no']}"] = f"{tender.get('card') or tender['type']} {tender['amount']}"
    return fields
