"""Run work items in several processes, each with a prover of its own."""

import multiprocessing
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from multiprocessing import util

from verification.proof.enumeration import CaseEnumeration, Tally, WorkItem
from verification.proof.prover import prover

# The enumeration of a process of the pool, and the resources that stay open as long as the process runs.
_open = ExitStack()
_enumerations: list[CaseEnumeration] = []


def tallies(work: Iterable[WorkItem], jobs: int) -> Iterator[Tally]:
    """Yield the tally of each work item in the order of completion."""
    with multiprocessing.get_context("spawn").Pool(jobs, _initialise) as pool:
        yield from pool.imap_unordered(_run, work)
        pool.close()
        pool.join()


def _initialise() -> None:
    # An engine that was killed leaves unfinished coroutines behind.
    warnings.simplefilter("ignore")
    util.Finalize(None, _open.close, exitpriority=10)
    enumeration = CaseEnumeration(_open.enter_context(prover()))
    _open.callback(enumeration.close)
    _enumerations.append(enumeration)


def _run(work: WorkItem) -> Tally:
    return _enumerations[0].run(work)
