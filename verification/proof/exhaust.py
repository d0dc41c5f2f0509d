"""Every case there is, as pieces of work: each fault of each task, each pair, each moment of a crash."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

from verification.harness.faults import FOREVER, Fault, Kind
from verification.proof.coverage import of_side
from verification.proof.crash import Crash, Crashes
from verification.proof.families import SCENARIOS
from verification.proof.plan import LATE, faults_of, faults_within, read, written
from verification.proof.prover import Case, Outcome, Prover

Pairs = Literal["all", "some", "none"]
"""Every pair of faults of every scenario, of those that go every way there is, or of none."""


@dataclass(frozen=True)
class Work:
    """A scenario with nothing wrong, with one fault and each that can follow it, with faults that never end, with
    one that a person gives up, or with a crash."""

    scenario: str
    fault: str = ""
    crash: str = ""
    pairs: bool = False
    lasting: bool = False
    given_up: bool = False

    @property
    def replay(self) -> str:
        flags = (" --lasting" if self.lasting else "") + (" --given-up" if self.given_up else "")
        return replay(self.scenario, self.fault, self.crash) + flags


@dataclass
class Tally:
    """What a piece of work came to. `counts` by workflow and fault, `violations` by the command to replay,
    `reached` are the tasks it came through, as `workflow.state`."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    parked: int = 0
    violations: dict[str, list[str]] = field(default_factory=dict)
    reached: set[str] = field(default_factory=set)

    def add(self, workflow: str, what: str, command: str, outcome: Outcome) -> None:
        self.counts[workflow, what] = self.counts.get((workflow, what), 0) + 1
        self.parked += outcome.parked
        self.reached |= outcome.delivered.keys()
        if outcome.violations:
            self.violations[command] = list(dict.fromkeys(outcome.violations))

    def merge(self, other: "Tally") -> None:
        for name, count in other.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count
        self.parked += other.parked
        self.violations |= other.violations
        self.reached |= other.reached

    @property
    def cases(self) -> int:
        return sum(self.counts.values())


