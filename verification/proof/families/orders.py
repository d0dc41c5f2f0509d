"""Orders: the scenarios of their demos, cancels that race with their checkout, and merges of their customers."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from customers.store import CustomersStore
from payments.credit.accounts import Accounts
from payments.credit.gift_cards import GiftCards
from payments.credit.models import GrantCredit, IssueGiftCard, SetCreditLimit
from payments.credit.wallets import Wallets
from tillflow.aws import client
from tillflow.events import EVENTS
from tillflow.gift_cards import hide_codes
from tillflow.store import key, marshal

from till.demo import order_cancel, order_checkout
from till.demo.order_checkout import BASKET, card, order
from till.shop import CURRENCY, CUSTOMERS, ESPRESSO, FILTER, MUG, SOLD_OUT
from verification.harness.faults import FaultSchedule
from verification.harness.fixture import WorkflowFixture, seed_stock, with_stored_cards
from verification.proof.families.family import (
    Family,
    FinalState,
    Scenario,
    StartExecutions,
    entered,
    status_of,
    workflow_of,
)
from verification.proof.schedule import CaseSchedule, Trigger
from verification.proof.services import CallsTasks, ProofServices

CHECKOUT, CANCEL, RETURN, PAYMENT = "OrderCheckout", "OrderCancel", "OrderReturn", "CustomerPayment"
EXCHANGE = "OrderExchange"
MERGE = "CustomerMerge"
YESTERDAY = "ord-yesterday"
STOCK = {ESPRESSO: 100, MUG: 100, FILTER: 100, SOLD_OUT: 0}
FEW_LINES = 20
BUYER, SURVIVOR = CUSTOMERS[:2]

Request = Mapping[str, Any]

# With faults, these take the paths of the other refusals too.
PAIRED = {"paid by card", "a void that is refused"}
PAID: Request = next(one.request for one in order_cancel.SCENARIOS if one.title == "cancelled after payment")
BY_CREDIT: Request = next(one.request for one in order_checkout.SCENARIOS if "store credit" in one.title)
ON_ACCOUNT: Request = next(one.request for one in order_checkout.SCENARIOS if "on account" in one.title)
DECLINED = order(BASKET, card("tok_declined"))
ABANDONED = order(BASKET, card("tok_action_abandoned"))
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

# The status of the order and the ending of its execution that are consistent. NONE: refused before it was opened.
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
        ("PAID", "SUCCEEDED PAID"),
    },
    PAYMENT: {("PAID", "SUCCEEDED")},
    MERGE: {("PAID", "SUCCEEDED"), ("REJECTED", "SUCCEEDED"), ("NONE", "SUCCEEDED")},
    RETURN: {("PAID", "SUCCEEDED"), ("PAID", "FAILED"), ("CANCELLED", "FAILED")},
}
# A cancel that failed before its pivot changed nothing; the invariants check that.
ALLOWED = {"NOT STARTED", "FAILED before the pivot"}
STATUSES_OF = {
    "OrderPaid": {"PAID", "CANCELLED"},
    "OrderRejected": {"REJECTED", "CANCELLED", "NONE"},
    "OrderCancelled": {"CANCELLED"},
}
EVENT_OF = {"PAID": "OrderPaid", "REJECTED": "OrderRejected", "CANCELLED": "OrderCancelled"}
ANNOUNCE = ("AnnounceOrder", "AnnounceRejection", "AnnounceCancel")


class Orders(Family):
    """Checkout and cancel, which a return may overtake, payments of invoices on account, and merges of customers."""

    workflows = (CHECKOUT, CANCEL, PAYMENT, MERGE)
    others = (RETURN,)

    def request(self, request: Request) -> Request:
        """Return the order of a demo as this family sells it."""
        return request

    def add_stock(self) -> None:
        """Add stock of the family's own."""

    def prepare(self, services: ProofServices) -> None:
        seed_stock(STOCK)
        self.add_stock()
        for customer in (BUYER, SURVIVOR):
            CustomersStore(client("dynamodb"), "CustomersTable").create(customer, datetime.now(UTC))
        give_credit(services)
        sell(services, self.request(PAID), YESTERDAY)

    def scenarios(self) -> Iterator[Scenario]:
        for demo in order_checkout.SCENARIOS:
            if len(demo.request["lines"]) <= FEW_LINES:
                start, paired = _sold(self.request(demo.request), demo.sent), demo.title in PAIRED
                yield Scenario(self, CHECKOUT, demo.title, start, demo.expected, paired)
        abandoned = _sold(self.request(ABANDONED), 1)
        yield Scenario(
            self,
            CHECKOUT,
            "the cardholder never confirms",
            abandoned,
            "REJECTED CustomerActionRequired",
        )
        paid, declined = self.request(PAID), self.request(DECLINED)
        yield Scenario(self, CANCEL, "cancelled after payment", _cancelled(paid), "CANCELLED", paired=True)
        yield Scenario(self, CANCEL, "cancelled twice", _cancelled(paid, times=2), "CANCELLED")
        by_credit, on_account = _cancelled(self.request(BY_CREDIT)), _cancelled(self.request(ON_ACCOUNT))
        yield Scenario(self, CANCEL, "cancelled after payment by credit", by_credit, "CANCELLED")
        yield Scenario(self, CANCEL, "cancelled after a sale on account", on_account, "CANCELLED")
        yield Scenario(self, PAYMENT, "invoice paid and overpaid", _paid, "PAID", paired=True)
        yield Scenario(self, MERGE, "a customer who owes an invoice is merged", _merged, "PAID", paired=True)
        for state in ("OpenOrder", "AuthorisePayment", "CapturePayment"):
            for title, sale in (("by credit", BY_CREDIT), ("on account", ON_ACCOUNT)):
                racing = _merged_during(self.request(sale), Trigger(CHECKOUT, state))
                yield Scenario(self, MERGE, f"merged before {state} of a sale {title}", racing, "PAID")
        yield Scenario(self, MERGE, "merged during a payment", _merged_during_payment, "PAID")
        yield Scenario(self, CANCEL, "cancel of a declined order", _cancelled(declined), "REJECTED")
        yield Scenario(self, CANCEL, "cancel of an unknown order", _cancelled(None), "NONE")
        for state in RACED:
            trigger = Trigger(CHECKOUT, state)
            yield Scenario(
                self, CANCEL, f"cancelled before {state}", _racing(self.request(PAID), trigger), "CANCELLED"
            )
        # Refused, unless a crash lets the cancel claim the order first.
        yield Scenario(self, CANCEL, "a return comes first", _return_first(self.request(PAID)), "")
        last = Trigger(CHECKOUT, "CapturePayment", after=True)
        yield Scenario(
            self,
            CANCEL,
            "cancelled after CapturePayment",
            _racing(self.request(PAID), last),
            "CANCELLED",
            paired=True,
        )

    def run_concurrent_process(self, services: ProofServices, business_id: str) -> None:
        """Sell the same goods in another order, and cancel an earlier one."""
        sell(services, self.request(PAID), business_id)
        take_back(services, YESTERDAY)

    def describe_outcome(self, final: FinalState) -> str:
        order = final.shop.orders.get(final.business_id, {"status": "NONE"})
        return " ".join(filter(None, (order["status"], order.get("reason"))))

    def check_end(self, final: FinalState) -> Iterator[str]:
        shop, order_id = final.shop, final.business_id
        status = shop.orders.get(order_id, {}).get("status", "NONE")
        announced = [
            entry["DetailType"]
            for entry in final.events
            if json.loads(entry["Detail"])["order_id"] == order_id
        ]
        for arn in final.arns:
            ending = _ending(final.fixture, arn)
            if (status, ending) not in ENDINGS[workflow_of(arn)] and ending not in ALLOWED:
                yield f"{workflow_of(arn)} {ending}, and the order is {status}"
        for entry in final.events:
            EVENTS[entry["DetailType"]].model_validate_json(entry["Detail"])
        for published in {"OrderPaid", "OrderRejected", "OrderCancelled"} & set(announced):
            if status not in STATUSES_OF[published]:
                yield f"{published} was published, but the order is {status}"
        if status in EVENT_OF and EVENT_OF[status] not in announced and not shop.excused(order_id, *ANNOUNCE):
            yield f"the order is {status}, and {EVENT_OF[status]} was not announced"


