"""A family of workflows in the proof: the shop it needs, its scenarios, and the checks of their outcomes.

The prover handles engines, faults and cases; a family handles the domain of its workflows.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from tillflow.callbacks import NO_WORKFLOW

from audit import Snapshot
from verification.harness.fixture import WorkflowFixture
from verification.proof.schedule import CaseSchedule
from verification.proof.services import ProofServices

StartExecutions = Callable[[WorkflowFixture, CaseSchedule, str], list[str]]
"""Starts the executions of a scenario under a business id and returns their ARNs.

Called again after a crash, it starts those that do not exist yet. Faults affect only what it starts after it has set
`fixture.schedule`.
"""


class Driver(Protocol):
    """Acts for the other participants of a scenario: a supplier, a manager, the nightly schedule.

    `violations`: what was wrong when it acted; `intervened`: it had to act on a failure.
    """

    violations: list[str]
    intervened: bool

    def advance(self, fixture: WorkflowFixture, schedule: CaseSchedule, arns: list[str]) -> bool:
        """Take the next step now that no execution makes progress; return False when there is none.

        ARNs of executions that it starts are added to `arns`. A step that a crash interrupted may be asked for again.
        """


class NoDriver:
    """The driver of a scenario without other participants."""

    def __init__(self) -> None:
        self.violations: list[str] = []
        self.intervened = False

    def advance(self, fixture: WorkflowFixture, schedule: CaseSchedule, arns: list[str]) -> bool:
        return False


@dataclass(frozen=True)
class Scenario:
    """`expected`: the outcome without faults, with ", case" when the scenario opens one itself.

    `paired`: pairs of faults are tried on it too. `optional`: it is run only if it is asked for.
    """

    family: "Family"
    workflow: str
    title: str
    start: StartExecutions
    expected: str
    paired: bool = False
    driver: Callable[[str], Driver] = lambda business_id: NoDriver()
    optional: bool = False

    @property
    def name(self) -> str:
        return f"{self.workflow}/{self.title}"


@dataclass(frozen=True)
class FinalState:
    """The state after a case: its executions, the shop, and the events that were published."""

    business_id: str
    fixture: WorkflowFixture
    arns: list[str]
    shop: Snapshot
    events: list[Any]

    def status(self, arn: str) -> str:
        return status_of(self.fixture, arn)

    @cached_property
    def open_cases(self) -> list[Any]:
        return open_cases(self.shop)


class Family(Protocol):
    """`workflows`: those under proof; `others`: those that they start.

    `past_pivot`: tasks before the pivot of their own workflow that run after the pivot of the workflow that starts it,
    so that nothing is undone when they are given up.
    """

    workflows: tuple[str, ...]
    others: tuple[str, ...]
    past_pivot: frozenset[str] = frozenset()

    def prepare(self, services: ProofServices) -> None:
        """Fill the empty tables with a shop."""

    def reset(self, services: ProofServices) -> None:
        """Reset, before a case, state outside the tables."""
        return

    def with_external_state(self, shop: Snapshot) -> Snapshot:
        """Add state outside the tables that invariants read."""
        return shop

    def scenarios(self) -> Iterator[Scenario]: ...

    def run_concurrent_process(self, services: ProofServices, business_id: str) -> None:
        """Run another business process on the same goods to its end, synchronously."""
        ...

    def in_progress(self, fixture: WorkflowFixture, business_id: str) -> frozenset[str]:
        """Return the business ids that are still in progress although the case has ended."""
        return frozenset()

    def check_end(self, final: FinalState) -> Iterator[str]:
        """Yield what is wrong in the final state of a case and is not covered by an invariant."""

    def event_identity(self, entry: Mapping[str, Any]) -> tuple[str, str]:
        """Return what an event is about and its id: deliveries of one event must have one id."""
        detail = json.loads(entry["Detail"])
        return f"{entry['DetailType']} of {detail['order_id']}", detail["event_id"]

    def describe_outcome(self, final: FinalState) -> str:
        """Return the outcome in the words of `Scenario.expected`."""


def workflow_of(arn: str) -> str:
    return arn.split(":")[6]


def business_id_of(arn: str) -> str:
    """Return the business id that an execution is named after."""
    return arn.rpartition(":")[2].partition(".")[0]


def status_of(fixture: WorkflowFixture, arn: str) -> str:
    row = fixture.engine.engine.execution_row(arn)
    return str(row["status"]) if row else "NOT STARTED"


def entered(fixture: WorkflowFixture, arn: str) -> set[str]:
    """Return the states that an execution has entered."""
    details = (event.get("stateEnteredEventDetails") for event in fixture.engine.result(arn).history)
    return {detail["name"] for detail in details if detail}


def open_cases(shop: Snapshot) -> list[Any]:
    """Return the open cases for whose decision a workflow waits."""
    return [
        case
        for cases in shop.cases.values()
        for case in cases
        if case["status"] == "OPEN" and case["task_token"] != NO_WORKFLOW
    ]
