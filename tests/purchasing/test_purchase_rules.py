"""Purchase orders by their rules: receipts, the three-way match, due dates, statements and performance."""

import json
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger.models import Entry
from ledger.rules import entry_reversal
from purchasing import invoices, reporting, rules, values
from purchasing.approvals import approved_without_asking, parse_limits
from purchasing.channels import Channels, order_message
from purchasing.errors import (
    InvalidPurchase,
    InvoiceMismatch,
    NoSupplierLeft,
    OverReceipt,
    PurchaseConflict,
    ReceiptAboveApproval,
)
from purchasing.matching import due_date, tax_of
from purchasing.models import Await, Invoice, InvoicedLine, OpenOrder, Purchase, Receipt, ReceivedLine
from purchasing.rows import PURCHASES
from purchasing.supplier_models import Channel, Price, Supplier, Terms
from tillflow.errors import IdempotencyConflict, InvalidRequest, OrderClosed, PendingWork, ProviderUnavailable
from tillflow.outbound import CallFailed
from tillflow.signatures import signature

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
TODAY = NOW.date()
SUPPLIER = Supplier(
    supplier_id="sup-a", name="A", currency="EUR", tax_rate=Decimal("0.20"), account="acct_ok"
)


def opened(quantity: int = 10, unit_cost: int = 1000, suppliers: int = 2, limit: int = 0) -> Purchase:
    request = OpenOrder.model_validate(
        {
            "purchase_order_id": "po-1",
            "location": "store-1",
            "currency": "EUR",
            "lines": [{"sku": "A", "quantity": quantity, "unit_cost": unit_cost}],
            "suppliers": [{"supplier_id": f"sup-{letter}"} for letter in "abcdef"[:suppliers]],
        }
    )
    return rules.new_purchase(request, NOW, {"EUR": limit})


def delivering(quantity: int = 10, unit_cost: int = 1000, tolerance: int = 0, limit: int = 10**6) -> Purchase:
    supplier = SUPPLIER.model_copy(update={"over_receipt_percent": tolerance})
    order = opened(quantity, unit_cost, limit=limit)
    return rules.acknowledge(rules.send(order, supplier, {}, NOW), TODAY)


def came(number: int, quantity: int, rejected: int = 0, at: datetime = NOW) -> Receipt:
    lines = (ReceivedLine(sku="A", quantity=quantity, rejected=rejected),)
    return Receipt(receipt_id=f"r-{number}", received_at=at, lines=lines)


def bill(quantity: int, price: int, tax: int | None = None, discount: int = 0, sku: str = "A") -> Invoice:
    net = quantity * price - discount
    tax = tax_of(net, Decimal("0.20")) if tax is None else tax
    lines = (InvoicedLine(sku=sku, quantity=quantity, unit_price=price),)
    return Invoice(number="N-1", invoiced_on=TODAY, lines=lines, discount=discount, tax=tax, total=net + tax)


@given(
    st.integers(1, 500),
    st.integers(0, 20),
    st.lists(st.tuples(st.integers(1, 200), st.integers(0, 200)), max_size=12),
)
def test_accepted_never_exceeds_ordered_and_tolerance(
    quantity: int, tolerance: int, deliveries: list[tuple[int, int]]
) -> None:
    purchase = delivering(quantity, tolerance=tolerance)
    for number, (units, rejected) in enumerate(deliveries):
        try:
            purchase = rules.receive(purchase, came(number, units, min(units, rejected)))
        except OverReceipt:
            assert units - min(units, rejected) > values.receivable(purchase.lines[0], tolerance)
        [line] = purchase.lines
        assert 100 * line.accepted <= quantity * (100 + tolerance)
        assert line.received == sum(one.quantity for r in purchase.receipts for one in r.lines)


def test_receipt_with_the_entry_of_a_reversal_is_refused() -> None:
    ending = entry_reversal(Entry("r-1", "po-1", "receipt", "EUR", None, ())).entry_id.removeprefix("r-1")
    receipt = came(1, 10).model_copy(update={"receipt_id": f"r-1{ending}"})
    with pytest.raises(InvalidPurchase, match="receipt_id is 'r-1-reversed'"):
        rules.receive(delivering(), receipt)


