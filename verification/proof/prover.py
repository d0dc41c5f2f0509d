"""Runs one case: a scenario with its faults, to its end, through the hands of a person, and judges it.

A case is over when nothing runs any more. Whatever is parked is looked at as it stands, every invariant and
its case; then the faults are over, each open case is decided with "retry", and it goes on. In the end the
effects that came late come, and all is looked at once more.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from cases import rules as case_rules
from cases.store import CasesStore
from stepfunctions_local.errors import ApiError
from tillflow.aws import client
from tillflow.callbacks import complete_task
from tillflow.errors import DomainError

from audit import Violation, check
from verification.harness.desk import Callbacks
from verification.harness.faults import Fault
from verification.harness.harness import Bench
from verification.harness.template import Template
from verification.proof.dynamodb import Tables, local_dynamodb
from verification.proof.families import ORDERS, Family, Scenario
from verification.proof.families.family import Ended, Nobody, Player, open_cases, status_of
from verification.proof.plan import A_DAY, CasePlan
from verification.proof.world import ProofWorld

# An engine keeps what it ran: a new one now and then keeps it quick.
CASES_PER_ENGINE = 200
# A person has a step retried so often before doing it by hand, and decides so often in all.
RETRIES, DECISIONS = 3, 20
# What waits for nobody ends by its time-out: the longest is that of goods that never come.
PAUSE, PATIENCE = 43_200, 100 * 86_400
# What an answer tells of its own delivery: AWS's words on the request, the memory it took, the files it removed.
OF_ONE_DELIVERY = {"SdkHttpMetadata", "SdkResponseMetadata", "peak_kib", "removed"}
REPEATED = ("deliver_twice", "overtaken")
# Longer than opening a case is tried, and than an execution lives.
YEARS = 3 * 365 * 86_400


@dataclass(frozen=True)
class Case:
    """`lasting`: what goes wrong never ends, and nobody decides. `given_up`: whoever gets the first case gives it up
    at once; else they retry, a day after. `seed` decides the jitter of every pause."""

    scenario: Scenario
    faults: tuple[Fault, ...] = ()
    lasting: bool = False
    given_up: bool = False
    seed: int = 0


@dataclass
class Outcome:
    """`delivered` counts deliveries by `workflow.state`; `parked` when somebody had to mend something, `asked` when it
    was by a case; `idle` when a fault never befell anything."""

    case: Case | None
    violations: list[str] = field(default_factory=list)
    endings: list[str] = field(default_factory=list)
    delivered: dict[str, int] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    parked: bool = False
    asked: bool = False
    idle: bool = False


@dataclass
class Telling:
    """A story while it is told: on a bench, under a plan of faults, with whoever else acts in it."""

    family: Family
    bench: Bench
    plan: CasePlan
    business_id: str
    outcome: Outcome
    arns: list[str] = field(default_factory=list)
    player: Player = field(default_factory=Nobody)

    def begin(self) -> None:
        """Start the story's executions; after a crash, those that are not there."""
        assert self.outcome.case is not None
        self.arns = list(
            dict.fromkeys(self.outcome.case.scenario.story(self.bench, self.plan, self.business_id))
        )

    @property
    def running(self) -> list[str]:
        return [arn for arn in self.arns if status_of(self.bench, arn) == "RUNNING"]


