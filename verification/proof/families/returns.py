"""Returns: the scenarios of their demo, and the races with a cancel and with another return."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from customers.store import CustomersStore
from payments.credit.accounts import Accounts
from payments.credit.models import SetCreditLimit
from stepfunctions_local.errors import StateError
from tillflow.aws import client
from tillflow.events import EVENTS
from tillflow.store import key, marshal, read_row

from till.demo import order_exchange, order_return
from till.demo.order_exchange import exchange_request
from till.demo.order_return import ONE_MUG, TWO_MUGS, return_request
from till.shop import CURRENCY, CUSTOMERS
from verification.harness.faults import FaultSchedule
from verification.harness.fixture import WorkflowFixture, seed_stock, with_stored_cards
from verification.proof.families.family import (
    Family,
    FinalState,
    Scenario,
    StartExecutions,
    business_id_of,
    workflow_of,
)
from verification.proof.families.orders import (
    CANCEL,
    CHECKOUT,
    EXCHANGE,
    PAID,
    PAYMENT,
    RETURN,
    STOCK,
    YESTERDAY,
    Request,
    cancel,
    placed,
    sell,
)
from verification.proof.schedule import CaseSchedule, Trigger
from verification.proof.services import CallsTasks, ProofServices

PAIRED = {"a damaged unit of a sale paid by card and cash", "a card that can no longer be refunded"} | {
    "a cheaper article, the rest refunded",
    "a unit that is partly owed on account",
}
FIRST, LAST = order_return.SCENARIOS[0], "two returns of the last unit"
FREE = replace(
    order_exchange.SCENARIOS[1], sale={**order_exchange.SCENARIOS[1].sale, "discounts": [{"percent": "100"}]}
)
BY_REFUSED_CARD = next(one.sale for one in order_return.SCENARIOS if one.title.startswith("a card that can"))
OWED = next(one for one in order_return.SCENARIOS if "on account" in one.title)
SOLD_AT = "2026-11-23T10:00:00Z"
RACED = ("ClaimReturn", "RefundPayment", "CloseReturn")
# A cancel that finds no order prevents the capture; one that finds an order paid by an exchange is refused.
# A crash lets the sale be opened before the cancel begins: either may be first.
SALE_CANCELLED = {"OpenOrder": "", "CapturePayment": "COMPLETED"}
# How a return may be stored after its execution ended; NONE: it was refused before it claimed anything.
ENDINGS = {
    ("COMPLETED", "SUCCEEDED"),
    ("RELEASED", "FAILED"),
    ("RELEASED", "NOT STARTED"),
    ("NONE", "FAILED"),
    ("NONE", "NOT STARTED"),
}


class Returns(Family):
    """Returns of an order that was sold before."""

    workflows = (RETURN, EXCHANGE)
    others = (CHECKOUT, CANCEL, PAYMENT)
    past_pivot = frozenset({f"{RETURN}.ConfirmClaim"})

    def prepare(self, services: ProofServices) -> None:
        seed_stock(STOCK)
        CustomersStore(client("dynamodb"), "CustomersTable").create(CUSTOMERS[0], datetime.now(UTC))
        limit = {"customer_id": CUSTOMERS[0].customer_id, "currency": CURRENCY, "credit_limit": 1_000_000}
        Accounts(client("dynamodb"), "PaymentsTable").set_limit(SetCreditLimit.model_validate(limit))
        sell(services, PAID, YESTERDAY)

    def scenarios(self) -> Iterator[Scenario]:
        for demo in order_return.SCENARIOS:
            expected = demo.expected.replace("REFUSED ", "NONE ").partition(" Units")[0]
            yield Scenario(self, RETURN, demo.title, _returned(demo), expected, demo.title in PAIRED)
        paid_meanwhile = "the invoice is paid between the refund and the credit note"
        yield Scenario(self, RETURN, paid_meanwhile, _paid_meanwhile, "COMPLETED")
        for exchange in order_exchange.SCENARIOS:
            yield Scenario(
                self,
                EXCHANGE,
                exchange.title,
                _exchanged(exchange),
                exchange.proven,
                exchange.title in PAIRED,
            )
        free, refused = _exchanged(FREE, BY_REFUSED_CARD), "a free article, the card takes no refund"
        yield Scenario(self, EXCHANGE, refused, free, "COMPLETED")
        for state, expected in SALE_CANCELLED.items():
            title = f"the sale is cancelled before {state}"
            yield Scenario(self, EXCHANGE, title, _sale_cancelled(Trigger(CHECKOUT, state)), expected)
        # A throttled claim lets the other return come first.
        yield Scenario(self, RETURN, LAST, _returned_twice(), "")
        for state in RACED:
            for after in (False, True):
                trigger = Trigger(RETURN, state, after)
                title = f"cancelled {'after' if after else 'before'} {state}"
                # A crash or a throttled claim lets the cancel come first.
                expected = "" if trigger.state == RACED[0] else "COMPLETED"
                yield Scenario(self, RETURN, title, _cancelled(trigger), expected)

    def run_concurrent_process(self, services: ProofServices, business_id: str) -> None:
        """Return a unit of the same order, as its workflow does; nothing if there is none left."""
        order_id = _sale_of(business_id.removesuffix("-concurrent"))
        request = {"return_id": business_id, "order_id": order_id, "currency": CURRENCY, "lines": [ONE_MUG]}
        try:
            claimed = services.call_task("ClaimReturn", **request, execution="other")
        except StateError:
            return
        try:
            refunds = _refund(services, claimed)
        except StateError:
            services.call_task("ReleaseReturn", return_id=business_id, execution="other")
            return
        book(services, claimed, refunds)

    def describe_outcome(self, final: FinalState) -> str:
        row = final.shop.returns.get(final.business_id, {"status": "NONE"})
        return " ".join(filter(None, (row["status"], row.get("reason"))))

    def check_end(self, final: FinalState) -> Iterator[str]:
        for entry in final.events:
            EVENTS[entry["DetailType"]].model_validate_json(entry["Detail"])
        for arn in final.arns:
            if workflow_of(arn) != RETURN:
                continue
            name = business_id_of(arn)
            status = final.shop.returns.get(name, {}).get("status", "NONE")
            if (status, final.status(arn)) not in ENDINGS:
                yield f"{RETURN} {final.status(arn)}, and the return is {status}"
            announced = any(json.loads(entry["Detail"]).get("return_id") == name for entry in final.events)
            if announced and status != "COMPLETED":
                yield f"OrderReturned was published, but the return is {status}"
            if status == "COMPLETED" and not announced and not final.shop.excused(name, "AnnounceReturn"):
                yield "the return is COMPLETED, and OrderReturned was not announced"


def _sale_of(return_id: str) -> str:
    return f"{return_id}-sale"


def _sell_first(fixture: WorkflowFixture, sale: Request, return_id: str) -> str:
    """Sell an order without faults; return its id."""
    order_id = _sale_of(return_id)
    fixture.schedule = FaultSchedule()
    fixture.run_until_settled(fixture.start(placed(sale, order_id), CHECKOUT))
    return order_id


def _returned(demo: order_return.Scenario) -> StartExecutions:
    def start(fixture: WorkflowFixture, schedule: CaseSchedule, return_id: str) -> list[str]:
        order_id = _sell_first(fixture, demo.sale, return_id)
        fixture.schedule = schedule
        return [fixture.start(return_request(demo, return_id, order_id), RETURN)]

    return start


def _sale_cancelled(trigger: Trigger) -> StartExecutions:
    """A cancel of the new sale of an exchange that begins when its checkout gets to a trigger."""
    exchanged = _exchanged(order_exchange.SCENARIOS[0])

    def start(fixture: WorkflowFixture, schedule: CaseSchedule, return_id: str) -> list[str]:
        machine, sale_id = fixture.deploy(CANCEL), f"{return_id}-new"
        schedule.start_at(trigger, machine, cancel(sale_id), fixture.engine.engine)
        arns = exchanged(fixture, schedule, return_id)
        return [*arns, f"{machine.replace(':stateMachine:', ':execution:')}:{sale_id}"]

    return start


def _exchanged(demo: order_exchange.Scenario, sold_first: Request = FIRST.sale) -> StartExecutions:
    def start(fixture: WorkflowFixture, schedule: CaseSchedule, return_id: str) -> list[str]:
        order_id, sale_id = _sell_first(fixture, sold_first, return_id), f"{return_id}-new"
        for workflow in (CHECKOUT, RETURN):
            fixture.deploy(workflow)
        fixture.schedule = schedule
        request = exchange_request(demo, return_id, order_id, sale_id, SOLD_AT)
        request["sale"] = with_stored_cards(request["sale"])
        exchange = fixture.start(request, EXCHANGE)
        children = {CHECKOUT: sale_id, RETURN: f"{return_id}.exchange"}
        arns = [
            f"{fixture.deploy(workflow).replace(':stateMachine:', ':execution:')}:{name}"
            for workflow, name in children.items()
        ]
        return [exchange, *arns]

    return start


def _returned_twice() -> StartExecutions:
    """Two returns of both units of a line: the second finds none left."""

    def start(fixture: WorkflowFixture, schedule: CaseSchedule, return_id: str) -> list[str]:
        order_id = _sell_first(fixture, FIRST.sale, return_id)
        fixture.schedule = schedule
        return [
            fixture.start(return_request(FIRST, name, order_id) | {"lines": [TWO_MUGS]}, RETURN)
            for name in (return_id, f"{return_id}-other")
        ]

    return start


def _paid_meanwhile(fixture: WorkflowFixture, schedule: CaseSchedule, return_id: str) -> list[str]:
    """A payment of the whole invoice on account that begins when the units of it are refunded."""
    order_id, payment_id = _sell_first(fixture, OWED.sale, return_id), f"{return_id}-payment"
    machine = fixture.deploy(PAYMENT)
    payment = {"payment_id": payment_id, "customer_id": CUSTOMERS[0].customer_id, "currency": CURRENCY}
    trigger = Trigger(RETURN, "CreditInvoice")
    schedule.start_at(trigger, machine, {**payment, "amount": 500, "method": "cash"}, fixture.engine.engine)
    fixture.schedule = schedule
    returning = fixture.start(return_request(OWED, return_id, order_id), RETURN)
    return [returning, f"{machine.replace(':stateMachine:', ':execution:')}:{payment_id}"]


def _cancelled(trigger: Trigger) -> StartExecutions:
    """A cancel of the order that begins when the return gets to a trigger."""

    def start(fixture: WorkflowFixture, schedule: CaseSchedule, return_id: str) -> list[str]:
        order_id = _sell_first(fixture, FIRST.sale, return_id)
        machine = fixture.deploy(CANCEL)
        schedule.start_at(trigger, machine, cancel(order_id), fixture.engine.engine)
        fixture.schedule = schedule
        returning = fixture.start(return_request(FIRST, return_id, order_id), RETURN)
        return [returning, f"{machine.replace(':stateMachine:', ':execution:')}:{order_id}"]

    return start


def _refund(services: ProofServices, claimed: Any) -> Any:
    return services.call_task(
        "RefundPayment",
        return_id=claimed["return_id"],
        order_id=claimed["order_id"],
        currency=claimed["currency"],
        amount=claimed["totals"]["total"],
        refund="original",
        customer_id=claimed["customer_id"],
        received=received(claimed["order_id"]),
    )["refunds"]


def received(order_id: str) -> int:
    """Return what payments of the customer have paid of an order on account."""
    invoice = read_row(client("dynamodb"), "BillingTable", f"INVOICE#{order_id}", "INVOICE")
    return invoice["paid"] + invoice["on_account"] - invoice["total"] if "on_account" in invoice else 0


def book(services: CallsTasks, claimed: Any, refunds: Any) -> None:
    """Credit, restock and post a return, and complete it."""
    order_id, return_id = claimed["order_id"], claimed["return_id"]
    credited = {name: claimed[name] for name in ("return_id", "lines", "taxes", "totals")}
    credited["receivable"] = sum(part["amount"] for part in refunds if part["type"] == "on_account")
    number = services.call_task("CreditInvoice", order_id=order_id, reason="returned", credited=credited)
    units = {"return_id": return_id, "lines": claimed["lines"]}
    goods = services.call_task("RestockGoods", order_id=order_id, returned=units)
    returned = {
        "return_id": return_id,
        "currency": claimed["currency"],
        "taxes": claimed["taxes"],
        "refunds": refunds,
        "restocked": goods["returned_cost"],
        "written_off": goods["written_off_cost"],
        "credit_note_number": number["credit_note_number"],
    }
    services.call_task("ReverseJournal", order_id=order_id, returned=returned)
    client("dynamodb").update_item(
        TableName="OrdersTable",
        Key=key(f"RETURN#{return_id}", "RETURN"),
        UpdateExpression="SET #status = :completed",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues=marshal({":completed": "COMPLETED"}),
    )
