"""Runs one case: a scenario with its faults, to its end, through the hands of a person, and judges it.

A case is over when nothing runs any more. Whatever is parked is looked at as it stands, every invariant and
its case; then the faults are over, each open case is decided with "retry", and it goes on. In the end the
effects that came late come, and all is looked at once more.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from cases import rules as case_rules
from cases.store import CasesStore
from tillflow.aws import client
from tillflow.errors import DomainError
from tillflow.events import EVENTS
from tillflow.store import marshal

from local.stepfunctions.errors import ApiError, StateError
from tests.proof.dynamodb import Tables, local_dynamodb
from tests.proof.plan import CasePlan
from tests.proof.scenarios import CANCEL, CHECKOUT, PAID, Scenario, placed
from tests.sagas.faults import Fault
from tests.sagas.harness import Bench, stock
from tests.sagas.template import Template
from tests.sagas.world import World
from till.invariants import check
from till.shop import ESPRESSO, FILTER, MUG, SOLD_OUT

SHELVES = {ESPRESSO: 100, MUG: 100, FILTER: 100, SOLD_OUT: 0}
# An engine keeps what it ran: a new one now and then keeps it quick.
CASES_PER_ENGINE = 200
# A person decides a case, it may come back for a fault of the scenario's own, such as a refused void.
DECISIONS = 3


@dataclass(frozen=True)
class Case:
    """`seed` decides the jitter of every pause."""

    scenario: Scenario
    faults: tuple[Fault, ...] = ()
    seed: int = 0


@dataclass
class Outcome:
    """`delivered` counts deliveries by `workflow.state`; `idle` when a fault never befell anything."""

    case: Case | None
    violations: list[str] = field(default_factory=list)
    endings: list[str] = field(default_factory=list)
    delivered: dict[str, int] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    parked: bool = False
    idle: bool = False


class ProofWorld(World):
    """The world of the sagas' tests with a bus that takes everything."""

    async def call(self, service: str, operation: str, params: Any, **more: Any) -> dict[str, Any]:
        if service != "events":
            return await super().call(service, operation, params, **more)
        self.events.extend(params["Entries"])
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "proof"} for _ in params["Entries"]]}

    def invoke_now(self, function: str, event: Any) -> Any:
        """A function's answer, at once. Raises StateError when it fails."""
        answer = self.handle(self._functions[function], json.loads(json.dumps(event)))
        payload = json.loads(answer["Payload"])
        if "FunctionError" in answer:
            raise StateError(payload["errorType"], payload["errorMessage"])
        return payload


def rival_sale(world: ProofWorld, order_id: str) -> None:
    """Another order for the same goods, from its price to its journal, as its checkout would have it."""
    functions = world.template.functions

    def ask(name: str, **event: Any) -> Any:
        return world.invoke_now(functions[f"{name}Function"].arn, event)

    priced = ask("PriceOrder", **placed(PAID, order_id))
    about = {"order_id": order_id, "currency": priced["currency"], "total": priced["totals"]["total"]}
    dynamodb = client("dynamodb")
    told = {"status": "PAID", "document": json.dumps(priced), **about}
    rows = {
        "OrdersTable": {"pk": f"ORDER#{order_id}", "sk": "ORDER", **told},
        "BillingTable": {
            "pk": f"INVOICE#{order_id}",
            "sk": "INVOICE",
            **told,
            "status": "DRAFT",
            "invoice_id": order_id,
            "series": "INV",
        },
    }
    for table, row in rows.items():
        dynamodb.put_item(TableName=table, Item=marshal(row))
    ask("ReserveStock", order_id=order_id, location=priced["location"], lines=priced["lines"])
    ask("AuthorisePayment", order_id=order_id, currency=priced["currency"], tenders=priced["tenders"])
    captured = ask("CapturePayment", order_id=order_id)["tenders"]
    cost = ask("CommitStock", order_id=order_id)["cost"]
    number = ask("IssueInvoice", order_id=order_id, tenders=captured)["invoice_number"]
    ask("PostJournal", order=priced, tenders=captured, cost=cost, invoice_number=number)