def test_tolerated_units_above_the_approved_total_are_rejected() -> None:
    """An order of 100.00 whose limit is 115.00: 11 units are tolerated and approved, 12 are tolerated alone."""
    purchase = rules.receive(delivering(tolerance=20, limit=11_500), came(1, 10))
    with pytest.raises(ReceiptAboveApproval, match=r"worth 120\.00 EUR; approved is 115\.00 EUR"):
        rules.receive(purchase, came(2, 2))
    purchase = rules.receive(purchase, came(2, 2, rejected=1))
    assert (purchase.lines[0].accepted, values.received_value(purchase.lines)) == (11, 11_000)


def test_tolerance_adds_nothing_to_an_order_that_was_approved_by_a_person() -> None:
    purchase = delivering(tolerance=20, limit=9_999)
    with pytest.raises(ReceiptAboveApproval):
        rules.receive(purchase, came(1, 11))
    assert rules.receive(purchase, came(1, 11, rejected=1)).lines[0].accepted == 10


@pytest.mark.parametrize(
    ("invoice", "first"),
    [
        (bill(10, 1021), "A: unit price 10.21 EUR; expected 10.00 EUR"),
        (bill(9, 1000), "A: quantity 9; expected 10"),
        (bill(10, 1000, tax=2051), "tax: amount 20.51 EUR; expected 20.00 EUR"),
        (bill(10, 1000, sku="B"), "A: quantity 0; expected 10"),
    ],
)
def test_a_mismatch_names_what_was_billed_and_expected(invoice: Invoice, first: str) -> None:
    purchase = invoices.bill(rules.receive(delivering(), came(1, 10)), invoice)
    disputed = invoices.match_invoice(purchase, SUPPLIER)
    with pytest.raises(InvoiceMismatch, match=first):
        invoices.check_matched(disputed, SUPPLIER)
    assert invoices.match_invoice(disputed, SUPPLIER, accept=1).status == "MATCHED"


def test_acceptance_is_of_the_disputed_invoice_and_applied_once() -> None:
    purchase = invoices.bill(rules.receive(delivering(), came(1, 10)), bill(10, 1500))
    disputed = invoices.match_invoice(purchase, SUPPLIER)
    assert (disputed.status, disputed.disputed, disputed.acceptances) == ("ACKNOWLEDGED", True, 0)
    replaced = invoices.bill(disputed, bill(10, 9000))
    unseen = invoices.match_invoice(replaced, SUPPLIER, accept=1)
    assert (unseen.status, unseen.disputed, unseen.acceptances) == ("ACKNOWLEDGED", True, 1)
    assert invoices.match_invoice(unseen, SUPPLIER, accept=1) == unseen, "delivered twice"
    assert invoices.match_invoice(unseen, SUPPLIER, accept=2).status == "MATCHED"
    corrected = invoices.bill(unseen, bill(10, 1000))
    assert invoices.match_invoice(corrected, SUPPLIER, accept=1).status == "MATCHED"


def test_acceptance_by_an_execution_of_an_earlier_definition_is_of_any_invoice() -> None:
    purchase = invoices.bill(rules.receive(delivering(), came(1, 10)), bill(10, 1500))
    assert invoices.match_invoice(purchase, SUPPLIER, accept=False).status == "ACKNOWLEDGED"
    assert invoices.match_invoice(purchase, SUPPLIER, accept=True).status == "MATCHED"


@pytest.mark.parametrize("invoice", [bill(10, 1020), bill(10, 1000, tax=2050), bill(10, 1000, discount=500)])
def test_difference_within_tolerance_matches(invoice: Invoice) -> None:
    purchase = invoices.bill(rules.receive(delivering(), came(1, 10)), invoice)
    assert invoices.match_invoice(purchase, SUPPLIER).invoice.due_on == date(2026, 12, 23)  # type: ignore[union-attr]


def test_the_total_is_lines_less_discount_plus_tax() -> None:
    wrong = bill(10, 1000).model_copy(update={"total": 11_999})
    with pytest.raises(InvalidPurchase, match="total is 11999; expected 12000"):
        invoices.bill(delivering(), wrong)
    with pytest.raises(InvalidPurchase, match="discount"):
        invoices.bill(delivering(), bill(1, 10, tax=0).model_copy(update={"discount": 11}))


