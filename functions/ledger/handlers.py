"""Post sales, purchases, losses, corrections and credit; reverse entries by entries of their own."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.events import CreditChanged
from tillflow.handling import handler
from tillflow.parsing import parse
from tillflow.queue import BatchResponse, process_batch
from tillflow.times import utc_now

from ledger import rules
from ledger.models import (
    Entry,
    PostCorrection,
    PostCredit,
    PostedEntry,
    PostJournal,
    PostLoss,
    PostPayment,
    PostPurchase,
    PostReturn,
    PostUnreceipted,
    ReversedEntries,
    ReversedSale,
    ReverseEntries,
    ReverseJournal,
)
from ledger.store import LedgerStore

store = LedgerStore(client("dynamodb"), os.environ["TABLE_NAME"])


@handler
def post_journal(event: dict[str, Any], context: object) -> PostedEntry:
    """Post the entry of a sale, or of a customer's `payment`."""
    if "payment" in event:
        return store.post(rules.payment_entry(parse(PostPayment, event).payment), utc_now())
    return store.post(rules.sale_entry(parse(PostJournal, event)), utc_now())


@handler
def reverse_journal(event: dict[str, Any], context: object) -> ReversedSale:
    """Reverse the entry of an order's sale: a return's part of it, or all of it.

    A return without a receipt (order_id null) is posted under its own id.
    """
    if event.get("order_id", "") is None:
        returned = parse(PostUnreceipted, event).returned
        return _post_return(returned.return_id, returned)
    request = parse(ReverseJournal, event)
    if request.returned:
        return _post_return(request.order_id, request.returned)
    return store.reverse(request.order_id, utc_now())


@handler
def post_purchase(event: dict[str, Any], context: object) -> PostedEntry:
    """Post the entry of one step of a purchase order."""
    return store.post(rules.purchase_entry(parse(PostPurchase, event)), utc_now())


@handler
def reverse_entries(event: dict[str, Any], context: object) -> ReversedEntries:
    """Reverse entries of a purchase order; those not posted are refused from now on."""
    request = parse(ReverseEntries, event)
    return store.reverse_entries(request.purchase_order_id, request.entries, utc_now())


@handler
def post_loss(event: dict[str, Any], context: object) -> PostedEntry:
    """Post the entry of lost goods."""
    return store.post(rules.loss_entry(parse(PostLoss, event)), utc_now())


@handler
def post_corrections(event: dict[str, Any], context: object) -> BatchResponse:
    """Post each StockCorrected and CreditChanged event of a batch once; return those that failed for redelivery."""
    return process_batch(event, _post_event)


def _post_return(business_id: str, returned: PostReturn) -> ReversedSale:
    posted = store.post(rules.return_entry(business_id, returned), utc_now())
    return {"entry_id": posted["entry_id"], "debits": posted["debits"], "credits": posted["credits"]}


def _post_event(event: dict[str, Any]) -> None:
    if event.get("detail-type") == CreditChanged.__name__:
        entry: Entry | None = rules.credit_entry(parse(PostCredit, event).detail)
    else:
        entry = rules.correction_entry(parse(PostCorrection, event).detail)
    if entry:
        store.post(entry, utc_now())