class Exhaust:
    """All the work, and what each piece of it comes to."""

    def __init__(self, prover: Prover) -> None:
        self._prover = prover
        self._crashes: Crashes | None = None
        self.singles = cache(self._every_single)

    def close(self) -> None:
        if self._crashes is not None:
            self._crashes.close()

    def work(self, only: str = "", pairs: Pairs = "some", crashes: bool = True) -> Iterator[Work]:
        """Every piece of work on the scenarios whose name contains `only`."""
        for name, scenario in SCENARIOS.items():
            if only not in name:
                continue
            paired = pairs == "all" or (pairs == "some" and scenario.paired)
            yield Work(name)
            for fault in self.singles(name):
                yield Work(name, written((fault,)), pairs=paired)
            for fault in self.within(name):
                yield Work(name, written((fault,)))
            if scenario.paired:
                for faults in self.crossing(name):
                    yield Work(name, written(faults))
                for faults in self.unheard(name):
                    yield Work(name, written(faults), lasting=True)
                for fault in self.given_up(name):
                    yield Work(name, written((fault,)), given_up=True)
            if crashes:
                for crash in self.crashes.points(scenario):
                    yield Work(name, crash=str(crash))

    def do(self, work: Work) -> Tally:
        """What a piece of work comes to; what the proof itself falls over is not proven, so it is a violation."""
        try:
            return self._do(work)
        except Exception as error:
            return Tally(violations={work.replay: [f"not told to its end: {error!r}"]})

    def _do(self, work: Work) -> Tally:
        tally = Tally()
        scenario = SCENARIOS[work.scenario]
        if work.crash:
            outcome = self.crashes.prove(scenario, Crash.read(work.crash), read(work.fault))
            tally.add(scenario.workflow, "kill -9", work.replay, outcome)
            return tally
        faults = read(work.fault)
        outcome = self._prover.prove(Case(scenario, faults, work.lasting, work.given_up))
        what: str = faults[-1].kind if faults else "nothing"
        what = "nobody to tell" if work.lasting else "given up" if work.given_up else what
        tally.add(scenario.workflow, what, work.replay, outcome)
        if work.pairs:
            for second in self._seconds(work.scenario, faults[0], outcome):
                both = (faults[0], second)
                paired = self._prover.prove(Case(scenario, both))
                if not paired.idle:
                    command = replay(work.scenario, written(both))
                    tally.add(scenario.workflow, f"{faults[0].kind} + another", command, paired)
        return tally

    def _seconds(self, name: str, first: Fault, outcome: Outcome) -> Iterator[Fault]:
        """What can go wrong besides, in every task that was delivered; a pair is tried from one side only."""
        singles = self.singles(name)
        for place in outcome.delivered:
            if workflow_in(place) not in SCENARIOS[name].family.workflows:
                continue
            if place == f"{first.workflow}.{first.state}":
                if first.times != FOREVER:
                    yield from faults_of(place, first=1)
                continue
            for second in faults_of(place):
                if second not in singles or singles.index(second) > singles.index(first):
                    yield second

    def _every_single(self, name: str) -> list[Fault]:
        """Every fault of every task the scenario comes through when nothing goes wrong."""
        return [fault for place in self._places(name) for fault in faults_of(place)]

    def within(self, name: str) -> Iterator[Fault]:
        """Every fault within a function the scenario comes through, at each of its requests of the store."""
        for place in self._places(name):
            yield from faults_within(place, self._requests(name, place))

    def crossing(self, name: str) -> Iterator[tuple[Fault, ...]]:
        """Every task that is given up while it is under way, and has its effect in the midst of what follows: at each
        request of each function."""
        for place in self._places(name):
            late = never(place, "time_out_then_effect")
            delivered = list(self._prover.prove(Case(SCENARIOS[name], (late,))).delivered)
            for other in delivered[delivered.index(place) + 1 :]:
                if workflow_in(other) in SCENARIOS[name].family.workflows:
                    for fault in faults_within(other, self._requests(name, other, late), (LATE,)):
                        yield late, fault

    def _requests(self, name: str, place: str, *besides: Fault) -> int:
        """How often the function of a task asks the store for something."""
        (beyond,) = faults_within(place, 1, (LATE,))
        faults = (*besides, replace(beyond, request=1_000))
        return self._prover.prove(Case(SCENARIOS[name], faults)).requests.get(place, 0)

    def unheard(self, name: str) -> Iterator[tuple[Fault, ...]]:
        """For each case the scenario can come to: the one or two failures that lead there, and its own."""
        known: set[str] = set()
        for faults in self._failing(name):
            reached = self._prover.prove(Case(SCENARIOS[name], faults)).delivered.keys()
            for place in sorted(reached & of_side("case") - known):
                known.add(place)
                yield (*faults, never(place, "fail_before"))

    def given_up(self, name: str) -> Iterator[Fault]:
        """Each task that can still be undone and never answers a workflow that then asks a person."""
        kinds: tuple[Kind, ...] = ("time_out_before", "time_out_then_effect")
        for place in self._places(name):
            if place in of_side("compensatable", "inquiry"):
                silent = (never(place, kind) for kind in kinds)
                yield from (f for f in silent if self._prover.prove(Case(SCENARIOS[name], (f,))).asked)

    def _failing(self, name: str) -> Iterator[tuple[Fault, ...]]:
        """Each task that never answers, then each two of them."""
        pairs = []
        for first in self._places(name):
            silent = never(first, "time_out_before")
            yield (silent,)
            pairs += [
                (silent, never(second, "time_out_before"))
                for second in self._prover.prove(Case(SCENARIOS[name], (silent,))).delivered
                if second not in (first, *of_side("case"))
                and workflow_in(second) in SCENARIOS[name].family.workflows
            ]
        yield from pairs

    def _places(self, name: str) -> list[str]:
        """The tasks under proof that the scenario comes through when nothing goes wrong."""
        scenario = SCENARIOS[name]
        delivered = self._prover.prove(Case(scenario)).delivered
        return [place for place in delivered if workflow_in(place) in scenario.family.workflows]

    @property
    def crashes(self) -> Crashes:
        if self._crashes is None:
            self._crashes = Crashes(self._prover)
        return self._crashes


def never(place: str, kind: Kind) -> Fault:
    """A task that goes wrong so every time."""
    workflow, _, state = place.partition(".")
    return Fault(state, kind, FOREVER, workflow=workflow)


def workflow_in(place: str) -> str:
    """The workflow of a `workflow.state`; of a task in a Map's child executions, the Map's."""
    return place.partition(".")[0].partition("/")[0]


def replay(scenario: str, faults: str = "", crash: str = "") -> str:
    """The command that runs one case alone."""
    command = f"python -m verification.proof replay '{scenario}'"
    return command + (f" --faults '{faults}'" if faults else "") + (f" --crash {crash}" if crash else "")
