"""The payment functions: authorise, capture (the pivot), look a capture up, prevent it, reverse; expire credit."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse
from tillflow.times import utc_now

from payments.cards import CardTokens
from payments.composition import configured_providers
from payments.credit.accounts import Accounts
from payments.credit.merges import AccountMerges
from payments.credit.models import (
    ExpiredCredit,
    MergeAccounts,
    MergedAccounts,
    SettleAccount,
    SettledAccount,
)
from payments.credit.wallets import Wallets
from payments.models import (
    Authorise,
    Captured,
    OrderRef,
    PreventedCapture,
    ResolvedCapture,
    StoreCards,
    StoredCards,
    Tenders,
)
from payments.rules import refuse_card_numbers
from payments.service import Payments
from payments.store import PaymentsStore

_dynamodb = client("dynamodb")
_table = os.environ["TABLE_NAME"]
_cards = CardTokens(_dynamodb, os.environ["CARDS_TABLE_NAME"])
payments = Payments(PaymentsStore(_dynamodb, _table), configured_providers(_dynamodb), _cards)


@handler
def store_cards(event: dict[str, Any], context: object) -> StoredCards:
    """Store the tokens of an order's cards, by the references that its workflow has."""
    refuse_card_numbers(event.get("cards"))
    request = parse(StoreCards, event)
    cards = [(one.card, one.token) for one in request.cards]
    _cards.store(request.order_id, cards, utc_now())
    return {"order_id": request.order_id, "cards": [card for card, _ in cards]}


@handler
def authorise_payment(event: dict[str, Any], context: object) -> Tenders:
    """Authorise every tender of an order."""
    refuse_card_numbers(event.get("tenders"))
    return payments.authorise(parse(Authorise, event))


@handler
def capture_payment(event: dict[str, Any], context: object) -> Captured:
    """Capture the authorised tenders of an order."""
    return payments.capture(parse(OrderRef, event).order_id)


@handler
def prevent_capture(event: dict[str, Any], context: object) -> PreventedCapture:
    """Prevent the capture of an order unless it has begun; a later one is refused."""
    return payments.prevent_capture(parse(OrderRef, event).order_id)


@handler
def reverse_payment(event: dict[str, Any], context: object) -> Tenders:
    """Void or refund every tender of an order; the compensation."""
    return payments.reverse(parse(OrderRef, event).order_id)


@handler
def resolve_capture(event: dict[str, Any], context: object) -> ResolvedCapture:
    """Look up the outcome of an order's capture at the providers."""
    return payments.resolve(parse(OrderRef, event).order_id)


@handler
def expire_credit(event: dict[str, Any], context: object) -> ExpiredCredit:
    """Take what is left of grants whose last day is over; started every night."""
    return {"expired": Wallets(_dynamodb, _table).expire(utc_now())}


@handler
def settle_account(event: dict[str, Any], context: object) -> SettledAccount:
    """Apply a recorded payment to a customer's account; what is left of it becomes credit."""
    request = parse(SettleAccount, event)
    accounts = Accounts(_dynamodb, _table)
    accounts.settle(request, utc_now())
    account = accounts.account(request.customer_id, request.currency)
    return {"payment_id": request.payment_id, "owed": account.owed}


@handler
def merge_accounts(event: dict[str, Any], context: object) -> MergedAccounts:
    """Move what a customer has and owes to the survivor of a merge."""
    request = parse(MergeAccounts, event)
    AccountMerges(_dynamodb, _table).merge(request)
    return {"merge_id": request.merge_id}