class Prover:
    """Runs cases one after another, each on tables as they were at the start."""

    def __init__(self, template: Template, tables: Tables, resources: ExitStack) -> None:
        self.template, self.tables = template, tables
        self.world = ProofWorld(template, tables.before, resources)
        self._empty = tables.save()
        self._shops: dict[Family, bytes] = {}
        self._bench: Bench | None = None
        self._of: Family | None = None
        self._ran = 0

    def close(self) -> None:
        if self._bench is not None:
            self._bench.close()
            self._bench = None

    def prove(self, case: Case) -> Outcome:
        """Run a case on an engine that lives."""
        family = case.scenario.family
        if self._ran % CASES_PER_ENGINE == 0 or self._of is not family or case.lasting:
            self.close()
        self._of = family
        business_id = self.fresh(family)
        bench = self._bench = self._bench or self.bench(family)
        bench.engine.engine.random = Random(case.seed)
        telling = self.telling(case, bench, business_id)
        outcome = telling.outcome
        telling.begin()
        try:
            if case.lasting:
                self.to_the_bitter_end(telling)
            else:
                self.to_the_end(telling)
        except (ApiError, DomainError) as error:
            outcome.violations.append(f"the engine or a person was refused: {error!r}")
        finally:
            _clear_away(telling)
        outcome.violations += _otherwise(telling)
        outcome.delivered = dict(telling.plan.delivered)
        outcome.requests = dict(telling.plan.requests)
        outcome.idle = telling.plan.befallen != set(case.faults)
        return outcome

    def fresh(self, family: Family = ORDERS) -> str:
        """The family's shop as it was at the start, and a business id that was never used."""
        self._ran += 1
        if family not in self._shops:
            self.tables.restore(self._empty)
            family.prepare(self.world)
            self._shops[family] = self.tables.save()
        self.tables.restore(self._shops[family])
        family.clear(self.world)
        self.world.events.clear()
        return f"story-{self._ran}"

    def plan(self, faults: tuple[Fault, ...], business_id: str, family: Family = ORDERS) -> CasePlan:
        return CasePlan(
            faults,
            tables=self.tables,
            invoke=self.world.invoke_now,
            rival=lambda: family.rival(self.world, f"{business_id}-rival"),
        )

    def bench(self, family: Family = ORDERS, store: str | Path = ":memory:") -> Bench:
        first, *others = (*family.workflows, *family.others)
        bench = Bench(self.template, first, self.world, store=store)
        for workflow in others:
            bench.deploy(workflow)
        return bench

    def telling(self, case: Case, bench: Bench, business_id: str) -> Telling:
        family = case.scenario.family
        plan = self.plan(case.faults, business_id, family)
        player = case.scenario.player(business_id)
        return Telling(family, bench, plan, business_id, Outcome(case), player=player)

    def to_the_end(self, told: Telling) -> None:
        """Let a story go on to where nothing runs, and note in its outcome whatever is wrong."""
        outcome = told.outcome
        decided: Counter[str] = Counter()
        self.go_on(told)
        while told.running and decided.total() < DECISIONS:
            if not outcome.parked:
                outcome.parked = True
                self._look(told, "parked")
                if told.plan.late and outcome.case and not outcome.case.given_up:
                    told.bench.engine.pass_time(A_DAY)  # what is late comes before the person does
                    self._look(told, "parked a day")
            told.plan.heal()
            self.go_on(told)
            self._decide(told, decided)
            self.go_on(told)
        self._look(told, "ended")
        if outcome.case and not outcome.case.faults:
            outcome.violations += self._unexpected(told, outcome.case.scenario)
        outcome.violations += told.player.found
        outcome.parked |= told.player.needed
        outcome.endings = [told.family.ending(told.bench, arn) for arn in told.arns]
        outcome.violations += self._wrong(told)
        if told.plan.late:
            told.bench.plan = told.plan
            told.bench.late_effects()
            self._look(told, "after late effects")
            self.go_on(told)
            outcome.violations += self._wrong(told)

    def to_the_bitter_end(self, told: Telling) -> None:
        """Let a story go on until it has given up opening a case: it has to fail by the name that is alarmed."""
        waited = 0
        while told.running and waited < YEARS:
            self.go_on(told)
            told.bench.engine.pass_time(PATIENCE)
            waited += PATIENCE
        if "CaseNotOpened" not in (errors := _errors(told)):
            told.outcome.violations.append(
                f"ended: no case could be opened, and what failed did with {errors}"
            )

    def go_on(self, told: Telling) -> None:
        """Let everything run, and others act, until all has ended or waits for a person who has a case."""
        waited = 0
        while True:
            runs = [told.bench.settled(arn) for arn in told.running]
            if told.player.act(told.bench, told.plan, told.arns):
                continue
            left = [run for run in runs if run.status == "RUNNING"]
            if not left or any(run.events[-1]["type"] != "TaskSubmitted" for run in left):
                return  # all over, or two days of tries did not help
            if not all(told.bench.waits(run.arn) for run in left):
                continue  # an engine that took up after a crash has gone on since
            if waited >= PATIENCE or open_cases(self.tables.snapshot()):
                return
            told.bench.engine.pass_time(PAUSE)
            waited += PAUSE

    def _look(self, told: Telling, when: str) -> None:
        told.outcome.violations += [f"{when}: {v.name}: {v.subject}: {v.message}" for v in self._broken(told)]

    def _broken(self, told: Telling) -> list[Violation]:
        """What the invariants say of the shop as it stands."""
        names = told.family.running(told.bench, told.business_id)
        if told.running:
            names |= {told.business_id, *(arn.rpartition(":")[2] for arn in told.running)}
        return check(told.family.seen(self.tables.snapshot(names)))

    def _decide(self, told: Telling, decided: Counter[str]) -> None:
        """Whatever still runs waits for a person who has a case to decide, or for one that does: retry; and
        what a retry cannot mend, such as a void that is refused for ever, is done by hand."""
        running, opened = set(told.running), open_cases(self.tables.snapshot())
        if running and not running & {case["execution"] for case in opened}:
            told.outcome.violations.append(f"parked: {sorted(running)} wait, and no open case tells a person")
            decided["nobody"] = DECISIONS
        store = CasesStore(client("dynamodb"), "CasesTable")
        told.outcome.asked |= bool(opened)
        for case in opened:
            decided[case["case_id"]] += 1
            decision = "retry" if decided[case["case_id"]] <= RETRIES else "done"
            if told.outcome.case and told.outcome.case.given_up and decided.total() == 1:
                decision = "give_up"
            elif (
                decision == "done"
                and told.outcome.case
                and ", case" not in told.outcome.case.scenario.expected
            ):
                told.outcome.violations.append("parked: all is well again, and a retry does not mend it")
            token = store.resolve(case["case_id"], decision, "by the proof")
            resolution = case_rules.resolution(decision, "by the proof")
            # When nobody waits, the task that asked has timed out: it asks again, and opens the case again.
            complete_task(Callbacks(told.bench), token, resolution)

    def _ended(self, told: Telling) -> Ended:
        shop, events = self.tables.snapshot(), self.world.events
        return Ended(told.business_id, told.bench, told.arns, shop, list(events))

    def _unexpected(self, told: Telling, scenario: Scenario) -> Iterator[str]:
        """With nothing wrong the scenario ends as its demo says, and no person is needed."""
        ended = told.family.outcome(self._ended(told))
        expected = scenario.expected.partition(", case")[0]
        if not ended.startswith(expected):
            yield f"ended: it is {ended}, expected {expected}"
        if told.outcome.parked and ", case" not in scenario.expected:
            yield "parked: nothing went wrong, and a person had to decide"

    def _wrong(self, told: Telling) -> Iterator[str]:
        ended = self._ended(told)
        for case in open_cases(ended.shop):
            yield f"ended: case {case['case_id']} is open, and nothing waits for it"
        for sentence in told.family.wrong(ended):
            yield f"ended: {sentence}"


