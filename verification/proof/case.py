"""A case of the proof: a scenario with its faults, its run, and the outcome."""

from dataclasses import dataclass, field

from cases.models import Decision

from verification.harness.faults import Fault
from verification.harness.fixture import WorkflowFixture
from verification.proof.families.family import Driver, Family, NoDriver, Scenario, status_of
from verification.proof.schedule import CaseSchedule


@dataclass(frozen=True)
class Case:
    """A scenario and its faults.

    `permanent`: the faults never end, and no case is decided. `decision`: that of the first case; the others are
    retried. With "retry" a case is decided a day later, otherwise at once. `seed` decides the jitter of the retries.
    """

    scenario: Scenario
    faults: tuple[Fault, ...] = ()
    permanent: bool = False
    decision: Decision = "retry"
    seed: int = 0

    @property
    def opens_a_case(self) -> bool:
        """True when the scenario opens a case without any fault."""
        return ", case" in self.scenario.expected


@dataclass
class Outcome:
    """The result of a case.

    `delivered` counts deliveries, `requests` DynamoDB requests by `workflow.state`. `intervened`: a person had to act;
    `case_opened`: by deciding a case. `ineffective`: some fault never occurred.
    """

    case: Case | None
    violations: list[str] = field(default_factory=list)
    delivered: dict[str, int] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    intervened: bool = False
    case_opened: bool = False
    ineffective: bool = False


@dataclass
class CaseRun:
    """A case while it runs: its fixture, its fault schedule, and the driver of the other participants."""

    family: Family
    fixture: WorkflowFixture
    schedule: CaseSchedule
    business_id: str
    outcome: Outcome
    arns: list[str] = field(default_factory=list)
    driver: Driver = field(default_factory=NoDriver)

    def start(self) -> None:
        """Start the executions of the scenario; after a crash, those that do not exist yet."""
        assert self.outcome.case is not None
        started = self.outcome.case.scenario.start(self.fixture, self.schedule, self.business_id)
        self.arns = list(dict.fromkeys(started))

    @property
    def running(self) -> list[str]:
        """Return the executions that have not ended."""
        return [arn for arn in self.arns if status_of(self.fixture, arn) == "RUNNING"]
