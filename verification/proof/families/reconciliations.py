"""Reconciliation: each difference has one case under every fault, and a sale at the same time has none."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from botocore.exceptions import ClientError
from payments.provider import Charge
from payments.sandbox import SandboxProvider
from payments.stripe_adapter.access import Access
from payments.stripe_adapter.provider import StripeProvider
from payments.stripe_adapter.secret import SecretCache
from tillflow.aws import client
from tillflow.events import PaymentsReconciled
from tillflow.times import utc_now

from till.demo import order_cancel
from till.shop import CURRENCY, ESPRESSO, FILTER, MUG
from verification.harness.fake_stripe import StripeSecret
from verification.harness.fixture import WorkflowFixture, seed_stock
from verification.proof.families.family import (
    Family,
    FinalState,
    Scenario,
    StartExecutions,
    status_of,
    workflow_of,
)
from verification.proof.families.orders import placed, sell, take_back
from verification.proof.families.stripe_orders import ACCOUNT
from verification.proof.schedule import CaseSchedule, Trigger
from verification.proof.services import ProofServices

RECONCILIATION, CHECKOUT, CANCEL = "PaymentReconciliation", "OrderCheckout", "OrderCancel"
PAID = next(one.request for one in order_cancel.SCENARIOS if one.title == "cancelled after payment")
UNKNOWN, HELD, AT_STRIPE = "ord-unknown", "ord-held", "ord-unknown-at-stripe"
"""Orders whose charges are in a provider's books alone: captured, authorised, and captured by the other provider."""
CASES = {
    f"{UNKNOWN}#reconcile#1#CaptureNotBooked#auth-{UNKNOWN}#authorise#1",
    f"{HELD}#reconcile#1#AuthorisationOpen#auth-{HELD}#authorise#1",
    f"{AT_STRIPE}#reconcile#1#CaptureNotBooked#pi_00000001",
}
LATER = timedelta(days=1, hours=3)
"""How long after the sales of a case its day is compared."""


@dataclass
class NextNight:
    """Starts another run of the same day when the first one has ended: it compares what was in progress."""

    business_id: str
    day: str
    violations: list[str] = field(default_factory=list)
    intervened: bool = False

    def advance(self, fixture: WorkflowFixture, schedule: CaseSchedule, arns: list[str]) -> bool:
        run_id = f"{self.business_id}-next"
        if any(status_of(fixture, arn) == "RUNNING" for arn in arns) or any(run_id in arn for arn in arns):
            return False
        arns.append(fixture.start({"run_id": run_id, "day": self.day}, RECONCILIATION))
        return True


