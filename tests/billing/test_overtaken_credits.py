"""A credit that another request overtakes between its reads and its write keeps what that wrote."""

from collections.abc import Sequence
from typing import Any

import pytest
from billing.models import CapturedTender, CreditedReturn, CreditedWithoutReceipt
from billing.receivables.models import ReceivePayment
from billing.receivables.store import ReceivablesStore
from billing.store import BillingStore

from tests.billing.test_billing_sequences import credited
from tests.billing.test_billing_store import LATER, NOW, draft, invoice, paid
from tests.support.interposed import Interposed

ON_ACCOUNT = [CapturedTender(tender_no=1, type="on_account", amount=3149, state="captured")]
SALES = pytest.mark.parametrize("tenders", [paid(), ON_ACCOUNT], ids=["paid", "on account"])


def issued(dynamodb: Any, table: str, tenders: Sequence[CapturedTender]) -> BillingStore:
    store = BillingStore(dynamodb, table)
    draft(dynamodb, table, "ord-1")
    store.issue("ord-1", tenders, NOW, "cus-1")
    return store


def of_return(return_id: str, total: int, tenders: Sequence[CapturedTender]) -> CreditedReturn:
    receivable = total if tenders is ON_ACCOUNT else 0
    return CreditedReturn.model_validate(credited(return_id, total, receivable=receivable))


def pay(dynamodb: Any, table: str, amount: int) -> None:
    request = {"payment_id": "pay-1", "customer_id": "cus-1", "currency": "EUR", "method": "bank_transfer"}
    payment = ReceivePayment.model_validate({**request, "amount": amount})
    ReceivablesStore(dynamodb, table).receive(payment, NOW)


@SALES
def test_credit_overtaken_by_its_second_delivery_returns_the_number_of_that(
    dynamodb: Any, table: str, tenders: Sequence[CapturedTender]
) -> None:
    store, client = issued(dynamodb, table, tenders), Interposed(dynamodb)
    # The second read is that of the counter.
    client.before("get_item", lambda: store.credit("ord-1", "broken", NOW), nth=2)
    assert BillingStore(client, table).credit("ord-1", "broken", LATER) == store.credit("ord-1", "", LATER)
    assert [note.number for note in store.credit_notes("ord-1")] == [1]


@SALES
@pytest.mark.parametrize("before", [0, 500], ids=["first", "second"])
def test_credit_of_a_return_overtaken_by_another_adds_to_what_that_credited(
    dynamodb: Any, table: str, tenders: Sequence[CapturedTender], before: int
) -> None:
    store, client = issued(dynamodb, table, tenders), Interposed(dynamodb)
    if before:
        store.credit_return("ord-1", "broken", of_return("ret-0", before, tenders), NOW)
    other = of_return("ret-2", 2000, tenders)
    # The second read is that of the credit note: the counter is read after the other return.
    client.before("get_item", lambda: store.credit_return("ord-1", "broken", other, NOW), nth=2)
    BillingStore(client, table).credit_return("ord-1", "broken", of_return("ret-1", 100, tenders), NOW)
    row = invoice(dynamodb, table, "ord-1")
    assert row["credited"] == before + 2100
    assert row.get("outstanding", 0) == (3149 - before - 2100 if tenders is ON_ACCOUNT else 0)


@pytest.mark.parametrize("of_a_return", [True, False], ids=["of a return", "of the sale"])
def test_credit_overtaken_by_a_payment_of_the_invoice_leaves_what_that_paid(
    dynamodb: Any, table: str, of_a_return: bool
) -> None:
    store, client = issued(dynamodb, table, ON_ACCOUNT), Interposed(dynamodb)
    client.before("transact_write_items", lambda: pay(dynamodb, table, 600))
    overtaken = BillingStore(client, table)
    if of_a_return:
        overtaken.credit_return("ord-1", "broken", of_return("ret-1", 100, ON_ACCOUNT), NOW)
    else:
        overtaken.credit("ord-1", "broken", NOW)
    expected = 3149 - 600 - (100 if of_a_return else 3149)
    assert invoice(dynamodb, table, "ord-1")["outstanding"] == expected
    assert [item.outstanding for item in ReceivablesStore(dynamodb, table).open_items()] == [expected]
    assert store.credit_notes("ord-1")[0].number == 1


def test_credit_without_a_receipt_overtaken_by_its_second_delivery_returns_the_number_of_that(
    dynamodb: Any, table: str
) -> None:
    store, client = BillingStore(dynamodb, table), Interposed(dynamodb)
    place = {"location": "store-1", "register": "till-1", "currency": "EUR"}
    request = CreditedWithoutReceipt.model_validate(credited("ret-1", 500, **place))
    first = []
    # The second read is that of the counter.
    client.before(
        "get_item", lambda: first.append(store.credit_without_receipt("returned", request, NOW)), nth=2
    )
    second = BillingStore(client, table).credit_without_receipt("returned", request, LATER)
    assert [second] == first
    assert [note.number for note in store.credit_notes("ret-1")] == [1]
