"""Shipments: the scenarios of their demo, and the races of a hand-over with a cancel and with a return."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from customers.store import CustomersStore
from payments.credit.accounts import Accounts
from payments.credit.models import SetCreditLimit
from shipping.errors import UnknownDelivery
from shipping.models import Delivery
from shipping.operations import ShippingOperations
from tillflow.aws import client

from audit.snapshot import shipment_of
from till.demo import order_shipment
from till.demo.order_checkout import card
from till.demo.order_return import ONE_MUG
from till.demo.order_shipment import Reported, ending, is_handed_over, shipment_id
from till.shop import CURRENCY, CUSTOMERS
from verification.harness.engine_callbacks import EngineCallbacks
from verification.harness.faults import FaultSchedule
from verification.harness.fixture import WorkflowFixture, seed_stock
from verification.proof.families.family import (
    Family,
    FinalState,
    Scenario,
    StartExecutions,
    workflow_of,
)
from verification.proof.families.orders import CANCEL, CHECKOUT, PAID, RETURN, STOCK, cancel, placed, sell
from verification.proof.families.scripted import ScriptedDriver, Step
from verification.proof.schedule import CaseSchedule, Trigger
from verification.proof.services import ProofServices

SHIPMENT = "OrderShipment"
DELIVERED, REFUSED = order_shipment.SCENARIOS[0], order_shipment.SCENARIOS[-1]
PAIRED = {"one of two shipments is lost"}

ShipmentStep = Step[Delivery, ShippingOperations]


class Shipments(Family):
    """Deliveries of orders that were sold before."""

    workflows = (SHIPMENT,)
    others = (RETURN, CANCEL, CHECKOUT)

    def prepare(self, services: ProofServices) -> None:
        seed_stock(STOCK)
        CustomersStore(client("dynamodb"), "CustomersTable").create(CUSTOMERS[0], datetime.now(UTC))
        limit = {"customer_id": CUSTOMERS[0].customer_id, "currency": CURRENCY, "credit_limit": 1_000_000}
        Accounts(client("dynamodb"), "PaymentsTable").set_limit(SetCreditLimit.model_validate(limit))

    def scenarios(self) -> Iterator[Scenario]:
        for demo in order_shipment.SCENARIOS:
            steps = [_step(reported) for reported in demo.reports]
            paired = demo.title in PAIRED
            yield self._scenario(demo.title, _shipped(demo), demo.expected, steps, paired)
        on_account = {"tenders": [{"type": "on_account"}], "customer_id": CUSTOMERS[0].customer_id}
        owed, steps = _shipped(REFUSED, **on_account), [_step(reported) for reported in REFUSED.reports]
        yield self._scenario("refused, and owed on account", owed, REFUSED.expected, steps)
        # The card takes no refund: a person refunds it.
        by_hand = _shipped(REFUSED, tenders=[card("tok_refund_refused")])
        yield self._scenario("refunded by hand", by_hand, "CLOSED, 1 refused and refunded, case", [])
        delivered = [_step(reported) for reported in DELIVERED.reports]
        for after in (False, True):
            trigger = Trigger(SHIPMENT, "ClaimShipment", after)
            place = f"{'after' if after else 'before'} ClaimShipment"
            # A throttled step lets the other one come first.
            yield self._scenario(f"cancelled {place}", _racing(trigger, CANCEL), "", delivered)
            yield self._scenario(f"returned {place}", _racing(trigger, RETURN), "", delivered)

    def _scenario(
        self,
        title: str,
        start: StartExecutions,
        expected: str,
        steps: Sequence[ShipmentStep],
        paired: bool = False,
    ) -> Scenario:
        return Scenario(
            self,
            SHIPMENT,
            title,
            start,
            expected,
            paired,
            lambda order_id: ScriptedDriver(order_id, steps, _find, _operations),
        )

    def run_concurrent_process(self, services: ProofServices, business_id: str) -> None:
        """Sell the same goods in another order."""
        sell(services, PAID, business_id)

    def in_progress(self, fixture: WorkflowFixture, business_id: str) -> frozenset[str]:
        """Return the shipment of the order and its returns that are running."""
        running = {
            workflow: fixture.engine.list_executions(
                stateMachineArn=fixture.deploy(workflow), statusFilter="RUNNING"
            )["executions"]
            for workflow in (SHIPMENT, RETURN)
        }
        shipments = {shipment_of(one["name"]) for one in running[SHIPMENT]}
        return frozenset(shipments | {one["name"] for one in running[RETURN]})

    def describe_outcome(self, final: FinalState) -> str:
        delivery = _find(final.business_id)
        return ending(delivery) if delivery else "NONE"

    def check_end(self, final: FinalState) -> Iterator[str]:
        delivery = _find(final.business_id)
        order = final.shop.orders[final.business_id]["status"]
        status = delivery.status if delivery else "NONE"
        for arn in final.arns:
            if workflow_of(arn) != SHIPMENT or final.status(arn) != "SUCCEEDED":
                continue
            if (order, status) not in {("PAID", "CLOSED"), ("CANCELLED", "NONE")}:
                yield f"{SHIPMENT} succeeded, the order is {order}, and its delivery is {status}"

    def event_identity(self, entry: Mapping[str, Any]) -> tuple[str, str]:
        detail = json.loads(entry["Detail"])
        subject = detail.get("return_id") or detail["order_id"]
        return f"{entry['DetailType']} of {subject}", detail["event_id"]


def _find(order_id: str) -> Delivery | None:
    with suppress(UnknownDelivery):
        return ShippingOperations(client("dynamodb"), None, "ShippingTable").get(order_id)
    return None


def _operations(fixture: WorkflowFixture) -> ShippingOperations:
    return ShippingOperations(client("dynamodb"), EngineCallbacks(fixture), "ShippingTable")


def _step(reported: Reported) -> ShipmentStep:
    return ShipmentStep(
        lambda delivery: is_handed_over(delivery, reported),
        lambda operations, name: operations.report(shipment_id(name, reported.shipment), reported.event),
    )


def _sell_first(
    fixture: WorkflowFixture, demo: order_shipment.Scenario, order_id: str, **changes: Any
) -> None:
    """Sell the order of a scenario, without faults."""
    fixture.schedule = FaultSchedule()
    sale = order_shipment.sale(demo) | changes
    fixture.run_until_settled(fixture.start(placed(sale, order_id), CHECKOUT))


def _shipped(demo: order_shipment.Scenario, **changes: Any) -> StartExecutions:
    def start(fixture: WorkflowFixture, schedule: CaseSchedule, order_id: str) -> list[str]:
        _sell_first(fixture, demo, order_id, **changes)
        fixture.schedule = schedule
        return [fixture.start({"order_id": order_id}, SHIPMENT)]

    return start


def _racing(trigger: Trigger, workflow: str) -> StartExecutions:
    """A cancel or a return of the order that begins when the shipment gets to a trigger."""

    def start(fixture: WorkflowFixture, schedule: CaseSchedule, order_id: str) -> list[str]:
        _sell_first(fixture, DELIVERED, order_id)
        machine = fixture.deploy(workflow)
        request = cancel(order_id)
        if workflow == RETURN:
            returned = {"return_id": f"{order_id}-return", "currency": CURRENCY, "lines": [ONE_MUG]}
            request = returned | {"order_id": order_id}
        schedule.start_at(trigger, machine, request, fixture.engine.engine)
        fixture.schedule = schedule
        shipment = fixture.start({"order_id": order_id}, SHIPMENT)
        name = request.get("return_id", order_id)
        return [shipment, f"{machine.replace(':stateMachine:', ':execution:')}:{name}"]

    return start
