"""A purchase order, whole: every way it goes, and the invariants of every table after each."""

from collections import Counter
from typing import Any

import pytest
from inventory.models import Line, ReceiptLine
from inventory.store import InventoryStore
from ledger.accounts import INVENTORY, PURCHASE_PRICE_VARIANCE
from purchasing import rules
from purchasing.errors import InvalidPurchase, OverReceipt, SupplierInUse
from purchasing.supplier_models import Channel, Price, ResponseTimeouts
from tillflow.aws import client
from tillflow.errors import OrderClosed

from audit.snapshot import journal_lines
from tests.support.purchase_workflow import (
    ALL,
    PO,
    PRICES,
    TODAY,
    balances,
    begin,
    cancelled,
    claim,
    closed,
    due,
    invoice,
    level,
    receipt,
    receive_all,
    shop,
    transfers,
)
from tests.workflows.test_purchase_faults import COMPENSATIONS
from till.shop import CARDS, ESPRESSO, MUG
from verification.harness.faults import Fault
from verification.harness.fixture import seed_stock

__all__ = ["shop"]  # fixtures


def test_received_in_two_parts_billed_matched_paid_when_due(shop: Any) -> None:
    run = begin(shop)
    assert (run.status, run.path[-1]) == ("RUNNING", "AwaitAcknowledgement")
    assert level(shop, ESPRESSO)["on_order"] == 20
    run = receive_all(shop, run)
    assert (level(shop, ESPRESSO)["on_hand"], level(shop, ESPRESSO)["on_order"]) == (30, 0)
    shop.operations.bill(PO, invoice(ALL, PRICES))
    run = shop.run_until_settled(run.arn)
    assert run.path[-1] == "WaitUntilDue"
    assert shop.store.suppliers.account("sup-a").owed == 24800 * 6 // 5
    with pytest.raises(SupplierInUse):
        shop.store.suppliers.delete("sup-a")
    assert transfers(shop) == []
    run = due(shop, run)
    closed(shop, run)
    assert transfers(shop) == [29760]
    assert balances(shop) == {"Inventory": 24800, "Input tax recoverable": 4960, "Bank": -29760}
    shop.store.suppliers.delete("sup-a")


def test_a_silent_supplier_falls_back_to_the_next(shop: Any) -> None:
    run = begin(shop)
    shop.engine.pass_time(90_000)
    run = shop.run_until_settled(run.arn)
    assert run.path[-3:] == ["WhatNext", "SendPurchase", "AwaitAcknowledgement"]
    purchase = shop.store.get(PO)
    assert [(one.supplier_id, one.state) for one in purchase.attempts] == [
        ("sup-a", "SILENT"),
        ("sup-b", "SENT"),
    ]
    assert [line.unit_cost for line in purchase.lines] == [1000, 500]
    run = receive_all(shop, run)
    shop.operations.bill(PO, invoice(ALL, {ESPRESSO: 1000, MUG: 500}))
    closed(shop, due(shop, shop.run_until_settled(run.arn)))


@pytest.mark.parametrize("secret", ["tillflow/suppliers/sup-a", "tillflow/suppliers/forgotten"])
def test_unreachable_webhook_falls_back_to_the_next_supplier(shop: Any, secret: str) -> None:
    client("secretsmanager").create_secret(Name="tillflow/suppliers/sup-a", SecretString="shared")
    nobody_listens = Channel(type="webhook", address="https://127.0.0.1:9/orders", secret=secret)
    account = shop.store.suppliers.account("sup-a")
    supplier = account.supplier.model_copy(update={"channel": nobody_listens})
    shop.store.suppliers.update(supplier, account.version)
    run = begin(shop)
    first, second = shop.store.get(PO).attempts
    assert (first.supplier_id, first.state, second.supplier_id) == ("sup-a", "SILENT", "sup-b")
    assert first.note.endswith("the withdrawal could not be sent")
    assert not first.note.startswith("{")
    run = receive_all(shop, run)
    shop.operations.bill(PO, invoice(ALL, PRICES | {MUG: 500}))
    closed(shop, due(shop, shop.run_until_settled(run.arn)))


