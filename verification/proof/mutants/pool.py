"""Judge mutants in several processes."""

import multiprocessing
import warnings
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verification.proof.mutants.model import Mutant, Verdict


def verdicts(mutants: Iterable["Mutant"], jobs: int) -> Iterator["Verdict"]:
    """Yield the verdict of each mutant in the order of completion."""
    with multiprocessing.get_context("spawn").Pool(jobs, warnings.simplefilter, ("ignore",)) as pool:
        yield from pool.imap_unordered(_judge, mutants)


def _judge(mutant: "Mutant") -> "Verdict":
    from verification.proof.mutants.judgement import verdict

    return verdict(mutant)
