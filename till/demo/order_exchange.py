"""Demo of the exchange: a dearer and a cheaper article, and a sale that is refused."""

from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from till import workflows
from till.demo.model import Outcome, Report, run_scenarios
from till.demo.order_checkout import BASKET, ENDED, Request, audited, card, order
from till.demo.order_return import COFFEE, ONE_MUG
from till.history import compensated
from till.services.orders import Exchanges, Orders
from till.shop import CURRENCY, ESPRESSO, MUG, Shop
from till.stack import Stack
from till.waiting import wait_for_order


@dataclass(frozen=True)
class Scenario:
    """`unit` comes back; `sale` lacks its id and time. `proven`: the return's ending in the words of the proof."""

    title: str
    unit: Request
    sale: Request
    expected: str
    proven: str


SCENARIOS = (
    Scenario(
        "a dearer article, the rest paid by card",
        ONE_MUG,
        order({ESPRESSO: 1}, card("tok_visa")),
        "COMPLETED",
        "COMPLETED",
    ),
    Scenario("a cheaper article, the rest refunded", COFFEE, order({MUG: 1}), "COMPLETED", "COMPLETED"),
    Scenario(
        "the card for the rest is declined",
        ONE_MUG,
        order({ESPRESSO: 1}, card("tok_declined")),
        "REFUSED PaymentDeclined",
        "RELEASED PaymentDeclined",
    ),
)


def exchange_request(
    scenario: Scenario, return_id: str, order_id: str, sale_id: str, placed_at: str
) -> dict[str, Any]:
    """Return the input of a scenario's exchange."""
    returned = {"return_id": return_id, "order_id": order_id, "currency": CURRENCY, "lines": [scenario.unit]}
    sale = {**scenario.sale, "order_id": sale_id, "placed_at": placed_at}
    return {"return_id": return_id, "return": returned, "sale": sale}


class OrderExchangeDemo:
    """The scenarios of the exchange, run concurrently on stock received for them."""

    name = "order_exchange"
    title = "Order exchange"
    scenarios = len(SCENARIOS)

    def run(self, stack: Stack, ended: Report) -> list[Outcome]:
        run_id = f"demo-{token_hex(3)}"
        Shop(stack).receive(run_id, {sku: units * 2 * len(SCENARIOS) for sku, units in BASKET.items()})

        def one(number: int, scenario: Scenario) -> Outcome:
            order_id, return_id = f"{run_id}-e{number:02}", f"{run_id}-exc{number:02}"
            sold = {**order(BASKET, card("tok_visa")), "order_id": order_id, "placed_at": workflows.now()}
            Orders(stack).place(sold)
            wait_for_order(stack, order_id, stack.execution("OrderCheckout", order_id), ENDED)
            request = exchange_request(scenario, return_id, order_id, f"{order_id}-new", workflows.now())
            arn = Exchanges(stack).create(request["return"], request["sale"]).arn
            workflows.wait(stack, arn)
            exchanged = Exchanges(stack).get(return_id)
            actual = " ".join(filter(None, (exchanged.status, exchanged.reason)))
            steps = compensated(workflows.visits(stack, arn))
            return Outcome(scenario.title, return_id, arn, scenario.expected, actual, steps)

        return audited(stack, run_scenarios(SCENARIOS, one, ended, threads=len(SCENARIOS)))
