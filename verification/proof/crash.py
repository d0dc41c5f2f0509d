"""kill -9 of the engine, at every commit of a scenario: just before it, when what was done since the last is
lost, and just after. The world stays as it was; a new engine takes the store up and goes on.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stepfunctions_local.faults.crash import Killed, around_commits, kill

from verification.harness.faults import Fault
from verification.proof.families import Family, Scenario
from verification.proof.prover import Case, Outcome, Prover


@dataclass(frozen=True)
class Crash:
    """Just before or just after the engine's commit with this number, from 1."""

    commit: int
    after: bool

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'}:{self.commit}"

    @classmethod
    def read(cls, text: str) -> "Crash":
        when, _, number = text.partition(":")
        return cls(int(number), when == "after")


class Crashes:
    """Runs scenarios with crashes in them, each on a copy of a store that has the workflows deployed."""

    def __init__(self, prover: Prover) -> None:
        self._prover = prover
        # Memory where there is some: a store is written some ten times a case.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self._folder = Path(tempfile.mkdtemp(prefix="proof-", dir=memory))
        self._deployed: dict[Family, Path] = {}

    def close(self) -> None:
        shutil.rmtree(self._folder)

    def points(self, scenario: Scenario, faults: tuple[Fault, ...] = ()) -> Iterator[Crash]:
        """Every moment at which a scenario's engine could be killed and leave something else behind."""
        commits = 0

        def count() -> None:
            nonlocal commits
            commits += 1

        self._run(scenario, faults, count, lambda: None)
        for commit in range(1, commits + 1):
            yield Crash(commit, after=False)
            yield Crash(commit, after=True)

    def prove(self, scenario: Scenario, crash: Crash, faults: tuple[Fault, ...] = ()) -> Outcome:
        commits = 0

        def before() -> None:
            nonlocal commits
            commits += 1
            if commits == crash.commit and not crash.after:
                raise Killed

        def after() -> None:
            if commits == crash.commit and crash.after:
                raise Killed

        return self._run(scenario, faults, before, after)

    def _run(
        self,
        scenario: Scenario,
        faults: tuple[Fault, ...],
        before: Callable[[], None],
        after: Callable[[], None],
    ) -> Outcome:
        for old in self._folder.glob("case.db*"):
            old.unlink()
        prover, family = self._prover, scenario.family
        shutil.copy(self._store_of(family), self._folder / "case.db")
        business_id = prover.fresh(family)
        bench = prover.bench(family, self._folder / "case.db")
        told = prover.telling(Case(scenario, faults), bench, business_id)
        try:
            with around_commits(bench.engine, before, after):
                told.begin()
                prover.go_on(told)
        except Killed:
            abandoned = bench.engine
            bench.engine = bench.power_up(kill(abandoned))
            # Whoever had asked and heard nothing asks again, while the engine takes up what it finds.
            told.begin()
            bench.engine.pass_time(1)
        try:
            prover.to_the_end(told)
        finally:
            bench.close()
        told.outcome.delivered = dict(told.plan.delivered)
        return told.outcome

    def _store_of(self, family: Family) -> Path:
        """A store with the family's workflows deployed, and nothing run."""
        if family not in self._deployed:
            store = self._folder / f"deployed-{len(self._deployed)}.db"
            self._prover.bench(family, store).close()
            self._deployed[family] = store
        return self._deployed[family]