def _errors(told: Telling) -> set[str]:
    """What the executions failed with that an engine of this story's own has run."""
    engine = told.bench.engine
    return {
        str(engine.result(row["executionArn"]).error)
        for workflow in (*told.family.workflows, *told.family.others)
        for row in engine.list_executions(stateMachineArn=told.bench.deploy(workflow), statusFilter="FAILED")[
            "executions"
        ]
    }


def _otherwise(told: Telling) -> Iterator[str]:
    """A second delivery finds what the first did, and answers the same; nothing else wrong, nobody has to be asked."""
    case = told.outcome.case
    only_repeated = case and case.faults and all(fault.kind in REPEATED for fault in case.faults)
    if case and only_repeated and told.outcome.asked and ", case" not in case.scenario.expected:
        yield "parked: something was delivered twice, and a person had to decide"
    for place, *answers in told.plan.answers:
        first, second = map(_lasting_part, answers)
        if first != second:
            yield f"ended: {place} answered {first}, a second delivery {second}"


def _lasting_part(answer: Any) -> Any:
    """An answer without what it says of its own delivery."""
    if not isinstance(answer, dict):
        return answer
    return {name: _lasting_part(value) for name, value in answer.items() if name not in OF_ONE_DELIVERY}


def _clear_away(told: Telling) -> None:
    for effect in told.plan.late:
        effect.cancel()
    engine = told.bench.engine
    for workflow in (*told.family.workflows, *told.family.others):
        machine = told.bench.deploy(workflow)
        for row in engine.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]:
            engine.stop_execution(executionArn=row["executionArn"])


@contextmanager
def prover() -> Iterator[Prover]:
    """A prover with tables of its own; contention is tried again without pauses."""
    template = Template.read()
    with (
        local_dynamodb(template) as tables,
        ExitStack() as resources,
        patch("tillflow.store.time", SimpleNamespace(sleep=lambda seconds: None)),
        patch("aws_lambda_powertools.metrics.Metrics.add_metric"),
        patch("aws_lambda_powertools.metrics.Metrics.flush_metrics"),
    ):
        built = Prover(template, tables, resources)
        try:
            yield built
        finally:
            built.close()