@pytest.mark.parametrize(
    ("on", "terms", "due"),
    [
        (date(2026, 11, 23), Terms(days=30), date(2026, 12, 23)),
        (date(2026, 11, 23), Terms(days=0), date(2026, 11, 23)),
        (date(2026, 11, 23), Terms(days=30, end_of_month=True), date(2026, 12, 30)),
        (date(2028, 2, 1), Terms(days=0, end_of_month=True), date(2028, 2, 29)),
    ],
)
def test_due_dates(on: date, terms: Terms, due: date) -> None:
    assert due_date(on, terms) == due


def test_each_supplier_is_asked_once() -> None:
    purchase = opened(suppliers=3)
    for number, expected in enumerate(("sup-a", "sup-b", "sup-c"), 1):
        assert rules.next_step(purchase) == "send"
        supplier_id = rules.next_supplier(purchase)
        assert supplier_id == expected
        supplier = SUPPLIER.model_copy(update={"supplier_id": supplier_id})
        purchase = rules.send(purchase, supplier, {}, NOW)
        assert rules.next_step(purchase) == "await_acknowledgement"
        if number == 2:
            purchase = rules.refuse(purchase, "no")
        assert rules.give_up_supplier(purchase, number - 1, "late delivery of an earlier silence") == purchase
        purchase = rules.give_up_supplier(purchase, number, "silence")
    with pytest.raises(NoSupplierLeft):
        rules.next_supplier(purchase)
    assert [attempt.state for attempt in purchase.attempts] == ["SILENT", "REFUSED", "SILENT"]


def test_acknowledgement_without_a_supplier_can_be_repeated() -> None:
    purchase = delivering()
    assert rules.acknowledge(purchase, TODAY) == purchase
    with pytest.raises(IdempotencyConflict):
        rules.acknowledge(purchase, TODAY + timedelta(days=1))


def test_first_acknowledgement_is_kept() -> None:
    purchase = delivering()
    assert rules.give_up_supplier(purchase, 1, "silence") == purchase


def test_the_suppliers_own_price_is_ordered_from_its_minimum_on() -> None:
    for minimum, cost in ((10, 900), (11, 1000)):
        price = Price(sku="A", unit_cost=900, minimum_quantity=minimum)
        assert rules.send(opened(), SUPPLIER, {"A": price}, NOW).lines[0].unit_cost == cost
    with pytest.raises(InvalidPurchase, match="currency"):
        rules.send(opened(), SUPPLIER.model_copy(update={"currency": "USD"}), {}, NOW)


def test_pending_work_of_each_status() -> None:
    purchase = delivering()
    assert rules.next_step(purchase) == "await_goods"
    purchase = invoices.bill(purchase, bill(10, 1000))
    assert rules.next_step(purchase) == "await_goods"
    purchase = rules.receive(purchase, came(1, 10))
    assert rules.next_step(purchase) == "receive"
    assert rules.next_step(rules.book(purchase, "r-1")) == "match"
    assert rules.next_step(rules.request_cancel(purchase, "")) == "cancel"


def test_repeated_cancel_keeps_the_first_reason() -> None:
    purchase = rules.request_cancel(delivering(), "no")
    assert rules.request_cancel(purchase, "again") == purchase
    ended = rules.cancel(purchase, "no", NOW)
    assert rules.request_cancel(ended, "again") == ended
    with pytest.raises(OrderClosed):
        rules.request_cancel(rules.close(paid(rules.receive(delivering(), came(1, 10))), NOW), "too late")


def test_repeated_close_short_changes_nothing() -> None:
    short = rules.close_short(rules.receive(delivering(), came(1, 4)))
    assert rules.close_short(short) == short
    ended = rules.close(paid(short, 4), NOW)
    assert rules.close_short(ended) == ended


