"""Demo of the order checkout: every way an order can end.

A scenario is a request and how its order should end; every invariant of its order must hold as well. Scenarios run
concurrently. The card token selects the provider's behaviour, as with any provider's test cards.
"""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Any

from executions.models import ExecutionProgress
from tillflow.gift_cards import new_code

from audit import check
from audit.reader import read_snapshot
from till import workflows
from till.demo.model import Outcome, Report, run_scenarios
from till.history import compensated
from till.services.cases import Cases
from till.services.customers import Accounts, Credit, GiftCards
from till.services.orders import Orders
from till.shop import CARDS, CURRENCY, CUSTOMERS, ESPRESSO, FILTER, LOCATION, MUG, SOLD_OUT, Shop, good
from till.stack import Stack
from till.waiting import wait_for_order

CONCURRENT = 16
BUYERS = 50
LAST_UNITS = 20
MANY_LINES = 150

Request = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """`request` lacks its id and time; `sent` is the number of times it is sent under the same order id."""

    title: str
    request: Request
    expected: str
    sent: int = 1


def order(lines: Mapping[str, int], *tenders: Mapping[str, Any], **more: Any) -> Request:
    return {
        "location": LOCATION,
        "register": "till-1",
        "currency": CURRENCY,
        "customer_id": None,
        "fulfilment": "carry_out",
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines.items()],
        "discounts": [],
        "tenders": list(tenders),
        **more,
    }


def card(token: str, amount: int | None = None) -> Request:
    return {"type": "card", "token": token} | ({} if amount is None else {"amount": amount})


CASH = {"type": "cash"}
GIFT_CARD = "TESTCARD-2222-3333-4444-5555"
"""Stands for the gift card that is issued for a run of the demo."""
BASKET = {ESPRESSO: 1, MUG: 2}

SCENARIOS = (
    Scenario("paid by card", order(BASKET, card("tok_visa")), "PAID"),
    Scenario(
        "paid by card, with discounts",
        {
            **order({}, card("tok_visa"), discounts=[{"amount": 200}]),
            "lines": [
                {"sku": ESPRESSO, "quantity": 2, "discount": {"percent": "10"}},
                {"sku": FILTER, "quantity": 1},
            ],
        },
        "PAID",
    ),
    Scenario(
        "paid by a known customer",
        order(BASKET, card("tok_visa"), customer_id=CUSTOMERS[0].customer_id),
        "PAID",
    ),
    Scenario("split: card and cash", order(BASKET, card("tok_visa", 1000), CASH), "PAID"),
    Scenario(
        "split: gift card, store credit and cash",
        order(
            BASKET,
            {"type": "gift_card", "code": GIFT_CARD, "amount": 1000},
            {"type": "store_credit", "amount": 500},
            CASH,
            customer_id=CUSTOMERS[0].customer_id,
        ),
        "PAID",
    ),
    Scenario(
        "split: cash, and the rest on account",
        order(BASKET, {**CASH, "amount": 1000}, {"type": "on_account"}, customer_id=CUSTOMERS[0].customer_id),
        "PAID",
    ),
    Scenario(
        "gift card without enough on it",
        order({MUG: 10}, {"type": "gift_card", "code": GIFT_CARD}),
        "REJECTED PaymentDeclined",
    ),
    Scenario("card declined", order(BASKET, card("tok_declined")), "REJECTED PaymentDeclined"),
    Scenario(
        "out of stock on one of several lines",
        order({**BASKET, SOLD_OUT: 1}, card("tok_visa")),
        "REJECTED InsufficientStock",
    ),
    Scenario("the cardholder confirms at the bank", order(BASKET, card("tok_action_required")), "PAID"),
    Scenario("gateway times out before the effect", order(BASKET, card("tok_timeout_before_effect")), "PAID"),
    Scenario("gateway times out after the effect", order(BASKET, card("tok_timeout_after_effect")), "PAID"),
    Scenario("capture refused", order(BASKET, card("tok_capture_refused")), "REJECTED CaptureRefused"),
    Scenario("the same order sent twice", order(BASKET, card("tok_visa")), "PAID", sent=2),
    Scenario(
        "a void that is refused",
        order(BASKET, card("tok_void_refused", 500), card("tok_declined")),
        "REJECTED PaymentDeclined, case ReversePayment",
    ),
    Scenario(f"{MANY_LINES} lines", order(dict.fromkeys(CARDS[:MANY_LINES], 1), card("tok_visa")), "PAID"),
)

ENDED = ("PAID", "REJECTED", "CANCELLED")
LAST = f"{BUYERS} buyers for the last {LAST_UNITS} units"