class Prover:
    """Runs cases one after another, each on tables as they were at the start."""

    def __init__(self, template: Template, tables: Tables) -> None:
        self.template, self.tables = template, tables
        self.world = ProofWorld(template)
        stock(SHELVES)
        rival_sale(self.world, "ord-yesterday")
        self._shelves = tables.save()
        self._bench: Bench | None = None
        self._ran = 0

    def close(self) -> None:
        if self._bench is not None:
            self._bench.close()
            self._bench = None

    def prove(self, case: Case) -> Outcome:
        """Run a case on an engine that lives."""
        if self._ran % CASES_PER_ENGINE == 0:
            self.close()
        order_id = self.fresh()
        bench = self._bench = self._bench or self.bench()
        bench.engine.engine.random = Random(case.seed)
        plan = self.plan(case.faults, order_id)
        outcome = Outcome(case)
        arns = list(dict.fromkeys(case.scenario.story(bench, plan, order_id)))
        try:
            self.to_the_end(bench, plan, arns, order_id, outcome)
        except (ApiError, DomainError) as error:
            outcome.violations.append(f"the engine or a person was refused: {error!r}")
        finally:
            self._clear_away(bench, plan, arns)
        outcome.delivered = dict(plan.delivered)
        outcome.requests = dict(plan.requests)
        outcome.idle = plan.befallen != set(case.faults)
        return outcome

    def fresh(self) -> str:
        """The shop as it was at the start, and an order id that was never used."""
        self._ran += 1
        self.tables.restore(self._shelves)
        self.world.events.clear()
        return f"ord-{self._ran}"

    def plan(self, faults: tuple[Fault, ...], order_id: str) -> CasePlan:
        return CasePlan(
            faults,
            tables=self.tables,
            invoke=self.world.invoke_now,
            rival=lambda: rival_sale(self.world, f"{order_id}-rival"),
        )

    def bench(self, store: str | Path = ":memory:") -> Bench:
        return Bench(self.template, CHECKOUT, self.world, store=store)

    def to_the_end(
        self, bench: Bench, plan: CasePlan, arns: list[str], order_id: str, outcome: Outcome
    ) -> None:
        """Let a story's executions go on to where nothing runs, and note in `outcome` whatever is wrong."""
        self._settle(bench, arns)
        for _ in range(DECISIONS):
            running = [arn for arn in arns if status_of(bench, arn) == "RUNNING"]
            if not running:
                break
            outcome.parked = True
            self._look(outcome, order_id, "parked", running=True)
            plan.heal()
            self._settle(bench, arns)
            self._parked_with_a_case(bench, arns, order_id, outcome)
            self._decide(bench, order_id, "retry")
            self._settle(bench, arns)
        if any(status_of(bench, arn) == "RUNNING" for arn in arns):
            # What a retry cannot mend is the provider's doing, such as a void it refuses for ever.
            if outcome.case and "case" not in outcome.case.scenario.expected:
                outcome.violations.append("parked: all is well again, and a retry does not mend it")
            self._parked_with_a_case(bench, arns, order_id, outcome)
            self._decide(bench, order_id, "done")
            self._settle(bench, arns)
        self._look(outcome, order_id, "ended")
        if outcome.case and not outcome.case.faults:
            outcome.violations += self._unexpected(outcome, order_id)
        outcome.endings = [ending_of(bench, arn) for arn in arns]
        outcome.violations += list(self._wrong_endings(bench, arns, order_id))
        if plan.late:
            bench.plan = plan
            bench.late_effects()
            self._look(outcome, order_id, "after late effects")
            outcome.violations += list(self._wrong_endings(bench, arns, order_id))

    def _settle(self, bench: Bench, arns: list[str]) -> None:
        for arn in arns:
            if status_of(bench, arn) == "RUNNING":
                bench.settled(arn)

    def _look(self, outcome: Outcome, order_id: str, when: str, running: bool = False) -> None:
        shop = self.tables.snapshot(frozenset({order_id} if running else ()))
        outcome.violations += [f"{when}: {v.name}: {v.subject}: {v.message}" for v in check(shop)]

    def _parked_with_a_case(self, bench: Bench, arns: list[str], order_id: str, outcome: Outcome) -> None:
        """Whatever still runs waits for a person who has a case to decide, or for one that does."""
        running = {arn for arn in arns if status_of(bench, arn) == "RUNNING"}
        cases = self.tables.snapshot().cases.get(order_id, [])
        opened = {case["execution"] for case in cases if case["status"] == "OPEN"}
        if running and not running & opened:
            outcome.violations.append(f"parked: {sorted(running)} wait, and no open case tells a person")

    def _decide(self, bench: Bench, order_id: str, decision: str) -> None:
        store = CasesStore(client("dynamodb"), "CasesTable")
        for case in self.tables.snapshot().cases.get(order_id, []):
            if case["status"] == "OPEN":
                token = store.resolve(case["case_id"], decision, "by the proof")
                answer = json.dumps(case_rules.resolution(decision, "by the proof"))
                bench.engine.send_task_success(taskToken=token, output=answer)

    def _unexpected(self, outcome: Outcome, order_id: str) -> Iterator[str]:
        """With nothing wrong the scenario ends as its demo says, and no person is needed."""
        order = self.tables.snapshot().orders.get(order_id, {"status": "NONE"})
        ended = " ".join(filter(None, (order["status"], order.get("reason"))))
        assert outcome.case is not None
        expected, _, case = outcome.case.scenario.expected.partition(", ")
        if not ended.startswith(expected):
            yield f"ended: the order is {ended}, expected {expected}"
        if outcome.parked and not case:
            yield "parked: nothing went wrong, and a person had to decide"

    def _wrong_endings(self, bench: Bench, arns: list[str], order_id: str) -> Iterator[str]:
        shop = self.tables.snapshot()
        status = shop.orders.get(order_id, {}).get("status", "NONE")
        announced = [
            entry["DetailType"]
            for entry in self.world.events
            if json.loads(entry["Detail"])["order_id"] == order_id
        ]
        for arn in arns:
            ending = ending_of(bench, arn)
            if (status, ending) not in ENDINGS[workflow_of(arn)] and ending not in ALWAYS:
                yield f"ended: {workflow_of(arn)} {ending}, and the order is {status}"
        for entry in self.world.events:
            EVENTS[entry["DetailType"]].model_validate_json(entry["Detail"])
        for told in {"OrderPaid", "OrderRejected", "OrderCancelled"} & set(announced):
            if status not in MEANS[told]:
                yield f"ended: {told} was announced, and the order is {status}"
        for case in shop.cases.get(order_id, []):
            if case["status"] == "OPEN":
                yield f"ended: case {case['case_id']} is open, and nothing waits for it"
        if status in NEEDS and NEEDS[status] not in announced and not shop.excused(order_id, *ANNOUNCE):
            yield f"ended: the order is {status}, and {NEEDS[status]} was not announced"

    def _clear_away(self, bench: Bench, plan: CasePlan, arns: list[str]) -> None:
        for effect in plan.late:
            effect.cancel()
        for arn in arns:
            if status_of(bench, arn) == "RUNNING":
                bench.engine.stop_execution(executionArn=arn)


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


