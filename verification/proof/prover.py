"""Run one case of the proof to its end, decide the cases it opens, and check it.

When a run waits for a decision, every invariant is checked, and that it has an open case. Then the faults end,
each open case is decided with "retry", and the run continues. At the end the late effects happen, what they start runs
to its end, and everything is checked after each.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from cases import rules as case_rules
from cases.models import Decision
from cases.store import CasesStore
from stepfunctions_local.errors import ApiError
from tillflow.aws import client
from tillflow.callbacks import complete_task
from tillflow.errors import DomainError
from tillflow.handling import logger

from audit import Violation, check
from verification.harness.dynamodb import Tables, local_dynamodb
from verification.harness.engine_callbacks import EngineCallbacks
from verification.harness.fake_stripe import StripeSecret
from verification.harness.faults import Fault
from verification.harness.fixture import START, WorkflowFixture
from verification.harness.services import imported_anew
from verification.harness.template import Template
from verification.proof.case import Case, CaseRun, Outcome
from verification.proof.families import ORDERS, Family
from verification.proof.families.family import FinalState, business_id_of, open_cases, status_of, workflow_of
from verification.proof.families.stripe_orders import ACCOUNT, PROVIDERS
from verification.proof.schedule import A_DAY, CaseSchedule
from verification.proof.services import ProofServices, observed_clients

# An engine keeps every execution and becomes slower with their number.
CASES_PER_ENGINE = 200
# The dates in the scenarios are valid for so many days of virtual time.
DAYS_PER_ENGINE = 14
# The number of retries before a case is decided with "done", and of decisions in all.
RETRIES, DECISIONS = 3, 20
# A wait without a case ends with its timeout; the longest is that for goods.
PAUSE, PATIENCE = 43_200, 100 * 86_400
# Fields of a response that differ between deliveries: a message's id, request metadata, memory used, files removed.
PER_DELIVERY_FIELDS = {"MessageId", "SdkHttpMetadata", "SdkResponseMetadata", "peak_kib", "removed"}
REPEATING_KINDS = ("deliver_twice", "concurrent_delivery")
EXECUTION_EXISTS = "StepFunctions.ExecutionAlreadyExistsException"
# Longer than opening a case is retried, and than an execution may run.
YEARS = 3 * 365 * 86_400
# Shorter than the 90 days for which an ended execution is listed.
LISTED = 80 * 86_400


class Prover:
    """Runs cases one after another, each on the tables as they were at the start."""

    def __init__(self, template: Template, tables: Tables, resources: ExitStack) -> None:
        self.template, self.tables = template, tables
        self.services = ProofServices(template, tables.before, resources)
        self._empty = tables.save()
        self._shops: dict[Family, bytes] = {}
        self._fixture: WorkflowFixture | None = None
        self._fixture_family: Family | None = None
        self._cases = 0

    def close(self) -> None:
        if self._fixture is not None:
            self._fixture.close()
            self._fixture = None

    def prove(self, case: Case) -> Outcome:
        """Run a case on a running engine and return its outcome."""
        family = case.scenario.family
        if self._needs_new_engine(family) or case.permanent:
            self.close()
        self._fixture_family = family
        business_id = self.reset(family)
        fixture = self._fixture = self._fixture or self.build_fixture(family)
        fixture.engine.engine.random = Random(case.seed)
        run = self.case_run(case, fixture, business_id)
        outcome = run.outcome
        run.start()
        try:
            if case.permanent:
                self.run_until_abandoned(run)
            else:
                self.run_to_end(run)
        except (ApiError, DomainError) as error:
            outcome.violations.append(f"the engine or a decision was refused: {error!r}")
        finally:
            _stop(run)
        outcome.violations += _check_deliveries(run)
        outcome.delivered = dict(run.schedule.delivered)
        outcome.requests = dict(run.schedule.requests)
        outcome.ineffective = run.schedule.applied != set(case.faults)
        return outcome

    def _needs_new_engine(self, family: Family) -> bool:
        if self._fixture is None or self._fixture_family is not family:
            return True
        elapsed = self._fixture.engine.clock.now() - START
        return self._cases % CASES_PER_ENGINE == 0 or bool(elapsed > DAYS_PER_ENGINE * 86_400)

    def reset(self, family: Family = ORDERS) -> str:
        """Restore the family's shop as it was at the start; return an unused business id."""
        self._cases += 1
        if family not in self._shops:
            self.tables.restore(self._empty)
            family.prepare(self.services)
            self._shops[family] = self.tables.save()
        self.tables.restore(self._shops[family])
        family.reset(self.services)
        self.services.events.clear()
        return f"case-{self._cases}"

    def schedule(self, faults: tuple[Fault, ...], business_id: str, family: Family = ORDERS) -> CaseSchedule:
        return CaseSchedule(
            faults,
            tables=self.tables,
            invoke=self.services.invoke_now,
            concurrent_process=lambda: family.run_concurrent_process(
                self.services, f"{business_id}-concurrent"
            ),
        )

    def build_fixture(self, family: Family = ORDERS, store: str | Path = ":memory:") -> WorkflowFixture:
        first, *others = (*family.workflows, *family.others)
        fixture = WorkflowFixture(self.template, first, self.services, store=store)
        for workflow in others:
            fixture.deploy(workflow)
        return fixture

    def case_run(self, case: Case, fixture: WorkflowFixture, business_id: str) -> CaseRun:
        family = case.scenario.family
        schedule = self.schedule(case.faults, business_id, family)
        driver = case.scenario.driver(business_id)
        return CaseRun(family, fixture, schedule, business_id, Outcome(case), driver=driver)

    def run_to_end(self, run: CaseRun) -> None:
        """Run a case until all executions have ended; add every violation to its outcome."""
        outcome, case = run.outcome, run.outcome.case
        decided: Counter[str] = Counter()
        self.proceed(run)
        while run.running and decided.total() < DECISIONS:
            if not outcome.intervened:
                outcome.intervened = True
                self._audit(run, "waiting")
                if run.schedule.late and case and case.decision == "retry":
                    run.fixture.engine.pass_time(A_DAY)  # late effects happen before the decision
                    self._audit(run, "waiting for a day")
            run.schedule.end_faults()
            self.proceed(run)
            self._decide(run, decided)
            self.proceed(run)
        self._audit(run, "ended")
        if case and (not case.faults or all(map(_is_absorbed, case.faults))):
            outcome.violations += self._check_expected(run, case)
        outcome.violations += run.driver.violations
        outcome.intervened |= run.driver.intervened
        outcome.violations += self._check_end(run)
        if run.schedule.late:
            run.fixture.schedule = run.schedule
            run.fixture.apply_late_effects()
            self._audit(run, "after late effects")
            self.proceed(run)
            self._audit(run, "after what late effects have started")
            outcome.violations += self._check_end(run)

    def run_until_abandoned(self, run: CaseRun) -> None:
        """Run a case until opening its case has been abandoned; it must fail with the error that raises an alarm."""
        waited, errors = 0, _errors(run)
        while run.running and waited < YEARS and "CaseNotOpened" not in errors:
            self.proceed(run)
            run.fixture.engine.pass_time(LISTED)
            waited += LISTED
            errors = _errors(run)
        if "CaseNotOpened" not in errors:
            run.outcome.violations.append(
                f"ended: no case could be opened, and the executions failed with {errors}"
            )

    def proceed(self, run: CaseRun) -> None:
        """Let executions and the driver proceed until all have ended or wait for a person who has a case."""
        waited = 0
        while True:
            unfinished = {
                arn: run.fixture.is_waiting(arn)
                for arn in run.running
                if run.fixture.run_until_settled(arn).status == "RUNNING"
            }
            if run.driver.advance(run.fixture, run.schedule, run.arns):
                continue
            if not all(unfinished.values()) or not unfinished:
                return  # all ended, or two days of retries did not help
            if not all(map(run.fixture.is_waiting, unfinished)):
                continue  # an engine that recovered from a crash has made progress since
            if waited >= PATIENCE or open_cases(self.tables.snapshot()):
                return
            run.fixture.engine.pass_time(PAUSE)
            waited += PAUSE

    def _audit(self, run: CaseRun, when: str) -> None:
        run.outcome.violations += [
            f"{when}: {violation.name}: {violation.subject}: {violation.message}"
            for violation in self._violated_invariants(run)
        ]

    def _violated_invariants(self, run: CaseRun) -> list[Violation]:
        names = run.family.in_progress(run.fixture, run.business_id)
        if run.running:
            names |= {run.business_id, *map(business_id_of, run.running)}
        shop = replace(self.tables.snapshot(names), succeeded=_succeeded(run))
        return check(run.family.with_external_state(shop))

    def _decide(self, run: CaseRun, decided: Counter[str]) -> None:
        """Decide every open case with "retry"; then with "done", for failures that no retry fixes.

        Every running execution must wait for a case, or for another execution that does.
        """
        outcome, case = run.outcome, run.outcome.case
        running, opened = set(run.running), open_cases(self.tables.snapshot())
        if running and not running & {row["execution"] for row in opened}:
            outcome.violations.append(f"waiting: {sorted(running)} wait without an open case")
            decided["no case"] = DECISIONS
        store = CasesStore(client("dynamodb"), "CasesTable")
        outcome.case_opened |= bool(opened)
        for row in opened:
            decided[row["case_id"]] += 1
            decision: Decision = "retry" if decided[row["case_id"]] <= RETRIES else "done"
            if case and case.decision != "retry" and decided.total() == 1:
                decision = case.decision
            elif decision == "done" and case and not case.opens_a_case:
                outcome.violations.append("waiting: the faults have ended, and a retry does not succeed")
            token = store.resolve(row["case_id"], decision, "by the proof")
            resolution = case_rules.resolution(decision, "by the proof")
            # A token may have timed out; the task then opens the case again.
            complete_task(EngineCallbacks(run.fixture), token, resolution)

    def _final_state(self, run: CaseRun) -> FinalState:
        shop, events = self.tables.snapshot(), self.services.events
        return FinalState(run.business_id, run.fixture, run.arns, shop, list(events))

    def _check_expected(self, run: CaseRun, case: Case) -> Iterator[str]:
        """Without faults, or with faults that retries absorb, the scenario ends as expected."""
        actual = run.family.describe_outcome(self._final_state(run))
        expected = case.scenario.expected.partition(", case")[0]
        if not actual.startswith(expected):
            yield f"ended: the outcome is {actual}; expected {expected}"
        if run.outcome.intervened and not case.opens_a_case:
            yield "waiting: nothing failed permanently, and a person had to decide"
        if not case.faults:
            yield from _failed_expressions(run)

    def _check_end(self, run: CaseRun) -> Iterator[str]:
        final = self._final_state(run)
        for case in open_cases(final.shop):
            yield f"ended: case {case['case_id']} is open, and no execution waits for it"
        for violation in _check_event_ids(run.family, final.events):
            yield f"ended: {violation}"
        for violation in run.family.check_end(final):
            yield f"ended: {violation}"


