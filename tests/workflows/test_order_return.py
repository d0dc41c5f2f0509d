"""Units of a paid order returned: claims, refunds, documents, goods and books, and the races with other processes."""

import json
from typing import Any

import pytest
from catalog.models import Product, ReturnWindow
from catalog.store import CatalogStore
from inventory.models import ReceiptLine
from inventory.operations import StockOperations
from pydantic import TypeAdapter
from tillflow.aws import client
from tillflow.events import OrderReturned
from tillflow.store import marshal

from tests.support.return_workflow import (
    ADA,
    ONE_MUG,
    STEPS,
    balances,
    completed,
    give_back,
    level,
    request,
    sell,
    shop,
)
from till.demo.order_checkout import CASH, card, order
from till.shop import ESPRESSO, LOCATION, MUG
from verification.harness.faults import FOREVER, Fault
from verification.harness.fixture import WorkflowFixture

__all__ = ["shop"]  # fixtures


def test_returned_unit_is_refunded_credited_restocked_and_posted(shop: WorkflowFixture) -> None:
    sell(shop)
    run = give_back(shop)
    completed(shop, run)
    assert run.output["refunds"] == [{"tender_no": 1, "type": "card", "amount": 1250}]
    assert run.output["credit_note_number"].startswith("CN")
    assert run.path == ["HasReceipt", "ClaimReturn", "HasCredit", "RefundPayment", *STEPS]
    assert level(shop, MUG)["available"] == 9
    assert balances(shop, "ord-1#return#ret-1") == {
        "4010": 1041,
        "2200": 209,
        "1020": -1250,
        "1200": 480,
        "5000": -480,
    }
    event = TypeAdapter(OrderReturned).validate_json(shop.services.events[-1]["Detail"])
    assert (event.return_id, event.total, event.lines[0].condition) == ("ret-1", 1250, "resell")


def test_refunds_of_a_cash_sale_in_francs_are_paid_in_coins(shop: WorkflowFixture) -> None:
    product = Product(sku="CHOC", name="Chocolate", prices={"CHF": 498}, tax_class="zero")
    CatalogStore(client("dynamodb"), "CatalogTable").put_product(product)
    line = ReceiptLine(sku="CHOC", quantity=5, cost=1000)
    StockOperations(client("dynamodb"), "InventoryTable").receive("francs", LOCATION, [line], "CHF")
    sold = order({"CHOC": 3}, CASH, order_id="ord-1", placed_at="2026-11-23T10:00:00Z", currency="CHF")
    [sale] = shop.run(sold)
    assert sale.output["total"] == 1495
    one, amounts = {"line_no": 1, "sku": "CHOC", "quantity": 1}, []
    for number in (1, 2, 3):
        run = give_back(shop, one, return_id=f"ret-{number}", currency="CHF")
        completed(shop, run)
        amounts.append(run.output["refunds"][0]["amount"])
    assert amounts == [500, 495, 500]
    assert [balances(shop, f"ord-1#return#ret-{number}").get("4300", 0) for number in (1, 2, 3)] == [2, -3, 2]
    notes = shop.snapshot().return_notes
    assert [notes[f"ret-{number}"]["total"] for number in (1, 2, 3)] == amounts


def test_three_returns_of_a_line_add_up_to_its_sale_exactly(shop: WorkflowFixture) -> None:
    """3 units at 0.10 off: 37.40 with 6.23 tax has no whole share per unit."""
    lines = [{"sku": MUG, "quantity": 3, "discount": {"amount": 10}}]
    sell(shop, lines=lines)
    runs = [give_back(shop, ONE_MUG | {"line_no": 1}, return_id=f"ret-{number}") for number in (1, 2, 3)]
    assert [run.output["total"] for run in runs] == [1247, 1247, 1246]
    notes = shop.snapshot().return_notes.values()
    taxes = [json.loads(note["document"])["taxes"][0] for note in notes]
    sold = json.loads(shop.row("OrdersTable", "ORDER#ord-1", "ORDER")["document"])["taxes"][0]
    assert sum(tax["tax"] for tax in taxes) == sold["tax"]
    assert sum(tax["net"] for tax in taxes) == sold["net"]
    assert shop.audit() == []
    assert level(shop, MUG)["stock_value"] == 4800


def test_damaged_unit_is_written_off_at_its_cost(shop: WorkflowFixture) -> None:
    sell(shop)
    completed(shop, give_back(shop, ONE_MUG | {"condition": "damaged", "reason": "broken handle"}))
    assert level(shop, MUG)["on_hand"] == 8
    assert balances(shop, "ord-1#return#ret-1")["5200"] == 480


