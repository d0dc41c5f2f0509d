"""Demo of the order cancel: after the payment, during it, twice, and after a rejection."""

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_hex

from till import workflows
from till.demo.model import Outcome, Report, run_scenarios
from till.demo.order_checkout import BASKET, CASH, ENDED, Request, audited, card, order, outcome_of
from till.services.orders import Orders
from till.shop import Shop
from till.stack import Stack
from till.waiting import wait_for_order

type Cancels = Callable[[Stack, str], list[str]]
"""Cancel an order and return the executions of the cancel."""


@dataclass(frozen=True)
class Scenario:
    title: str
    request: Request
    cancel: Cancels
    expected: str


def _after(times: int) -> Cancels:
    def cancel(stack: Stack, order_id: str) -> list[str]:
        wait_for_order(stack, order_id, stack.execution("OrderCheckout", order_id), ENDED)
        return [_cancel(stack, order_id) for _ in range(times)]

    return cancel


def _during(stack: Stack, order_id: str) -> list[str]:
    return [_cancel(stack, order_id)]


def _cancel(stack: Stack, order_id: str) -> str:
    return Orders(stack).cancel(order_id, "changed their mind").arn


SCENARIOS = (
    Scenario("cancelled after payment", order(BASKET, card("tok_visa", 1000), CASH), _after(1), "CANCELLED"),
    Scenario("cancelled while it is being paid", order(BASKET, card("tok_visa")), _during, "CANCELLED"),
    Scenario("cancelled twice", order(BASKET, card("tok_visa")), _after(2), "CANCELLED"),
    Scenario(
        "cancel of a declined order",
        order(BASKET, card("tok_declined")),
        _after(1),
        "REJECTED PaymentDeclined",
    ),
)


class OrderCancelDemo:
    """The scenarios of the cancel, run concurrently on stock received for them."""

    name = "order_cancel"
    title = "Order cancel"
    scenarios = len(SCENARIOS)

    def run(self, stack: Stack, ended: Report) -> list[Outcome]:
        run_id = f"demo-{token_hex(3)}"
        Shop(stack).receive(run_id, {sku: units * len(SCENARIOS) for sku, units in BASKET.items()})

        def one(number: int, scenario: Scenario) -> Outcome:
            order_id = f"{run_id}-c{number:02}"
            request = {**scenario.request, "order_id": order_id, "placed_at": workflows.now()}
            Orders(stack).place(request)
            cancels = scenario.cancel(stack, order_id)
            return outcome_of(
                stack, scenario.title, order_id, cancels[-1], scenario.expected, ("CANCELLED", "REJECTED")
            )

        return audited(stack, run_scenarios(SCENARIOS, one, ended, threads=len(SCENARIOS)))