def test_a_sign_of_life_keeps_a_slow_supplier(shop: Any) -> None:
    run = begin(shop)
    for _ in range(2):
        shop.engine.pass_time(80_000)
        shop.operations.heartbeat(PO)
    assert shop.store.get(PO).supplier_id == "sup-a"
    shop.engine.pass_time(80_000)
    shop.operations.acknowledge(PO, TODAY)
    assert shop.run_until_settled(run.arn).path[-1] == "AwaitGoods"


def test_order_refused_by_all_suppliers_is_cancelled(shop: Any) -> None:
    run = begin(shop)
    shop.operations.refuse(PO, "out of stock")
    run = shop.run_until_settled(run.arn)
    shop.operations.refuse(PO, "out of business")
    run = shop.run_until_settled(run.arn)
    assert run.compensated == ["WithdrawPurchase", "LowerOnOrder", "CancelPurchase"]
    cancelled(shop, run, "NoSupplierLeft")


def test_repeated_refusal_does_not_refuse_for_the_next_supplier(shop: Any) -> None:
    run = begin(shop)
    for _ in range(2):
        shop.operations.refuse(PO, "out of stock", "sup-a")
        run = shop.run_until_settled(run.arn)
    assert [(one.supplier_id, one.state) for one in shop.store.get(PO).attempts] == [
        ("sup-a", "REFUSED"),
        ("sup-b", "SENT"),
    ]
    with pytest.raises(InvalidPurchase, match="the supplier that is asked now"):
        shop.operations.acknowledge(PO, TODAY, "sup-a")
    with pytest.raises(InvalidPurchase, match="the supplier that is asked now"):
        shop.operations.heartbeat(PO, "sup-a")


def test_response_before_the_wait_completes_it(shop: Any) -> None:
    """The first wait's Lambda fails until the supplier has responded: no task is completed, the order is read."""
    run = begin(shop, Fault("AwaitAcknowledgement", "fail_before"))
    assert run.path[-1] == "OpenWorkCase"
    shop.operations.acknowledge(PO, TODAY)
    run = shop.resolve(run, "retry", case="AwaitAcknowledgement")
    assert run.path[-3:] == ["NextStep", "WhatNext", "AwaitGoods"]


def test_mismatched_invoice_opens_a_case_and_a_corrected_one_is_paid(shop: Any) -> None:
    run = receive_all(shop, begin(shop))
    shop.operations.bill(PO, invoice(ALL, PRICES | {MUG: 520}))
    run = shop.run_until_settled(run.arn)
    assert run.path[-1] == "OpenWorkCase"
    case = shop.row("CasesTable", f"CASE#{PO}#purchase#MatchInvoice", "CASE")
    assert case["error"] == "InvoiceMismatch"
    assert f"{MUG}: unit price 5.20 EUR; expected 4.80 EUR" in case["cause"]
    shop.operations.bill(PO, invoice(ALL, PRICES, number="A-2"))
    closed(shop, due(shop, shop.resolve(run, "retry", case="MatchInvoice")))
    assert transfers(shop) == [29760]


def test_differing_invoice_is_accepted_by_a_person(shop: Any) -> None:
    run = receive_all(shop, begin(shop))
    shop.operations.bill(PO, invoice(ALL, PRICES | {MUG: 520}))
    run = shop.resolve(shop.run_until_settled(run.arn), "done", case="MatchInvoice")
    closed(shop, due(shop, run))
    assert balances(shop)["Purchase price variance"] == 400


def test_invoice_that_replaced_the_disputed_one_is_not_accepted_with_it(shop: Any) -> None:
    run = receive_all(shop, begin(shop))
    shop.operations.bill(PO, invoice(ALL, PRICES | {MUG: 520}))
    run = shop.run_until_settled(run.arn)
    shop.operations.bill(PO, invoice(ALL, PRICES | {MUG: 9990}, number="A-2"))
    run = shop.resolve(run, "done", case="MatchInvoice")
    assert run.path[-1] == "OpenWorkCase"
    case = shop.row("CasesTable", f"CASE#{PO}#purchase#MatchInvoice", "CASE")
    assert (case["status"], case["error"]) == ("OPEN", "InvoiceMismatch")
    assert f"{MUG}: unit price 99.90 EUR; expected 4.80 EUR" in case["cause"]
    shop.operations.bill(PO, invoice(ALL, PRICES | {MUG: 520}, number="A-3"))
    run = shop.resolve(run, "done", case="MatchInvoice")
    assert run.path[-1] == "OpenWorkCase"
    closed(shop, due(shop, shop.resolve(run, "done", case="MatchInvoice")))
    assert balances(shop)["Purchase price variance"] == 400


