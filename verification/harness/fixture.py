"""Run the workflows in this process: the embedded engine in virtual time, the handlers, and an emulated DynamoDB.

A test starts executions with a `WorkflowFixture`, then checks how each ended and the invariants over every table.
Faults come from a schedule that the engine consults before each delivery; the product has no hook for it.
"""

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cases import rules as case_rules
from cases.store import CasesStore
from catalog.store import CatalogStore
from inventory.models import ReceiptLine
from inventory.operations import StockOperations
from orders.cards import tokens_of, with_references
from payments.operations import CardOperations
from stepfunctions_local.engine import Config
from stepfunctions_local.errors import ApiError
from stepfunctions_local.interpreter.invoker import TaskCall
from stepfunctions_local.testing import VirtualEngine
from tillflow.aws import client
from tillflow.executions import execution_arn
from tillflow.gift_cards import hide_codes
from tillflow.store import Item, key, unmarshal

from audit import Snapshot, Violation, check
from audit.reader import read_snapshot
from till.history import Visit, compensated, sides, visits
from till.shop import CATEGORIES, CURRENCY, GOODS, LOCATION, LOCATIONS, TAX_CLASSES
from verification.harness.faults import Fault, FaultSchedule
from verification.harness.services import LocalServices, data_services
from verification.harness.template import ACCOUNT, ALIAS, REGION, Template

PATIENCE = 2 * 86_400
START = datetime(2026, 11, 23, 10, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class Run:
    """The state of an execution: `status` is RUNNING while it waits for a decision. `events` is its whole history."""

    business_id: str
    arn: str
    status: str
    error: str | None
    cause: str | None
    output: Any
    events: list[dict[str, Any]]
    visits: list[Visit]

    @property
    def path(self) -> list[str]:
        """Return the states that it entered, in order."""
        return [visit.state for visit in self.visits]

    @property
    def compensated(self) -> list[str]:
        return compensated(self.visits)

    @property
    def transitions(self) -> int:
        """Return the state transitions as AWS bills them: every state entered, and every retry."""
        return len(self.visits) + sum(max(visit.attempts - 1, 0) for visit in self.visits)


# What the ids of the cases of a workflow have after the business id: workflows that share one open different cases.
CASES_OF = {
    "OrderCheckout": "",
    "OrderCancel": "cancel#",
    "OrderReturn": "return#",
    "OrderExchange": "exchange#",
    "OrderShipment": "shipment#",
    "CustomerPayment": "payment#",
    "CustomerMerge": "merge#",
    "PurchaseOrder": "purchase#",
    "StockReorder": "reorder#",
    "StockTransfer": "transfer#",
}


@dataclass
class WorkflowFixture:
    """One shop and one engine. `run` starts executions, with faults for their tasks."""

    template: Template
    workflow: str
    services: LocalServices
    seed: int = 0
    schedule: FaultSchedule = field(default_factory=FaultSchedule)
    store: str | Path = ":memory:"

    def __post_init__(self) -> None:
        self.engine = self.create_engine(START)
        self._machines: dict[str, str] = {}
        self._sides: dict[str, dict[str, str]] = {}
        self.machine = self.deploy(self.workflow)

    def create_engine(self, now: float) -> VirtualEngine:
        """Return a new engine on this fixture's store, also after a crash."""
        return VirtualEngine(
            self.services,
            store=self.store,
            start=now,
            invoker=self._deliver,
            config=Config(region=REGION, account=ACCOUNT),
            seed=self.seed,
        )

    def deploy(self, workflow: str) -> str:
        """Return the ARN of a workflow's state machine; create it on the first call."""
        if workflow not in self._machines:
            definition = json.dumps(self.template.definition(workflow))
            self._machines[workflow] = create_workflow(self.engine, definition, workflow)
            self._sides[workflow] = sides(definition)
        return self._machines[workflow]

    async def _deliver(self, call: TaskCall) -> Any:
        return await self.schedule(call)

    def close(self) -> None:
        for effect in self.schedule.late:
            effect.cancel()
        self.engine.close()

    def run(
        self, *requests: Mapping[str, Any], faults: Iterable[Fault] = (), workflow: str | None = None
    ) -> list[Run]:
        """Start every request at once and run until each has ended or waits for a decision.

        A request with a used order id starts nothing; the run of the earlier execution is returned.
        """
        self.schedule = FaultSchedule.of(faults)
        return [
            self.run_until_settled(arn)
            for arn in [self.start(request, workflow or self.workflow) for request in requests]
        ]

    def resolve(self, run: Run, decision: str, note: str = "by a test", case: str = "compensation") -> Run:
        """Decide the run's case as `till case resolve` does, and run until it has ended or waits again.

        case: what its id has after the business id and the workflow.
        """
        cases = CasesStore(client("dynamodb"), "CasesTable")
        workflow = CASES_OF[run.arn.split(":")[6]]
        token = cases.resolve(f"{run.business_id}#{workflow}{case}", decision, note)
        resolution = json.dumps(case_rules.resolution(decision, note))
        self.engine.send_task_success(taskToken=token, output=resolution)
        return self.run_until_settled(run.arn)

    def apply_late_effects(self) -> None:
        """Apply the effects that faults delayed; ignore what they raise."""
        self.engine.wait(_settle(self.schedule.late))

    def audit(self, *running: str) -> list[Violation]:
        """Check the invariants over every table; `running` are orders whose steps may be incomplete."""
        return check(self.snapshot(*running))

    def snapshot(self, *running: str) -> Snapshot:
        return read_snapshot(
            client("dynamodb"),
            lambda table: table,
            lambda: frozenset(running),
            threads=1,
            succeeded=self._succeeded,
        )

    def _succeeded(self) -> dict[str, frozenset[str]]:
        """Return the names of the executions that succeeded, by workflow."""
        return {
            workflow: frozenset(
                row["name"].partition(".")[0]
                for row in self.engine.list_executions(stateMachineArn=machine, statusFilter="SUCCEEDED")[
                    "executions"
                ]
            )
            for workflow, machine in self._machines.items()
        }

    def row(self, table: str, pk: str, sk: str) -> Item:
        response = client("dynamodb").get_item(TableName=table, Key=key(pk, sk))
        return unmarshal(response.get("Item"))

    def start(self, request: Mapping[str, Any], workflow: str) -> str:
        """Start a workflow with the return, order, payment, merge, run or import id as its name.

        Run it while no time passes; return its ARN.
        """
        return self.start_named(request, workflow, execution_name(request))

    def start_named(self, request: Mapping[str, Any], workflow: str, name: str) -> str:
        """Start a workflow under a name, run it while no time passes; return its ARN."""
        machine = self.deploy(workflow)
        request = with_stored_cards(request)
        try:
            return str(self.engine.start(f"{machine}:{ALIAS}", request, name))
        except ApiError as error:
            if error.code != "ExecutionAlreadyExists":
                raise
            return execution_arn(machine, name)

    def run_until_settled(self, arn: str) -> Run:
        """Return the run when it has ended, waits for a decision, or has waited for two days of virtual time.

        Time passes in steps of growing length, since a wait for a decision may last a month.
        """
        pause, waited = 60, 0
        while self._is_running(arn) and not self.is_waiting(arn) and waited < PATIENCE:
            self.engine.pass_time(pause)
            waited += pause
            pause = min(pause * 2, 3600)
        result = self.engine.result(arn)
        for event in result.history:
            event["timestamp"] = datetime.fromtimestamp(event["timestamp"], UTC)
        return Run(
            business_id=arn.rsplit(":", 1)[1].partition(".")[0],
            arn=arn,
            status=result.status,
            error=result.error,
            cause=result.cause,
            output=result.output,
            events=result.history,
            visits=visits(result.history, self._sides[arn.split(":")[6]]),
        )

    def _is_running(self, arn: str) -> bool:
        row = self.engine.engine.execution_row(arn)
        return row is not None and row["status"] == "RUNNING"

    def is_waiting(self, arn: str) -> bool:
        """Return True when an execution waits for a callback, or all running children of its Map run do."""
        latest = self.engine.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=1)
        [event] = latest["events"]
        if event["type"] != "MapRunStarted":
            return bool(event["type"] == "TaskSubmitted")
        map_run = event["mapRunStartedEventDetails"]["mapRunArn"]
        children = self.engine.list_executions(mapRunArn=map_run, statusFilter="RUNNING")["executions"]
        return bool(children) and all(self.is_waiting(child["executionArn"]) for child in children)


