"""All the invariants, in the order an audit lists them."""

from collections.abc import Callable, Iterator

from till.invariants.billing import BILLING
from till.invariants.books import BOOKS
from till.invariants.corrections import CORRECTIONS
from till.invariants.endings import ENDINGS
from till.invariants.images import IMAGES
from till.invariants.money import MONEY
from till.invariants.purchases import PURCHASES
from till.invariants.snapshot import Snapshot, Violation
from till.invariants.stock import STOCK
from till.invariants.transfers import TRANSFERS

Invariant = Callable[[Snapshot], Iterator[Violation]]

INVARIANTS: tuple[Invariant, ...] = (
    *STOCK,
    *MONEY,
    *BILLING,
    *BOOKS,
    *CORRECTIONS,
    *ENDINGS,
    *PURCHASES,
    *TRANSFERS,
    *IMAGES,
)


def check(snapshot: Snapshot) -> list[Violation]:
    """Every violation of every invariant in `snapshot`; an empty list is a shop in order."""
    return [violation for invariant in INVARIANTS for violation in invariant(snapshot)]