class OrderCheckoutDemo:
    """The scenarios of the checkout; the stock they sell is received first, so that the demo can be repeated."""

    name = "order_checkout"
    title = "Order checkout"
    scenarios = len(SCENARIOS) + 1

    def run(self, stack: Stack, ended: Report) -> list[Outcome]:
        run_id = f"demo-{token_hex(3)}"
        shop = Shop(stack)
        shop.receive(run_id, units_needed())
        last = good(f"LAST-{run_id.upper()}", "Last units", 990, 400, category="demo")
        shop.add_products([last])
        shop.receive(f"{run_id}-last", {last.product.sku: LAST_UNITS}, [last])
        gift_card = give_credit(stack, run_id)

        def one(number: int, scenario: Scenario) -> Outcome:
            return self._one(stack, scenario, f"{run_id}-{number:02}", gift_card)

        outcomes = run_scenarios(SCENARIOS, one, ended, threads=CONCURRENT)
        return audited(stack, outcomes + self._crowd(stack, run_id, last.product.sku, ended))

    def _one(self, stack: Stack, scenario: Scenario, order_id: str, gift_card: str) -> Outcome:
        request = with_gift_card(scenario.request, gift_card) | {
            "order_id": order_id,
            "placed_at": workflows.now(),
        }
        starts = [Orders(stack).place(request) for _ in range(scenario.sent)]
        return outcome_of(stack, scenario.title, order_id, starts[0].arn, scenario.expected)

    def _crowd(self, stack: Stack, run_id: str, sku: str, ended: Report) -> list[Outcome]:
        """Buy one unit each, concurrently. Which buyers get one is random, how many is not: the paid orders come first,
        and those beyond the last unit are expected to be rejected."""

        def buy(number: int) -> Outcome:
            order_id = f"{run_id}-b{number:02}"
            request = order({sku: 1}, card("tok_visa"), order_id=order_id, placed_at=workflows.now())
            return outcome_of(stack, LAST, order_id, Orders(stack).place(request).arn, "")

        with ThreadPoolExecutor(BUYERS) as buyers:
            outcomes = sorted(buyers.map(buy, range(1, BUYERS + 1)), key=lambda one: one.actual != "PAID")
        ended(LAST)
        return [
            replace(one, expected="PAID" if place < LAST_UNITS else "REJECTED InsufficientStock")
            for place, one in enumerate(outcomes)
        ]


def units_needed() -> dict[str, int]:
    """Return the units the scenarios may sell, by SKU, without the one that is to be sold out."""
    units: Counter[str] = Counter()
    for scenario in SCENARIOS:
        for line in scenario.request["lines"]:
            units[line["sku"]] += line["quantity"]
    del units[SOLD_OUT]
    return dict(units)


def give_credit(stack: Stack, run_id: str) -> str:
    """Give the known customer credit and a limit, and issue a gift card; return the card's code."""
    paid = {"currency": CURRENCY, "reason": "demo", "source": "cash"}
    customer_id = CUSTOMERS[0].customer_id
    Credit(stack).grant({**paid, "grant_id": run_id, "customer_id": customer_id, "amount": 500})
    set_limit(stack)
    code = new_code()
    GiftCards(stack).issue({**paid, "code": code, "amount": 1000})
    return code


def set_limit(stack: Stack) -> None:
    """Let the known customer buy on account."""
    account = {"customer_id": CUSTOMERS[0].customer_id, "currency": CURRENCY, "credit_limit": 10_000_00}
    Accounts(stack).set_limit(account)


def with_gift_card(request: Request, code: str) -> Request:
    """Return an order with the code of a gift card in place of the one that stands for it."""
    tenders = [one | {"code": code} if one.get("code") == GIFT_CARD else one for one in request["tenders"]]
    return {**request, "tenders": tenders}


def outcome_of(
    stack: Stack, title: str, order_id: str, arn: str, expected: str, final: tuple[str, ...] = ENDED
) -> Outcome:
    """Wait for the execution to end or to open a case; return how the order's records describe it."""
    execution = wait_for_order(stack, order_id, arn, final)
    steps = compensated(workflows.visits(stack, arn))
    return Outcome(title, order_id, arn, expected, _ending(stack, order_id, execution), steps)


def _ending(stack: Stack, order_id: str, execution: ExecutionProgress) -> str:
    order = Orders(stack).find(order_id)
    ending = order.status if order else f"{execution.status} {execution.error or ''}"
    if order and order.status == "REJECTED":
        ending += f" {order.reason}"
    case = Cases(stack).find(f"{order_id}#compensation")
    if case and case.status == "OPEN":
        ending += f", case {' '.join(case.steps)}"
    elif execution.status == "RUNNING":
        ending += ", waiting"
    return ending


def audited(stack: Stack, outcomes: list[Outcome]) -> list[Outcome]:
    """Return the outcomes, each with the invariants that its order violates."""
    violations = check(read_snapshot(stack.client("dynamodb"), stack.output))
    broken: dict[str, list[str]] = {}
    for violation in violations:
        broken.setdefault(violation.subject.split(" ")[0], []).append(violation.name)
    return [
        replace(one, actual=", but ".join([one.actual, *broken.get(one.business_id, ())])) for one in outcomes
    ]