@pytest.mark.parametrize("decision", ["retry", "done"])
def test_goods_that_arrive_during_the_case_of_an_invoice_are_booked(shop: Any, decision: str) -> None:
    run = begin(shop)
    shop.operations.acknowledge(PO, TODAY)
    shop.operations.receive(PO, receipt(1, {ESPRESSO: 20}))
    shop.operations.close_short(PO)
    shop.operations.bill(PO, invoice(ALL, PRICES))
    run = shop.run_until_settled(run.arn)
    assert run.path[-1] == "OpenWorkCase"
    shop.operations.receive(PO, receipt(2, {MUG: 10}))
    run = shop.resolve(run, decision, case="MatchInvoice")
    assert level(shop, MUG)["on_hand"] == 20
    closed(shop, due(shop, run))
    assert transfers(shop) == [29760]


@pytest.mark.parametrize("decision", ["retry", "done"])
def test_cancel_during_the_case_of_an_invoice_sends_the_goods_back(shop: Any, decision: str) -> None:
    run = receive_all(shop, begin(shop))
    shop.operations.bill(PO, invoice(ALL, PRICES | {MUG: 520}))
    run = shop.run_until_settled(run.arn)
    shop.operations.cancel(PO, "ordered twice")
    run = shop.resolve(run, decision, case="MatchInvoice")
    assert run.compensated == COMPENSATIONS
    cancelled(shop, run, "PurchaseCancelled")


def test_a_given_up_invoice_sends_the_goods_back(shop: Any) -> None:
    run = receive_all(shop, begin(shop))
    shop.operations.bill(PO, invoice({ESPRESSO: 21, MUG: 10}, PRICES))
    run = shop.resolve(shop.run_until_settled(run.arn), "give_up", case="MatchInvoice")
    assert run.compensated == COMPENSATIONS
    cancelled(shop, run, "InvoiceMismatch")


def test_a_small_price_difference_is_paid_and_booked_as_variance(shop: Any) -> None:
    run = receive_all(shop, begin(shop))
    shop.operations.bill(PO, invoice(ALL, PRICES | {ESPRESSO: 1020}, discount=100))
    closed(shop, due(shop, shop.run_until_settled(run.arn)))
    assert balances(shop)["Purchase price variance"] == 300


def test_cancelled_before_its_acknowledgement(shop: Any) -> None:
    run = begin(shop)
    shop.operations.cancel(PO, "changed our mind")
    run = shop.run_until_settled(run.arn)
    assert run.compensated == COMPENSATIONS
    cancelled(shop, run, "PurchaseCancelled")
    with pytest.raises(OrderClosed):
        shop.operations.acknowledge(PO, TODAY)


def test_order_without_a_supplier_releases_the_units_of_its_reorder(shop: Any) -> None:
    claim(PO, {ESPRESSO: 20, MUG: 10})
    run = begin(shop, suppliers=[{"supplier_id": "sup-nobody"}])
    assert (run.status, run.error) == ("FAILED", "UnknownReferences")
    assert level(shop, ESPRESSO)["on_order"] == 0


def test_started_order_of_unknown_records_names_all_of_them_before_any_effect(shop: Any) -> None:
    claim(PO, {ESPRESSO: 20})
    lines = [{"sku": sku, "quantity": 1, "unit_cost": 1} for sku in ("NOPE", MUG, "NONE")]
    run = begin(shop, lines=lines, suppliers=[{"supplier_id": "sup-nobody"}])
    assert (run.status, run.error) == ("FAILED", "UnknownReferences")
    for field in ("lines[0].sku", "lines[2].sku", "suppliers[0].supplier_id"):
        assert f"{field} is" in run.cause
    assert "lines[1].sku" not in run.cause
    assert shop.store.list_purchases(10, "", None, None, None).rows == []
    assert level(shop, ESPRESSO)["on_order"] == 0
    assert shop.audit() == []


def test_started_order_for_an_unknown_location_is_sent_to_no_supplier(shop: Any) -> None:
    run = begin(shop, location="nowhere")
    assert (run.status, run.error) == ("FAILED", "UnknownLocation")
    assert "SendPurchase" not in run.path
    assert shop.store.get(PO).status == "CANCELLED"
    assert shop.audit() == []


