"""Mutants judged by several processes."""

import multiprocessing
import warnings
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tests.proof.exhaust import Work

if TYPE_CHECKING:
    from tests.proof.mutants import Mutant, Verdict

_cases: list[Work] = []


def verdicts(mutants: Iterable["Mutant"], cases: list[Work], jobs: int) -> Iterator["Verdict"]:
    """The verdict of each mutant on the cases, in the order they are reached."""
    with multiprocessing.get_context("spawn").Pool(jobs, _begin, (cases,)) as pool:
        yield from pool.imap_unordered(_judge, mutants)


def _begin(cases: list[Work]) -> None:
    warnings.simplefilter("ignore")
    _cases.extend(cases)


def _judge(mutant: "Mutant") -> "Verdict":
    from tests.proof.mutants import judge

    return judge(mutant, _cases)
