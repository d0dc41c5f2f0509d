"""Enumerate every case as work items: each fault of each task, each pair of faults, each point of a crash."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

from cases.models import Decision

from verification.harness.faults import FOREVER, Fault, Kind
from verification.proof.case import Case, Outcome
from verification.proof.coverage import of_side
from verification.proof.crash import Crash, Crashes
from verification.proof.families import SCENARIOS
from verification.proof.prover import Prover
from verification.proof.schedule import LATE, format_faults, parse_faults, request_faults, task_faults

TIMEOUTS: tuple[Kind, ...] = ("time_out_before", "time_out_after", "time_out_then_effect")
# What a case is counted as whose first decision is not to retry.
DECIDED: dict[Decision, str] = {"give_up": "given up", "done": "done by hand"}

Pairs = Literal["all", "some", "none"]
"""The scenarios whose pairs of faults are tried: all, those marked as paired, or none."""


@dataclass(frozen=True)
class WorkItem:
    """A scenario without faults, with a fault (with `pairs`: and each that can follow it), or with a crash.

    `permanent`: the faults never end. `decision`: that of the first case.
    """

    scenario: str
    fault: str = ""
    crash: str = ""
    pairs: bool = False
    permanent: bool = False
    decision: Decision = "retry"

    @property
    def replay(self) -> str:
        flags = " --permanent" if self.permanent else ""
        flags += f" --decision {self.decision}" if self.decision != "retry" else ""
        return replay_command(self.scenario, self.fault, self.crash) + flags


@dataclass
class Tally:
    """The result of work items: `counts` of cases by workflow and fault, `violations` by the command that replays
    them, `reached` tasks as `workflow.state`."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    intervened: int = 0
    violations: dict[str, list[str]] = field(default_factory=dict)
    reached: set[str] = field(default_factory=set)

    def add(self, workflow: str, what: str, command: str, outcome: Outcome) -> None:
        self.counts[workflow, what] = self.counts.get((workflow, what), 0) + 1
        self.intervened += outcome.intervened
        self.reached |= outcome.delivered.keys()
        if outcome.violations:
            self.violations[command] = list(dict.fromkeys(outcome.violations))

    def merge(self, other: "Tally") -> None:
        for name, count in other.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count
        self.intervened += other.intervened
        self.violations |= other.violations
        self.reached |= other.reached

    @property
    def cases(self) -> int:
        return sum(self.counts.values())


