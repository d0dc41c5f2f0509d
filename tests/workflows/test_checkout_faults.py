"""A checkout whose steps fail: cases, retries and compensations, and the invariants after each."""

from typing import Any

import pytest
from tillflow.aws import client
from tillflow.store import marshal

from tests.support.checkout_workflow import (
    COMPENSATIONS,
    FORWARD,
    TOTAL,
    captures,
    paid,
    rejected,
    sale,
    shop,
)
from till.demo.order_checkout import card
from till.shop import MUG
from verification.harness.faults import FOREVER, Fault
from verification.harness.fixture import Run, WorkflowFixture

__all__ = ["shop"]  # fixtures


def void_refused(shop: WorkflowFixture) -> Run:
    """Run an order whose first card cannot be voided and whose second card is declined."""
    [run] = shop.run(sale(card("tok_void_refused", 1000), card("tok_declined")))
    return run


def test_failed_compensation_opens_a_case_and_the_others_run(shop: WorkflowFixture) -> None:
    run = void_refused(shop)
    assert run.status == "RUNNING"
    assert run.compensated == ["ReleaseStock", "RejectOrder", "AnnounceRejection"]
    case = shop.row("CasesTable", "CASE#ord-1#compensation", "CASE")
    assert (case["status"], case["steps"], case["error"]) == ("OPEN", ["ReversePayment"], "ReversalRefused")
    assert case["execution"] == run.arn
    assert shop.audit("ord-1") == []
    assert shop.row("InventoryTable", f"LEVEL#store-1#{MUG}", "LEVEL")["reserved"] == 0


def test_case_done_by_hand_ends_the_order_as_rejected(shop: WorkflowFixture) -> None:
    run = shop.resolve(void_refused(shop), "done", "voided in the provider's dashboard")
    assert (run.status, run.error) == ("FAILED", "PaymentDeclined")
    assert shop.audit() == []


def test_case_whose_retry_fails_is_open_again(shop: WorkflowFixture) -> None:
    run = shop.resolve(void_refused(shop), "retry")
    assert run.status == "RUNNING"
    case = shop.row("CasesTable", "CASE#ord-1#compensation", "CASE")
    assert (case["status"], case["opened"]) == ("OPEN", 2)
    assert shop.audit("ord-1") == []


def test_case_given_up_is_reported_by_the_audit(shop: WorkflowFixture) -> None:
    run = shop.resolve(void_refused(shop), "give_up", "the provider is gone")
    assert run.status == "FAILED"
    assert {violation.name for violation in shop.audit()} == {"authorisation_ends_once", "provider_agrees"}


@pytest.mark.parametrize(
    "step", ["CommitStock", "IssueInvoice", "PostJournal", "CloseOrder", "AnnounceOrder"]
)
def test_failing_forward_step_opens_a_case_and_resumes(shop: WorkflowFixture, step: str) -> None:
    [run] = shop.run(sale(card("tok_visa")), faults=[Fault(step, "fail_before")])
    assert run.status == "RUNNING"
    assert run.compensated == []
    assert shop.audit("ord-1") == []
    paid(shop, shop.resolve(run, "retry", case=step))


@pytest.mark.parametrize("step", ["IssueInvoice", "PostJournal", "CloseOrder"])
def test_what_only_the_system_can_write_is_written_when_its_case_is_done(
    shop: WorkflowFixture, step: str
) -> None:
    [run] = shop.run(sale(card("tok_visa")), faults=[Fault(step, "fail_before")])
    paid(shop, shop.resolve(run, "done", "made by hand", case=step))


@pytest.mark.parametrize(("kind", "left"), [("fail_before", 10), ("fail_after", 8)])
def test_commit_done_by_hand_leaves_no_reservation(shop: WorkflowFixture, kind: Any, left: int) -> None:
    """What the step has taken before it failed is booked; the journal has its cost."""
    [run] = shop.run(sale(card("tok_visa")), faults=[Fault("CommitStock", kind)])
    run = shop.resolve(run, "done", "handed over, and counted", case="CommitStock")
    paid(shop, run)
    assert "SettleStock" in run.path
    level = shop.row("InventoryTable", f"LEVEL#store-1#{MUG}", "LEVEL")
    assert (level["reserved"], level["on_hand"]) == (0, left)


def test_release_that_fails_after_a_commit_by_hand_opens_a_case_and_is_done_by_the_system(
    shop: WorkflowFixture,
) -> None:
    faults = [Fault("CommitStock", "fail_before"), Fault("SettleStock", "fail_before")]
    [run] = shop.run(sale(card("tok_visa")), faults=faults)
    shop.schedule.faults = tuple(faults)
    run = shop.resolve(run, "done", "handed over", case="CommitStock")
    assert run.path[-1] == "OpenForwardCase"
    assert shop.audit("ord-1") == []
    paid(shop, shop.resolve(run, "done", "released by hand", case="SettleStock"))
    assert shop.row("InventoryTable", f"LEVEL#store-1#{MUG}", "LEVEL")["reserved"] == 0


def test_late_commit_is_refused_when_it_was_done_by_hand(shop: WorkflowFixture) -> None:
    faults = [Fault("CommitStock", "time_out_then_effect", FOREVER)]
    [run] = shop.run(sale(card("tok_visa")), faults=faults)
    paid(shop, shop.resolve(run, "done", "handed over", case="CommitStock"))
    shop.apply_late_effects()
    assert shop.audit() == []
    assert shop.row("InventoryTable", f"LEVEL#store-1#{MUG}", "LEVEL")["on_hand"] == 10