def execution_name(request: Mapping[str, Any]) -> str:
    """Return the business id that the execution of a request is named after."""
    names = ("return_id", "order_id", "payment_id", "merge_id", "run_id", "import_id")
    return next(str(request[name]) for name in names if request.get(name))


def create_workflow(engine: VirtualEngine, definition: str, name: str) -> str:
    """Create a state machine with the alias by which others start it; return the machine's ARN."""
    machine = engine.create(definition, name)
    version = engine.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    engine.create_state_machine_alias(
        name=ALIAS, routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}]
    )
    return machine


async def _settle(tasks: Iterable[asyncio.Task[Any]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


def with_stored_cards(request: Mapping[str, Any]) -> dict[str, Any]:
    """Store the tokens of an order's cards and return it with their references, as placing an order does."""
    request = hide_codes(request)
    if cards := tokens_of(request):
        CardOperations(client("dynamodb"), "CardsTable").store(request["order_id"], cards)
    return with_references(request)


@contextmanager
def workflow_fixture(workflow: str = "OrderCheckout", seed: int = 0) -> Iterator[WorkflowFixture]:
    """Yield a fixture over empty tables in a moto of its own."""
    template = Template.read()
    with data_services(template):
        built = WorkflowFixture(template, workflow, LocalServices(template), seed=seed)
        try:
            yield built
        finally:
            built.close()


def seed_stock(units: Mapping[str, int], receipt_id: str = "seed") -> None:
    """Create the demo shop's products of these SKUs, and receive the units of each in the shop."""
    catalog = CatalogStore(client("dynamodb"), "CatalogTable")
    for tax_class in TAX_CLASSES:
        catalog.tax_classes.create(tax_class)
    for category in CATEGORIES:
        catalog.categories.put(category)
    goods = [item for item in GOODS if item.product.sku in units]
    assert len(goods) == len(units), "unknown SKU in the demo shop"
    for item in goods:
        catalog.put_product(item.product)
    lines = [
        ReceiptLine(sku=item.product.sku, quantity=count, cost=count * item.unit_cost)
        for item in goods
        if (count := units[item.product.sku])
    ]
    stock = StockOperations(client("dynamodb"), "InventoryTable")
    for location in LOCATIONS:
        stock.put_location(location)
    stock.receive(receipt_id, LOCATION, lines, CURRENCY)
