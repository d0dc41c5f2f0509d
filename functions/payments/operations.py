"""Operations on payments and on customers' credit. The command line and the HTTP API call them."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from botocore.exceptions import ClientError
from tillflow.customers import CheckCustomer, check_known
from tillflow.errors import InvalidRequest, ProviderUnavailable
from tillflow.gift_cards import token_of
from tillflow.listing import ALL_TIMES, Page, Period
from tillflow.parsing import parse
from tillflow.secrets import NO_SECRET
from tillflow.store import retry_on_conflict
from tillflow.times import utc_now

from payments.cards import CardTokens
from payments.credit.accounts import Accounts
from payments.credit.gift_cards import GiftCards
from payments.credit.models import (
    Account,
    CreditAccount,
    CreditCurrency,
    CreditPolicy,
    GiftCard,
    GiftCardQuery,
    GrantCredit,
    IssueGiftCard,
    SetCreditLimit,
    WalletEntry,
)
from payments.credit.rows import customer_wallet
from payments.credit.rules import check_by_person
from payments.credit.wallets import Wallets
from payments.disputes import Dispute, case_of_dispute
from payments.errors import EventNotSigned, UnknownGiftCard
from payments.models import ListedTender, StoreCards, Tender, TenderType
from payments.provider import ChargeRecord, ProviderDown, ResponseLost
from payments.refunds.failures import OpenCase, case_of_order, case_of_return
from payments.refunds.rules import RETURN
from payments.refunds.store import RefundStore
from payments.rules import REFUNDED, refuse_card_numbers
from payments.store import PaymentsStore
from payments.stripe_adapter.events import (
    StripeEvent,
    change_of,
    dispute_of,
    effect_of,
    failed_refund,
    is_signed,
)
from payments.stripe_adapter.secret import SecretCache


class PaymentOperations:
    """Payments of orders. dynamodb: a client; table: the payments table."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._store = PaymentsStore(dynamodb, table)

    def tenders(self, order_id: str) -> list[Tender]:
        """Return the tenders of an order by number; none if its payment was not authorised."""
        return self._store.payment(order_id).tenders

    def list_tenders(
        self,
        limit: int = 50,
        after: str = "",
        *,
        type: TenderType | None = None,
        state: str | None = None,
        period: Period = ALL_TIMES,
    ) -> Page[ListedTender]:
        """Return a page of the tenders of all orders, the newest first. InvalidRequest."""
        between = period.bounds()
        return self._store.list_tenders(limit, after, type=type, state=state, between=between)


class CardOperations:
    """Cards of orders. dynamodb: a client; table: the table of card tokens."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._tokens = CardTokens(dynamodb, table)

    def store(self, order_id: str, cards: Sequence[tuple[str, str]]) -> None:
        """Store the tokens of an order's cards by their references. InvalidRequest, IdempotencyConflict."""
        sent = [{"card": card, "token": token} for card, token in cards]
        refuse_card_numbers(sent)
        request = parse(StoreCards, {"order_id": order_id, "cards": sent})
        self._tokens.store(request.order_id, [(one.card, one.token) for one in request.cards], utc_now())


class StripeEvents:
    """Events of Stripe's webhooks.

    secret: the cache of Stripe's secret; open_case: opens one for a failed refund or a dispute; find_charge: returns a
    charge as Stripe has it, which names the tender of a dispute.
    """

    def __init__(
        self,
        dynamodb: Any,
        table: str,
        secret: SecretCache,
        open_case: OpenCase,
        find_charge: Callable[[str], ChargeRecord | None],
    ) -> None:
        self._store = PaymentsStore(dynamodb, table)
        self._refunds = RefundStore(dynamodb, table)
        self._secret = secret
        self._open_case = open_case
        self._find_charge = find_charge

    def receive(self, header: str, raw: bytes) -> bool:
        """Apply a signed event, once; return False for one that was received before.

        EventNotSigned, also in a shop that has no secret of Stripe; ProviderUnavailable if it is not known which order
        a dispute is of: Stripe sends the event again.
        """
        try:
            secrets = self._secret.get().webhook_secrets
        except ClientError as error:
            if error.response["Error"]["Code"] not in NO_SECRET:
                raise
            raise EventNotSigned from None
        if not is_signed(header, raw, secrets, utc_now()):
            raise EventNotSigned
        try:
            event = parse(StripeEvent, json.loads(raw))
        except (ValueError, RecursionError):
            raise InvalidRequest("body", "(not JSON)", "an event of Stripe") from None
        if dispute := dispute_of(event):
            return self._apply_dispute(event, dispute)
        return retry_on_conflict(partial(self._apply, event))

    def _apply_dispute(self, event: StripeEvent, dispute: Dispute) -> bool:
        tender = self._disputed_tender(dispute)
        case = case_of_dispute(dispute, tender) if tender else None
        if case:
            # Before the event is stored, as in _apply.
            self._open_case(case)
        return self._store.record_event(event.id, event.type, tender, None, case["case_id"] if case else None)

    def _disputed_tender(self, dispute: Dispute) -> Tender | None:
        """Return the tender of a dispute, None for a charge of another system.

        A dispute has no metadata of the charge, and tenders are not found by the provider's reference.
        """
        try:
            charge = self._find_charge(dispute.reference)
        except (ProviderDown, ResponseLost):
            raise ProviderUnavailable(f"reading the charge of dispute {dispute.dispute_id}") from None
        effect = effect_of(charge.key) if charge else None
        return self._store.find_tender(effect[0], effect[2]) if effect else None

    def _apply(self, event: StripeEvent) -> bool:
        effect = event.effect
        is_of_order = effect is not None and effect[1] != RETURN
        tender = self._store.find_tender(effect[0], effect[2]) if effect and is_of_order else None
        change = change_of(event, effect[1], tender) if effect and tender else None
        case = self._failure(event, effect, tender) if effect else None
        if case:
            # Before the event is stored: an event whose case could not be opened is delivered again.
            self._open_case(case)
        return self._store.record_event(
            event.id, event.type, tender, change, case["case_id"] if case else None
        )

    def _failure(
        self, event: StripeEvent, effect: tuple[str, str, int], tender: Tender | None
    ) -> dict[str, str] | None:
        """Return the case of a refund that was complete and has failed, None for another event."""
        business_id, step, tender_no = effect
        reason = failed_refund(event, step)
        if reason is None:
            return None
        if step == RETURN:
            refund = self._refunds.find(business_id)
            return case_of_return(refund, tender_no, reason) if refund else None
        # While a workflow reverses the tender, it opens the case.
        return case_of_order(tender, reason) if tender and tender.state == REFUNDED else None