def test_a_second_order_of_the_same_id_leaves_the_first_as_it_is(shop: Any) -> None:
    first = begin(shop)
    second = begin(shop, order_id="another-name")
    assert (second.status, second.error) == ("FAILED", "DuplicatePurchase")
    assert level(shop, ESPRESSO)["on_order"] == 20
    shop.operations.cancel(PO, "seen enough")
    cancelled(shop, shop.run_until_settled(first.arn), "PurchaseCancelled")


def test_cancel_is_repeatable_after_a_lost_callback(shop: Any) -> None:
    """The engine was away when the cancel was noted: the order knows, its workflow does not."""
    run = begin(shop)
    shop.store.change(PO, lambda order: rules.request_cancel(order, "no more"))
    assert shop.run_until_settled(run.arn).path[-1] == "AwaitAcknowledgement"
    shop.operations.cancel(PO, "no more")
    cancelled(shop, shop.run_until_settled(run.arn), "PurchaseCancelled")


def test_cancelled_between_two_deliveries_sends_the_first_back(shop: Any) -> None:
    run = begin(shop)
    shop.operations.acknowledge(PO, TODAY)
    shop.run_until_settled(run.arn)
    shop.operations.receive(PO, receipt(1, {ESPRESSO: 12}))
    shop.run_until_settled(run.arn)
    shop.operations.cancel(PO, "wrong beans")
    cancelled(shop, shop.run_until_settled(run.arn), "PurchaseCancelled")
    with pytest.raises(OrderClosed):
        shop.operations.receive(PO, receipt(2, {MUG: 10}))


def test_goods_worth_less_than_they_cost_are_returned_and_the_difference_is_price_variance(shop: Any) -> None:
    inventory = InventoryStore(client("dynamodb"), "InventoryTable")
    seed_stock({CARDS[0]: 0}, "cards")
    inventory.receive("cheap", "store-1", [ReceiptLine(sku=CARDS[0], quantity=10, cost=10)])
    run = begin(shop, lines=[{"sku": CARDS[0], "quantity": 10, "unit_cost": 100}])
    shop.operations.acknowledge(PO, TODAY)
    shop.run_until_settled(run.arn)
    shop.operations.receive(PO, receipt(1, {CARDS[0]: 10}))
    shop.run_until_settled(run.arn)
    inventory.reserve("ord-1", "store-1", [Line(sku=CARDS[0], quantity=10)])
    inventory.commit("ord-1")
    shop.operations.cancel(PO, "wrong cards")
    run = shop.run_until_settled(run.arn)
    assert (run.error, shop.store.get(PO).status) == ("PurchaseCancelled", "CANCELLED")
    row = level(shop, CARDS[0])
    assert (row["on_hand"], row["stock_value"]) == (0, 0)
    entries = [entry for entry in shop.snapshot().entries.values() if entry["business_id"] == PO]
    balances: Counter[str] = Counter()
    for entry in entries:
        for line in journal_lines(entry):
            balances[line["account"]] += line.get("debit", 0) - line.get("credit", 0)
    assert {account: balance for account, balance in balances.items() if balance} == {
        INVENTORY.code: 495,
        PURCHASE_PRICE_VARIANCE.code: -495,
    }
    assert {violation.subject for violation in shop.audit()} == {"ord-1"}  # sold without an order


def test_cancel_of_a_matched_order_is_refused(shop: Any) -> None:
    run = receive_all(shop, begin(shop))
    shop.operations.bill(PO, invoice(ALL, PRICES))
    shop.run_until_settled(run.arn)
    with pytest.raises(OrderClosed):
        shop.operations.cancel(PO, "too late")


def test_more_than_ordered_is_refused_and_rejected_units_are_owed_again(shop: Any) -> None:
    run = begin(shop)
    shop.operations.acknowledge(PO, TODAY)
    shop.run_until_settled(run.arn)
    with pytest.raises(OverReceipt):
        shop.operations.receive(PO, receipt(1, {MUG: 11}))
    shop.operations.receive(PO, receipt(2, {MUG: 10, ESPRESSO: 20}, rejected={MUG: 4}))
    run = shop.run_until_settled(run.arn)
    assert level(shop, MUG)["on_hand"] == 16
    assert level(shop, MUG)["on_order"] == 4
    shop.operations.receive(PO, receipt(3, {MUG: 4}))
    shop.run_until_settled(run.arn)
    shop.operations.bill(PO, invoice(ALL, PRICES))
    closed(shop, due(shop, shop.run_until_settled(run.arn)))