def test_cancelled_order_accepts_no_receipt_or_invoice() -> None:
    purchase = rules.request_cancel(delivering(), "no")
    for late in (
        lambda: rules.receive(purchase, came(1, 1)),
        lambda: invoices.bill(purchase, bill(1, 1)),
        lambda: rules.send(purchase, SUPPLIER, {}, NOW),
        lambda: rules.close_short(purchase),
    ):
        with pytest.raises(OrderClosed):
            late()


def paid(purchase: Purchase, quantity: int = 10, on: datetime = NOW) -> Purchase:
    purchase = invoices.bill(purchase, bill(quantity, 1000))
    purchase = invoices.match_invoice(purchase, SUPPLIER)
    return invoices.complete_payment(invoices.begin_payment(purchase, "acct_ok"), "tr-1", on)


@given(st.lists(st.tuples(st.integers(1, 50), st.booleans()), max_size=8))
def test_statement_ends_with_the_outstanding_amount(orders: list[tuple[int, bool]]) -> None:
    purchases = []
    for number, (quantity, is_paid) in enumerate(orders):
        purchase = rules.receive(delivering(quantity), came(1, quantity))
        purchase = purchase.model_copy(update={"purchase_order_id": f"po-{number}"})
        done = paid(purchase, quantity, NOW + timedelta(days=number))
        purchases.append(done if is_paid else done.model_copy(update={"status": "MATCHED", "payment": None}))
    entries = reporting.statement(purchases)
    outstanding = sum(map(reporting.owes, purchases))
    assert (entries[-1].balance if entries else 0) == outstanding
    assert sum(entry.amount for entry in entries) == outstanding


def test_performance_counts_late_units_by_day_and_those_still_missing() -> None:
    late = rules.receive(delivering(), came(1, 6, at=NOW + timedelta(days=2)))
    on_time = rules.receive(delivering(), came(1, 10, rejected=0))
    rejected = rules.receive(delivering(), came(1, 10, rejected=3))
    refused = rules.refuse(rules.send(opened(), SUPPLIER, {}, NOW), "no")
    measured = reporting.performance([late, on_time, rejected, refused], "sup-a", TODAY + timedelta(days=3))
    assert measured == reporting.Performance(
        orders=3,
        on_time=1,
        item_days_late=6 * 2 + 4 * 3 + 3 * 3,
        accepted=6 + 10 + 7,
        rejected=3,
        refused_or_silent=1,
    )


@pytest.mark.parametrize("address", ["http://supplier.example", "hook", "https://user:pw@host/", "https://"])
def test_webhook_needs_an_https_url(address: str) -> None:
    with pytest.raises(ValueError, match="https"):
        Channel.model_validate({"type": "webhook", "address": address, "secret": "tillflow/suppliers/a"})


@pytest.mark.parametrize(
    ("secret", "accepted"),
    [("", "name of a secret"), ("s", "<stack>/suppliers/<name>"), ("shop/other/a", "<stack>")],
)
def test_webhook_needs_the_name_of_a_secret(secret: str, accepted: str) -> None:
    with pytest.raises(ValueError, match=accepted):
        Channel.model_validate({"type": "webhook", "address": "https://supplier.example", "secret": secret})


