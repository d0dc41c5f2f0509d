"""python -m verification.proof: prove every workflow, or replay one case.

    python -m verification.proof                      every fault, every pair, every crash
    python -m verification.proof --sample 0.1         a tenth of the work, chosen by --seed
    python -m verification.proof --pairs all          every pair of every scenario too: some hours
    python -m verification.proof replay 'OrderCheckout/paid by card' --faults 'OrderCheckout.PostJournal:fail_after'

Exit 1 when a case ends other than complete, compensated, or parked with the rest compensated, and when the
whole of it never came through some task of a workflow. Ctrl-C ends it early, with what there is by then.
"""

import argparse
import multiprocessing
import sys
import time
import warnings
from collections import defaultdict
from contextlib import ExitStack
from random import Random
from typing import get_args

from verification.proof import pool
from verification.proof.coverage import tasks
from verification.proof.exhaust import Exhaust, Pairs, Tally, Work
from verification.proof.families import SCENARIOS
from verification.proof.prover import prover

SHOWN = 20


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m verification.proof", description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--only", default="", help="scenarios whose name contains this")
    parser.add_argument("--sample", type=float, default=1.0, help="the share of the work to do")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--pairs",
        choices=get_args(Pairs),
        default="some",
        help="pairs of faults: of the scenarios that go every way there is (some), of every one (all), or none",
    )
    parser.add_argument("--no-crashes", action="store_true")
    commands = parser.add_subparsers(dest="command")
    again = commands.add_parser("replay", help="run one case alone")
    again.add_argument("scenario", choices=SCENARIOS)
    again.add_argument("--faults", default="")
    again.add_argument("--crash", default="")
    again.add_argument("--lasting", action="store_true", help="what goes wrong never ends")
    again.add_argument("--given-up", action="store_true", help="the first case is given up at once")
    given = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    if given.command == "replay":
        lasting, given_up = given.lasting, given.given_up
        return _replay(Work(given.scenario, given.faults, given.crash, lasting=lasting, given_up=given_up))
    return _prove(given)


def _prove(given: argparse.Namespace) -> int:
    with ExitStack() as stack:
        exhaust = Exhaust(stack.enter_context(prover()))
        stack.callback(exhaust.close)
        work = list(exhaust.work(given.only, given.pairs, not given.no_crashes))
    dice = Random(given.seed)
    dice.shuffle(work)
    work = work[: max(1, round(len(work) * given.sample))]
    total, began, done = Tally(), time.monotonic(), 0
    try:
        for done, tally in enumerate(pool.tallies(work, given.jobs), 1):
            total.merge(tally)
            if sys.stderr.isatty():
                print(f"\r{done} of {len(work)}: {total.cases} cases", end="", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"\nstopped after {done} of {len(work)} pieces of work\n", file=sys.stderr)
    _tell(total, time.monotonic() - began)
    whole = done == len(work) and not given.only and given.sample == 1
    unreached = set().union(*tasks().values()) - total.reached if whole else set()
    if unreached:
        print(f"never reached, so not proven: {', '.join(sorted(unreached))}")
    return 1 if total.violations or unreached or done < len(work) else 0


def _tell(total: Tally, seconds: float) -> None:
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
        f"\n{total.cases} cases, {total.parked} parked and taken up again, "
        f"{len(total.violations) or 'no'} violations; "
        f"{seconds:.0f} s, {total.cases / seconds * 60:.0f} cases a minute"
    )


def _replay(work: Work) -> int:
    with prover() as built:
        exhaust = Exhaust(built)
        try:
            tally = exhaust.do(work)
        finally:
            exhaust.close()
    for violations in tally.violations.values():
        print(*violations, sep="\n")
    print("violated" if tally.violations else "as it should be")
    return 1 if tally.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