def test_the_same_receipt_twice_counts_once(shop: Any) -> None:
    run = begin(shop)
    shop.operations.acknowledge(PO, TODAY)
    shop.run_until_settled(run.arn)
    for _ in range(2):
        shop.operations.receive(PO, receipt(1, {ESPRESSO: 12}))
        shop.run_until_settled(run.arn)
    assert level(shop, ESPRESSO)["on_hand"] == 22
    assert shop.audit(PO) == []


def test_order_closed_short_pays_the_received_units(shop: Any) -> None:
    run = begin(shop)
    shop.operations.acknowledge(PO, TODAY)
    shop.run_until_settled(run.arn)
    shop.operations.receive(PO, receipt(1, {ESPRESSO: 12}))
    shop.run_until_settled(run.arn)
    shop.operations.close_short(PO)
    shop.operations.bill(PO, invoice({ESPRESSO: 12}, PRICES))
    run = due(shop, shop.run_until_settled(run.arn))
    closed(shop, run)
    assert transfers(shop) == [14400]
    assert level(shop, MUG)["on_order"] == 0


def test_each_supplier_has_its_own_patience(shop: Any) -> None:
    supplier = shop.store.suppliers.get("sup-a")
    hasty = supplier.model_copy(
        update={"timeouts": ResponseTimeouts(answer_seconds=20, heartbeat_seconds=10)}
    )
    shop.store.suppliers.update(hasty, 1)
    begin(shop)
    shop.engine.pass_time(12)
    assert shop.store.get(PO).supplier_id == "sup-b"


def test_a_supplier_dearer_than_approved_waits_for_an_approval_and_is_sent_once_approved(shop: Any) -> None:
    shop.store.suppliers.set_prices("sup-a", [Price(sku=ESPRESSO, unit_cost=100_000)])
    run = begin(shop)
    case = shop.row("CasesTable", f"CASE#{PO}#purchase#SendPurchase", "CASE")
    assert case["error"] == "ApprovalRequired"
    assert "sup-a charges 20048.00 EUR; approved is 1000.00 EUR" in case["cause"]
    assert shop.store.get(PO).attempts == ()
    shop.store.suppliers.set_prices("sup-a", [Price(sku=ESPRESSO, unit_cost=200_000)])
    run = shop.resolve(run, "done", case="SendPurchase")
    assert (
        "charges 40048.00 EUR; approved is 20048.00 EUR"
        in shop.row("CasesTable", f"CASE#{PO}#purchase#SendPurchase", "CASE")["cause"]
    )
    run = shop.resolve(run, "done", case="SendPurchase")
    assert run.path[-1] == "AwaitAcknowledgement"
    purchase = shop.store.get(PO)
    assert (purchase.status, purchase.approved_total, purchase.pending_total) == ("SENT", 4_004_800, None)
    run = receive_all(shop, run)
    shop.operations.bill(PO, invoice(ALL, PRICES | {ESPRESSO: 200_000}))
    closed(shop, due(shop, shop.run_until_settled(run.arn)))


def test_an_order_that_is_not_approved_is_cancelled(shop: Any) -> None:
    shop.store.suppliers.set_prices("sup-a", [Price(sku=ESPRESSO, unit_cost=100_000)])
    run = shop.resolve(begin(shop), "give_up", case="SendPurchase")
    cancelled(shop, run, "ApprovalRequired")


def test_price_that_returned_to_the_approved_one_needs_no_approval(shop: Any) -> None:
    shop.store.suppliers.set_prices("sup-a", [Price(sku=ESPRESSO, unit_cost=100_000)])
    run = begin(shop)
    shop.store.suppliers.set_prices("sup-a", [Price(sku=ESPRESSO, unit_cost=1000)])
    assert shop.resolve(run, "retry", case="SendPurchase").path[-1] == "AwaitAcknowledgement"


def test_an_order_in_another_currency_than_its_suppliers_is_not_opened(shop: Any) -> None:
    run = begin(shop, currency="USD")
    assert (run.status, run.error) == ("FAILED", "InvalidPurchase")
    assert "currency is 'USD'; expected EUR, the currency of sup-a" in str(run.cause)
    assert level(shop, ESPRESSO).get("on_order", 0) == 0