def test_split_tender_is_refunded_card_first_then_cash(shop: WorkflowFixture) -> None:
    sell(shop, card("tok_visa", 1000), CASH)
    run = give_back(shop, {"line_no": 2, "sku": MUG, "quantity": 2})
    completed(shop, run)
    assert run.output["refunds"] == [
        {"tender_no": 1, "type": "card", "amount": 1000},
        {"tender_no": 2, "type": "cash", "amount": 1500},
    ]


def test_store_credit_is_granted_to_the_customer(shop: WorkflowFixture) -> None:
    sell(shop, customer_id=ADA.customer_id)
    run = give_back(shop, refund="store_credit")
    completed(shop, run)
    assert run.output["refunds"] == [{"tender_no": 0, "type": "store_credit", "amount": 1250}]
    assert shop.row("PaymentsTable", f"CREDIT#{ADA.customer_id}", "BALANCE#EUR")["balance"] == 1250


def test_store_credit_for_an_unknown_customer_is_refused(shop: WorkflowFixture) -> None:
    sell(shop)
    run = give_back(shop, refund="store_credit", customer_id="cus-nobody")
    assert (run.status, run.error) == ("FAILED", "UnknownCustomer")
    assert run.compensated == ["ReleaseReturn"]
    assert shop.audit() == []
    completed(shop, give_back(shop, return_id="ret-2"))


def test_card_that_can_no_longer_be_refunded_is_refused_and_store_credit_accepted(
    shop: WorkflowFixture,
) -> None:
    sell(shop, card("tok_refund_refused"))
    run = give_back(shop)
    assert (run.status, run.error) == ("FAILED", "RefundRefused")
    assert shop.audit() == []
    completed(shop, give_back(shop, return_id="ret-2", refund="store_credit", customer_id=ADA.customer_id))


@pytest.mark.parametrize("refund", ["original", "store_credit"])
def test_return_of_a_disputed_card_is_refused_whatever_it_is_refunded_to(
    shop: WorkflowFixture, refund: str
) -> None:
    sell(shop, card("tok_disputed", 1000), CASH, customer_id=ADA.customer_id)
    run = give_back(shop, refund=refund)
    assert (run.status, run.error) == ("FAILED", "RefundRefused")
    assert run.compensated == ["ReleaseReturn"]
    assert shop.audit() == []


def test_refused_card_of_a_split_payment_is_paid_back_from_the_cash_it_took(shop: WorkflowFixture) -> None:
    sell(shop, card("tok_refund_refused", 1000), CASH)
    run = give_back(shop)
    completed(shop, run)
    assert run.output["refunds"] == [{"tender_no": 2, "type": "cash", "amount": 1250}]


@pytest.mark.parametrize("known", [True, False])
def test_second_card_that_is_refused_after_the_first_becomes_credit_or_cash(
    shop: WorkflowFixture, known: bool
) -> None:
    customer = ADA.customer_id if known else None
    sell(shop, card("tok_visa", 2000), card("tok_refund_refused"), customer_id=customer)
    run = give_back(
        shop, {"line_no": 1, "sku": ESPRESSO, "quantity": 1}, {"line_no": 2, "sku": MUG, "quantity": 2}
    )
    completed(shop, run)
    assert run.output["refunds"] == [
        {"tender_no": 1, "type": "card", "amount": 2000},
        {"tender_no": 0, "type": "store_credit" if known else "cash", "amount": 2390},
    ]


@pytest.mark.parametrize("token", ["tok_refund_timeout_before_effect", "tok_refund_timeout_after_effect"])
def test_refund_whose_response_is_lost_is_applied_once(shop: WorkflowFixture, token: str) -> None:
    sell(shop, card(token))
    completed(shop, give_back(shop))


def test_unknown_outcome_of_the_refund_is_looked_up(shop: WorkflowFixture) -> None:
    sell(shop)
    run = give_back(shop, faults=(Fault("RefundPayment", "time_out_after", FOREVER),))
    completed(shop, run)
    assert "ResolveRefund" in run.path


def test_late_delivery_of_a_refund_has_no_second_effect(shop: WorkflowFixture) -> None:
    sell(shop)
    completed(shop, give_back(shop, faults=(Fault("RefundPayment", "time_out_then_effect", FOREVER),)))
    shop.apply_late_effects()
    assert shop.audit() == []


