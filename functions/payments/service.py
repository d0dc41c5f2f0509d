"""Authorise, capture and reverse the tenders of an order: our record of each tender, and the provider's effect.

An effect takes three steps: write the intent, call the provider, record the outcome. An intent without an outcome is
looked up by its key before anything else is done.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from tillflow.errors import (
    AuthorisationExpired,
    CaptureRefused,
    InvalidRequest,
    OrderClosed,
    PaymentDeclined,
    PaymentOutcomeUnknown,
    ProviderUnavailable,
    StoreContention,
)
from tillflow.store import retry_on_conflict
from tillflow.times import utc_now

from payments import rules
from payments.cards import CardTokens
from payments.errors import CustomerActionRequired, ReversalRefused
from payments.models import Authorise, Captured, PreventedCapture, ResolvedCapture, Tender, Tenders
from payments.provider import (
    AUTHORISATION_EXPIRED,
    ActionRequired,
    Charge,
    Outcome,
    Provider,
    ProviderDown,
    ResponseLost,
    Step,
)
from payments.providers import Providers
from payments.store import PaymentsStore

CARD_EXPIRED = "card_reference_expired"
"""The reason of a decline when the token of a card was not used within its lifetime."""


class Payments:
    """Payments of orders. now: the clock by which authorisations expire."""

    def __init__(
        self,
        store: PaymentsStore,
        providers: Providers,
        cards: CardTokens,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._providers = providers
        self._cards = cards
        self._now = now

    def authorise(self, request: Authorise) -> Tenders:
        """Authorise every tender. One whose cardholder has to confirm it first stays "authorising".

        Raises PaymentDeclined with the provider's reason, OrderClosed after a reversal, IdempotencyConflict for
        another request under the same order, CustomerActionRequired unless the request is `asked`,
        ProviderUnavailable or PaymentOutcomeUnknown when a retry can help.
        """
        return retry_on_conflict(partial(self._authorise, request))

    def capture(self, order_id: str) -> Captured:
        """Capture every authorised tender.

        Raises CaptureRefused, AuthorisationExpired, OrderClosed after a reversal, ProviderUnavailable if the provider
        reports that nothing happened yet, PaymentOutcomeUnknown if it cannot report.
        """
        return retry_on_conflict(partial(self._capture, order_id))

    def prevent_capture(self, order_id: str) -> PreventedCapture:
        """Prevent the capture of an order unless it has begun."""
        prevented = self._store.prevent_capture(order_id)
        return {"order_id": order_id, "capture": "prevented" if prevented else "begun"}

    def resolve(self, order_id: str) -> ResolvedCapture:
        """Look up captures without an outcome; apply no effect.

        Raises PaymentOutcomeUnknown while a provider cannot report.
        """
        return retry_on_conflict(partial(self._resolve, order_id))

    def reverse(self, order_id: str) -> Tenders:
        """Void authorisations and refund captures. Nothing to reverse is success.

        Every tender is attempted; then one error lists those that failed: ReversalRefused if an operator has to settle
        them, a retried error if a retry can help.
        """
        self._store.close(order_id)
        tenders: list[Tender] = []
        failures: list[tuple[Tender, Exception]] = []
        for tender in self._store.payment(order_id).tenders:
            try:
                tenders.append(retry_on_conflict(partial(self._undo, order_id, tender.tender_no)))
            except Exception as error:
                # A failure of one tender must not prevent the reversal of the next.
                failures.append((tender, error))
        if failures:
            raise rules.one_error(failures)
        return {"order_id": order_id, "tenders": [tender.public() for tender in tenders]}

    def _authorise(self, request: Authorise) -> Tenders:
        tenders = rules.opened_tenders(request, partial(self._providers.name_of, request.location))
        first = self._store.open(request, tenders)
        if not first:
            tenders = self._store.payment(request.order_id).tenders
        waiting = set[int]()
        for tender in tenders:
            if tender.state == rules.AUTHORISING:
                tender = self._authorise_tender(tender, called_before=not first)
                if tender.state == rules.AUTHORISING:
                    waiting.add(tender.tender_no)
                elif tender.card:
                    self._cards.delete(tender.order_id, tender.card)
            if tender.state == rules.DECLINED:
                raise PaymentDeclined(tender.reason)
        if waiting and not request.asked:
            raise CustomerActionRequired(request.order_id, waiting)
        shown = [
            tender.public(rules.AUTHORISING if tender.tender_no in waiting else rules.AUTHORISED)
            for tender in tenders
        ]
        return {"order_id": request.order_id, "tenders": shown}

    def _authorise_tender(self, tender: Tender, called_before: bool) -> Tender:
        """Return the tender authorised, declined, or as it is while its cardholder has to confirm it."""
        token = None
        if tender.card and not tender.authorisation:
            token = self._cards.token(tender.order_id, tender.card)
            if token is None:
                late = self._look_up(tender, "authorise")
                if late is None:
                    return self._store.record(tender, rules.DECLINED, reason=CARD_EXPIRED)
        charge = Charge(tender.amount, tender.currency, token, tender.customer_id)
        if not tender.authorisation:
            prepared = self._prepare(tender, charge)
            if not prepared.accepted:
                return self._store.record(tender, rules.DECLINED, reason=prepared.reason)
            if prepared.reference:
                tender = self._store.prepare(tender, prepared.reference)
        try:
            outcome = self._effect(
                tender,
                "authorise",
                lambda provider, key: provider.authorise(key, tender.authorisation, charge),
                called_before,
            )
        except ActionRequired as action:
            self._store.await_action(tender, action.url)
            return tender
        if not outcome.accepted:
            return self._store.record(tender, rules.DECLINED, reason=outcome.reason)
        try:
            return self._record_authorisation(tender, outcome)
        except StoreContention:
            # Reversed while the provider was called: the reversal found nothing to void, so it is voided here.
            if self._store.payment(tender.order_id).closed:
                self._effect(tender, "void", lambda provider, key: provider.void(key, outcome.reference))
                raise OrderClosed(tender.order_id, "authorise") from None
            raise

    def _prepare(self, tender: Tender, charge: Charge) -> Outcome:
        key = rules.effect_key(tender.order_id, "authorise", tender.tender_no)
        try:
            return self._providers.named(tender.provider).prepare(key, charge)
        except (ProviderDown, ResponseLost):
            raise ProviderUnavailable(_what(tender, "authorise")) from None

    def _record_authorisation(self, tender: Tender, outcome: Outcome) -> Tender:
        changed = {"authorisation": outcome.reference}
        if outcome.expires_at:
            changed["expires_at"] = outcome.expires_at
        return self._store.record(tender, rules.AUTHORISED, **changed)

    def _capture(self, order_id: str) -> Captured:
        payment = self._store.payment(order_id)
        if payment.closed:
            raise OrderClosed(order_id, "capture")
        if not payment.opened:
            raise InvalidRequest("order_id", order_id, "an order with authorised tenders")
        captured = {
            tender.tender_no: self._capture_tender(tender) for tender in rules.capture_order(payment.tenders)
        }
        return {
            "order_id": order_id,
            "captured": sum(tender.captured for tender in captured.values()),
            "tenders": [captured[number].public() for number in sorted(captured)],
        }

    def _capture_tender(self, tender: Tender) -> Tender:
        if tender.state == rules.CAPTURED:
            return tender
        called_before = tender.state == rules.CAPTURING
        if tender.state == rules.AUTHORISED:
            if rules.has_expired(tender, self._now()):
                raise AuthorisationExpired(tender.order_id, tender.tender_no)
            tender = self._store.begin_capture(tender)
        if tender.state == rules.CAPTURING:
            outcome = self._effect(
                tender,
                "capture",
                lambda provider, key: provider.capture(
                    key, tender.authorisation, tender.amount, tender.currency
                ),
                called_before,
            )
            tender = self._record_capture(tender, outcome)
        if tender.state != rules.CAPTURED:
            raise _capture_error(tender)
        return tender

    def _resolve(self, order_id: str) -> ResolvedCapture:
        payment = self._store.payment(order_id)
        tenders = [
            self._look_up_capture(tender) if tender.state == rules.CAPTURING else tender
            for tender in payment.tenders
        ]
        # An order with a total of zero has no tenders: there is nothing to capture unless it was reversed.
        pending = payment.opened and not payment.closed
        complete = (bool(tenders) or pending) and all(tender.state == rules.CAPTURED for tender in tenders)
        return {
            "order_id": order_id,
            "outcome": "captured" if complete else "not_captured",
            "captured": sum(tender.captured for tender in tenders),
            "tenders": [tender.public() for tender in tenders],
        }

    def _look_up_capture(self, tender: Tender) -> Tender:
        outcome = self._look_up(tender, "capture")
        return self._record_capture(tender, outcome) if outcome else tender

    def _record_capture(self, tender: Tender, outcome: Outcome) -> Tender:
        if outcome.accepted:
            return self._store.record(tender, rules.CAPTURED, captured=tender.amount)
        return self._store.record(tender, rules.CAPTURE_REFUSED, reason=outcome.reason)

    def _undo(self, order_id: str, tender_no: int) -> Tender:
        tender = self._store.tender(order_id, tender_no)
        if tender.state == rules.AUTHORISING:
            tender = self._look_up_authorisation(tender)
        if tender.state == rules.CAPTURING:
            tender = self._look_up_capture(tender)
        if tender.state in rules.MAY_FOLLOW[rules.VOIDING]:
            tender = self._void(tender)
        if tender.state in rules.MAY_FOLLOW[rules.REFUNDING]:
            tender = self._refund(tender)
        if tender.state == rules.REFUND_FAILED:
            raise ReversalRefused(tender.reason)
        return tender

    def _look_up_authorisation(self, tender: Tender) -> Tender:
        try:
            outcome = self._look_up(tender, "authorise")
        except ActionRequired:
            outcome = None
        if outcome is None:
            # What is prepared is voided by its reference: a call in flight can still authorise it.
            return tender if tender.authorisation else self._store.record(tender, rules.VOIDED)
        if not outcome.accepted:
            return self._store.record(tender, rules.DECLINED, reason=outcome.reason)
        return self._record_authorisation(tender, outcome)

    def _void(self, tender: Tender) -> Tender:
        called_before = tender.state == rules.VOIDING
        tender = self._store.record(tender, rules.VOIDING)
        outcome = self._effect(
            tender, "void", lambda provider, key: provider.void(key, tender.authorisation), called_before
        )
        if outcome.accepted:
            return self._store.record(tender, rules.VOIDED)
        late = self._look_up(tender, "capture")
        if late and late.accepted:
            return self._store.record(tender, rules.CAPTURED, captured=tender.amount)
        raise ReversalRefused(outcome.reason)

    def _refund(self, tender: Tender) -> Tender:
        called_before = tender.state == rules.REFUNDING
        tender = self._store.record(tender, rules.REFUNDING)
        due = tender.captured - tender.refunded
        outcome = self._effect(
            tender,
            "refund",
            lambda provider, key: provider.refund(key, tender.authorisation, due, tender.currency),
            called_before,
        )
        if not outcome.accepted:
            raise ReversalRefused(outcome.reason)
        return self._store.record(tender, rules.REFUNDED, refunded=tender.captured)

    def _effect(
        self,
        tender: Tender,
        step: Step,
        send: Callable[[Provider, str], Outcome],
        called_before: bool = False,
    ) -> Outcome:
        """Return the provider's definite outcome of one effect; send it at most once.

        An effect whose response was lost and of which the provider has no record is left to another delivery, which
        sends it under the same key: the timeouts of two calls would not fit into that of one Lambda.
        """
        if called_before:
            outcome = self._look_up(tender, step)
            if outcome:
                return outcome
        provider = self._providers.named(tender.provider)
        try:
            return send(provider, rules.effect_key(tender.order_id, step, tender.tender_no))
        except ProviderDown:
            raise ProviderUnavailable(_what(tender, step)) from None
        except ResponseLost:
            late = self._look_up(tender, step)
        if not late:
            raise ProviderUnavailable(_what(tender, step))
        return late

    def _look_up(self, tender: Tender, step: Step) -> Outcome | None:
        key = rules.effect_key(tender.order_id, step, tender.tender_no)
        try:
            return self._providers.named(tender.provider).look_up(step, key, tender.authorisation)
        except (ResponseLost, ProviderDown):
            raise PaymentOutcomeUnknown(_what(tender, step)) from None


def _capture_error(tender: Tender) -> CaptureRefused | AuthorisationExpired:
    if tender.reason == AUTHORISATION_EXPIRED:
        return AuthorisationExpired(tender.order_id, tender.tender_no)
    return CaptureRefused(tender.reason or f"tender {tender.tender_no} is {tender.state}")


def _what(tender: Tender, step: str) -> str:
    return f"{step} of tender {tender.tender_no} of order {tender.order_id}"
