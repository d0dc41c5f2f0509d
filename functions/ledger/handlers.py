"""Sales, purchases and corrections of stock reach the books; what is taken out of them is by entries of its own."""

import os
from datetime import UTC, datetime
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse
from tillflow.queue import process_batch

from ledger import rules
from ledger.models import PostCorrection, PostJournal, PostLoss, PostPurchase, ReverseEntries, ReverseJournal
from ledger.store import LedgerStore

store = LedgerStore(client("dynamodb"), os.environ["TABLE_NAME"])


@handler
def post_journal(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{order, tenders, cost, invoice_number} -> {entry_id, debits, credits}."""
    return store.post(rules.sale_entry(parse(PostJournal, event)), datetime.now(UTC))


@handler
def reverse_journal(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{order_id} -> {entry_id, debits, credits}; entry_id is null when no sale was posted."""
    return store.reverse(parse(ReverseJournal, event).order_id, datetime.now(UTC))


@handler
def post_purchase(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{entry_id, purchase_order_id, kind, currency, goods?, net?, tax?, paid?} -> {entry_id, debits, credits}."""
    return store.post(rules.purchase_entry(parse(PostPurchase, event)), datetime.now(UTC))


@handler
def reverse_entries(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{purchase_order_id, entries} -> {purchase_order_id, reversed}; entries not posted are refused later."""
    request = parse(ReverseEntries, event)
    return store.reverse_entries(request.purchase_order_id, request.entries, datetime.now(UTC))


@handler
def post_loss(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{entry_id, business_id, currency, value} -> {entry_id, debits, credits}: goods that are lost."""
    return store.post(rules.loss_entry(parse(PostLoss, event)), datetime.now(UTC))


@handler
def post_corrections(event: dict[str, Any], context: object) -> dict[str, Any]:
    """A batch of StockCorrected events from the queue, each posted once; those that failed come again."""
    return process_batch(event, _post_correction)


def _post_correction(event: dict[str, Any]) -> None:
    entry = rules.correction_entry(parse(PostCorrection, event).detail)
    if entry:
        store.post(entry, datetime.now(UTC))
