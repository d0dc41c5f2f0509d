"""Pieces of work done by several processes, each with a prover of its own."""

import multiprocessing
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from multiprocessing import util

from verification.proof.exhaust import Exhaust, Tally, Work
from verification.proof.prover import prover

# What a process of the pool works with, and what keeps it open for as long as the process lives.
_open = ExitStack()
_exhausts: list[Exhaust] = []


def tallies(work: Iterable[Work], jobs: int) -> Iterator[Tally]:
    """What each piece of work comes to, in the order they are done."""
    with multiprocessing.get_context("spawn").Pool(jobs, _begin) as pool:
        yield from pool.imap_unordered(_do, work)
        pool.close()
        pool.join()


def _begin() -> None:
    # An engine that was killed leaves coroutines behind that nobody ends.
    warnings.simplefilter("ignore")
    util.Finalize(None, _open.close, exitpriority=10)
    exhaust = Exhaust(_open.enter_context(prover()))
    _open.callback(exhaust.close)
    _exhausts.append(exhaust)


def _do(work: Work) -> Tally:
    return _exhausts[0].do(work)