def test_release_is_done_by_the_system_when_the_payment_was_reversed_by_hand(shop: WorkflowFixture) -> None:
    faults = [Fault("ReleaseStock", "fail_before"), Fault("RejectOrder", "fail_before")]
    tenders = card("tok_void_refused", 1000), card("tok_declined")
    [run] = shop.run(sale(*tenders), faults=faults)
    assert shop.audit("ord-1") == []
    rejected(shop, shop.resolve(run, "done", "voided at the provider"), "PaymentDeclined")
    assert shop.row("InventoryTable", f"LEVEL#store-1#{MUG}", "LEVEL")["reserved"] == 0


def test_forward_step_given_up_is_reported_by_the_audit(shop: WorkflowFixture) -> None:
    [run] = shop.run(sale(card("tok_visa")), faults=[Fault("PostJournal", "fail_before")])
    ended = shop.resolve(run, "give_up", "books are kept on paper", case="PostJournal")
    assert (ended.status, ended.error) == ("FAILED", "GivenUp")
    assert [violation.name for violation in shop.audit()] == ["order_ends"]


ANOTHERS = {
    "OrdersTable": {"pk": "ORDER#ord-1", "sk": "ORDER", "status": "PLACED", "execution": "another"},
    "BillingTable": {"pk": "INVOICE#ord-1", "sk": "INVOICE", "status": "PAID", "execution": "another"},
}


"""Rows that another execution wrote under the order's id."""


@pytest.mark.parametrize("table", ANOTHERS)
def test_rejected_order_leaves_rows_of_another_execution(shop: WorkflowFixture, table: str) -> None:
    row = ANOTHERS[table]
    client("dynamodb").put_item(TableName=table, Item=marshal(row))
    [run] = shop.run(sale(card("tok_visa")), faults=[Fault("OpenOrder", "time_out_before", FOREVER)])
    assert run.path[-1] == "OpenCompensationCase"
    assert shop.row(table, row["pk"], row["sk"]) == row


@pytest.mark.parametrize("table", ANOTHERS)
def test_order_of_another_execution_is_not_overwritten(shop: WorkflowFixture, table: str) -> None:
    row = ANOTHERS[table]
    client("dynamodb").put_item(TableName=table, Item=marshal(row))
    [run] = shop.run(sale(card("tok_visa")))
    assert (run.status, run.path[-1]) == ("FAILED", "OrderRejected")
    assert shop.row(table, row["pk"], row["sk"]) == row


def test_order_of_another_execution_is_not_closed(shop: WorkflowFixture) -> None:
    [run] = shop.run(sale(card("tok_visa")), faults=[Fault("CloseOrder", "fail_before")])
    row = shop.row("OrdersTable", "ORDER#ord-1", "ORDER") | {"execution": "another"}
    client("dynamodb").put_item(TableName="OrdersTable", Item=marshal(row))
    run = shop.resolve(run, "retry", case="CloseOrder")
    assert (run.status, run.path[-1]) == ("RUNNING", "OpenForwardCase")
    assert shop.row("OrdersTable", "ORDER#ord-1", "ORDER") == row


def test_unknown_capture_outcome_opens_a_case_and_is_looked_up_again(shop: WorkflowFixture) -> None:
    faults = [Fault("CapturePayment", "time_out_after", FOREVER), Fault("ResolveCapture", "fail_before")]
    [run] = shop.run(sale(card("tok_visa")), faults=faults)
    assert run.status == "RUNNING"
    assert shop.audit("ord-1") == []
    paid(shop, shop.resolve(run, "retry", case="ResolveCapture"))
    assert captures(shop) == [TOTAL]


@pytest.mark.parametrize("step", FORWARD)
@pytest.mark.parametrize("kind", ["deliver_twice", "time_out_after", "throttle"])
def test_temporary_fault_is_retried_and_sold_once(shop: WorkflowFixture, step: str, kind: Any) -> None:
    [run] = shop.run(sale(card("tok_visa")), faults=[Fault(step, kind)])
    paid(shop, run)
    assert captures(shop) == [TOTAL]


@pytest.mark.parametrize("step", ["OpenOrder", "ReserveStock", "AuthorisePayment"])
@pytest.mark.parametrize(
    "kind", ["fail_before", "fail_after", "time_out_before", "time_out_after", "throttle"]
)
def test_any_fault_of_a_compensatable_step_is_compensated(
    shop: WorkflowFixture, step: str, kind: Any
) -> None:
    [run] = shop.run(sale(card("tok_visa")), faults=[Fault(step, kind, FOREVER)])
    assert run.status == "FAILED"
    assert shop.audit() == []


@pytest.mark.parametrize("step", COMPENSATIONS)
def test_failed_compensation_does_not_prevent_the_others(shop: WorkflowFixture, step: str) -> None:
    [run] = shop.run(sale(card("tok_declined")), faults=[Fault(step, "fail_before")])
    assert run.status == "RUNNING"
    assert run.compensated == [name for name in [*COMPENSATIONS, "AnnounceRejection"] if name != step]
    assert shop.audit("ord-1") == []
    assert shop.resolve(run, "retry").error == "PaymentDeclined"
    assert shop.audit() == []
