"""List and run work items in several processes, each with a prover of its own."""

import gc
import multiprocessing
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing import util
from multiprocessing.pool import Pool

from verification.proof.enumeration import CaseEnumeration, Pairs, Tally, WorkItem
from verification.proof.prover import prover

# The enumeration of a process of the pool, and the resources that stay open as long as the process runs.
_open = ExitStack()
_enumerations: list[CaseEnumeration] = []


@contextmanager
def processes(jobs: int) -> Iterator[Pool]:
    """Start the processes; let them close what they opened when the block ends without an error."""
    with multiprocessing.get_context("spawn").Pool(jobs, _initialise) as pool:
        yield pool
        pool.close()
        pool.join()


def listed(pool: Pool, scenarios: Iterable[str], pairs: Pairs, crashes: bool) -> Iterator[list[WorkItem]]:
    """Yield the work items of each scenario, in the order given."""
    yield from pool.imap(partial(_list, pairs=pairs, crashes=crashes), scenarios)


def tallies(pool: Pool, work: Iterable[WorkItem]) -> Iterator[Tally]:
    """Yield the tally of each work item in the order of completion."""
    yield from pool.imap_unordered(_run, work)


def _initialise() -> None:
    # An engine that was killed leaves unfinished coroutines behind.
    warnings.simplefilter("ignore")
    util.Finalize(None, _open.close, exitpriority=10)
    enumeration = CaseEnumeration(_open.enter_context(prover()))
    _open.callback(enumeration.close)
    _enumerations.append(enumeration)
    # Modules and models live as long as the process; cases leave few cycles.
    gc.freeze()
    gc.set_threshold(100_000)


def _list(scenario: str, pairs: Pairs, crashes: bool) -> list[WorkItem]:
    return list(_enumerations[0].work(scenario, pairs, crashes))


def _run(work: WorkItem) -> Tally:
    return _enumerations[0].run(work)
