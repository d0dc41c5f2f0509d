"""Orders: the scenarios of their demos, and the races of a cancel with the checkout it cancels."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tillflow.aws import client
from tillflow.events import EVENTS
from tillflow.store import key, marshal

from till.demo import order_cancel, order_checkout
from till.demo.order_checkout import BASKET, card, order
from till.shop import ESPRESSO, FILTER, MUG, SOLD_OUT
from verification.harness.faults import Plan
from verification.harness.harness import Bench, stock
from verification.proof.families.family import Ended, Family, Scenario, Story, entered, status_of, workflow_of
from verification.proof.plan import CasePlan, Moment
from verification.proof.world import ProofWorld

CHECKOUT, CANCEL = "OrderCheckout", "OrderCancel"
YESTERDAY = "ord-yesterday"
SHELVES = {ESPRESSO: 100, MUG: 100, FILTER: 100, SOLD_OUT: 0}
FEW_LINES = 20

Request = Mapping[str, Any]

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

# How an execution may end by what the order then is. NONE: it was refused before there was one.
ENDINGS = {
    CHECKOUT: {
        ("PAID", "SUCCEEDED"),
        ("CANCELLED", "SUCCEEDED"),
        ("NONE", "FAILED"),
        ("REJECTED", "FAILED"),
        ("CANCELLED", "FAILED"),
    },
    CANCEL: {
        ("CANCELLED", "SUCCEEDED CANCELLED"),
        ("REJECTED", "SUCCEEDED REJECTED"),
        ("NONE", "SUCCEEDED REJECTED"),
        ("NONE", "FAILED UnknownOrder"),
    },
}
# A cancel that failed before its pivot changed nothing, whatever the order is: the invariants say so.
ALWAYS = {"NOT STARTED", "FAILED before the pivot"}
MEANS = {
    "OrderPaid": {"PAID", "CANCELLED"},
    "OrderRejected": {"REJECTED", "CANCELLED", "NONE"},
    "OrderCancelled": {"CANCELLED"},
}
NEEDS = {"PAID": "OrderPaid", "REJECTED": "OrderRejected", "CANCELLED": "OrderCancelled"}
ANNOUNCE = ("AnnounceOrder", "AnnounceRejection", "AnnounceCancel")


class Orders(Family):
    """Checkout and cancel."""

    workflows = (CHECKOUT, CANCEL)
    others = ()

    def prepare(self, world: ProofWorld) -> None:
        stock(SHELVES)
        _sell(world, YESTERDAY)

    def scenarios(self) -> Iterator[Scenario]:
        for demo in order_checkout.SCENARIOS:
            if len(demo.request["lines"]) <= FEW_LINES:
                story, paired = _sold(demo.request, demo.sent), demo.title in PAIRED
                yield Scenario(self, CHECKOUT, demo.title, story, demo.expected, paired)
        yield Scenario(self, CANCEL, "cancelled after payment", _cancelled(PAID), "CANCELLED", paired=True)
        yield Scenario(self, CANCEL, "cancelled twice", _cancelled(PAID, times=2), "CANCELLED")
        yield Scenario(self, CANCEL, "cancel of a declined order", _cancelled(DECLINED), "REJECTED")
        yield Scenario(self, CANCEL, "cancel of an order nobody placed", _cancelled(None), "NONE")
        for state in RACED:
            moment = Moment(CHECKOUT, state)
            yield Scenario(self, CANCEL, f"cancelled before {state}", _racing(moment), "CANCELLED")
        last = Moment(CHECKOUT, "CapturePayment", after=True)
        yield Scenario(
            self, CANCEL, "cancelled after CapturePayment", _racing(last), "CANCELLED", paired=True
        )

    def rival(self, world: ProofWorld, business_id: str) -> None:
        """Another order for the same goods, and the cancel of one of yesterday."""
        _sell(world, business_id)
        _take_back(world, YESTERDAY)

    def outcome(self, ended: Ended) -> str:
        order = ended.shop.orders.get(ended.business_id, {"status": "NONE"})
        return " ".join(filter(None, (order["status"], order.get("reason"))))

    def wrong(self, ended: Ended) -> Iterator[str]:
        shop, order_id = ended.shop, ended.business_id
        status = shop.orders.get(order_id, {}).get("status", "NONE")
        announced = [
            entry["DetailType"]
            for entry in ended.events
            if json.loads(entry["Detail"])["order_id"] == order_id
        ]
        for arn in ended.arns:
            ending = self.ending(ended.bench, arn)
            if (status, ending) not in ENDINGS[workflow_of(arn)] and ending not in ALWAYS:
                yield f"{workflow_of(arn)} {ending}, and the order is {status}"
        for entry in ended.events:
            EVENTS[entry["DetailType"]].model_validate_json(entry["Detail"])
        for told in {"OrderPaid", "OrderRejected", "OrderCancelled"} & set(announced):
            if status not in MEANS[told]:
                yield f"{told} was announced, and the order is {status}"
        if status in NEEDS and NEEDS[status] not in announced and not shop.excused(order_id, *ANNOUNCE):
            yield f"the order is {status}, and {NEEDS[status]} was not announced"

    def ending(self, bench: Bench, arn: str) -> str:
        """The status; of a cancel with what it says of the order."""
        status = status_of(bench, arn)
        if workflow_of(arn) != CANCEL or status == "NOT STARTED":
            return status
        result = bench.engine.result(arn)
        if status == "SUCCEEDED":
            return f"{status} {result.output['status']}"
        if result.error != "UnknownOrder" and "PreventCapture" not in entered(bench, arn):
            return "FAILED before the pivot"
        return f"{status} {result.error}"


def placed(request: Request, order_id: str) -> dict[str, Any]:
    return {**request, "order_id": order_id, "placed_at": "2026-11-23T10:00:00Z"}


def cancel(order_id: str) -> dict[str, Any]:
    return {"order_id": order_id, "reason": "changed their mind"}


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


def _sell(world: ProofWorld, order_id: str) -> None:
    """An order from its price to its journal, as its checkout would have it."""
    priced = world.ask("PriceOrder", **placed(PAID, order_id))
    about = {
        "order_id": order_id,
        "currency": priced["currency"],
        "total": priced["totals"]["total"],
    }
    told = {"status": "PAID", "document": json.dumps(priced), **about}
    invoice = {**told, "status": "DRAFT", "invoice_id": order_id, "series": "INV"}
    for table, row in {
        "OrdersTable": {"pk": f"ORDER#{order_id}", "sk": "ORDER", **told},
        "BillingTable": {"pk": f"INVOICE#{order_id}", "sk": "INVOICE", **invoice},
    }.items():
        client("dynamodb").put_item(TableName=table, Item=marshal(row))
    lines, tenders = priced["lines"], priced["tenders"]
    world.ask("ReserveStock", order_id=order_id, location=priced["location"], lines=lines)
    world.ask("AuthorisePayment", order_id=order_id, currency=priced["currency"], tenders=tenders)
    captured = world.ask("CapturePayment", order_id=order_id)["tenders"]
    cost = world.ask("CommitStock", order_id=order_id)["cost"]
    number = world.ask("IssueInvoice", order_id=order_id, tenders=captured)["invoice_number"]
    world.ask("PostJournal", order=priced, tenders=captured, cost=cost, invoice_number=number)


def _take_back(world: ProofWorld, order_id: str) -> None:
    """A sale's money, invoice, goods and journal are put back, as its cancel would have it."""
    world.ask("ReversePayment", order_id=order_id)
    world.ask("CreditInvoice", order_id=order_id, reason="changed their mind")
    world.ask("RestockGoods", order_id=order_id)
    world.ask("ReverseJournal", order_id=order_id)
    client("dynamodb").update_item(
        TableName="OrdersTable",
        Key=key(f"ORDER#{order_id}", "ORDER"),
        UpdateExpression="SET #status = :cancelled",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues=marshal({":cancelled": "CANCELLED"}),
    )