def test_signature_is_the_hmac_of_the_body() -> None:
    assert signature("key", "The quick brown fox jumps over the lazy dog") == (
        "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    )


WEBHOOK = Channel(
    type="webhook", address="https://supplier.example/orders", secret="tillflow/suppliers/sup-a"
)


def test_webhook_message_has_its_key_and_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    posted: list[tuple[str, bytes, dict[str, str]]] = []
    monkeypatch.setattr("purchasing.channels.post", lambda *sent: posted.append(sent))
    channels = Channels(None, "", {"tillflow/suppliers/sup-a": "shared"}.__getitem__)
    channels.send(WEBHOOK, "po-1#1#order", order_message(delivering()))
    ((url, body, headers),) = posted
    assert url == "https://supplier.example/orders"
    assert headers["Idempotency-Key"] == "po-1#1#order"
    assert headers["X-Tillflow-Signature"] == signature("shared", body.decode())
    assert json.loads(body)["lines"] == [{"sku": "A", "quantity": 10, "unit_cost": 1000}]


@pytest.mark.parametrize(
    "failure", [CallFailed("supplier.example", "status 301"), InvalidRequest("address", "x", "y")]
)
def test_webhook_that_cannot_be_called_is_an_unavailable_provider(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(*_: Any) -> None:
        raise failure

    monkeypatch.setattr("purchasing.channels.post", fail)
    with pytest.raises(ProviderUnavailable):
        Channels(None, "", lambda _: "shared").send(WEBHOOK, "po-1#1#order", order_message(delivering()))


def test_payment_starts_once_and_not_after_a_void() -> None:
    purchase = rules.receive(delivering(), came(1, 10))
    matched = invoices.match_invoice(invoices.bill(purchase, bill(10, 1000)), SUPPLIER)
    begun = invoices.begin_payment(matched, "acct_ok")
    assert invoices.begin_payment(begun, "acct_other") == begun
    with pytest.raises(OrderClosed, match="is MATCHED; void of its invoice"):
        invoices.void_invoice(begun)
    with pytest.raises(OrderClosed, match="is MATCHED; cancel is no longer accepted"):
        rules.request_cancel(matched, "too late")
    with pytest.raises(OrderClosed):
        invoices.begin_payment(invoices.void_invoice(matched), "acct_ok")


def invoice_of(number: str = "N-1", price: int = 1000) -> Invoice:
    return bill(10, price).model_copy(update={"number": number})


def test_repeated_receipt_changes_nothing_and_another_under_its_id_is_a_conflict() -> None:
    purchase = rules.receive(delivering(), came(1, 4))
    assert rules.receive(purchase, came(1, 4, at=NOW + timedelta(hours=1))) == purchase
    with pytest.raises(
        IdempotencyConflict, match="receipt r-1 exists with different content: A is '4-0', sent '5-0'"
    ):
        rules.receive(purchase, came(1, 5))
    with pytest.raises(IdempotencyConflict):
        rules.receive(purchase, came(1, 4, rejected=1))


def test_corrected_invoice_replaces_one_of_the_same_number_until_it_is_matched() -> None:
    purchase = rules.receive(delivering(), came(1, 10))
    purchase = invoices.bill(purchase, invoice_of(price=9990))
    purchase = invoices.bill(purchase, invoice_of())
    assert purchase.invoice == invoice_of()
    matched = invoices.match_invoice(purchase, SUPPLIER)
    assert invoices.bill(matched, invoice_of()) == matched
    with pytest.raises(IdempotencyConflict, match="invoice N-1 exists with different content"):
        invoices.bill(matched, invoice_of("n-1 ", price=9990))
    with pytest.raises(OrderClosed):
        invoices.bill(matched, invoice_of("N-2"))


def test_repeated_response_with_other_content_is_a_conflict() -> None:
    purchase = delivering()
    assert rules.acknowledge(purchase, TODAY, "sup-a") == purchase
    with pytest.raises(IdempotencyConflict, match="promised_on"):
        rules.acknowledge(purchase, TODAY + timedelta(days=1), "sup-a")
    refused = rules.refuse(rules.send(opened(), SUPPLIER, {}, NOW), "out of stock", "sup-a")
    refused = rules.note_unsent_withdrawal(refused)
    assert rules.refuse(refused, "out of stock", "sup-a") == refused
    with pytest.raises(IdempotencyConflict, match="note"):
        rules.refuse(refused, "too dear", "sup-a")


def test_supplier_without_a_price_is_asked_at_the_requested_cost() -> None:
    first = rules.send(opened(), SUPPLIER, {"A": Price(sku="A", unit_cost=10)}, NOW)
    assert first.lines[0].unit_cost == 10
    second = SUPPLIER.model_copy(update={"supplier_id": "sup-b"})
    assert rules.send(rules.refuse(first, "no"), second, {}, NOW).lines[0].unit_cost == 1000


def test_every_line_and_every_supplier_that_is_wrong_is_named() -> None:
    lines = [{"sku": sku, "quantity": 5, "unit_cost": 1} for sku in ("A", "B")]
    request = OpenOrder.model_validate(
        {
            "purchase_order_id": "po-1",
            "location": "store-1",
            "currency": "EUR",
            "lines": lines,
            "suppliers": [{"supplier_id": "sup-a"}, {"supplier_id": "sup-b"}],
        }
    )
    purchase = rules.send(rules.new_purchase(request, NOW, {}), SUPPLIER, {}, NOW)
    delivered = tuple(ReceivedLine(sku=sku, quantity=6) for sku in ("A", "B"))
    with pytest.raises(OverReceipt, match="sku A: 6 received; expected at most 5 more; sku B: 6 received"):
        rules.receive(
            rules.acknowledge(purchase, TODAY), Receipt(receipt_id="r", received_at=NOW, lines=delivered)
        )
    purchase = rules.refuse(purchase, "out of stock")
    second = SUPPLIER.model_copy(update={"supplier_id": "sup-b"})
    purchase = rules.give_up_supplier(rules.send(purchase, second, {}, NOW), 2, "no response in time")
    reasons = "rejected by all 2 suppliers: sup-a: out of stock; sup-b: no response in time"
    with pytest.raises(NoSupplierLeft, match=reasons):
        rules.next_supplier(purchase)


@pytest.mark.parametrize(("back", "accepted"), [(11, False), (10, True), (0, True), (-5, True), (-6, False)])
def test_days_outside_their_window_are_refused(back: int, accepted: bool) -> None:
    with nullcontext() if accepted else pytest.raises(InvalidPurchase, match="a date from"):
        rules.check_day("invoiced_on", TODAY - timedelta(days=back), TODAY, back=10, ahead=5)


@pytest.mark.parametrize(
    ("limits", "requested", "approved"),
    [
        ({}, None, 10_000),
        ({"EUR": 50_000}, None, 50_000),
        ({"JPY": 50_000}, None, 10_000),
        ({"EUR": 1}, 7, 7),
    ],
)
def test_an_order_is_approved_for_its_lines_or_its_currencys_limit_or_as_requested(
    limits: dict[str, int], requested: int | None, approved: int
) -> None:
    request = OpenOrder.model_validate(
        {
            "purchase_order_id": "po-1",
            "location": "store-1",
            "currency": "EUR",
            "lines": [{"sku": "A", "quantity": 10, "unit_cost": 1000}],
            "suppliers": [{"supplier_id": "sup-a"}],
            "approved_total": requested,
        }
    )
    assert rules.new_purchase(request, NOW, limits).approved_total == approved


def test_approval_is_bound_to_the_requested_total() -> None:
    dear, dearer = ({"A": Price(sku="A", unit_cost=cost)} for cost in (2000, 3000))
    asked = rules.send(opened(), SUPPLIER, dear, NOW)
    assert (asked.status, asked.pending_total, asked.attempts) == ("OPEN", 20_000, ())
    assert rules.send(asked, SUPPLIER, dear, NOW, approval=1).status == "SENT"
    again = rules.send(asked, SUPPLIER, dearer, NOW, approval=1)
    assert rules.send(again, SUPPLIER, dearer, NOW, approval=1) == again
    assert rules.send(again, SUPPLIER, dearer, NOW, approval=2).status == "SENT"
    assert (again.status, again.approved_total, again.pending_total) == ("OPEN", 20_000, 30_000)


def test_limits_are_read_by_currency() -> None:
    limits = parse_limits("EUR=100000, JPY=16000000")
    assert limits == {"EUR": 100_000, "JPY": 16_000_000}
    assert approved_without_asking("EUR", limits) == 100_000
    assert approved_without_asking("USD", limits) == 0


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("EUR=100,JPY=9,EUR=999999999", "ApprovalLimits has EUR twice; expected each once"),
        ("EUR=100, EUR=100", "ApprovalLimits has EUR twice"),
        ("EUR=100,ERU=5", "ApprovalLimits has ERU; expected ISO 4217 codes such as EUR"),
    ],
)
def test_limits_that_are_ambiguous_or_of_no_currency_are_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_limits(text)


