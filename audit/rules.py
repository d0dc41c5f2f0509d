"""All invariants, in the order in which an audit lists them."""

from collections.abc import Callable, Iterator

from audit.billing import BILLING
from audit.books import BOOKS
from audit.corrections import CORRECTIONS
from audit.endings import ENDINGS
from audit.images import IMAGES
from audit.money import MONEY
from audit.purchases import PURCHASES
from audit.snapshot import Snapshot, Violation
from audit.stock import STOCK
from audit.transfers import TRANSFERS

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
    """Return every violation in `snapshot`; an empty list when all invariants hold."""
    return [violation for invariant in INVARIANTS for violation in invariant(snapshot)]