class CreditOperations:
    """Credit of customers with the shop. dynamodb: a client; table: the payments table; check: of a customer."""

    def __init__(self, dynamodb: Any, table: str, check: CheckCustomer) -> None:
        self._wallets = Wallets(dynamodb, table)
        self._check = check

    def grant(self, request: Mapping[str, Any]) -> int:
        """Add to a customer's credit, once per grant id; return the balance.

        InvalidRequest, UnknownCustomer, CustomerAnonymised, CustomerMerged, GoodwillAboveLimit, IdempotencyConflict.
        """
        grant = parse(GrantCredit, request)
        check_by_person(grant)
        if not self._wallets.has_grant(grant.grant_id):
            self._check(grant.customer_id)
        self._wallets.grant(grant, utc_now())
        return self._wallets.balance(customer_wallet(grant.customer_id), grant.currency)

    def balances(self, customer_id: str) -> dict[str, int]:
        """Return a customer's balances in minor units by currency. UnknownCustomer."""
        balances = self._wallets.balances(customer_wallet(customer_id))
        if not balances:
            check_known(self._check, customer_id)
        return balances

    def entries(self, customer_id: str) -> list[WalletEntry]:
        """Return what was added to a customer's credit and what expired, in the order of its time. UnknownCustomer."""
        entries = self._wallets.entries(customer_wallet(customer_id))
        if not entries:
            check_known(self._check, customer_id)
        return entries

    def policy(self, currency: str) -> tuple[CreditPolicy, int]:
        """Return the limit and the expiry of goodwill in a currency, and their version.

        InvalidRequest for an unknown currency.
        """
        return self._wallets.policy_at(parse(CreditCurrency, {"currency": currency}).currency)

    def set_policy(self, request: Mapping[str, Any], version: int | None = None) -> tuple[CreditPolicy, int]:
        """Set the limit and the expiry of goodwill in a currency; return them and their version.

        InvalidRequest; RecordChanged if they are not at `version`, None for any.
        """
        policy = parse(CreditPolicy, request)
        return policy, self._wallets.set_policy(policy, version)


class GiftCardOperations:
    """Gift cards. dynamodb: a client; table: the payments table; check: of a customer."""

    def __init__(self, dynamodb: Any, table: str, check: CheckCustomer) -> None:
        self._cards = GiftCards(dynamodb, table)
        self._check = check

    def issue(self, request: Mapping[str, Any]) -> GiftCard:
        """Put an amount on a new card, once per code.

        InvalidRequest, GoodwillAboveLimit, IdempotencyConflict; UnknownCustomer, CustomerAnonymised and CustomerMerged
        for whom goodwill is for.
        """
        card = parse(IssueGiftCard, request)
        if card.customer_id and not self._cards.is_issued(card.code):
            self._check(card.customer_id)
        return self._cards.issue(card, utc_now())

    def find(self, code: str) -> GiftCard:
        """Return the card of a code; UnknownGiftCard, InvalidRequest."""
        card = self._cards.find(token_of(parse(GiftCardQuery, {"code": code}).code))
        if card is None:
            raise UnknownGiftCard
        return card


class AccountOperations:
    """Accounts of customers who buy on account. dynamodb: a client; table: the payments table; check: of a customer."""

    def __init__(self, dynamodb: Any, table: str, check: CheckCustomer) -> None:
        self._accounts = Accounts(dynamodb, table)
        self._check = check

    def set_limit(self, request: Mapping[str, Any], version: int | None = None) -> tuple[Account, int]:
        """Set the credit limit of a customer in a currency; return the account and the version of its limit.

        InvalidRequest, UnknownCustomer, CustomerAnonymised, CustomerMerged; RecordChanged if the limit is not at
        `version`; None for any.
        """
        limit = parse(SetCreditLimit, request)
        self._check(limit.customer_id)
        self._accounts.set_limit(limit, version)
        return self._accounts.account_at(limit.customer_id, limit.currency)

    def account(self, request: Mapping[str, Any]) -> tuple[Account, int]:
        """Return the account of a customer in a currency, and the version of its limit.

        InvalidRequest, UnknownCustomer.
        """
        place = parse(SetCreditLimit, {**request, "credit_limit": 0})
        account, version = self._accounts.account_at(place.customer_id, place.currency)
        if not version and not account.owed:
            check_known(self._check, place.customer_id)
        return account, version

    def accounts(self, customer_id: str) -> list[Account]:
        """Return the accounts of a customer by currency. InvalidRequest, UnknownCustomer."""
        accounts = self._accounts.accounts(parse(CreditAccount, {"customer_id": customer_id}).customer_id)
        if not accounts:
            check_known(self._check, customer_id)
        return accounts