def _check_event_ids(family: Family, events: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Every delivery of an event has the same id, by which consumers deduplicate."""
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for entry in events:
        subject, event_id = family.event_identity(entry)
        ids[subject].add(event_id)
    for subject, known in ids.items():
        if len(known) > 1:
            yield f"{subject} was published with {len(known)} event ids: {', '.join(sorted(known))}"


def _errors(run: CaseRun) -> set[str]:
    """Return the errors of the failed executions of an engine that ran only this case."""
    engine = run.fixture.engine
    return {
        str(engine.result(row["executionArn"]).error)
        for workflow in (*run.family.workflows, *run.family.others)
        for row in engine.list_executions(
            stateMachineArn=run.fixture.deploy(workflow), statusFilter="FAILED"
        )["executions"]
    }


def _failed_expressions(run: CaseRun) -> Iterator[str]:
    """Every response has what the definition reads from it: one that has not can be recovered from unseen."""
    started = [arn for arn in run.arns if run.fixture.engine.engine.execution_row(arn)]
    for arn in started:
        for event in run.fixture.engine.result(arn).history:
            if details := event.get("evaluationFailedEventDetails"):
                yield f"ended: {workflow_of(arn)}.{details['state']}: {details['cause']}"


def _check_deliveries(run: CaseRun) -> Iterator[str]:
    """A second delivery returns the first response; repeated deliveries alone open no case."""
    case = run.outcome.case
    only_repeated = case and case.faults and all(fault.kind in REPEATING_KINDS for fault in case.faults)
    if case and only_repeated and run.outcome.case_opened and not case.opens_a_case:
        yield "waiting: a task was delivered twice, and a person had to decide"
    for place, *responses in run.schedule.responses:
        first, second = map(_without_delivery_fields, responses)
        # Step Functions itself refuses to start an execution that has ended; the definition catches that.
        if first != second and not _is_waiting(first) and getattr(second, "error", None) != EXECUTION_EXISTS:
            yield f"ended: {place} returned {first}, and {second} for a second delivery"


def _is_waiting(response: Any) -> bool:
    """True if a cardholder has not confirmed yet, or an execution has not ended: a later response may say more."""
    if not isinstance(response, dict):
        return False
    if response.get("Status") == "RUNNING":
        return True
    payload = response.get("Payload")
    tenders = payload.get("tenders", []) if isinstance(payload, dict) else []
    return any(tender["state"] == "authorising" for tender in tenders)


def _is_absorbed(fault: Fault) -> bool:
    """True for a fault that a retry absorbs: the scenario must end as without it."""
    return fault.kind == "throttled" and fault.times == 1


def _without_delivery_fields(response: Any) -> Any:
    if not isinstance(response, dict):
        return response
    return {
        name: _without_delivery_fields(value)
        for name, value in response.items()
        if name not in PER_DELIVERY_FIELDS
    }


def _succeeded(run: CaseRun) -> dict[str, frozenset[str]]:
    """Return the names of the executions of a case that succeeded, by workflow."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    for arn in run.arns:
        if status_of(run.fixture, arn) == "SUCCEEDED":
            names[workflow_of(arn)].add(business_id_of(arn))
    return {workflow: frozenset(ended) for workflow, ended in names.items()}


def _stop(run: CaseRun) -> None:
    for effect in run.schedule.late:
        effect.cancel()
    engine = run.fixture.engine
    for workflow in (*run.family.workflows, *run.family.others):
        machine = run.fixture.deploy(workflow)
        for row in engine.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]:
            engine.stop_execution(executionArn=row["executionArn"])


@contextmanager
def prover(template: Template | None = None) -> Iterator[Prover]:
    """Return a prover with tables of its own, in which contention is retried without pauses.

    template: another one than that of the project.
    """
    template = template or Template.read()
    chosen = {"PaymentProviders": PROVIDERS, "CardReturnUrl": "https://shop.example/paid"}
    template = replace(template, parameters={**template.parameters, **chosen})
    with (
        local_dynamodb(template) as tables,
        imported_anew(template),
        patch("stripe.RequestsClient", lambda **_: ACCOUNT.transport()),
        patch.object(client("secretsmanager"), "get_secret_value", StripeSecret().get_secret_value),
        ExitStack() as resources,
        observed_clients(tables.before),
        patch("tillflow.store.time", SimpleNamespace(sleep=lambda seconds: None)),
        patch.dict(os.environ, {"POWERTOOLS_METRICS_DISABLED": "true"}),
        patch("cases.measures.single_metric"),
    ):
        resources.callback(logger.setLevel, logger.log_level)
        logger.setLevel("CRITICAL")
        built = Prover(template, tables, resources)
        try:
            yield built
        finally:
            built.close()
