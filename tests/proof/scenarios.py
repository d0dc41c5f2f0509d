"""What the workflows under proof are put through: the scenarios of their demos, and the races of a cancel.

A workflow is proven by having scenarios here. A story starts its executions on a bench and gives their ARNs;
the faults of a case befall only what it starts after `bench.plan` is in place.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.proof.plan import CasePlan, Moment
from tests.sagas.faults import Plan
from tests.sagas.harness import Bench
from till.demo import order_cancel, order_checkout
from till.demo.order_checkout import BASKET, card, order

CHECKOUT, CANCEL = "OrderCheckout", "OrderCancel"
FEW_LINES = 20

Request = Mapping[str, Any]
Story = Callable[[Bench, CasePlan, str], list[str]]


@dataclass(frozen=True)
class Scenario:
    """`expected`: what the order is when nothing goes wrong, and with a case when that is the scenario's own.

    `paired`: every pair of faults is tried on it, and not only every one.
    """

    workflow: str
    title: str
    story: Story
    expected: str
    paired: bool = False


def scenarios() -> Iterator[Scenario]:
    for demo in order_checkout.SCENARIOS:
        if len(demo.request["lines"]) <= FEW_LINES:
            yield Scenario(
                CHECKOUT, demo.title, _sold(demo.request, demo.sent), demo.expected, demo.title in PAIRED
            )
    yield Scenario(CANCEL, "cancelled after payment", _cancelled(PAID), "CANCELLED", paired=True)
    yield Scenario(CANCEL, "cancelled twice", _cancelled(PAID, times=2), "CANCELLED")
    yield Scenario(CANCEL, "cancel of a declined order", _cancelled(DECLINED), "REJECTED")
    yield Scenario(CANCEL, "cancel of an order nobody placed", _cancelled(None), "NONE")
    for state in RACED:
        yield Scenario(CANCEL, f"cancelled before {state}", _racing(Moment(CHECKOUT, state)), "CANCELLED")
    yield Scenario(
        CANCEL,
        "cancelled after CapturePayment",
        _racing(Moment(CHECKOUT, "CapturePayment", after=True)),
        "CANCELLED",
        paired=True,
    )


# What happens on the way to other refusals happens in these too, once a fault has turned them.
PAIRED = {"paid by card", "a void that is refused"}
PAID: Request = next(one.request for one in order_cancel.SCENARIOS if one.title == "cancelled after payment")
DECLINED = order(BASKET, card("tok_declined"))
RACED = (
    "PriceOrder",
    "OpenOrder",
    "ReserveStock",
    "AuthorisePayment",
    "CapturePayment",
    "CommitStock",
    "IssueInvoice",
    "PostJournal",
    "CloseOrder",
    "AnnounceOrder",
)


def placed(request: Request, order_id: str) -> dict[str, Any]:
    return {**request, "order_id": order_id, "placed_at": "2026-11-23T10:00:00Z"}


def _sold(request: Request, sent: int) -> Story:
    def story(bench: Bench, plan: CasePlan, order_id: str) -> list[str]:
        bench.plan = plan
        return [bench.start(placed(request, order_id), CHECKOUT) for _ in range(sent)]

    return story


def _cancelled(request: Request | None, times: int = 1) -> Story:
    def story(bench: Bench, plan: CasePlan, order_id: str) -> list[str]:
        bench.plan = Plan()
        if request is not None:
            bench.settled(bench.start(placed(request, order_id), CHECKOUT))
        bench.plan = plan
        return [bench.start(cancel(order_id), CANCEL) for _ in range(times)]

    return story


def _racing(moment: Moment) -> Story:
    """A cancel that begins when the checkout gets to a moment, and goes as far as it can before the checkout
    goes on."""

    def story(bench: Bench, plan: CasePlan, order_id: str) -> list[str]:
        machine = bench.deploy(CANCEL)
        plan.meanwhile(moment, machine, cancel(order_id), bench.engine.engine)
        bench.plan = plan
        checkout = bench.start(placed(PAID, order_id), CHECKOUT)
        return [checkout, f"{machine.replace(':stateMachine:', ':execution:')}:{order_id}"]

    return story


def cancel(order_id: str) -> dict[str, Any]:
    return {"order_id": order_id, "reason": "changed their mind"}
