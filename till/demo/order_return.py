"""Demo of the order return: every way a return can end."""

from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from executions.models import ExecutionProgress

from till import workflows
from till.demo.model import Outcome, Report, run_scenarios
from till.demo.order_checkout import BASKET, CASH, ENDED, Request, audited, card, order, set_limit
from till.history import compensated
from till.services.orders import Orders, Returns
from till.shop import CURRENCY, CUSTOMERS, ESPRESSO, LOCATION, MUG, Shop
from till.stack import Stack
from till.waiting import wait_for_order

COFFEE = {"line_no": 1, "sku": ESPRESSO, "quantity": 1}
ONE_MUG = {"line_no": 2, "sku": MUG, "quantity": 1}
TWO_MUGS = ONE_MUG | {"quantity": 2}
ADA = CUSTOMERS[0].customer_id


@dataclass(frozen=True)
class Scenario:
    """`sale` lacks its id and time, `request` the ids and the currency of the return."""

    title: str
    sale: Request
    request: Request
    expected: str


SCENARIOS = (
    Scenario(
        "one unit, refunded to the card", order(BASKET, card("tok_visa")), {"lines": [ONE_MUG]}, "COMPLETED"
    ),
    Scenario(
        "a damaged unit of a sale paid by card and cash",
        order(BASKET, card("tok_visa", 1000), CASH),
        {"lines": [COFFEE, TWO_MUGS | {"condition": "damaged", "reason": "broken handle"}]},
        "COMPLETED",
    ),
    Scenario(
        "refunded as store credit",
        order(BASKET, card("tok_visa"), customer_id=ADA),
        {"lines": [ONE_MUG], "refund": "store_credit"},
        "COMPLETED",
    ),
    Scenario(
        "a card that can no longer be refunded",
        order(BASKET, card("tok_refund_refused")),
        {"lines": [ONE_MUG]},
        "RELEASED RefundRefused",
    ),
    Scenario(
        "the second of two cards can no longer be refunded",
        order(BASKET, card("tok_visa", 2000), card("tok_refund_refused"), customer_id=ADA),
        {"lines": [COFFEE, TWO_MUGS]},
        "COMPLETED",
    ),
    Scenario(
        "the refund times out after its effect",
        order(BASKET, card("tok_refund_timeout_after_effect")),
        {"lines": [ONE_MUG]},
        "COMPLETED",
    ),
    Scenario(
        "a unit without a receipt",
        order(BASKET, card("tok_visa")),
        {
            "order_id": None,
            "location": LOCATION,
            "register": "till-1",
            "lines": [ONE_MUG],
            "refund": "store_credit",
            "customer_id": ADA,
            "override": {"manager": "mia", "note": "a gift, bought here"},
        },
        "COMPLETED",
    ),
    Scenario(
        "a unit that is partly owed on account",
        order(BASKET, card("tok_visa", 3890), {"type": "on_account"}, customer_id=ADA),
        {"lines": [ONE_MUG]},
        "COMPLETED",
    ),
    Scenario(
        "more units than were sold",
        order(BASKET, card("tok_visa")),
        {"lines": [ONE_MUG | {"quantity": 3}]},
        "REFUSED UnitsNotReturnable",
    ),
)


def return_request(scenario: Scenario, return_id: str, order_id: str) -> dict[str, Any]:
    """Return the request of a scenario's return."""
    return {"return_id": return_id, "order_id": order_id, "currency": CURRENCY, **scenario.request}


def _create(stack: Stack, request: dict[str, Any]) -> str:
    """Start a return and return its ARN; one without an order is one without a receipt."""
    override = request.pop("override", None)
    if request["order_id"] is not None:
        return Returns(stack).create(request).arn
    lines = [{name: value for name, value in line.items() if name != "line_no"} for line in request["lines"]]
    names = ("return_id", "currency", "location", "register", "customer_id")
    body = {name: request[name] for name in names} | {"lines": lines, "note": override["note"]}
    return Returns(stack).create_without_receipt(body, override["manager"]).arn


class OrderReturnDemo:
    """The scenarios of the return, run concurrently on stock received for them."""

    name = "order_return"
    title = "Order return"
    scenarios = len(SCENARIOS)

    def run(self, stack: Stack, ended: Report) -> list[Outcome]:
        run_id = f"demo-{token_hex(3)}"
        Shop(stack).receive(run_id, {sku: units * len(SCENARIOS) for sku, units in BASKET.items()})
        set_limit(stack)

        def one(number: int, scenario: Scenario) -> Outcome:
            order_id, return_id = f"{run_id}-r{number:02}", f"{run_id}-ret{number:02}"
            sale = {**scenario.sale, "order_id": order_id, "placed_at": workflows.now()}
            Orders(stack).place(sale)
            wait_for_order(stack, order_id, stack.execution("OrderCheckout", order_id), ENDED)
            arn = _create(stack, return_request(scenario, return_id, order_id))
            execution = workflows.wait(stack, arn)
            steps = compensated(workflows.visits(stack, arn))
            actual = _ending(stack, return_id, execution)
            return Outcome(scenario.title, return_id, arn, scenario.expected, actual, steps)

        return audited(stack, run_scenarios(SCENARIOS, one, ended, threads=len(SCENARIOS)))


def _ending(stack: Stack, return_id: str, execution: ExecutionProgress) -> str:
    stored = Returns(stack).find(return_id)
    if stored is None or stored.claimed_at is None:
        return f"REFUSED {execution.error or execution.status}"
    return " ".join(filter(None, (stored.status, stored.reason)))
