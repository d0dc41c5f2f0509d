"""The claim of an exchange: what its sale, its checkout and other deliveries do to the units that pay."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from orders.errors import InvalidReturn, SaleNotRejected
from orders.returns.models import ConfirmClaim, ReleaseReturn
from orders.returns.store import ReturnsStore
from orders.rows import order_key
from stepfunctions_local.api.dispatch import dispatch
from stepfunctions_local.interpreter.invoker import TaskCall
from tillflow.aws import client
from tillflow.store import key, marshal

from tests.support.exchanges import (
    COFFEE_PRICE,
    MUG_PRICE,
    clearing,
    exchange,
    exchange_input,
    exchange_shop,
    return_of,
)
from till.demo.order_checkout import card
from till.shop import ESPRESSO, MUG
from verification.harness.faults import FOREVER, Fault, FaultSchedule
from verification.harness.fixture import WorkflowFixture


@pytest.fixture
def shop() -> Iterator[WorkflowFixture]:
    with exchange_shop() as built:
        yield built


def test_lost_response_of_the_sale_is_read_from_the_checkout(shop: WorkflowFixture) -> None:
    run = exchange(shop, {ESPRESSO: 1}, card("tok_visa"), faults=(Fault("SellGoods", "fail_after", FOREVER),))
    assert (run.status, run.error) == ("SUCCEEDED", None), run.cause
    assert "FindSale" in run.path
    assert shop.audit() == []


def test_sale_that_starts_after_the_release_is_refused(shop: WorkflowFixture) -> None:
    run = exchange(
        shop, {ESPRESSO: 1}, card("tok_visa"), faults=(Fault("SellGoods", "time_out_then_effect"),)
    )
    assert (run.status, run.error, run.compensated) == ("FAILED", "Sandbox.Timedout", ["ReleaseReturn"])
    assert shop.snapshot().orders["ord-2"]["status"] == "REJECTED"
    shop.apply_late_effects()
    late = shop.run_until_settled(run.arn.replace("OrderExchange:ret-1", "OrderCheckout:ord-2"))
    assert (late.status, late.path[-2:]) == ("FAILED", ["OpenOrder", "OrderRejected"])
    assert "ord-2" not in shop.snapshot().tenders
    assert shop.audit() == []
    again = exchange(shop, {MUG: 1}, return_id="ret-2", sold="ord-3")
    assert again.output["status"] == "COMPLETED"


class StartedLate(FaultSchedule):
    """A start of the sale that gets no response, and takes effect just before the claim is released."""

    def __init__(self) -> None:
        super().__init__((Fault("SellGoods", "time_out_then_effect"),))

    async def __call__(self, call: TaskCall) -> Any:
        if call.state_name == "ReleaseReturn" and self.unanswered:
            await self.unanswered.pop().proceed()
            await call.services.sleep(1)
        return await super().__call__(call)


def test_sale_that_starts_while_the_claim_is_released_completes_the_exchange(shop: WorkflowFixture) -> None:
    shop.schedule = StartedLate()
    run = shop.run_until_settled(shop.start(exchange_input({MUG: 1}), "OrderExchange"))
    assert run.path[:7] == [
        "ClaimReturn",
        "SellGoods",
        "FindSale",
        "ReleaseReturn",
        "AllCompensated",
        "LetSaleRun",
        "FindSale",
    ]
    assert run.output["status"] == "COMPLETED"
    assert clearing(shop) == 0
    assert shop.audit() == []


def test_claim_is_kept_while_a_stopped_sale_is_not_rejected(shop: WorkflowFixture) -> None:
    """A checkout that was stopped halfway can be redriven, and its order be paid by the units: they stay claimed."""
    checkout = f"{shop.deploy('OrderCheckout').replace(':stateMachine:', ':execution:')}:ord-2"
    started = shop.start(exchange_input({MUG: 1}), "OrderExchange")
    shop.schedule = FaultSchedule.of([Fault("AuthorisePayment", "time_out_before", FOREVER)])
    shop.engine.pass_time(3)
    shop.engine.stop_execution(executionArn=checkout)
    run = shop.run_until_settled(started)
    assert (run.status, run.path[-1]) == ("RUNNING", "OpenCompensationCase")
    assert shop.row("OrdersTable", "RETURN#ret-1", "RETURN")["status"] == "CLAIMED"
    case = shop.row("CasesTable", "CASE#ret-1#exchange#compensation", "CASE")
    assert case["error"] == "SaleNotRejected"
    assert shop.resolve(run, "retry").path[-1] == "OpenCompensationCase"
    shop.schedule = FaultSchedule()
    shop.engine.redrive_execution(executionArn=checkout)
    assert shop.run_until_settled(checkout).status == "SUCCEEDED"
    assert shop.resolve(run, "retry").output["status"] == "COMPLETED"
    assert clearing(shop) == 0
    assert shop.audit() == []


def test_claim_is_not_released_between_the_opening_and_the_end_of_its_sale(shop: WorkflowFixture) -> None:
    exchange(shop, {MUG: 1}, faults=(Fault("ReturnUnits", "fail_before"),))
    store = ReturnsStore(client("dynamodb"), "OrdersTable")
    request = {"return_id": "ret-1", "execution": "arn", "sale": {"order_id": "ord-2", "execution": "arn"}}
    with pytest.raises(SaleNotRejected, match="return ret-1 pays order ord-2, which is PAID"):
        store.release(ReleaseReturn.model_validate(request))
    assert shop.row("OrdersTable", "RETURN#ret-1", "RETURN")["status"] == "CLAIMED"


def test_sale_that_is_opened_during_a_release_is_not_overwritten(shop: WorkflowFixture) -> None:
    """The release reads the order again when the order was opened after it was read."""
    exchange(shop, {MUG: 1}, faults=(Fault("ReturnUnits", "fail_before"),))
    table, opened = client("dynamodb"), shop.row("OrdersTable", *order_key("ord-2"))
    table.delete_item(TableName="OrdersTable", Key=key(*order_key("ord-2")))

    class OpenedMeanwhile:
        """A client whose first transaction is preceded by the opening of the order."""

        def __getattr__(self, name: str) -> Any:
            return getattr(table, name)

        def transact_write_items(self, **request: Any) -> Any:
            table.put_item(TableName="OrdersTable", Item=marshal(opened))
            return table.transact_write_items(**request)

    request = {"return_id": "ret-1", "execution": "arn", "sale": {"order_id": "ord-2", "execution": "arn"}}
    with pytest.raises(SaleNotRejected):
        ReturnsStore(OpenedMeanwhile(), "OrdersTable").release(ReleaseReturn.model_validate(request))
    assert shop.row("OrdersTable", *order_key("ord-2")) == opened


def test_malformed_status_of_the_checkout_does_not_release_what_has_paid(shop: WorkflowFixture) -> None:
    faults = (Fault("SellGoods", "fail_after", FOREVER), Fault("FindSale", "garbage"))
    run = exchange(shop, {ESPRESSO: 1}, card("tok_visa"), faults=faults)
    assert (run.status, run.path[-1]) == ("RUNNING", "OpenInquiryCase")
    assert shop.resolve(run, "retry", case="FindSale").output["status"] == "COMPLETED"
    assert shop.audit() == []


def test_case_of_a_claim_that_cannot_be_read_resumes(shop: WorkflowFixture) -> None:
    """The units stay claimed: their value has paid the sale."""
    run = exchange(shop, {MUG: 1}, faults=(Fault("ConfirmClaim", "fail_before"),))
    returning = shop.run_until_settled(return_of(run))
    assert (run.status, returning.path[-1]) == ("RUNNING", "OpenInquiryCase")
    assert shop.audit("ret-1", "ord-2") == []
    shop.resolve(returning, "retry", case="ConfirmClaim")
    assert shop.run_until_settled(run.arn).output["status"] == "COMPLETED"
    assert shop.audit() == []


@pytest.mark.parametrize(
    "forged",
    [
        {"order_id": "ord-1", "amount": MUG_PRICE},
        {"order_id": "ord-1", "amount": 0},
        {"order_id": "ord-9", "amount": MUG_PRICE},
        {"order_id": "ord-1"},
    ],
)
def test_return_that_names_an_exchange_without_its_claim_is_refused(
    shop: WorkflowFixture, forged: dict[str, Any]
) -> None:
    claimed = {"return_id": "ret-1", "lines": [{"line_no": 2, "quantity": 9}], "totals": {"total": 9_999}}
    request = {"return_id": "ret-1", "order_id": "ord-1", "claimed": claimed, "exchange": forged}
    [run] = shop.run(request, workflow="OrderReturn")
    expected = "UnknownReturn" if "amount" in forged else "InvalidReturn"
    assert (run.status, run.error) == ("FAILED", expected)
    assert shop.snapshot().refunds == {}
    assert shop.audit() == []


@pytest.mark.parametrize("amount", [MUG_PRICE - 1, COFFEE_PRICE, 0])
def test_claim_is_not_confirmed_for_another_amount_than_the_sale_took(
    shop: WorkflowFixture, amount: int
) -> None:
    exchange(shop, {ESPRESSO: 1}, card("tok_visa"), faults=(Fault("ReturnUnits", "fail_before"),))
    store = ReturnsStore(client("dynamodb"), "OrdersTable")
    execution = shop.row("OrdersTable", "RETURN#ret-1", "RETURN")["execution"]
    paid = {"order_id": "ord-2", "amount": amount}
    confirm = {"return_id": "ret-1", "execution": execution, "exchange": paid}
    with pytest.raises(InvalidReturn, match=r"exchange\.amount"):
        store.confirm(ConfirmClaim.model_validate(confirm))


class CancelledMeanwhile(FaultSchedule):
    """A cancel of the new sale that finds no order yet, with faults of its next steps."""

    def __init__(self, shop: WorkflowFixture, *faults: Fault) -> None:
        super().__init__(faults)
        self.shop = shop
        self.cancel = ""

    async def __call__(self, call: TaskCall) -> Any:
        if call.state_name == "OpenOrder" and not self.cancel:
            request = {
                "stateMachineArn": self.shop.deploy("OrderCancel"),
                "name": "ord-2",
                "input": json.dumps({"order_id": "ord-2", "reason": "wrong size"}),
            }
            self.cancel = (await dispatch(self.shop.engine.engine, "StartExecution", request))["executionArn"]
            await call.services.sleep(1)
        return await super().__call__(call)


def test_cancel_that_came_before_the_sale_was_opened_leaves_the_exchange(shop: WorkflowFixture) -> None:
    shop.deploy("OrderCancel")
    shop.schedule = schedule = CancelledMeanwhile(shop, Fault("PreventCapture", "time_out_before"))
    started = shop.start(exchange_input({MUG: 1}), "OrderExchange")
    assert shop.run_until_settled(started).output["status"] == "COMPLETED"
    cancel = shop.run_until_settled(schedule.cancel)
    assert cancel.path[:3] == ["FindOrder", "IsOpened", "FindCheckout"]
    assert (cancel.path[-1], cancel.output["status"]) == ("NotCancelled", "PAID")
    assert clearing(shop) == 0
    assert shop.audit() == []


def test_cancel_that_prevents_the_capture_of_the_sale_releases_the_units(shop: WorkflowFixture) -> None:
    shop.deploy("OrderCancel")
    shop.schedule = schedule = CancelledMeanwhile(shop)
    run = shop.run_until_settled(shop.start(exchange_input({MUG: 1}), "OrderExchange"))
    assert (run.status, run.error, run.compensated) == ("FAILED", "OrderClosed", ["ReleaseReturn"])
    assert shop.run_until_settled(schedule.cancel).status == "SUCCEEDED"
    assert clearing(shop) == 0
    assert shop.audit() == []
