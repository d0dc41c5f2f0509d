"""What a family of workflows brings to the proof: its shop, its stories, and what a right end is.

The prover knows of engines, faults and cases; a family of what its workflows are about.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from audit import Snapshot
from verification.harness.harness import Bench
from verification.proof.plan import CasePlan
from verification.proof.world import ProofWorld

Story = Callable[[Bench, CasePlan, str], list[str]]
"""Starts a story's executions on a bench, under a business id, and gives their ARNs. Told again after a crash,
it starts what is not there yet. The faults of a case befall only what it starts after `bench.plan` is in place."""


class Player(Protocol):
    """Whoever else acts in a story: a supplier, a manager, the next night.

    `found`: what was wrong when they came; `needed`: whether something had failed that only they could mend.
    """

    found: list[str]
    needed: bool

    def act(self, bench: Bench, plan: CasePlan, arns: list[str]) -> bool:
        """Do what it is time for now that nothing moves; False when there is nothing to do.

        What is started is added to `arns`. It may be asked again for what a crash interrupted.
        """


class Nobody:
    """The player of a story that needs none."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.needed = False

    def act(self, bench: Bench, plan: CasePlan, arns: list[str]) -> bool:
        return False


@dataclass(frozen=True)
class Scenario:
    """`expected`: what is there when nothing goes wrong, and ", case" when one is the scenario's own.

    `paired`: every pair of faults is tried on it, and not only every one.
    """

    family: "Family"
    workflow: str
    title: str
    story: Story
    expected: str
    paired: bool = False
    player: Callable[[str], Player] = lambda business_id: Nobody()

    @property
    def name(self) -> str:
        return f"{self.workflow}/{self.title}"


@dataclass(frozen=True)
class Ended:
    """A story that is over: its executions, the shop as it is now, what was announced."""

    business_id: str
    bench: Bench
    arns: list[str]
    shop: Snapshot
    events: list[Any]

    def status(self, arn: str) -> str:
        return status_of(self.bench, arn)

    @cached_property
    def open_cases(self) -> list[Any]:
        return open_cases(self.shop)


class Family(Protocol):
    """`workflows`: what is under proof here; `others`: what they start besides."""

    workflows: tuple[str, ...]
    others: tuple[str, ...]

    def prepare(self, world: ProofWorld) -> None:
        """Fill the empty tables with a shop to begin with."""

    def clear(self, world: ProofWorld) -> None:
        """Take back, before a story, what the tables do not hold."""
        return

    def seen(self, shop: Snapshot) -> Snapshot:
        """The tables' snapshot with what else the invariants look at."""
        return shop

    def scenarios(self) -> Iterator[Scenario]: ...

    def rival(self, world: ProofWorld, business_id: str) -> None:
        """Another story of the same goods, told to its end at once."""

    def running(self, bench: Bench, business_id: str) -> frozenset[str]:
        """The business ids that stay between two truths although the story is over."""
        return frozenset()

    def wrong(self, ended: Ended) -> Iterator[str]:
        """What is wrong with a story's end that no invariant of the shop says."""

    def outcome(self, ended: Ended) -> str:
        """How it ended, in the words of `Scenario.expected`."""

    def ending(self, bench: Bench, arn: str) -> str:
        """How an execution ended, in a word or two."""
        return status_of(bench, arn)


def workflow_of(arn: str) -> str:
    return arn.split(":")[6]


def status_of(bench: Bench, arn: str) -> str:
    row = bench.engine.engine.execution_row(arn)
    return str(row["status"]) if row else "NOT STARTED"


def entered(bench: Bench, arn: str) -> set[str]:
    """The states an execution has been in."""
    details = (event.get("stateEnteredEventDetails") for event in bench.engine.result(arn).history)
    return {detail["name"] for detail in details if detail}


def open_cases(shop: Snapshot) -> list[Any]:
    return [case for cases in shop.cases.values() for case in cases if case["status"] == "OPEN"]
