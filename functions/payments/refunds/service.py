"""Refund a return: our record of its parts, and the providers' effects.

The intent to refund each part is written before a provider is called; an intent without an outcome is looked up by its
key before it is sent again.
"""

from functools import partial

from tillflow.errors import PaymentOutcomeUnknown, ProviderUnavailable, RefundRefused
from tillflow.store import retry_on_conflict
from tillflow.times import utc_now

from payments.credit.models import GrantCredit
from payments.credit.wallets import Wallets
from payments.models import Tender
from payments.provider import Outcome, Provider, ProviderDown, ResponseLost
from payments.providers import Providers
from payments.refunds import cash, rules
from payments.refunds.models import (
    NO_TENDER,
    Part,
    Refund,
    Refunded,
    RefundPayment,
)
from payments.refunds.store import RefundStore
from payments.store import PaymentsStore


class Refunds:
    """Refunds of returns. `wallets` get the credit that no tender does."""

    def __init__(
        self,
        store: RefundStore,
        payments: PaymentsStore,
        providers: Providers,
        wallets: Wallets,
    ) -> None:
        self._store = store
        self._payments = payments
        self._providers = providers
        self._wallets = wallets

    def refund(self, request: RefundPayment) -> Refunded:
        """Refund a return; a second delivery completes it and returns the same parts.

        Raises RefundRefused if nothing can be refunded, now or later; RefundDisputed if a person decides what becomes
        of the rest; InvalidRequest for an exchange that did not pay its sale; IdempotencyConflict for another request
        under the return; ProviderUnavailable or PaymentOutcomeUnknown when a retry can help.
        """
        return retry_on_conflict(partial(self._refund, request))

    def _refund(self, request: RefundPayment) -> Refunded:
        refund = self._store.find(request.return_id)
        called_before = refund is not None
        if refund is None:
            if request.exchange:
                rules.check_exchange(request, self._payments.payment(request.exchange.order_id).tenders)
            tenders = self._tenders(request)
            refund = rules.opened(request, tenders)
            if refund.state == "OPEN" and self._is_withdrawn(tenders):
                refund = rules.after_dispute(refund)
            self._store.write(None, refund, tenders)
        else:
            rules.check_same_request(refund, request)
        refund = self._complete(refund, called_before)
        if refund.state == "REFUSED":
            raise RefundRefused(request.return_id, refund.reason)
        return {
            "return_id": request.return_id,
            "refunds": rules.shown(refund),
            "rounding": cash.rounding_of(refund),
        }

    def _complete(self, refund: Refund, called_before: bool) -> Refund:
        """Return the refund once every part is refunded, or all of it is refused."""
        while refund.state == "OPEN" and (part := rules.next_part(refund)):
            tenders = self._tenders(refund.request)
            outcome = self._pay_back(refund.request, part, tenders, called_before)
            if outcome.accepted:
                after = rules.after_refund(refund, part)
            else:
                after = rules.after_refusal(refund, part, outcome.reason, tenders)
            refund = self._store.write(refund, after, tenders)
        return refund

    def _is_withdrawn(self, tenders: list[Tender]) -> bool:
        """Return whether a bank has withdrawn one of the payments. Raises ProviderUnavailable if it is not known."""
        try:
            return any(
                self._providers.named(tender.provider).is_withdrawn(tender.authorisation)
                for tender in tenders
                if tender.captured
            )
        except (ResponseLost, ProviderDown):
            raise ProviderUnavailable(f"reading the disputes of order {tenders[0].order_id}") from None

    def _tenders(self, request: RefundPayment) -> list[Tender]:
        return self._payments.payment(request.order_id).tenders if request.order_id else []

    def _pay_back(
        self, request: RefundPayment, part: Part, tenders: list[Tender], called_before: bool
    ) -> Outcome:
        """Return the definite outcome of refunding a part; send it at most once."""
        if part.tender_no == NO_TENDER:
            return self._pay_without_tender(request, part)
        tender = next(tender for tender in tenders if tender.tender_no == part.tender_no)
        provider = self._providers.named(tender.provider)
        key = rules.effect_key(request.return_id, tender.tender_no)
        what = f"refund of return {request.return_id} to tender {tender.tender_no}"
        if called_before and (outcome := _look_up(provider, key, tender, what)):
            return outcome
        try:
            return provider.refund(key, tender.authorisation, part.amount, tender.currency)
        except ProviderDown:
            raise ProviderUnavailable(what) from None
        except ResponseLost:
            late = _look_up(provider, key, tender, what)
        if not late:
            raise ProviderUnavailable(what)
        return late

    def _pay_without_tender(self, request: RefundPayment, part: Part) -> Outcome:
        if part.type == "store_credit" and request.customer_id:
            grant = GrantCredit(
                grant_id=rules.credit_grant_id(request.return_id),
                customer_id=request.customer_id,
                currency=request.currency,
                amount=part.amount,
                reason=f"return {request.return_id}",
                source="return",
            )
            self._wallets.grant(grant, utc_now())
        return Outcome(True)


def _look_up(provider: Provider, key: str, tender: Tender, what: str) -> Outcome | None:
    try:
        return provider.look_up("refund", key, tender.authorisation)
    except (ResponseLost, ProviderDown):
        raise PaymentOutcomeUnknown(what) from None
