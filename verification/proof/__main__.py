"""Prove every workflow, or replay one case.

    python -m verification.proof                      every fault, every pair of the paired scenarios, every crash
    python -m verification.proof --sample 0.1         a tenth of the cases, chosen by --seed
    python -m verification.proof --every-provider     every scenario of an order with Stripe too
    python -m verification.proof --pairs all          the pairs of every scenario too (several hours)
    python -m verification.proof replay 'OrderCheckout/paid by card' --faults 'OrderCheckout.PostJournal:fail_after'

Exit 1 when a case does not end complete, compensated, or waiting with an open case and the rest compensated, or when
a complete run did not reach every task of the workflows. Ctrl-C ends the run early and prints the results so far.
"""

import argparse
import multiprocessing
import sys
import time
import warnings
from collections import defaultdict
from dataclasses import replace
from multiprocessing.pool import Pool
from random import Random
from typing import get_args

from cases.rules import DECISIONS

from verification.proof import pool
from verification.proof.coverage import tasks
from verification.proof.enumeration import CaseEnumeration, Pairs, Tally, WorkItem
from verification.proof.families import SCENARIOS
from verification.proof.prover import prover

SHOWN = 20


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m verification.proof", description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--only", default="", help="run scenarios whose name contains this")
    parser.add_argument("--sample", type=float, default=1.0, help="share of the work items to run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--pairs",
        choices=get_args(Pairs),
        default="some",
        help="scenarios whose pairs of faults are run",
    )
    parser.add_argument("--no-crashes", action="store_true")
    parser.add_argument(
        "--every-provider", action="store_true", help="run every scenario with Stripe, not a sample of them"
    )
    commands = parser.add_subparsers(dest="command")
    replay = commands.add_parser("replay", help="run one case")
    replay.add_argument("scenario", choices=SCENARIOS)
    replay.add_argument("--faults", default="")
    replay.add_argument("--crash", default="")
    replay.add_argument("--permanent", action="store_true", help="the faults never end")
    replay.add_argument(
        "--decision",
        choices=DECISIONS,
        default="retry",
        help="decision of the first case; the others are retried",
    )
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    if options.command == "replay":
        item = WorkItem(options.scenario, options.faults, options.crash)
        return _replay(replace(item, permanent=options.permanent, decision=options.decision))
    return _prove(options)


def _prove(options: argparse.Namespace) -> int:
    total, started, work, done = Tally(), time.monotonic(), list[WorkItem](), 0
    try:
        with pool.processes(options.jobs) as processes:
            work = _chosen(processes, options)
            shown = Progress(len(work), "work items")
            for done, tally in enumerate(pool.tallies(processes, work), 1):
                total.merge(tally)
                for command, violations in tally.violations.items():
                    print(f"\n{command}", *violations, sep="\n  ", file=sys.stderr, flush=True)
                shown.update(done, f"{total.cases} cases")
    except KeyboardInterrupt:
        print(f"\nstopped after {done} of {len(work)} work items\n", file=sys.stderr)
    _print_results(total, time.monotonic() - started)
    complete = done == len(work) and not options.only and options.sample == 1
    unreached = set().union(*tasks().values()) - total.reached if complete else set()
    if unreached:
        print(f"never reached, so not proven: {', '.join(sorted(unreached))}")
    return 1 if total.violations or unreached or not work or done < len(work) else 0


def _chosen(processes: Pool, options: argparse.Namespace) -> list[WorkItem]:
    """Return the work items of the chosen scenarios, in a random order that depends on the seed alone."""
    names = [
        name
        for name, scenario in SCENARIOS.items()
        if options.only in name and (options.every_provider or not scenario.optional)
    ]
    work: list[WorkItem] = []
    shown = Progress(len(names), "scenarios listed")
    lists = pool.listed(processes, names, options.pairs, not options.no_crashes)
    for listed, items in enumerate(lists, 1):
        work += items
        shown.update(listed, f"{len(work)} work items")
    Random(options.seed).shuffle(work)
    return work[: max(1, round(len(work) * options.sample))]


class Progress:
    """Prints how far the work is: continuously on a terminal, else a line every tenth."""

    def __init__(self, of: int, what: str) -> None:
        self._of = of
        self._what = what
        self._tenths = 0

    def update(self, done: int, result: str) -> None:
        text = f"{done} of {self._of} {self._what}: {result}"
        if sys.stderr.isatty():
            print(f"\r{text}", end="\n" if done == self._of else "", file=sys.stderr, flush=True)
        elif done * 10 // self._of > self._tenths:
            self._tenths = done * 10 // self._of
            print(text, file=sys.stderr, flush=True)


def _print_results(total: Tally, seconds: float) -> None:
    by_workflow: dict[str, dict[str, int]] = defaultdict(dict)
    for (workflow, what), count in sorted(total.counts.items()):
        by_workflow[workflow][what] = count
    for workflow, counts in by_workflow.items():
        print(f"{workflow}: {sum(counts.values())} cases")
        for what, count in counts.items():
            print(f"  {what:36} {count:6}")
    for command, violations in list(total.violations.items())[:SHOWN]:
        print(f"\n{command}")
        for violation in violations:
            print(f"  {violation}")
    print(
        f"\n{total.cases} cases, {total.intervened} with a decision by a person, "
        f"{len(total.violations) or 'no'} violations; "
        f"{seconds:.0f} s, {total.cases / seconds * 60:.0f} cases a minute"
    )


def _replay(work: WorkItem) -> int:
    with prover() as built:
        enumeration = CaseEnumeration(built)
        try:
            tally = enumeration.run(work)
        finally:
            enumeration.close()
    for violations in tally.violations.values():
        print(*violations, sep="\n")
    print("violated" if tally.violations else "no violation")
    return 1 if tally.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
