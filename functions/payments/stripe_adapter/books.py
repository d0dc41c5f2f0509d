"""Stripe's list of PaymentIntents and refunds as the books of a provider."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import stripe
from tillflow.listing import Page
from tillflow.money import EXPONENT

from payments.provider import ChargeRecord
from payments.stripe_adapter.access import Access
from payments.stripe_adapter.amounts import from_stripe
from payments.stripe_adapter.failures import without_outcome
from payments.stripe_adapter.reasons import EFFECT

_FAILED = ("failed", "canceled")


class StripeBooks:
    """The ProviderBooks of a Stripe account. References are ids of PaymentIntents; positions those of objects."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def list_charges(self, first: datetime, end: datetime, limit: int, after: str) -> Page[ChargeRecord]:
        params = {**_created(first, end, limit, after), "expand": ["data.latest_charge"]}
        listed = self._read(lambda client: client.v1.payment_intents.list(params).to_dict())
        return _page(listed, [_charge(intent, _refunded_of_charge(intent)) for intent in listed["data"]])

    def list_refunded(self, first: datetime, end: datetime, limit: int, after: str) -> Page[str]:
        params = _created(first, end, limit, after)
        listed = self._read(lambda client: client.v1.refunds.list(params).to_dict())
        # A refund of a charge that has no PaymentIntent is not of this system.
        return _page(listed, [str(one["payment_intent"]) for one in listed["data"] if one["payment_intent"]])

    def find_charge(self, reference: str) -> ChargeRecord | None:
        try:
            intent = self._read(lambda client: client.v1.payment_intents.retrieve(reference).to_dict())
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing":
                return None
            raise
        refunded = sum(one["amount"] for one in self._refunds(reference) if one["status"] not in _FAILED)
        return _charge(intent, refunded)

    def failed_refunds(self, reference: str) -> list[str]:
        failed = [one for one in self._refunds(reference) if one["status"] in _FAILED]
        return [key for one in failed if (key := _key(one))]

    def _refunds(self, reference: str) -> list[Any]:
        params = {"payment_intent": reference, "limit": 100}
        return list(
            self._read(
                lambda client: [one.to_dict() for one in client.v1.refunds.list(params).auto_paging_iter()]
            )
        )

    def _read(self, request: Callable[[stripe.StripeClient], Any]) -> Any:
        try:
            return self._access.call(request)
        except stripe.InvalidRequestError:
            raise
        except stripe.StripeError as error:
            raise without_outcome(error) from None


def _created(first: datetime, end: datetime, limit: int, after: str) -> dict[str, Any]:
    created = {"gte": int(first.timestamp()), "lt": int(end.timestamp())}
    return {"created": created, "limit": limit} | ({"starting_after": after} if after else {})


def _page[T](listed: Any, rows: list[T]) -> Page[T]:
    return Page(rows, str(listed["data"][-1]["id"]) if listed["has_more"] else None)


def _charge(intent: Any, refunded: int) -> ChargeRecord:
    """Return a PaymentIntent as a charge. refunded: in Stripe's units."""
    currency = intent["currency"].upper()

    def minor(amount: int) -> int:
        return from_stripe(amount, currency)

    return ChargeRecord(
        reference=intent["id"],
        # A currency that this system does not have is not of a charge it made.
        key=_key(intent) if currency in EXPONENT else "",
        currency=currency,
        amount=minor(intent["amount"]),
        captured=minor(intent["amount_received"]),
        refunded=minor(refunded),
        is_held=intent["status"] == "requires_capture",
    )


def _refunded_of_charge(intent: Any) -> int:
    charge = intent.get("latest_charge")
    return int(charge.get("amount_refunded", 0)) if isinstance(charge, dict) else 0


def _key(subject: Any) -> str:
    return str((subject.get("metadata") or {}).get(EFFECT, ""))