def placed(request: Request, order_id: str) -> dict[str, Any]:
    return hide_codes({**request, "order_id": order_id, "placed_at": "2026-11-23T10:00:00Z"})


def cancel(order_id: str) -> dict[str, Any]:
    return {"order_id": order_id, "reason": "changed their mind"}


def merge(order_id: str) -> dict[str, Any]:
    """Return the merge of the customer of an order into another one."""
    merged = {"customer_id": BUYER.customer_id, "survivor_id": SURVIVOR.customer_id}
    return {"merge_id": f"{order_id}-merge", **merged}


def give_credit(services: ProofServices) -> None:
    """Give the customer credit and a limit, and issue the gift card of the scenarios; post what their events would."""
    dynamodb, now = client("dynamodb"), datetime(2026, 11, 23, tzinfo=UTC)
    paid = {"currency": "EUR", "reason": "proof", "source": "cash"}
    customer_id = BUYER.customer_id
    grant = {**paid, "grant_id": "crd-1", "customer_id": customer_id, "amount": 500}
    Wallets(dynamodb, "PaymentsTable").grant(GrantCredit.model_validate(grant), now)
    card = {**paid, "code": order_checkout.GIFT_CARD, "amount": 1000}
    number = GiftCards(dynamodb, "PaymentsTable").issue(IssueGiftCard.model_validate(card), now).number
    limit = {"customer_id": customer_id, "currency": "EUR", "credit_limit": 1_000_000}
    Accounts(dynamodb, "PaymentsTable").set_limit(SetCreditLimit.model_validate(limit))
    for entry_id, holder, amount in (("crd-1", "customer", 500), (f"gift-{number}", "gift_card", 1000)):
        detail = {"event_id": f"{entry_id}#credit", "entry_id": entry_id, "holder": holder, "kind": "cash"}
        event = {
            "detail-type": "CreditChanged",
            "detail": {**detail, "amount": amount, "currency": "EUR", "reason": "proof"},
        }
        services.call_task("PostCorrections", Records=[{"messageId": entry_id, "body": json.dumps(event)}])


