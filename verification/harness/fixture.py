"""Run the shipped workflows whole, in this process: the embedded engine in virtual time, the shipped
handlers, and a real store's semantics behind them.

A test asks for a `WorkflowFixture`, sells, and looks at how each order ended and at what the invariants say of every
table. Faults come from a schedule the engine asks before each delivery; nothing in the product knows of it.
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
from stepfunctions_local.engine import Config
from stepfunctions_local.errors import ApiError
from stepfunctions_local.interpreter.invoker import TaskCall
from stepfunctions_local.testing import VirtualEngine
from tillflow.aws import client
from tillflow.store import Item, key, unmarshal

from audit import Snapshot, Violation, check
from audit.reader import read_snapshot
from till.history import Visit, compensated, sides, visits
from till.shop import CURRENCY, GOODS, LOCATION, LOCATIONS, TAX_CLASSES
from verification.harness.faults import Fault, FaultSchedule
from verification.harness.services import LocalServices, data_services
from verification.harness.template import ACCOUNT, REGION, Template

PATIENCE = 2 * 86_400
START = datetime(2026, 11, 23, 10, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class Run:
    """How an execution stands: `status` is RUNNING while it is parked. `events` is its whole history."""

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
        """The states it went through, in order."""
        return [visit.state for visit in self.visits]

    @property
    def compensated(self) -> list[str]:
        return compensated(self.visits)

    @property
    def transitions(self) -> int:
        """State transitions as AWS bills them: every state entered, and every retry of one."""
        return len(self.visits) + sum(max(visit.attempts - 1, 0) for visit in self.visits)


@dataclass
class WorkflowFixture:
    """One shop and one engine. Sell with `run`; the faults given to a run befall it."""

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
        """An engine on this fixture's store: a new one, or the one after a crash."""
        return VirtualEngine(
            self.services,
            store=self.store,
            start=now,
            invoker=self._deliver,
            config=Config(region=REGION, account=ACCOUNT),
            seed=self.seed,
        )

    def deploy(self, workflow: str) -> str:
        """The ARN of a workflow's state machine, created when it is first asked for."""
        if workflow not in self._machines:
            definition = json.dumps(self.template.definition(workflow))
            self._machines[workflow] = self.engine.create(definition, workflow)
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
        """Start every request at once and go on until each has ended or is parked.

        A request whose order id was used before starts nothing, and its run is the one there was.
        """
        self.schedule = FaultSchedule.of(faults)
        return [
            self.run_until_settled(arn)
            for arn in [self.start(request, workflow or self.workflow) for request in requests]
        ]

    def resolve(self, run: Run, decision: str, note: str = "by a test", case: str = "compensation") -> Run:
        """Decide the run's case as `till case resolve` does, and go on until it has ended or is parked again."""
        cases = CasesStore(client("dynamodb"), "CasesTable")
        token = cases.resolve(f"{run.business_id}#{case}", decision, note)
        resolution = json.dumps(case_rules.resolution(decision, note))
        self.engine.send_task_success(taskToken=token, output=resolution)
        return self.run_until_settled(run.arn)

    def apply_late_effects(self) -> None:
        """Let the effects that a fault held back happen now, whatever they then raise."""
        self.engine.wait(_happened(self.schedule.late))

    def audit(self, *running: str) -> list[Violation]:
        """What the invariants say of every table; `running` are orders that may be between two truths."""
        return check(self.snapshot(*running))

    def snapshot(self, *running: str) -> Snapshot:
        return read_snapshot(client("dynamodb"), lambda table: table, lambda: frozenset(running), threads=1)

    def row(self, table: str, pk: str, sk: str) -> Item:
        answer = client("dynamodb").get_item(TableName=table, Key=key(pk, sk))
        return unmarshal(answer.get("Item"))

    def start(self, request: Mapping[str, Any], workflow: str) -> str:
        """Start a workflow, named after the request's order, as far as it gets without time passing; its ARN."""
        machine, name = self.deploy(workflow), request["order_id"]
        try:
            return str(self.engine.start(machine, request, name))
        except ApiError as error:
            if error.code != "ExecutionAlreadyExists":
                raise
            return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"

    def run_until_settled(self, arn: str) -> Run:
        """The run once it has ended, is parked, or has waited for two days of virtual time.

        A parked execution would let a month of it pass, so it is looked at every now and then.
        """
        pause, waited = 60, 0
        while self._runs(arn) and not self.is_waiting(arn) and waited < PATIENCE:
            self.engine.pass_time(pause)
            waited += pause
            pause = min(pause * 2, 3600)
        result = self.engine.result(arn)
        for event in result.history:
            event["timestamp"] = datetime.fromtimestamp(event["timestamp"], UTC)
        return Run(
            business_id=arn.rsplit(":", 1)[1],
            arn=arn,
            status=result.status,
            error=result.error,
            cause=result.cause,
            output=result.output,
            events=result.history,
            visits=visits(result.history, self._sides[arn.split(":")[6]]),
        )

    def _runs(self, arn: str) -> bool:
        row = self.engine.engine.execution_row(arn)
        return row is not None and row["status"] == "RUNNING"

    def is_waiting(self, arn: str) -> bool:
        """Return True when an execution waits for a callback."""
        latest = self.engine.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=1)
        return bool(latest["events"][0]["type"] == "TaskSubmitted")


async def _happened(tasks: Iterable[asyncio.Task[Any]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def workflow_fixture(workflow: str = "OrderCheckout", seed: int = 0) -> Iterator[WorkflowFixture]:
    """A fixture over empty tables, in a moto of its own."""
    template = Template.read()
    with data_services(template):
        built = WorkflowFixture(template, workflow, LocalServices(template), seed=seed)
        try:
            yield built
        finally:
            built.close()


def seed_stock(units: Mapping[str, int], receipt_id: str = "seed") -> None:
    """Put the demo shop's products of these SKUs into the catalog, and so many units on hand in the shop."""
    catalog = CatalogStore(client("dynamodb"), "CatalogTable")
    for tax_class in TAX_CLASSES:
        catalog.put_tax_class(tax_class)
    goods = [item for item in GOODS if item.product.sku in units]
    assert len(goods) == len(units), "a SKU is not in the demo shop"
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