class Reconciling(Family):
    """The comparison of a day, alone and during a sale of the same day."""

    workflows = (RECONCILIATION,)
    others = (CHECKOUT, CANCEL)

    def __init__(self) -> None:
        self._account: Any = None
        self._day = ""
        self._fixture: WorkflowFixture | None = None

    def prepare(self, services: ProofServices) -> None:
        self._day = utc_now().date().isoformat()
        # The day of the sales has to be over.
        clock = patch("payments.reconciliation.service.utc_now", lambda: utc_now() + LATER)
        services.resources.enter_context(clock)
        described = patch.object(client("stepfunctions"), "describe_execution", self._describe)
        services.resources.enter_context(described)
        seed_stock({ESPRESSO: 100, MUG: 100, FILTER: 100})
        sell(services, PAID, "ord-paid")
        sell(services, PAID, "ord-cancelled")
        take_back(services, "ord-cancelled")
        sandbox = SandboxProvider(client("dynamodb"), "SandboxProviderTable")
        for order_id in (UNKNOWN, HELD):
            held = sandbox.authorise(f"{order_id}#authorise#1", "", Charge(900, CURRENCY, "tok_visa"))
        sandbox.capture(f"{UNKNOWN}#capture#1", f"auth-{UNKNOWN}#authorise#1", 900, CURRENCY)
        ACCOUNT.clear()
        stripe = StripeProvider(Access(SecretCache(StripeSecret(), "stripe"), ACCOUNT.transport()))
        key, charge = f"{AT_STRIPE}#authorise#1", Charge(900, CURRENCY, "pm_card_visa")
        held = stripe.authorise(key, stripe.prepare(key, charge).reference, charge)
        stripe.capture(f"{AT_STRIPE}#capture#1", held.reference, 900, CURRENCY)
        self._account = ACCOUNT.save()

    def reset(self, services: ProofServices) -> None:
        ACCOUNT.restore(self._account)

    def scenarios(self) -> Iterator[Scenario]:
        expected = f"{len(CASES)} cases"
        yield Scenario(self, RECONCILIATION, "three differences", self._night, expected, paired=True)
        yield Scenario(self, RECONCILIATION, "a day that is not over", self._too_early, "0 cases")
        for title, after in (("before a capture", False), ("after a capture", True)):
            start = self._during(Trigger(CHECKOUT, "CapturePayment", after=after))
            yield Scenario(self, RECONCILIATION, title, start, expected, driver=self._next_night)

    def run_concurrent_process(self, services: ProofServices, business_id: str) -> None:
        """Sell another order, and cancel one that was paid."""
        sell(services, PAID, business_id)
        take_back(services, "ord-paid")

    def describe_outcome(self, final: FinalState) -> str:
        return f"{len(_cases(final))} cases"

    def event_identity(self, entry: Mapping[str, Any]) -> tuple[str, str]:
        detail = json.loads(entry["Detail"])
        return f"{entry['DetailType']} of {detail.get('run_id', detail.get('order_id'))}", detail["event_id"]

    def check_end(self, final: FinalState) -> Iterator[str]:
        cases = _cases(final)
        if unexpected := cases.keys() - CASES:
            yield f"cases were opened without a difference: {sorted(unexpected)}"
        for case_id, case in cases.items():
            if case["opened"] != 1:
                yield f"{case_id} was opened {case['opened']} times"
        runs = {row["run_id"]: row for row in final.shop.items("PaymentsTable", "RUN", "RECONCILIATION#")}
        announced = {
            event.run_id: event
            for entry in final.events
            if entry["DetailType"] == "PaymentsReconciled"
            for event in [PaymentsReconciled.model_validate_json(entry["Detail"])]
        }
        for arn in final.arns:
            run_id = arn.rpartition(":")[2]
            if workflow_of(arn) != RECONCILIATION or final.status(arn) != "SUCCEEDED":
                continue
            row = runs.get(run_id, {})
            if row.get("status") != "COMPLETE" or row["differences"] != len(CASES):
                yield f"{run_id} succeeded, and its record is {row}"
            if missing := CASES - cases.keys():
                yield f"{run_id} succeeded without the cases {sorted(missing)}"
            by_hand = final.shop.excused(run_id, "AnnounceReconciliation")
            if not by_hand and (run_id not in announced or announced[run_id].differences != len(CASES)):
                yield f"{run_id} succeeded, and {announced.get(run_id)} was announced"
        left = [row["sk"] for row in final.shop.items("PaymentsTable", "", "UNSETTLED")]
        if left and any(arn.endswith("-next") for arn in final.arns):
            yield f"{left} were not compared after their orders had ended"

    def _night(self, fixture: WorkflowFixture, schedule: CaseSchedule, business_id: str) -> list[str]:
        self._fixture, fixture.schedule = fixture, schedule
        return [fixture.start({"run_id": business_id, "day": self._day}, RECONCILIATION)]

    def _too_early(self, fixture: WorkflowFixture, schedule: CaseSchedule, business_id: str) -> list[str]:
        fixture.schedule = schedule
        return [fixture.start({"run_id": business_id, "day": "2090-01-01"}, RECONCILIATION)]

    def _during(self, trigger: Trigger) -> StartExecutions:
        """Start a run when a checkout gets to its capture, and let the run go as far as it can."""

        def start(fixture: WorkflowFixture, schedule: CaseSchedule, business_id: str) -> list[str]:
            self._fixture = fixture
            machine = fixture.deploy(RECONCILIATION)
            request = {"run_id": business_id, "day": self._day}
            schedule.start_at(trigger, machine, request, fixture.engine.engine)
            fixture.schedule = schedule
            checkout = fixture.start(placed(PAID, business_id), CHECKOUT)
            return [checkout, f"{machine.replace(':stateMachine:', ':execution:')}:{business_id}"]

        return start

    def _next_night(self, business_id: str) -> NextNight:
        return NextNight(business_id, self._day)

    def _describe(self, executionArn: str) -> dict[str, Any]:
        """Return the status of an execution of the engine that runs the case."""
        row = self._fixture and self._fixture.engine.engine.execution_row(executionArn)
        if not row:
            raise ClientError(
                {"Error": {"Code": "ExecutionDoesNotExist", "Message": ""}}, "DescribeExecution"
            )
        return {"status": str(row["status"])}


def _cases(final: FinalState) -> dict[str, Any]:
    """Return the cases of differences by id."""
    rows = (case for cases in final.shop.cases.values() for case in cases)
    return {row["case_id"]: row for row in rows if row["step"] == "ReconcilePayments"}