class CaseEnumeration:
    """Lists the work items of a scenario, and runs them."""

    def __init__(self, prover: Prover) -> None:
        self._prover = prover
        self._crashes: Crashes | None = None
        self.singles = cache(self._single_faults)

    def close(self) -> None:
        if self._crashes is not None:
            self._crashes.close()

    def work(self, name: str, pairs: Pairs = "some", crashes: bool = True) -> Iterator[WorkItem]:
        """Yield every work item of a scenario."""
        scenario = SCENARIOS[name]
        paired = pairs == "all" or (pairs == "some" and scenario.paired)
        yield WorkItem(name)
        for fault in self.singles(name):
            yield WorkItem(name, format_faults((fault,)), pairs=paired)
        for fault in self.request_faults(name):
            yield WorkItem(name, format_faults((fault,)))
        if scenario.paired:
            for faults in self.late_effects(name):
                yield WorkItem(name, format_faults(faults))
            for faults in self.unopened_cases(name):
                yield WorkItem(name, format_faults(faults), permanent=True)
            for fault in self.given_up_tasks(name):
                yield WorkItem(name, format_faults((fault,)), decision="give_up")
            for faults in self.settled_by_hand(name):
                yield WorkItem(name, format_faults(faults), decision="done")
        if crashes:
            for crash in self.crashes.points(scenario):
                yield WorkItem(name, crash=str(crash))

    def run(self, work: WorkItem) -> Tally:
        """Run a work item. An error of the proof itself is a violation too: the case is not proven."""
        try:
            return self._run(work)
        except Exception as error:
            return Tally(violations={work.replay: [f"not run to its end: {error!r}"]})

    def _run(self, work: WorkItem) -> Tally:
        tally = Tally()
        scenario = SCENARIOS[work.scenario]
        if work.crash:
            outcome = self.crashes.prove(scenario, Crash.read(work.crash), parse_faults(work.fault))
            tally.add(scenario.workflow, "kill -9", work.replay, outcome)
            return tally
        faults = parse_faults(work.fault)
        outcome = self._prover.prove(Case(scenario, faults, work.permanent, work.decision))
        what: str = faults[-1].kind if faults else "no fault"
        what = "case not opened" if work.permanent else DECIDED.get(work.decision, what)
        tally.add(scenario.workflow, what, work.replay, outcome)
        if work.pairs:
            for second in self._second_faults(work.scenario, faults[0], outcome):
                both = (faults[0], second)
                paired = self._prover.prove(Case(scenario, both))
                if not paired.ineffective:
                    command = replay_command(work.scenario, format_faults(both))
                    tally.add(scenario.workflow, f"{faults[0].kind} + another", command, paired)
        return tally

    def _second_faults(self, name: str, first: Fault, outcome: Outcome) -> Iterator[Fault]:
        """Yield the second faults of a pair, in every task that was delivered; each pair is tried once."""
        singles = self.singles(name)
        for place in outcome.delivered:
            if workflow_in(place) not in SCENARIOS[name].family.workflows:
                continue
            if place == f"{first.workflow}.{first.state}":
                if first.times != FOREVER:
                    yield from task_faults(place, first=1)
                continue
            for second in task_faults(place):
                if second not in singles or singles.index(second) > singles.index(first):
                    yield second

    def _single_faults(self, name: str) -> list[Fault]:
        """Return every fault of every task that the scenario reaches without faults."""
        return [fault for place in self._places(name) for fault in task_faults(place)]

    def request_faults(self, name: str) -> Iterator[Fault]:
        """Yield every fault within a function, at each of its DynamoDB requests."""
        places = self._places(name)
        requests = self._requests(name, places)
        for place in places:
            yield from request_faults(place, requests.get(place, 0))

    def late_effects(self, name: str) -> Iterator[tuple[Fault, ...]]:
        """Yield every task that times out and has its effect later, with each request before which it can happen."""
        for place in self._places(name):
            late = permanent_fault(place, "time_out_then_effect")
            delivered = list(self._prover.prove(Case(SCENARIOS[name], (late,))).delivered)
            after = delivered[delivered.index(place) + 1 :]
            others = [other for other in after if workflow_in(other) in SCENARIOS[name].family.workflows]
            requests = self._requests(name, others, late)
            for other in others:
                for fault in request_faults(other, requests.get(other, 0), (LATE,)):
                    yield late, fault

    def _requests(self, name: str, places: Iterable[str], *earlier: Fault) -> dict[str, int]:
        """Return the number of DynamoDB requests that the functions of these tasks make after earlier faults."""
        # A fault that never takes effect: requests are counted only in tasks that have one.
        beyond = (replace(*request_faults(place, 1, (LATE,)), request=1_000) for place in places)
        return self._prover.prove(Case(SCENARIOS[name], (*earlier, *beyond))).requests

    def unopened_cases(self, name: str) -> Iterator[tuple[Fault, ...]]:
        """Yield, for each case that the scenario can open, the failures that lead to it and its own."""
        known: set[str] = set()
        for faults in self._failing(name):
            reached = self._prover.prove(Case(SCENARIOS[name], faults)).delivered.keys()
            for place in sorted(reached & of_side("case") - known):
                known.add(place)
                yield (*faults, permanent_fault(place, "fail_before"))

    def given_up_tasks(self, name: str) -> Iterator[Fault]:
        """Yield each task before the pivot whose permanent timeout opens a case."""
        kinds: tuple[Kind, ...] = ("time_out_before", "time_out_then_effect")
        for place in self._places(name):
            if place in of_side("compensatable", "inquiry") - SCENARIOS[name].family.past_pivot:
                timed_out = (permanent_fault(place, kind) for kind in kinds)
                yield from (
                    f for f in timed_out if self._prover.prove(Case(SCENARIOS[name], (f,))).case_opened
                )

    def settled_by_hand(self, name: str) -> Iterator[tuple[Fault, ...]]:
        """Yield the failures that can open a case, to be decided as done by hand; the last has its effect or has not.

        With them, each fault of the tasks that only this decision leads to.
        """
        retried: set[str] = set()
        for faults in self._failing(name):
            *others, last = faults
            for kind in TIMEOUTS:
                yield (*others, replace(last, kind=kind))
            if not others:
                retried |= self._prover.prove(Case(SCENARIOS[name], faults)).delivered.keys()
                case = Case(SCENARIOS[name], faults, decision="done")
                settling = self._prover.prove(case).delivered.keys() - retried - of_side("case")
                yield from ((last, second) for place in sorted(settling) for second in task_faults(place))

    def _failing(self, name: str) -> Iterator[tuple[Fault, ...]]:
        """Yield each task that always times out, then each two of them."""
        pairs = []
        for first in self._places(name):
            timed_out = permanent_fault(first, "time_out_before")
            yield (timed_out,)
            pairs += [
                (timed_out, permanent_fault(second, "time_out_before"))
                for second in self._prover.prove(Case(SCENARIOS[name], (timed_out,))).delivered
                if second not in (first, *of_side("case"))
                and workflow_in(second) in SCENARIOS[name].family.workflows
            ]
        yield from pairs

    def _places(self, name: str) -> list[str]:
        """Return the tasks under proof that the scenario reaches without faults."""
        scenario = SCENARIOS[name]
        delivered = self._prover.prove(Case(scenario)).delivered
        return [place for place in delivered if workflow_in(place) in scenario.family.workflows]

    @property
    def crashes(self) -> Crashes:
        if self._crashes is None:
            self._crashes = Crashes(self._prover)
        return self._crashes


def permanent_fault(place: str, kind: Kind) -> Fault:
    """Return the fault of a task in every delivery."""
    workflow, _, state = place.partition(".")
    return Fault(state, kind, FOREVER, workflow=workflow)


def workflow_in(place: str) -> str:
    """Return the workflow of a `workflow.state`; for a task in child executions of a Map, the workflow of the Map."""
    return place.partition(".")[0].partition("/")[0]


def replay_command(scenario: str, faults: str = "", crash: str = "") -> str:
    """Return the command that runs one case alone."""
    command = f"python -m verification.proof replay '{scenario}'"
    return command + (f" --faults '{faults}'" if faults else "") + (f" --crash {crash}" if crash else "")
