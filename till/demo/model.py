"""Demos of workflows and their outcomes."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from till.stack import Stack

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one execution of a scenario, with the expected one.

    `expected` and `actual` have the same form, e.g. `PAID` or `REJECTED PaymentDeclined`;
    `compensated_steps` are the compensations that succeeded, in the order in which they ran.
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


def run_scenarios[S](
    scenarios: Sequence[S], run: Callable[[int, S], Outcome], ended: Report, *, threads: int = 1
) -> list[Outcome]:
    """Run scenarios, numbered from 1, on so many threads; call `ended` with the title of each."""

    def run_one(number: int, scenario: S) -> Outcome:
        outcome = run(number, scenario)
        ended(outcome.scenario)
        return outcome

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run_one, range(1, len(scenarios) + 1), scenarios))


class Pipeline(Protocol):
    """The demo of one workflow."""

    name: str
    title: str

    @property
    def scenarios(self) -> int:
        """The number of scenarios that `run` reports."""
        ...

    def run(self, stack: Stack, ended: Report) -> list[Outcome]:
        """Run all scenarios with new business ids; call `ended` with the title of each."""
        ...
