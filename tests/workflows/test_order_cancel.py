"""An order cancelled before, during and after its payment, and what the invariants say of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter
from stepfunctions_local.api.dispatch import dispatch
from stepfunctions_local.errors import ApiError
from stepfunctions_local.interpreter.invoker import TaskCall
from tillflow.aws import client
from tillflow.events import OrderCancelled
from tillflow.store import key

from till.demo.order_checkout import BASKET, CASH, card, order
from till.shop import ESPRESSO, MUG, SOLD_OUT
from verification.harness.faults import FOREVER, Fault, FaultSchedule
from verification.harness.fixture import Run, WorkflowFixture, seed_stock, workflow_fixture
from verification.proof.families.orders import RACED

CANCEL = {"order_id": "ord-1", "reason": "changed their mind"}
STEPS = [
    "ReversePayment",
    "CreditInvoice",
    "RestockGoods",
    "ReverseJournal",
    "MarkCancelled",
    "AnnounceCancel",
]


@pytest.fixture
def shop() -> Iterator[WorkflowFixture]:
    with workflow_fixture() as built:
        seed_stock({ESPRESSO: 10, MUG: 10, SOLD_OUT: 0})
        yield built


def sale(*tenders: dict[str, Any]) -> dict[str, Any]:
    return order(BASKET, *tenders, order_id="ord-1", placed_at="2026-11-23T10:00:00Z")


def cancel(shop: WorkflowFixture, *faults: Fault) -> Run:
    [run] = shop.run(CANCEL, faults=faults, workflow="OrderCancel")
    return run


def status(shop: WorkflowFixture) -> str:
    return shop.row("OrdersTable", "ORDER#ord-1", "ORDER")["status"]


def cancelled(shop: WorkflowFixture, run: Run) -> None:
    assert (run.status, run.error) == ("SUCCEEDED", None), run.cause
    assert run.output["status"] == status(shop) == "CANCELLED"
    assert shop.audit() == []
    assert shop.row("InventoryTable", f"LEVEL#store-1#{MUG}", "LEVEL")["available"] == 10


def test_cancel_of_a_paid_order_reverses_every_effect(shop: WorkflowFixture) -> None:
    shop.run(sale(card("tok_visa", 1000), CASH))
    run = cancel(shop)
    cancelled(shop, run)
    assert run.output["credit_note_number"] == "CN/store-1-000001"
    assert [tender["state"] for tender in shop.snapshot().tenders["ord-1"]] == ["refunded", "refunded"]
    assert run.path[-7:] == [*STEPS, "OrderCancelled"]
    told = shop.services.events[-1]
    event = TypeAdapter(OrderCancelled).validate_json(told["Detail"])
    assert (event.was_paid, event.credit_note_number, event.total) == (True, "CN/store-1-000001", 4390)


def test_cancel_does_not_recreate_a_deleted_order(shop: WorkflowFixture) -> None:
    shop.run(sale(card("tok_visa")))
    run = cancel(shop, Fault("MarkCancelled", "fail_before"))
    client("dynamodb").delete_item(TableName="OrdersTable", Key=key("ORDER#ord-1", "ORDER"))
    run = shop.resolve(run, "retry", case="MarkCancelled")
    assert (run.status, run.path[-1]) == ("RUNNING", "OpenForwardCase")
    assert shop.row("OrdersTable", "ORDER#ord-1", "ORDER") == {}


def test_second_cancel_starts_nothing(shop: WorkflowFixture) -> None:
    shop.run(sale(card("tok_visa")))
    first = cancel(shop)
    assert cancel(shop).events == first.events
    [second] = shop.run(CANCEL | {"reason": "again"}, workflow="OrderCancel")
    assert second.arn == first.arn
    cancelled(shop, first)


def test_two_cancel_executions_reverse_once(shop: WorkflowFixture) -> None:
    """A cancel after a failed one has another name; both may complete."""
    shop.run(sale(card("tok_visa")))
    cancelled(shop, cancel(shop))
    again = shop.engine.finish(shop.engine.start(shop.deploy("OrderCancel"), CANCEL, "ord-1.2"))
    assert again.output == {
        "order_id": "ord-1",
        "status": "CANCELLED",
        "credit_note_number": "CN/store-1-000001",
    }
    assert shop.audit() == []


def test_cancel_of_a_declined_order_changes_nothing(shop: WorkflowFixture) -> None:
    shop.run(sale(card("tok_declined")))
    run = cancel(shop)
    assert (run.status, run.output["status"], status(shop)) == ("SUCCEEDED", "REJECTED", "REJECTED")
    assert "ReversePayment" not in run.path
    assert shop.audit() == []


def test_order_rejected_before_it_was_opened_has_nothing_to_cancel(shop: WorkflowFixture) -> None:
    shop.run(sale(card("tok_visa")) | {"lines": [{"sku": "NO-SUCH", "quantity": 1}]})
    run = cancel(shop)
    assert (run.status, run.output["status"]) == ("SUCCEEDED", "REJECTED")
    assert shop.snapshot().orders == {}


def test_cancel_of_an_unknown_order_fails_without_effect(shop: WorkflowFixture) -> None:
    run = cancel(shop)
    assert (run.status, run.error) == ("FAILED", "UnknownOrder")
    assert shop.snapshot().tables["PaymentsTable"] == []


class Meanwhile(FaultSchedule):
    """A schedule that runs a cancel as far as possible before or after one task of the checkout."""

    def __init__(self, shop: WorkflowFixture, state: str, after: bool) -> None:
        super().__init__()
        self.shop, self.state, self.after = shop, state, after
        self.cancel = ""

    async def __call__(self, call: TaskCall) -> Any:
        mine = call.state_name == self.state and not self.cancel
        if mine and not self.after:
            await self._cancel(call)
        response = await call.proceed()
        if mine and self.after:
            await self._cancel(call)
        return response

    async def _cancel(self, call: TaskCall) -> None:
        self.cancel = "started"
        request = {
            "stateMachineArn": self.shop.deploy("OrderCancel"),
            "name": "ord-1",
            "input": json.dumps(CANCEL),
        }
        started = await dispatch(self.shop.engine.engine, "StartExecution", request)
        self.cancel = started["executionArn"]
        await call.services.sleep(1)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("state", RACED)
def test_cancel_at_any_moment_of_the_checkout_leaves_no_sale(
    shop: WorkflowFixture, state: str, after: bool
) -> None:
    shop.deploy("OrderCancel")
    shop.schedule = schedule = Meanwhile(shop, state, after)
    checkout = shop.run_until_settled(shop.start(sale(card("tok_visa")), "OrderCheckout"))
    cancelled(shop, shop.run_until_settled(schedule.cancel))
    too_late = state in ("CommitStock", "IssueInvoice", "PostJournal", "CloseOrder", "AnnounceOrder") or (
        state == "CapturePayment" and after
    )
    assert (checkout.status, checkout.error) == (
        ("SUCCEEDED", None) if too_late else ("FAILED", "OrderClosed")
    )


@pytest.mark.parametrize("step", ["PreventCapture", "AwaitCheckout", "ClaimOrder", *STEPS])
def test_failing_step_opens_a_case_and_resumes(shop: WorkflowFixture, step: str) -> None:
    shop.run(sale(card("tok_visa")))
    run = cancel(shop, Fault(step, "fail_before"))
    assert run.status == "RUNNING"
    assert shop.audit("ord-1") == []
    cancelled(shop, shop.resolve(run, "retry", case=step))


def test_cancel_waits_for_a_checkout_with_an_open_case(shop: WorkflowFixture) -> None:
    [checkout] = shop.run(sale(card("tok_visa")), faults=[Fault("PostJournal", "fail_before")])
    run = cancel(shop)
    assert (run.status, run.path[-1]) == ("RUNNING", "LetCheckoutRun")
    assert shop.audit("ord-1") == []
    shop.resolve(checkout, "retry", case="PostJournal")
    cancelled(shop, shop.run_until_settled(run.arn))


def test_year_of_waiting_fits_one_history(shop: WorkflowFixture) -> None:
    shop.run(sale(card("tok_visa")), faults=[Fault("PostJournal", "fail_before")])
    run = cancel(shop)
    events = len(run.events)
    shop.engine.pass_time(30 * 86_400)
    a_month = len(shop.run_until_settled(run.arn).events) - events
    assert 12.2 * a_month < 25_000


def test_checkout_that_was_given_up_is_cancelled(shop: WorkflowFixture) -> None:
    [checkout] = shop.run(sale(card("tok_visa")), faults=[Fault("PostJournal", "fail_before")])
    shop.resolve(checkout, "give_up", "cancelled instead", case="PostJournal")
    assert status(shop) == "PLACED"
    cancelled(shop, cancel(shop))


@pytest.mark.parametrize("step", ["CommitStock", "IssueInvoice", "PostJournal", "CloseOrder"])
def test_forward_step_delivered_after_the_cancel_is_refused(shop: WorkflowFixture, step: str) -> None:
    """The first delivery is a day late; meanwhile the case was given up and the order cancelled."""
    [checkout] = shop.run(sale(card("tok_visa")), faults=[Fault(step, "time_out_then_effect", FOREVER)])
    late = shop.schedule
    shop.resolve(checkout, "give_up", "cancelled instead", case=step)
    cancelled(shop, cancel(shop))
    shop.schedule = late
    shop.apply_late_effects()
    assert status(shop) == "CANCELLED"
    assert shop.audit() == []


@pytest.mark.parametrize(
    "step", ["AwaitCheckout", "CreditInvoice", "RestockGoods", "ReverseJournal", "MarkCancelled"]
)
def test_what_only_the_system_can_write_is_written_when_its_case_is_done(
    shop: WorkflowFixture, step: str
) -> None:
    shop.run(sale(card("tok_visa")))
    run = cancel(shop, Fault(step, "fail_before"))
    run = shop.resolve(run, "done", "made by hand", case=step)
    cancelled(shop, run)
    assert run.output["credit_note_number"] == "CN/store-1-000001"


def test_order_is_cancelled_100_days_after_its_sale(shop: WorkflowFixture) -> None:
    """Step Functions deletes an execution 90 days after it ended."""
    [checkout] = shop.run(sale(card("tok_visa")))
    shop.engine.pass_time(100 * 86_400)
    with pytest.raises(ApiError, match="ExecutionDoesNotExist"):
        shop.engine.describe_execution(executionArn=checkout.arn)
    run = cancel(shop)
    cancelled(shop, run)
    assert run.path[:6] == [
        "FindOrder",
        "IsOpened",
        "PreventCapture",
        "AwaitCheckout",
        "ClaimOrder",
        "WasRefused",
    ]


@pytest.mark.parametrize(
    "request_",
    [
        {"order_id": "ord-1", "reason": ""},
        {"order_id": "ord-1", "reason": "x" * 501},
        {"order_id": "ord-1", "reason": None},
        {"order_id": "ord-1", "reason": "a\nb"},
        {"order_id": "ord-1", "reason": "wrong size", "refund": True},
        {"order_id": "a.b"},
        {"order_id": "x" * 3000},
        {"order_id": {}},
        {"reason": "wrong size"},
        {},
        [],
        None,
        "ord-1",
    ],
)
def test_invalid_cancel_is_refused_by_name_without_effect(shop: WorkflowFixture, request_: Any) -> None:
    shop.run(sale(card("tok_visa")))
    before = shop.snapshot().tables
    result = shop.engine.finish(shop.engine.start(shop.deploy("OrderCancel"), request_, "ord-1"))
    assert result.status == "FAILED"
    assert result.error in ("InvalidCancel", "InvalidRequest")
    assert shop.snapshot().tables == before