def test_orders_that_were_split_share_the_limit_by_their_planned_totals() -> None:
    limits = {"EUR": 100_000}
    planned = [50_000, 30_000, 1, 19_999]
    shares = [approved_without_asking("EUR", limits, one, sum(planned) - one) for one in planned]
    assert shares == planned, "orders within the limit are not asked about at the planned prices"
    above = [approved_without_asking("EUR", limits, one, 3) for one in (1, 1, 1, 1)]
    assert sum(above) <= 100_000


def test_receipt_sent_again_with_another_line_of_its_sku_is_refused() -> None:
    after = rules.receive(delivering(), came(1, 4))
    more = came(1, 3).lines + came(1, 4).lines
    with pytest.raises(InvalidPurchase, match="one line per SKU"):
        rules.receive(after, came(1, 4).model_copy(update={"lines": more}))


def test_delivery_dated_before_its_order_took_no_days() -> None:
    days = (timedelta(days=3), timedelta(days=-364))
    orders = [rules.receive(delivering(), came(1, 10, at=NOW + after)) for after in days]
    assert reporting.lead_times(orders, "sup-a") == [3, 0]


def waiting(since: str, token: str, waiting_for: str = "goods") -> Await:
    return Await.model_validate(
        {"purchase_order_id": "po-1", "waiting_for": waiting_for, "waiting_since": since, "task_token": token}
    )