def workflow_of(arn: str) -> str:
    return arn.split(":")[6]


def status_of(bench: Bench, arn: str) -> str:
    row = bench.engine.engine.description(arn)
    return str(row["status"]) if row else "NOT STARTED"


def ending_of(bench: Bench, arn: str) -> str:
    """The status; of a cancel with what it says of the order."""
    status = status_of(bench, arn)
    if workflow_of(arn) != CANCEL or status == "NOT STARTED":
        return status
    result = bench.engine.result(arn)
    if status == "SUCCEEDED":
        return f"{status} {result.output['status']}"
    reached = {
        event["stateEnteredEventDetails"]["name"]
        for event in result.history
        if "stateEnteredEventDetails" in event
    }
    if result.error != "UnknownOrder" and "PreventCapture" not in reached:
        return "FAILED before the pivot"
    return f"{status} {result.error}"


@contextmanager
def prover() -> Iterator[Prover]:
    """A prover with tables of its own; contention is tried again without pauses."""
    template = Template.read()
    with (
        local_dynamodb(template) as tables,
        patch("tillflow.store.time", SimpleNamespace(sleep=lambda seconds: None)),
        patch("aws_lambda_powertools.metrics.Metrics.add_metric"),
        patch("aws_lambda_powertools.metrics.Metrics.flush_metrics"),
    ):
        built = Prover(template, tables)
        try:
            yield built
        finally:
            built.close()
