"""A change of the product, and the verdict of the proof on it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """A change of one `kind` in one place: a state of a workflow, or a kind of request.

    `scenarios`: those that reach it, () for any; `functions`: those that make the request; `tests`: those that make a
    request which no scenario makes.
    """

    kind: str
    place: str
    scenarios: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind}: {self.place}"


@dataclass(frozen=True)
class Verdict:
    """`killer` is the command that shows the violation, "" when the mutant survived `tried` cases and the checker."""

    mutant: Mutant
    killer: str
    violation: str
    tried: int