@pytest.mark.parametrize(("since", "token"), [("1", "first"), ("2", "second"), ("3", "second")])
def test_token_of_the_latest_wait_is_stored(since: str, token: str) -> None:
    purchase = rules.wait_for(delivering(), waiting("2", "first"))
    assert rules.wait_for(purchase, waiting(since, "second")).task_token == token


def test_wait_for_another_step_than_the_next_is_refused() -> None:
    with pytest.raises(PendingWork, match=r"purchase po-1 has pending work \(await_goods\)"):
        rules.wait_for(delivering(), waiting("1", "token", "acknowledgement"))
    with pytest.raises(PendingWork, match=r"\(receive\)"):
        rules.wait_for(rules.receive(delivering(), came(1, 5)), waiting("1", "token"))


def test_receipts_leave_space_in_the_history_of_the_workflow() -> None:
    """Its history has 25,000 events, 35 of each receipt: an order that reaches the end of it is never paid."""
    purchase = delivering()
    receipts = tuple(came(number, 1) for number in range(1, rules.MAX_RECEIPTS))
    purchase = purchase.model_copy(update={"receipts": receipts})
    last = rules.receive(purchase, came(rules.MAX_RECEIPTS, 1))
    assert rules.receive(last, came(rules.MAX_RECEIPTS, 1)) == last, "a second delivery"
    with pytest.raises(PurchaseConflict, match="at most 400 receipts of an order"):
        rules.receive(last, came(rules.MAX_RECEIPTS + 1, 1))


def test_receipts_leave_space_for_the_invoice() -> None:
    skus = [f"SKU-{number:03}-{'x' * 20}" for number in range(1000)]
    lines = [{"sku": sku, "quantity": 1000, "unit_cost": 100} for sku in skus]
    purchase = Purchase.model_validate(delivering().model_dump(mode="json") | {"lines": lines})
    purchase = purchase.model_copy(update={"approved_total": 10**12})

    def receipt(number: int, of: list[str]) -> Receipt:
        units = [{"sku": sku, "quantity": 10} for sku in of]
        return Receipt.model_validate({"receipt_id": f"rcv-{number}", "received_at": NOW, "lines": units})

    for number in count():
        try:
            purchase = rules.receive(purchase, receipt(number, skus))
        except PurchaseConflict as refused:
            assert "lines is '1,000 lines'; expected receipts that leave space for the invoice" in str(
                refused
            )
            break
    assert number >= 2
    assert rules.receive(purchase, receipt(number - 1, skus)) == purchase, "a second delivery"
    for one in purchase.receipts:
        purchase = rules.book(purchase, one.receipt_id)
    purchase = rules.close_short(purchase)
    billed = [{"sku": sku, "quantity": 10 * number, "unit_price": 100} for sku in skus]
    invoice = {"number": "N-1", "invoiced_on": "2026-11-23", "lines": billed, "total": 1_000_000 * number}
    purchase = invoices.bill(purchase, Invoice.model_validate(invoice))
    PURCHASES.row(invoices.match_invoice(purchase, SUPPLIER), 2)