def test_refund_above_what_the_tenders_paid_is_refused_for_good(shop: WorkflowFixture) -> None:
    sell(shop)
    event = {
        "return_id": "ret-9",
        "order_id": "ord-1",
        "currency": "EUR",
        "amount": 4391,
        "refund": "original",
    }
    for _ in range(2):
        response = json.loads(shop.services.handle("RefundPaymentFunction", event)["Payload"])
        assert response["errorType"] == "RefundRefused"
    assert shop.snapshot().refunds["ret-9"]["state"] == "REFUSED"


def test_claim_delivered_after_its_release_is_refused(shop: WorkflowFixture) -> None:
    sell(shop)
    run = give_back(shop, faults=(Fault("ClaimReturn", "time_out_then_effect", FOREVER),))
    assert run.status == "FAILED"
    shop.apply_late_effects()
    assert shop.audit() == []
    assert shop.row("OrdersTable", "RETURN#ret-1", "RETURN")["status"] == "RELEASED"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"currency": "USD"}, "InvalidReturn"),
        ({"lines": [ONE_MUG | {"quantity": 1.5}]}, "InvalidReturn"),
        ({"lines": [ONE_MUG | {"quantity": 0}]}, "InvalidReturn"),
        ({"lines": [ONE_MUG, ONE_MUG]}, "InvalidReturn"),
        ({"lines": [ONE_MUG | {"sku": ESPRESSO}]}, "InvalidReturn"),
        ({"lines": [ONE_MUG | {"line_no": 3}]}, "InvalidReturn"),
        ({"lines": []}, "InvalidReturn"),
        ({"lines": [ONE_MUG | {"quantity": 3}]}, "UnitsNotReturnable"),
        ({"lines": [ONE_MUG | {"condition": "lost"}]}, "InvalidReturn"),
        ({"refund": "store_credit"}, "InvalidReturn"),
        ({"order_id": "ord-2"}, "UnknownOrder"),
        ({"return_id": "ret-1", "note": "x"}, "InvalidReturn"),
    ],
)
def test_invalid_return_is_refused_by_name_without_effect(
    shop: WorkflowFixture, change: dict[str, Any], error: str
) -> None:
    sell(shop)
    before = shop.snapshot().tables
    result = shop.engine.finish(shop.engine.start(shop.deploy("OrderReturn"), request() | change, "ret-1"))
    assert (result.status, result.error) == ("FAILED", error)
    assert shop.snapshot().tables == before


@pytest.mark.parametrize("value", [None, [], "ret-1", {}, {"return_id": {}}, {"order_id": "ord-1"}])
def test_request_that_is_no_return_is_refused(shop: WorkflowFixture, value: Any) -> None:
    result = shop.engine.finish(shop.engine.start(shop.deploy("OrderReturn"), value, "ret-1"))
    assert (result.status, result.error) in [("FAILED", "InvalidReturn"), ("FAILED", "InvalidRequest")]
    assert shop.snapshot().tables["OrdersTable"] == []


def test_return_under_the_name_of_another_execution_is_refused(shop: WorkflowFixture) -> None:
    sell(shop)
    result = shop.engine.finish(shop.engine.start(shop.deploy("OrderReturn"), request(), "ret-9"))
    assert (result.status, result.error) == ("FAILED", "InvalidReturn")


def test_order_that_is_not_paid_cannot_be_returned(shop: WorkflowFixture) -> None:
    sell(shop, card("tok_declined"))
    assert give_back(shop).error == "OrderNotReturnable"
    assert shop.audit() == []


def test_cancelled_order_cannot_be_returned(shop: WorkflowFixture) -> None:
    sell(shop)
    shop.run({"order_id": "ord-1", "reason": "wrong size"}, workflow="OrderCancel")
    assert give_back(shop).error == "OrderNotReturnable"
    assert shop.audit() == []


def test_order_with_a_return_cannot_be_cancelled(shop: WorkflowFixture) -> None:
    sell(shop)
    completed(shop, give_back(shop))
    [run] = shop.run({"order_id": "ord-1", "reason": "wrong size"}, workflow="OrderCancel")
    assert (run.status, run.error) == ("FAILED", "OrderHasReturns")
    assert shop.audit() == []


def test_order_can_be_cancelled_after_its_return_was_refused(shop: WorkflowFixture) -> None:
    sell(shop, card("tok_visa"))
    give_back(shop, refund="store_credit", customer_id="cus-nobody")
    [run] = shop.run({"order_id": "ord-1", "reason": "wrong size"}, workflow="OrderCancel")
    assert run.output["status"] == "CANCELLED"
    assert shop.audit() == []