def _sold(request: Request, sent: int) -> StartExecutions:
    def start(fixture: WorkflowFixture, schedule: CaseSchedule, order_id: str) -> list[str]:
        fixture.schedule = schedule
        return [fixture.start(placed(request, order_id), CHECKOUT) for _ in range(sent)]

    return start


def _cancelled(request: Request | None, times: int = 1) -> StartExecutions:
    def start(fixture: WorkflowFixture, schedule: CaseSchedule, order_id: str) -> list[str]:
        fixture.schedule = FaultSchedule()
        if request is not None:
            fixture.run_until_settled(fixture.start(placed(request, order_id), CHECKOUT))
        fixture.schedule = schedule
        return [fixture.start(cancel(order_id), CANCEL) for _ in range(times)]

    return start


def _paid(fixture: WorkflowFixture, schedule: CaseSchedule, order_id: str) -> list[str]:
    """Sell on account, then pay more than is outstanding; the payment has the id of the order."""
    fixture.schedule = FaultSchedule()
    fixture.run_until_settled(fixture.start(placed(ON_ACCOUNT, order_id), CHECKOUT))
    fixture.schedule = schedule
    payment = {"payment_id": order_id, "customer_id": BUYER.customer_id, "currency": "EUR"}
    return [fixture.start({**payment, "amount": 5000, "method": "cash"}, PAYMENT)]


def _merged(fixture: WorkflowFixture, schedule: CaseSchedule, order_id: str) -> list[str]:
    """Sell to a customer on account, then merge the customer."""
    fixture.schedule = FaultSchedule()
    fixture.run_until_settled(fixture.start(placed(ON_ACCOUNT, order_id), CHECKOUT))
    fixture.schedule = schedule
    return [fixture.start(merge(order_id), MERGE)]


def _merged_during(request: Request, trigger: Trigger) -> StartExecutions:
    """A merge that begins when the checkout of the customer gets to a trigger."""

    def start(fixture: WorkflowFixture, schedule: CaseSchedule, order_id: str) -> list[str]:
        machine = fixture.deploy(MERGE)
        schedule.start_at(trigger, machine, merge(order_id), fixture.engine.engine)
        fixture.schedule = schedule
        checkout = fixture.start(placed(request, order_id), CHECKOUT)
        return [checkout, f"{machine.replace(':stateMachine:', ':execution:')}:{merge(order_id)['merge_id']}"]

    return start


def _merged_during_payment(fixture: WorkflowFixture, schedule: CaseSchedule, order_id: str) -> list[str]:
    """A merge that begins when a payment of the customer is recorded and not yet applied to the account."""
    fixture.schedule = FaultSchedule()
    fixture.run_until_settled(fixture.start(placed(ON_ACCOUNT, order_id), CHECKOUT))
    machine = fixture.deploy(MERGE)
    schedule.start_at(Trigger(PAYMENT, "SettleAccount"), machine, merge(order_id), fixture.engine.engine)
    fixture.schedule = schedule
    payment = {"payment_id": order_id, "customer_id": BUYER.customer_id, "currency": "EUR"}
    paying = fixture.start({**payment, "amount": 5000, "method": "cash"}, PAYMENT)
    return [paying, f"{machine.replace(':stateMachine:', ':execution:')}:{merge(order_id)['merge_id']}"]


