"""Kill the engine at every commit of a scenario: just before it, losing what was done since the last, and just after.

The services keep their state; a new engine opens the store and continues.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stepfunctions_local.faults.crash import Killed, around_commits, kill

from verification.harness.faults import Fault
from verification.proof.case import Case, Outcome
from verification.proof.families import Family, Scenario
from verification.proof.prover import Prover


@dataclass(frozen=True)
class Crash:
    """The point just before or just after the engine's commit with this number, from 1."""

    commit: int
    after: bool

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'}:{self.commit}"

    @classmethod
    def read(cls, text: str) -> "Crash":
        when, _, number = text.partition(":")
        return cls(int(number), when == "after")


class Crashes:
    """Runs scenarios with a crash, each on a copy of a store that has the workflows deployed."""

    def __init__(self, prover: Prover) -> None:
        self._prover = prover
        # In memory if possible: each case writes the store about ten times.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self._folder = Path(tempfile.mkdtemp(prefix="proof-", dir=memory))
        self._deployed: dict[Family, Path] = {}

    def close(self) -> None:
        shutil.rmtree(self._folder)

    def points(self, scenario: Scenario, faults: tuple[Fault, ...] = ()) -> Iterator[Crash]:
        """Yield every point at which killing the engine leaves another state of its store."""
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
        business_id = prover.reset(family)
        fixture = prover.build_fixture(family, self._folder / "case.db")
        run = prover.case_run(Case(scenario, faults), fixture, business_id)
        try:
            with around_commits(fixture.engine, before, after):
                run.start()
                prover.proceed(run)
        except Killed:
            abandoned = fixture.engine
            fixture.engine = fixture.create_engine(kill(abandoned))
            # A caller that got no response calls again, while the engine recovers its executions.
            run.start()
            fixture.engine.pass_time(1)
        try:
            prover.run_to_end(run)
        finally:
            fixture.close()
        run.outcome.delivered = dict(run.schedule.delivered)
        return run.outcome

    def _store_of(self, family: Family) -> Path:
        """Return a store with the family's workflows deployed and no executions."""
        if family not in self._deployed:
            store = self._folder / f"deployed-{len(self._deployed)}.db"
            self._prover.build_fixture(family, store).close()
            self._deployed[family] = store
        return self._deployed[family]