def test_two_returns_of_the_last_unit_give_one_refund(shop: WorkflowFixture) -> None:
    sell(shop)
    line = {"line_no": 1, "sku": ESPRESSO, "quantity": 1}
    runs = shop.run(request(line), request(line, return_id="ret-2"), workflow="OrderReturn")
    assert sorted(run.status for run in runs) == ["FAILED", "SUCCEEDED"]
    assert {run.error for run in runs} == {None, "UnitsNotReturnable"}
    assert shop.audit() == []


def test_same_return_again_starts_nothing(shop: WorkflowFixture) -> None:
    sell(shop)
    first = give_back(shop)
    again = give_back(shop, ONE_MUG | {"quantity": 2})
    assert again.events == first.events
    completed(shop, first)


def test_claim_with_other_content_under_a_used_id_is_a_conflict(shop: WorkflowFixture) -> None:
    sell(shop)
    give_back(shop)
    event = request(ONE_MUG | {"condition": "damaged"}) | {"execution": "arn", "execution_name": "ret-1"}
    response = json.loads(shop.services.handle("ClaimReturnFunction", event)["Payload"])
    assert response["errorType"] == "IdempotencyConflict"


def test_return_after_the_window_needs_a_manager(shop: WorkflowFixture) -> None:
    sell(shop)
    client("dynamodb").update_item(
        TableName="OrdersTable",
        Key={"pk": {"S": "ORDER#ord-1"}, "sk": {"S": "ORDER"}},
        UpdateExpression="SET paid_at = :long_ago",
        ExpressionAttributeValues={":long_ago": {"S": "2020-01-01T10:00:00Z"}},
    )
    assert give_back(shop).error == "ReturnWindowClosed"
    completed(
        shop, give_back(shop, return_id="ret-2", override={"manager": "mia", "note": "regular customer"})
    )
    stored = json.loads(shop.row("OrdersTable", "RETURN#ret-2", "RETURN")["request"])
    assert stored["override"] == {"manager": "mia", "note": "regular customer"}


def test_return_window_is_that_of_the_category_at_the_time_of_the_sale(shop: WorkflowFixture) -> None:
    catalog = CatalogStore(client("dynamodb"), "CatalogTable")
    catalog.put_return_window(ReturnWindow(category="kitchen", days=0))
    sell(shop)
    catalog.put_return_window(ReturnWindow(category="kitchen", days=30))
    assert give_back(shop).error == "ReturnWindowClosed"
    completed(shop, give_back(shop, {"line_no": 1, "sku": ESPRESSO, "quantity": 1}, return_id="ret-2"))


@pytest.mark.parametrize("change", [{"execution": "another"}, {"status": "RELEASED"}], ids=str)
def test_return_of_another_execution_or_that_was_released_is_not_completed(
    shop: WorkflowFixture, change: dict[str, str]
) -> None:
    sell(shop)
    run = give_back(shop, faults=(Fault("CloseReturn", "fail_before"),))
    row = shop.row("OrdersTable", "RETURN#ret-1", "RETURN") | change
    client("dynamodb").put_item(TableName="OrdersTable", Item=marshal(row))
    run = shop.resolve(run, "retry", case="CloseReturn")
    assert (run.status, run.path[-1]) == ("RUNNING", "OpenForwardCase")
    assert shop.row("OrdersTable", "RETURN#ret-1", "RETURN") == row


def test_status_that_only_the_system_can_set_is_set_when_its_case_is_done(shop: WorkflowFixture) -> None:
    sell(shop)
    run = give_back(shop, faults=(Fault("CloseReturn", "fail_before"),))
    completed(shop, shop.resolve(run, "done", "set by hand", case="CloseReturn"))


@pytest.mark.parametrize("step", STEPS)
def test_failing_step_opens_a_case_and_resumes(shop: WorkflowFixture, step: str) -> None:
    sell(shop)
    run = give_back(shop, faults=(Fault(step, "fail_before"),))
    assert run.status == "RUNNING"
    assert shop.audit("ret-1") == []
    completed(shop, shop.resolve(run, "retry", case=step))


def test_return_costs_no_more_transitions_and_invocations_than_a_sale(shop: WorkflowFixture) -> None:
    sale = sell(shop)
    sold = shop.services.invoked.total()
    back = give_back(shop)
    assert back.transitions <= sale.transitions
    assert shop.services.invoked.total() - sold <= sold