def _racing(request: Request, trigger: Trigger) -> StartExecutions:
    """A cancel that begins when the checkout gets to a trigger, and goes as far as it can before the checkout
    continues."""

    def start(fixture: WorkflowFixture, schedule: CaseSchedule, order_id: str) -> list[str]:
        machine = fixture.deploy(CANCEL)
        schedule.start_at(trigger, machine, cancel(order_id), fixture.engine.engine)
        fixture.schedule = schedule
        checkout = fixture.start(placed(request, order_id), CHECKOUT)
        return [checkout, f"{machine.replace(':stateMachine:', ':execution:')}:{order_id}"]

    return start


def _return_first(sale: Request) -> StartExecutions:
    """A return that claims a unit just before a cancel claims the order."""

    def start(fixture: WorkflowFixture, schedule: CaseSchedule, order_id: str) -> list[str]:
        fixture.schedule = FaultSchedule()
        fixture.run_until_settled(fixture.start(placed(sale, order_id), CHECKOUT))
        machine = fixture.deploy(RETURN)
        request = {
            "return_id": f"{order_id}-return",
            "order_id": order_id,
            "currency": CURRENCY,
            "lines": [{"line_no": 2, "sku": MUG, "quantity": 1}],
        }
        schedule.start_at(Trigger(CANCEL, "ClaimOrder"), machine, request, fixture.engine.engine)
        fixture.schedule = schedule
        cancelling = fixture.start(cancel(order_id), CANCEL)
        return [cancelling, f"{machine.replace(':stateMachine:', ':execution:')}:{request['return_id']}"]

    return start


def sell(services: ProofServices, request: Request, order_id: str) -> None:
    """Sell an order, from its price to its journal, as its checkout does."""
    priced = services.call_task("PriceOrder", **with_stored_cards(placed(request, order_id)))
    about = {
        "order_id": order_id,
        "location": priced["location"],
        "currency": priced["currency"],
        "total": priced["totals"]["total"],
    }
    paid = {"status": "PAID", "document": json.dumps(priced), **about}
    invoice = {"status": "DRAFT", "invoice_id": order_id, "register_id": priced["register"], **about}
    for table, row in {
        "OrdersTable": {"pk": f"ORDER#{order_id}", "sk": "ORDER", **paid},
        "BillingTable": {"pk": f"INVOICE#{order_id}", "sk": "INVOICE", **invoice},
    }.items():
        client("dynamodb").put_item(TableName=table, Item=marshal(row))
    lines, tenders = priced["lines"], priced["tenders"]
    services.call_task("ReserveStock", order_id=order_id, location=priced["location"], lines=lines)
    services.call_task(
        "AuthorisePayment",
        order_id=order_id,
        currency=priced["currency"],
        location=priced["location"],
        tenders=tenders,
    )
    captured = services.call_task("CapturePayment", order_id=order_id)["tenders"]
    cost = services.call_task("CommitStock", order_id=order_id)["cost"]
    document = {name: priced[name] for name in ("lines", "taxes", "totals")}
    issued = services.call_task("IssueInvoice", order_id=order_id, tenders=captured, document=document)
    number = issued["invoice_number"]
    services.call_task("PostJournal", order=priced, tenders=captured, cost=cost, invoice_number=number)


def take_back(services: CallsTasks, order_id: str) -> None:
    """Undo a sale's payment, invoice, stock and journal, as its cancel does."""
    services.call_task("ReversePayment", order_id=order_id)
    services.call_task("CreditInvoice", order_id=order_id, reason="changed their mind")
    services.call_task("RestockGoods", order_id=order_id)
    services.call_task("ReverseJournal", order_id=order_id)
    client("dynamodb").update_item(
        TableName="OrdersTable",
        Key=key(f"ORDER#{order_id}", "ORDER"),
        UpdateExpression="SET #status = :cancelled",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues=marshal({":cancelled": "CANCELLED"}),
    )


def _ending(fixture: WorkflowFixture, arn: str) -> str:
    """Return how an execution ended: its status; for a cancel also the order's status or the error."""
    status = status_of(fixture, arn)
    if workflow_of(arn) != CANCEL or status == "NOT STARTED":
        return status
    result = fixture.engine.result(arn)
    if status == "SUCCEEDED":
        return f"{status} {result.output['status']}"
    if result.error != "UnknownOrder" and "PreventCapture" not in entered(fixture, arn):
        return "FAILED before the pivot"
    return f"{status} {result.error}"
