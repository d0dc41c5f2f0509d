"""All invariants, in the order in which an audit lists them."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace

from audit.billing import BILLING
from audit.books import BOOKS
from audit.catalog import CATALOG
from audit.corrections import CORRECTIONS
from audit.credit import CREDIT
from audit.endings import ENDINGS
from audit.executions import EXECUTIONS
from audit.images import IMAGES
from audit.manual_entries import MANUAL_ENTRIES
from audit.merges import MERGES
from audit.money import MONEY
from audit.numbers import NUMBERS
from audit.purchases import PURCHASES
from audit.receivables import RECEIVABLES
from audit.reports import REPORTS
from audit.returns import RETURNS
from audit.shipments import SHIPMENTS
from audit.snapshot import Item, Snapshot, Violation
from audit.stock import STOCK
from audit.transfers import TRANSFERS

Invariant = Callable[[Snapshot], Iterator[Violation]]

INVARIANTS: tuple[Invariant, ...] = (
    *STOCK,
    *MONEY,
    *BILLING,
    *BOOKS,
    *MANUAL_ENTRIES,
    *CREDIT,
    *RECEIVABLES,
    *MERGES,
    *CORRECTIONS,
    *ENDINGS,
    *RETURNS,
    *SHIPMENTS,
    *PURCHASES,
    *TRANSFERS,
    *IMAGES,
    *EXECUTIONS,
    *REPORTS,
    *CATALOG,
    *NUMBERS,
)


# Parts that rows are left out in: the search ends in seconds, whatever the size of the tables.
_MOST_PARTS = 64
_MOST_NAMED = 5
# A document that is nested too deeply raises RecursionError.
_MALFORMED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def check(snapshot: Snapshot) -> list[Violation]:
    """Return every violation in `snapshot`; an empty list when all invariants hold.

    An invariant that a malformed row prevents from being checked is a violation itself, and names the row.
    """
    violations: list[Violation] = []
    for invariant in INVARIANTS:
        try:
            for violation in invariant(snapshot):
                violations.append(violation)
        except _MALFORMED as error:
            message = f"cannot be checked: {type(error).__name__}: {error}"
            violations.append(Violation(invariant.__name__, _malformed_row(invariant, snapshot), message))
    return violations


def _malformed_row(invariant: Invariant, snapshot: Snapshot) -> str:
    """Return the table and key of the fewest rows that prevent an invariant from being checked.

    Delta debugging: rows are left out, in ever smaller parts, as long as the invariant still fails.
    """
    suspects = [(table, row) for table, rows in snapshot.tables.items() for row in rows]
    parts = 2
    while len(suspects) > 1 and parts <= _MOST_PARTS:
        size = -(-len(suspects) // parts)
        for start in range(0, len(suspects), size):
            rest = suspects[:start] + suspects[start + size :]
            if _fails(invariant, snapshot, rest):
                suspects, parts = rest, max(parts - 1, 2)
                break
        else:
            if size == 1:
                break
            parts *= 2
    return ", ".join(f"{table} {row.get('pk')} {row.get('sk')}" for table, row in suspects[:_MOST_NAMED])


def _fails(invariant: Invariant, snapshot: Snapshot, rows: list[tuple[str, Item]]) -> bool:
    tables: dict[str, list[Item]] = {table: [] for table in snapshot.tables}
    for table, row in rows:
        tables[table].append(row)
    try:
        deque(invariant(replace(snapshot, tables=tables)), maxlen=0)
    except _MALFORMED:
        return True
    return False
