"""What a demo of a pipeline is, and what it reports."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from till.stack import Stack

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one execution of a scenario ended, and how it should have.

    `expected` and `actual` are in the same words, e.g. `PAID` or `REJECTED PaymentDeclined`;
    `compensated_steps` are the compensations that succeeded, in the order they ran.
    """

    scenario: str
    business_id: str
    execution_arn: str
    expected: str
    actual: str
    compensated_steps: list[str]

    @property
    def as_expected(self) -> bool:
        return self.expected == self.actual

    def document(self) -> dict[str, Any]:
        return asdict(self)


class Pipeline(Protocol):
    """The demo of one workflow. `run` prepares what it needs, runs every scenario, and reports."""

    name: str
    title: str

    @property
    def scenarios(self) -> int:
        """How many scenarios `run` reports as they end."""
        ...

    def run(self, stack: Stack, ended: Report) -> list[Outcome]:
        """Run every scenario under fresh business ids; `ended` is called with each by its title."""
        ...
