"""Demo of the order shipment: orders that are delivered, split, lost, or refused by the carrier."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import Any

from shipping.errors import UnknownDelivery
from shipping.models import Delivery, Report
from tillflow.executions import execution_arn

from till import workflows
from till.demo import model
from till.demo.model import Outcome
from till.demo.order_checkout import BASKET, ENDED, audited, card, order
from till.errors import OperatorError
from till.history import compensated
from till.services.orders import Orders
from till.services.shipping import Shipping
from till.shop import ESPRESSO, MUG, Shop
from till.stack import Stack
from till.waiting import wait_for_order

TIMEOUT_SECONDS = 60
ADDRESS = {
    "name": "Ada Lovelace",
    "street": "12 St James's Square",
    "postal_code": "SW1Y 4JH",
    "city": "London",
    "country": "GB",
    "carrier": "sandbox",
}
FIRST, SECOND = 1, 2


@dataclass(frozen=True)
class Reported:
    """A report about the shipment of a number."""

    shipment: int
    event: Report


@dataclass(frozen=True)
class Scenario:
    """service: of the carrier; reports: what the carrier reports, in order."""

    title: str
    expected: str
    reports: tuple[Reported, ...] = ()
    service: str = "standard"


def _reports(number: int, status: str, **more: Any) -> Reported:
    return Reported(number, Report.model_validate({"status": status, **more}))


SCENARIOS = (
    Scenario("delivered", "CLOSED, 1 delivered", (_reports(FIRST, "delivered"),)),
    Scenario(
        "split into two shipments",
        "CLOSED, 2 delivered",
        (
            _reports(FIRST, "partly_shipped", lines=[{"line_no": 2, "quantity": 1}]),
            _reports(FIRST, "delivered"),
            _reports(SECOND, "delivered"),
        ),
    ),
    Scenario(
        "one of two shipments is lost",
        "CLOSED, 1 delivered, 1 failed and refunded",
        (
            _reports(FIRST, "partly_shipped", lines=[{"line_no": 1, "quantity": 1}]),
            _reports(SECOND, "failed", note="lost"),
            _reports(FIRST, "delivered"),
        ),
    ),
    Scenario("comes back", "CLOSED, 1 returned and refunded", (_reports(FIRST, "returned"),)),
    Scenario("refused by the carrier", "CLOSED, 1 refused and refunded", service="refused"),
)


class OrderShipmentDemo:
    """Runs the scenarios in parallel, each with an order of its own."""

    name = "order_shipment"
    title = "Order shipment"
    scenarios = len(SCENARIOS)

    def run(self, stack: Stack, ended: model.Report) -> list[Outcome]:
        run_id = f"demo-{token_hex(3)}"
        units = {sku: count * len(SCENARIOS) for sku, count in BASKET.items()}
        Shop(stack).receive(f"{run_id}-s", units)

        def one(number: int, scenario: Scenario) -> Outcome:
            return self._one(stack, scenario, f"{run_id}-s{number:02}")

        return audited(stack, model.run_scenarios(SCENARIOS, one, ended, threads=len(SCENARIOS)))

    def _one(self, stack: Stack, scenario: Scenario, name: str) -> Outcome:
        sold = Orders(stack).place(sale(scenario) | {"order_id": name, "placed_at": workflows.now()})
        wait_for_order(stack, name, sold.arn, ENDED)
        operations = Shipping(stack)
        for reported in scenario.reports:
            wait_until(operations, name, partial(is_handed_over, reported=reported))
            operations.report(shipment_id(name, reported.shipment), reported.event)
        delivery = wait_until(operations, name, lambda delivery: delivery.status == "CLOSED")
        arn = execution_arn(stack.output("OrderShipmentAlias"), name)
        workflows.wait(stack, arn)
        steps = compensated(workflows.visits(stack, arn))
        return Outcome(scenario.title, name, arn, scenario.expected, ending(delivery), steps)


def sale(scenario: Scenario) -> dict[str, Any]:
    """Return the order of a scenario, without its id and time."""
    delivery = ADDRESS | {"service": scenario.service}
    return order({ESPRESSO: 1, MUG: 2}, card("tok_visa"), fulfilment="ship", delivery=delivery)


def shipment_id(order_id: str, number: int) -> str:
    """Return the id of an order's shipment of a number."""
    return f"{order_id}-s{number}"


def is_handed_over(delivery: Delivery, reported: Reported) -> bool:
    """Return whether the carrier has the shipment that it reports on."""
    name = shipment_id(delivery.order_id, reported.shipment)
    return any(one.shipment_id == name and one.status == "HANDED_OVER" for one in delivery.shipments)


def ending(delivery: Delivery) -> str:
    """Return how a delivery ended, as scenarios expect it."""
    counts: Mapping[str, int] = Counter(
        shipment.status.lower() + (" and refunded" if shipment.settled else "")
        for shipment in delivery.shipments
    )
    return ", ".join([delivery.status, *(f"{counts[name]} {name}" for name in sorted(counts))])


def wait_until(operations: Shipping, order_id: str, condition: Callable[[Delivery], bool]) -> Delivery:
    """Return the delivery once the condition holds."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        try:
            delivery = operations.get(order_id)
        except UnknownDelivery:
            delivery = None
        if delivery and condition(delivery):
            return delivery
        time.sleep(workflows.POLL_SECONDS)
    raise OperatorError(
        f"The delivery of {order_id} did not continue within {TIMEOUT_SECONDS} seconds.",
        f"See it with `till shipment show {order_id}`.",
    )
